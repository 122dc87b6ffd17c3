"""Prepare a process as a worker, for every kind of executor."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TypeVar

import pyarrow as pa

__all__ = ["prepare_worker", "run_job"]

_T = TypeVar("_T")


class _WithoutPandas(MetaPathFinder, Loader):
    """Lets ``import pandas`` fail, which Arrow tries when the first list becomes an array.

    A worker does not use pandas.  Its import takes a second and 60 MB (pyarrow 26.0).
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find only pandas."""
        return ModuleSpec(fullname, self) if fullname == "pandas" else None

    def exec_module(self, module: ModuleType) -> None:
        """Raise ImportError."""
        raise ImportError("workers do without pandas", name=module.__name__)


@cache
def prepare_worker() -> None:
    """Prepare this process as a worker: it uses little memory, and ends when its parent ends.

    Arrow's own allocators keep 100 MB that the system's allocator gives back, and are not
    faster here.  Workers of a pool wait for work for ever, also if the parent was killed
    with SIGKILL, so they must watch the parent.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    parent = multiprocessing.parent_process()
    # A worker of Dask may do other work, too, and its nanny process ends it.
    if parent is None or "distributed.worker" in sys.modules:
        return
    sys.meta_path.insert(0, _WithoutPandas())

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def run_job(function: Callable[..., _T], *arguments: object) -> _T:
    """Run a job in a process that is prepared as a worker first.

    Parameters
    ----------
    function : `~collections.abc.Callable`
        The job.
    *arguments : `object`
        Arguments of the job.

    Returns
    -------
    result : `object`
        Result of the job.
    """
    prepare_worker()
    return function(*arguments)
