"""Run jobs in processes of this machine, the default."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from ..jobs.workers import prepare_worker

__all__ = ["local_executor", "width_of"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


class _ProcessPool(Executor):
    """A pool of processes that is replaced when one of them died.

    They are spawned, because a Butler does not fork well.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool = self._start()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=prepare_worker,
        )

    def submit(
        self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs
    ) -> Future[_T]:
        """Give a job to a process."""
        try:
            return self._pool.submit(function, *arguments, **named)
        except BrokenExecutor:
            self._pool.shutdown(wait=False)
            self._pool = self._start()
            return self._pool.submit(function, *arguments, **named)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


@contextmanager
def local_executor(processes: int) -> Iterator[Executor]:
    """Start workers on this machine.

    Parameters
    ----------
    processes : `int`
        Number of processes; with 1, jobs run in a thread of this process.

    Yields
    ------
    executor : `concurrent.futures.Executor`
        Ended when the context ends, with what it has not begun.
    """
    pool = _ProcessPool(processes) if processes > 1 else ThreadPoolExecutor(1)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def width_of(executor: Executor, default: int) -> int:
    """Get the number of jobs that an executor runs at once, if it is known.

    Parameters
    ----------
    executor : `concurrent.futures.Executor`
        Any executor; the pools of the standard library have this number.
    default : `int`
        Result for an executor that does not have it.

    Returns
    -------
    width : `int`
        Jobs at once.
    """
    return int(getattr(executor, "_max_workers", default))
