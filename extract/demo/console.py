"""Show the progress of a build: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["Report", "console_report"]

Report = Callable[[int, int, str], None]
"""Called with the quanta done, the quanta in all, and the name of the last RUN."""

_LINES = 10
"""Approximate number of lines that a build prints if there is no terminal."""


@contextmanager
def console_report() -> Iterator[Report]:
    """Give a report that writes to standard error.

    Yields
    ------
    report : `Report`
        Moves a progress bar with its estimate on a terminal; prints a line now and then elsewhere.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        last = -1

        def print_line(done: int, total: int, what: str) -> None:
            nonlocal last
            step = _LINES * done // max(total, 1)
            if step > last:
                last = step
                console.print(f"demo: {done:,} of {total:,} quanta; {what}", soft_wrap=True)

        yield print_line
        return
    columns = (
        TextColumn("demo"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("quanta"),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)

        def move_bar(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield move_bar
