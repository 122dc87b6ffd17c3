"""Run jobs on workers of Dask, of a running scheduler or of a cluster that is started here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import distributed
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import ExecutorError
from ..words import one_line

__all__ = ["opened_dask"]

_CLUSTERS = {
    "local": ("distributed", "LocalCluster"),
    "slurm": ("dask_jobqueue", "SLURMCluster"),
    "htcondor": ("dask_jobqueue", "HTCondorCluster"),
    "pbs": ("dask_jobqueue", "PBSCluster"),
    "lsf": ("dask_jobqueue", "LSFCluster"),
    "sge": ("dask_jobqueue", "SGECluster"),
}
"""Module and class of each cluster."""

_LOCAL_DEFAULTS = {
    "threads_per_worker": 1,
    "dashboard_address": None,
    "silence_logs": logging.ERROR,  # Dask warns of workers that end slowly, which is normal.
}
_BATCH_DEFAULTS = {
    "cores": 1,
    "processes": 1,
    "scheduler_options": {"dashboard_address": None},
}
"""One thread per worker: Python runs one at a time, and a worker that dies loses only one job."""

_ANSWER_LIMIT_S = 60
"""Wall seconds to wait for the answer of a scheduler, or of a worker of this machine."""


class _ClusterFile(BaseModel):
    """Content of FILE.yaml."""

    model_config = ConfigDict(extra="forbid")

    cluster: Literal["local", "slurm", "htcondor", "pbs", "lsf", "sge"]
    workers: int = Field(ge=1)
    """Worker processes in all."""

    options: dict[str, Any] = {}
    """Arguments of the cluster's class."""


@contextmanager
def opened_dask(target: str, data: Path) -> Iterator[tuple[Executor, int]]:
    """Connect to a scheduler of Dask, or start one and its workers.

    Parameters
    ----------
    target : `str`
        Address of a scheduler, ``FILE.json`` that a scheduler wrote
        (``--scheduler-file``), or ``FILE.yaml`` that says what to start.
    data : `pathlib.Path`
        Folder of all outputs; logs of batch jobs go to ``dask`` there unless the file says
        else.

    Yields
    ------
    executor : `concurrent.futures.Executor`
        When the context ends, jobs that did not begin are dropped. A cluster that was started
        here ends, too; another one stays.
    width : `int`
        Jobs that it runs at once.

    Raises
    ------
    ExecutorError
        Raised if the scheduler does not answer or has no workers, or the file cannot be used.
    """
    with ExitStack() as stack:
        try:
            if Path(target).suffix in (".yaml", ".yml"):
                settings = _read(Path(target))
                cluster, width = _start(settings, data)
                stack.enter_context(cluster)
                cluster.scale(settings.workers)
                client = stack.enter_context(distributed.Client(cluster))
                if settings.cluster == "local":  # On a batch system that may take hours.
                    client.wait_for_workers(1, timeout=_ANSWER_LIMIT_S)
            else:
                where = "scheduler_file" if target.endswith(".json") else "address"
                client = stack.enter_context(
                    distributed.Client(**{where: target}, timeout=_ANSWER_LIMIT_S)
                )
                width = sum(client.nthreads().values())
        except (OSError, ValueError, TypeError, RuntimeError, ModuleNotFoundError) as error:
            raise ExecutorError(f"dask:{target}: cannot be opened: {one_line(error)}") from error
        if not width:
            raise ExecutorError(f"dask:{target}: this scheduler has no workers: start some first")
        # Not pure: a job that is given out again must run again.
        yield client.get_executor(pure=False), width


def _read(file: Path) -> _ClusterFile:
    """Read what to start."""
    try:
        return _ClusterFile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise ExecutorError(f"{file}: is not YAML: {one_line(error)}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ExecutorError(f"{file}: {place}: {first['msg']}") from error


def _start(settings: _ClusterFile, data: Path) -> tuple[Any, int]:
    """Make a cluster without workers yet, and count the jobs that all workers will run at once."""
    module, name = _CLUSTERS[settings.cluster]
    make = getattr(import_module(module), name)
    if settings.cluster == "local":
        options = _LOCAL_DEFAULTS | settings.options
        threads = int(options["threads_per_worker"] or 0)
        return make(n_workers=0, **options), settings.workers * threads
    logs = data / "dask"
    options = _BATCH_DEFAULTS | {"log_directory": str(logs)} | settings.options
    threads = max(int(options["cores"]) // int(options["processes"]), 1)
    return make(**options), settings.workers * threads
