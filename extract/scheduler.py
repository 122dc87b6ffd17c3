"""Which jobs run next, on an executor that has room for some of them.

A unit of the lake (a RUN, a predicted graph) is read by jobs, which may lead to
more jobs; when all have ended, it is finished.  What the jobs do, and what
finishing means, is the unit's own business (`extract.run`).  Any executor will
do: nothing here knows of processes, threads or batch systems.
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
"""Quanta of a slice, at most: some seconds of work, and one row group in memory."""

_LEAST_SLICE_QUANTA = 10_000
"""Quanta below which a RUN is not cut further: small files cost more later than is gained now."""

_SHARING_WORKERS = 8
"""Workers that get equal shares of a RUN, at most."""


def slices_of(quanta_count: int, width: int) -> int:
    """Tell into how many slices a RUN is cut.

    Parameters
    ----------
    quanta_count : `int`
        Quanta of the RUN.
    width : `int`
        Jobs that the executor runs at once.

    Returns
    -------
    slice_count : `int`
        Slices of `SLICE_QUANTA` or less.  A few workers get equal shares, else some
        would wait while others read the last ones.
    """
    count = max(-(-quanta_count // SLICE_QUANTA), 1)
    sharing = max(min(width, _SHARING_WORKERS, quanta_count // _LEAST_SLICE_QUANTA), 1)
    return -(-count // sharing) * sharing


@dataclass(frozen=True)
class Job:
    """Something that a worker does for a unit."""

    function: Callable[..., Any]
    """Of a module, so that it can be sent to another process, with its arguments."""

    arguments: tuple[object, ...]

    take: Callable[[Any], Iterable[Job]]
    """Takes the result, in this process, and tells which jobs follow from it."""


class UnitReader(Protocol):
    """A unit on its way into the lake."""

    @property
    def title(self) -> str:
        """How messages begin that tell of it."""

    def begin(self) -> Iterable[Job]:
        """Tell the first jobs; none: there is nothing to do, and it will not be finished."""

    def finish(self) -> None:
        """Publish: every job has ended well."""

    def fail(self, error: Exception) -> None:
        """Take note of the first error of a job; the unit will not be finished.

        Errors after which no other unit can be read are raised again.
        """

    def clear(self) -> None:
        """Remove what is left: every job has ended, whether well or not."""


@dataclass
class _State:
    """What the scheduler knows of a unit."""

    reader: UnitReader
    pending: int = 0
    """Jobs that have not ended."""

    is_failed: bool = False


@dataclass(frozen=True)
class _Try:
    """A job that is given to a worker."""

    state: _State
    job: Job
    number: int = 1


class Scheduler:
    """Deals the jobs of units out to an executor, a few units at a time.

    Jobs of a unit that has begun go before the next unit, so that units are
    finished, and safe from being killed, as early as possible.

    Parameters
    ----------
    executor : `concurrent.futures.Executor`
        Where jobs run.
    width : `int`
        Jobs that it runs at once; as many again wait there for a free worker.
    retries : `int`, optional
        Times that a job whose worker is lost is given to another one: that need not be
        the job's fault.
    """

    def __init__(self, executor: Executor, width: int, retries: int = 1) -> None:
        self._executor = executor
        self._retries = retries
        self._room = 2 * width
        self._ready: deque[_Try] = deque()
        self._running: dict[Future[Any], _Try] = {}

    def carry_out(self, readers: Sequence[UnitReader]) -> None:
        """Read units.

        Parameters
        ----------
        readers : `~collections.abc.Sequence` [ `UnitReader` ]
            The units, in the order in which they are begun.

        Raises
        ------
        WorkerError
            Raised if a job lost its worker once more than it may be retried.
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
                with suppress(NotImplementedError):  # Parsl's cannot be cancelled.
                    future.cancel()

    def _begin(self, state: _State) -> None:
        """Begin a unit, which may have left the repository meanwhile."""
        try:
            self._queue(state, state.reader.begin())
        except OSError:
            raise  # Of the lake's disk.
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
        """Take the result of a job; a job that failed takes its unit with it, and no other."""
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
        """Go on with a unit of which a job has ended."""
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
