"""Show the progress of a report: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from quanta_census.terminal import SafeConsole

__all__ = ["console", "progress"]

PLAIN_WIDTH = 200
"""Width in characters of a table outside a terminal, so that nothing is cut."""

T = TypeVar("T")


def console() -> Console:
    """Make the console for results."""
    made = SafeConsole(highlight=False)
    return made if made.is_terminal else SafeConsole(highlight=False, width=PLAIN_WIDTH)


def progress(items: Iterable[T], *, total: int, label: str) -> Iterator[T]:
    """Pass items on and show the progress.

    Parameters
    ----------
    items : `~collections.abc.Iterable`
        The items.
    total : `int`
        Number of items.
    label : `str`
        Name of the items, in the plural.
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
