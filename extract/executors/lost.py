"""Recognise errors that mean a lost worker, and say what the user can do."""

from __future__ import annotations

__all__ = ["is_lost_worker", "remedy_for_lost_worker"]

_LOST_WORKERS = {
    "BrokenExecutor": "most likely it was killed for lack of memory: run again with fewer "
    "--workers",
    "WorkerLost": "most likely it was killed for lack of memory: give each worker more memory "
    "(2 GB suffice), or a node fewer workers (max_workers_per_node)",
    "ManagerLost": "its batch job ended, or its node is gone: look at the log of the batch job, "
    "and give it more time (walltime) or memory",
    "TooManyJobFailuresError": "its batch jobs end as soon as they start: look at their logs in "
    "submit_scripts of Parsl's run_dir, and correct worker_init",
    "BadStateException": "its batch jobs end as soon as they start: look at their logs in "
    "submit_scripts of Parsl's run_dir, and correct worker_init",
    "KilledWorker": "most likely it was killed for lack of memory, or its batch job ended: look "
    "at the worker's log, and give each worker more memory (2 GB suffice) or time",
    "NoValidWorkerError": "no worker is left: look at the logs of the workers",
    "CommClosedError": "the connection to Dask's scheduler broke: look at its log",
    "CancelledError": "the executor gave the job up: look at its log",
}
"""Errors of a job whose worker is gone, by the name of their class, and what to do.

The names are used, so that no engine must be imported.
"""


def _kind_of_loss(error: BaseException) -> str | None:
    """Find the entry of `_LOST_WORKERS` for an error."""
    names = (kind.__name__ for kind in type(error).__mro__)
    return next((name for name in names if name in _LOST_WORKERS), None)


def is_lost_worker(error: BaseException) -> bool:
    """Say whether an error means that a worker was lost, not that its job failed."""
    return _kind_of_loss(error) is not None


def remedy_for_lost_worker(error: BaseException) -> str:
    """Say what to do when a worker was lost."""
    return _LOST_WORKERS[_kind_of_loss(error) or "CancelledError"]
