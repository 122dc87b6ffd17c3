"""Run jobs on workers that Parsl starts: on Slurm, HTCondor and its other providers."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

import parsl
from parsl.concurrent import ParslPoolExecutor
from parsl.errors import ParslError

from ..errors import ExecutorError
from ..words import named

__all__ = ["opened_parsl"]

_OWN_RUN_DIR = "runinfo"
"""Parsl's default folder for logs, inside the current folder."""


@contextmanager
def opened_parsl(file: Path, data: Path) -> Iterator[tuple[Executor, int]]:
    """Start Parsl as a file says.

    Parameters
    ----------
    file : `pathlib.Path`
        Python that makes ``config``, a `parsl.Config`.
    data : `pathlib.Path`
        Folder of all outputs; Parsl's logs go to ``parsl`` there unless the file names another.

    Yields
    ------
    executor : `concurrent.futures.Executor`
        Ended when the context ends; its batch jobs are cancelled.
    width : `int`
        Jobs that it runs at once when all its blocks run.

    Raises
    ------
    ExecutorError
        Raised if the file cannot be used.
    """
    config = _config_of(file)
    if config.run_dir == _OWN_RUN_DIR:
        config.run_dir = str(data / "parsl")
    # Parsl starts its interchange by name, which must be found in this program's environment.
    own = str(Path(sys.executable).parent)
    if own not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([own, os.environ.get("PATH", os.defpath)])
    width = _width_of(config, file)
    try:
        kernel = parsl.DataFlowKernel(config)
    except (ParslError, OSError, ValueError) as error:
        raise ExecutorError(f"{file}: Parsl cannot start: {named(error)}") from error
    try:
        yield ParslPoolExecutor(dfk=kernel), width
    finally:
        # Not the pool's shutdown(), which waits for jobs that are no longer needed.
        kernel.cleanup()


def _config_of(file: Path) -> parsl.Config:
    """Run a user's file."""
    try:
        config = runpy.run_path(str(file)).get("config")
    except Exception as error:  # A user's file can raise any error.
        raise ExecutorError(f"{file}: fails with {named(error)}") from error
    if not isinstance(config, parsl.Config):
        raise ExecutorError(f"{file}: expected config = parsl.Config(...), found {config!r}")
    return config


def _width_of(config: parsl.Config, file: Path) -> int:
    """Count the workers that can run at once: blocks, nodes of each, workers of each node."""
    width = 0
    for executor in config.executors:
        provider = getattr(executor, "provider", None)
        if provider is None:
            width += getattr(executor, "max_threads", 0)
            continue
        per_node = getattr(executor, "workers_per_node", 1)
        width += int(provider.max_blocks * provider.nodes_per_block * per_node)
    if width < 1:
        raise ExecutorError(f"{file}: its executors have no workers: raise max_blocks")
    return width
