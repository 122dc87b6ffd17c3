"""Decide which jobs run next on an executor that runs a limited number at once.

Jobs read a unit of the lake (a RUN, a predicted graph), and may lead to more jobs.
When all jobs of a unit have ended, it is finished.  The unit itself (`extract.run`)
defines the jobs and how it is finished.  Any executor works: nothing here depends on
processes, threads or batch systems.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from .errors import WorkerError
from .executors import is_lost_worker, remedy_for_lost_worker
from .jobs.workers import run_job

__all__ = ["Job", "Scheduler", "UnitReader", "slices_of"]

SLICE_QUANTA = 100_000
"""Most quanta of a slice: some seconds of work, and one row group in memory."""

_LEAST_SLICE_QUANTA = 10_000
"""Quanta below which a RUN is not divided further: small files cost more later than they save."""

_SHARING_WORKERS = 8
"""Most workers that get equal shares of a RUN."""


def slices_of(quanta_count: int, width: int) -> int:
    """Get the number of slices of a RUN.

    Parameters
    ----------
    quanta_count : `int`
        Quanta of the RUN.
    width : `int`
        Jobs that the executor runs at once.

    Returns
    -------
    slice_count : `int`
        Number of slices of at most `SLICE_QUANTA`.  A few workers get equal shares;
        otherwise some wait while others read the last slices.
    """
    count = max(-(-quanta_count // SLICE_QUANTA), 1)
    sharing = max(min(width, _SHARING_WORKERS, quanta_count // _LEAST_SLICE_QUANTA), 1)
    return -(-count // sharing) * sharing


@dataclass(frozen=True)
class Job:
    """Work for a worker, for one unit."""

    function: Callable[..., Any]
    """A function of a module, so that it can be sent to another process with its arguments."""

    arguments: tuple[object, ...]

    take: Callable[[Any], Iterable[Job]]
    """Receives the result in this process, and gives the jobs that follow."""


class UnitReader(Protocol):
    """A unit that is being read."""

    @property
    def title(self) -> str:
        """Beginning of its messages."""

    def begin(self) -> Iterable[Job]:
        """Give the first jobs; without jobs there is nothing to do, and it is not finished."""

    def finish(self) -> None:
        """Publish the unit, after every job succeeded."""

    def fail(self, error: Exception) -> None:
        """Record the first error of a job; the unit is not finished.

        Errors after which no other unit can be read are raised again.
        """

    def clear(self) -> None:
        """Remove temporary files, after every job succeeded or failed."""


@dataclass
class _State:
    """State of a unit in the scheduler."""

    reader: UnitReader
    pending: int = 0
    """Jobs that have not ended."""

    is_failed: bool = False


@dataclass(frozen=True)
class _Try:
    """A job that was given to a worker."""

    state: _State
    job: Job
    number: int = 1


class Scheduler:
    """Gives the jobs of units to an executor, a few units at a time.

    Jobs of a unit that has begun come before the next unit.  So units are finished as
    early as possible, and a kill cannot lose them.

    Parameters
    ----------
    executor : `concurrent.futures.Executor`
        Where jobs run.
    width : `int`
        Jobs that it runs at once; the same number waits there for a free worker.
    retries : `int`, optional
        How often a job whose worker was lost is given to another worker, because the job
        may not be the reason.
    """

    def __init__(self, executor: Executor, width: int, retries: int = 1) -> None:
        self._executor = executor
        self._retries = retries
        self._room = 2 * width
        self._ready: deque[_Try] = deque()
        self._running: dict[Future[Any], _Try] = {}

    def carry_out(self, readers: Sequence[UnitReader]) -> None:
        """Read all units.

        Parameters
        ----------
        readers : `~collections.abc.Sequence` [ `UnitReader` ]
            The units, in the order in which they are begun.

        Raises
        ------
        WorkerError
            Raised if a job lost its worker more often than ``retries``.
        """
        waiting = deque(readers)
        try:
            while waiting or self._ready or self._running:
                while waiting and len(self._ready) + len(self._running) < self._room:
                    self._begin(_State(waiting.popleft()))
                while self._ready and len(self._running) < self._room:
                    self._submit(self._ready.popleft())
                if self._running:
                    for future in wait(self._running, return_when=FIRST_COMPLETED).done:
                        self._take(self._running.pop(future), future)
        finally:
            for future in self._running:
                with suppress(NotImplementedError):  # Jobs of Parsl cannot be cancelled.
                    future.cancel()

    def _begin(self, state: _State) -> None:
        """Begin a unit; it may have been removed from the repository since the plan."""
        try:
            self._queue(state, state.reader.begin())
        except OSError:
            raise  # An error of the lake's disk.
        except Exception as error:
            state.reader.fail(error)
            state.reader.clear()

    def _queue(self, state: _State, jobs: Iterable[Job]) -> None:
        """Put jobs before those of units that began later."""
        tries = [_Try(state, job) for job in jobs]
        state.pending += len(tries)
        self._ready.extendleft(reversed(tries))

    def _submit(self, attempt: _Try) -> None:
        """Give a job to the executor, unless its unit has failed."""
        if attempt.state.is_failed:
            self._end(attempt.state)
            return
        job = attempt.job
        self._running[self._executor.submit(run_job, job.function, *job.arguments)] = attempt

    def _take(self, attempt: _Try, future: Future[Any]) -> None:
        """Receive the result of a job; if the job failed, only its unit fails."""
        state = attempt.state
        try:
            result = future.result()
            if not state.is_failed:
                self._queue(state, attempt.job.take(result))
        except BaseException as error:
            if is_lost_worker(error):
                self._try_again(attempt, error)
                return
            if not isinstance(error, Exception):
                raise
            if not state.is_failed:
                state.is_failed = True
                state.reader.fail(error)
        self._end(state)

    def _try_again(self, attempt: _Try, error: BaseException) -> None:
        """Give a job whose worker was lost to another one."""
        if attempt.number > self._retries:
            times = "once" if attempt.number == 1 else f"{attempt.number} times"
            raise WorkerError(
                f"{attempt.state.reader.title}: its worker was lost {times}: "
                f"{remedy_for_lost_worker(error)}; what was finished is kept"
            ) from error
        self._ready.appendleft(_Try(attempt.state, attempt.job, attempt.number + 1))

    def _end(self, state: _State) -> None:
        """Continue a unit after one of its jobs ended."""
        state.pending -= 1
        if state.pending:
            return
        if not state.is_failed:
            try:
                state.reader.finish()
            except OSError:
                raise
            except Exception as error:
                state.reader.fail(error)
        state.reader.clear()
