"""Which tasks became worse between two campaigns: for use in CI of a pipeline."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import numbers
from .errors import ChoiceError
from .escape import plain
from .subjects import focus_of, read_campaigns
from .warehouse import Warehouse

__all__ = ["Regressions", "find_regressions", "parse_share", "print_regressions"]


@dataclass(frozen=True)
class Regressions:
    """What became worse.

    Parameters
    ----------
    before, after : `str`
        Campaigns that are compared.
    matched_count : `int`
        Tasks with matched quanta.
    over : `list` [`dict`]
        Rows of ``fct_release_changes`` that are worse by more than the limit.
    """

    before: str
    after: str
    matched_count: int
    over: list[dict[str, Any]]


def parse_share(text: str) -> float:
    """Read a share such as ``10%`` or ``0.1``.

    Raises
    ------
    ChoiceError
        Raised if it is neither.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
    if not found:
        raise ChoiceError(f"{text!r} is no share: write 10% or 0.1")
    return float(found[1]) / (100 if found[2] else 1)


def find_regressions(
    warehouse: Warehouse, *, limit: float, before: str | None = None, after: str | None = None
) -> Regressions:
    """Find the matched tasks that became worse by more than a limit.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    limit : `float`
        Share of the old value.
    before, after : `str` or `None`
        Campaigns; by default the focus campaign and the one before it in the file.

    Raises
    ------
    ChoiceError
        Raised if the pair is not in the warehouse, or if nothing of it matches: that is no pass.
    """
    campaigns = read_campaigns(warehouse)
    names = [row["campaign"] for row in campaigns]
    after = after or str(focus_of(campaigns, warehouse)["campaign"])
    if after not in names:
        raise ChoiceError(f"There is no campaign {after!r}; there are {', '.join(names)}.")
    if before is None:
        if names.index(after) == 0:
            raise ChoiceError(
                f"No campaign stands before {after} in the campaigns file: name one with --before."
            )
        before = names[names.index(after) - 1]
    if before not in names:
        raise ChoiceError(f"There is no campaign {before!r}; there are {', '.join(names)}.")
    compared = warehouse.query(
        """
        select *
        from fct_release_changes
        where before_campaign = $1 and after_campaign = $2
        order by regression_fraction desc nulls last, stage, task_label
        """,
        [before, after],
    ).to_pylist()
    matched = [row for row in compared if row["is_matched"]]
    if not matched:
        raise ChoiceError(
            f"No quantum of {after} has the task and data ID of one of {before}, or the two are "
            "not compared: each campaign is with the focus and with its predecessor in the file."
        )
    over = [row for row in matched if (row["regression_fraction"] or 0) > limit]
    return Regressions(before, after, len(matched), over)


def print_regressions(found: Regressions, limit: float, console: Console) -> None:
    """Print what became worse, or that nothing did."""
    share = numbers.percent(limit)
    worse = f"{len(found.over)} of {found.matched_count} matched tasks"
    console.print(
        Text(plain(f"{found.before} to {found.after}: {worse} became worse by over {share}"))
    )
    if not found.over:
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("Stage", "Task", "Memory", "Wall time", "Worse by", "p95 before", "p95 after"):
        table.add_column(heading, no_wrap=True)
    for row in found.over:
        cells = [row["stage"], row["task_label"]]
        cells += [numbers.write("verdict", row[name]) for name in _VERDICTS]
        cells += [numbers.write(name, row[name]) for name in _VALUES]
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(table)
    console.print(Text(_MEANING))


_MEANING = (
    "Worse by: the largest change that made a verdict, in memory of quanta with own peaks alone. "
    "p95: memory of all matched quanta, inherited peaks included."
)
_VERDICTS = ("max_rss_verdict", "wall_time_verdict")
_VALUES = ("regression_fraction", "before_p95_max_rss_bytes", "after_p95_max_rss_bytes")
