"""Show the progress of a build: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn

__all__ = ["Progress"]

_QUIET_SECONDS = 10.0


class Progress:
    """Count nodes that dbt finished.

    Parameters
    ----------
    console : `rich.console.Console`
        Console for the output.
    what : `str`
        Name of what is counted, in the plural.
    """

    def __init__(self, console: Console, what: str) -> None:
        self._console = console
        self._what = what
        self._count = 0
        self._began = self._spoke = time.monotonic()
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn(f"{what} {{task.completed}} done, last {{task.description}}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Progress:
        """Start the progress."""
        self._bar.start()
        self._task = self._bar.add_task("-", total=None)
        return self

    def advance(self, name: str) -> None:
        """Count one node; a long build prints a line from time to time.

        Parameters
        ----------
        name : `str`
            The node that finished.
        """
        self._count += 1
        self._bar.update(self._task, advance=1, description=name)
        if not self._console.is_terminal and time.monotonic() - self._spoke > _QUIET_SECONDS:
            self._spoke = time.monotonic()
            self._console.print(f"{self._what} done: {self._count}, last {name}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Print a summary of one line."""
        self._bar.stop()
        if error is None:
            seconds = time.monotonic() - self._began
            self._console.print(f"{self._count} {self._what} in {seconds:.1f} s")
