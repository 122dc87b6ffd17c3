"""What is shown on a terminal while the report is made: a bar on a TTY, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from quanta_census.terminal import SafeConsole

__all__ = ["console", "progress"]

PLAIN_WIDTH = 200
"""Columns of a table that is not printed on a terminal: nothing is cut there."""

T = TypeVar("T")


def console() -> Console:
    """Make the console of what is printed as a result."""
    made = SafeConsole(highlight=False)
    return made if made.is_terminal else SafeConsole(highlight=False, width=PLAIN_WIDTH)


def progress(items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
    """Pass items on and show how far they are.

    Parameters
    ----------
    items : `~collections.abc.Iterable`
        The work, one by one.
    total : `int`
        How many there will be.
    label : `str`
        What the items are, in the plural.
    """
    errors = Console(file=sys.stderr)
    if not errors.is_terminal:
        yield from items
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    )  # fmt: skip
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(label, total=total)
        for item in items:
            yield item
            bar.advance(task)
