"""Tell on the terminal how far a build is: a bar on a TTY, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["Report", "console_report"]

Report = Callable[[int, int, str], None]
"""Called with what is done, the total (both in quanta) and what was done last."""

_LINES = 10
"""About so many lines a build prints where there is no TTY."""


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
