"""Define jobs that kill their worker once, and an executor that submits one."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from extract.jobs import reading
from extract.jobs.slices import SliceWriter
from extract.jobs.workers import run_job


def die_in_the_slice(mark: Path, *job: Any) -> Any:  # noqa: ANN401
    """Be killed when the rows are on their way, and no file is complete."""
    if not _is_first(mark):
        return run_job(*job)

    def finish(_: SliceWriter) -> Any:  # noqa: ANN401
        os.kill(os.getpid(), signal.SIGKILL)

    SliceWriter.finish = finish  # type: ignore[method-assign, assignment]
    return run_job(*job)


def die_after_the_slice(mark: Path, *job: Any) -> Any:  # noqa: ANN401
    """Be killed when the files are complete, and nobody was told: the slice is read twice."""
    written = run_job(*job)
    if _is_first(mark):
        os.kill(os.getpid(), signal.SIGKILL)
    return written


def kill_the_parent(mark: Path, *job: Any) -> Any:  # noqa: ANN401
    """Kill what started this worker, and go on writing as long as the worker is left alive."""
    if _is_first(mark):
        os.kill(os.getppid(), signal.SIGKILL)
    return run_job(*job)


def die_always(*_: Any) -> None:  # noqa: ANN401
    """Be killed each time."""
    os.kill(os.getpid(), signal.SIGKILL)


def _is_first(mark: Path) -> bool:
    """Tell whether nobody left the mark before, and leave it."""
    try:
        mark.open("x").close()
    except FileExistsError:
        return False
    return True


class DeadlyOnce(Executor):
    """Hands jobs to another executor, the first slice with a deadly function around it."""

    def __init__(self, executor: Executor, deadly: Callable[..., Any], mark: Path) -> None:
        self._executor = executor
        self._deadly = deadly
        self._mark = mark
        self._is_laid = False

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:  # noqa: ANN401
        """Give a job on."""
        is_slice = arguments[0] is reading.read
        if is_slice and (not self._is_laid or self._deadly is die_always):
            self._is_laid = True
            return self._executor.submit(self._deadly, self._mark, *arguments, **named)
        return self._executor.submit(function, *arguments, **named)
