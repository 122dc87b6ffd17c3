"""Make the checks of a gate: memory and wall time of each matched task, and their outcomes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ..errors import ChoiceError
from ..subjects import focus_of, read_campaigns
from ..warehouse import Warehouse

__all__ = ["Check", "Comparison", "FailOn", "Measure", "Outcome", "compare", "parse_share"]


class Measure(StrEnum):
    """Quantity that is checked; the prefix of its columns in ``fct_release_changes``."""

    MEMORY = "max_rss"
    WALL_TIME = "wall_time"

    @property
    def label(self) -> str:
        """Its name for readers."""
        return {"max_rss": "memory", "wall_time": "wall time"}[self.value]


class Outcome(StrEnum):
    """Outcome of a check, in the order in which outcomes are shown."""

    WORSE = "worse"
    TOLERATED = "tolerated"
    BETTER = "better"
    UNCHANGED = "unchanged"
    INCONCLUSIVE = "inconclusive"


class FailOn(StrEnum):
    """Outcomes that fail the gate."""

    WORSE = "worse"
    CANNOT_TELL = "cannot-tell"


_OUTCOMES = {
    "better": Outcome.BETTER,
    "same": Outcome.UNCHANGED,
    "cannot_tell": Outcome.INCONCLUSIVE,
}


@dataclass(frozen=True)
class Check:
    """Memory or wall time of one task.

    Parameters
    ----------
    stage, task_label : `str`
        The task.
    measure : `Measure`
        Quantity that is compared.
    outcome : `Outcome`
        Its outcome.
    quanta_count : `int`
        Matched quanta of the verdict; for memory only those with own peaks.
    change_fraction : `float` or `None`
        The change that made it worse; else the median change of matched quanta.
    detectable_median_fraction, detectable_p95_fraction : `float` or `None`
        Smallest rise of the median, and of the 95th percentile, that would have been detected.
        `None` if there is none, and for the 95th percentile of wall time.
    """

    stage: str
    task_label: str
    measure: Measure
    outcome: Outcome
    quanta_count: int
    change_fraction: float | None
    detectable_median_fraction: float | None
    detectable_p95_fraction: float | None


@dataclass(frozen=True)
class Comparison:
    """All checks of two campaigns.

    Parameters
    ----------
    before, after : `str`
        Campaigns that are compared.
    limit_fraction : `float`
        Rise up to which a task that became worse is tolerated.
    matched_count, unmatched_count : `int`
        Tasks with and without matched quanta; only the former are checked.
    checks : `list` [`Check`]
        Largest changes first.
    """

    before: str
    after: str
    limit_fraction: float
    matched_count: int
    unmatched_count: int
    checks: list[Check]

    def of(self, outcome: Outcome) -> list[Check]:
        """Get the checks with an outcome."""
        return [check for check in self.checks if check.outcome == outcome]

    @property
    def counts(self) -> dict[Outcome, int]:
        """Number of checks with each outcome."""
        found = Counter(check.outcome for check in self.checks)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def judged_count(self) -> int:
        """Number of checks with a verdict."""
        return len(self.checks) - self.counts[Outcome.INCONCLUSIVE]

    def exit_status(self, fail_on: FailOn, *, allow_unjudged: bool) -> int:
        """Give the exit status of the gate.

        Parameters
        ----------
        fail_on : `FailOn`
            Outcomes that fail, beside *worse*, which always fails.
        allow_unjudged : `bool`
            Whether it passes without any verdict.

        Returns
        -------
        status : `int`
            0: passes. 1: nothing was judged. 2: a check became worse. 3: a check is inconclusive.
        """
        if self.counts[Outcome.WORSE]:
            return 2
        if self.counts[Outcome.INCONCLUSIVE] and fail_on == FailOn.CANNOT_TELL:
            return 3
        return 0 if self.judged_count or allow_unjudged else 1


def parse_share(text: str) -> float:
    """Read a share such as ``10%`` or ``0.1``.

    Raises
    ------
    ChoiceError
        Raised if the text is neither.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", text)
    if not found:
        raise ChoiceError(f"{text!r} is not a share: write 10% or 0.1")
    return float(found[1]) / (100 if found[2] else 1)


def compare(
    warehouse: Warehouse, *, limit: float, before: str | None = None, after: str | None = None
) -> Comparison:
    """Check the memory and the wall time of every matched task.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    limit : `float`
        Share of the old value by which a task may become worse.
    before, after : `str` or `None`
        Campaigns; by default the focus campaign and the one before it in the file.

    Raises
    ------
    ChoiceError
        Raised if the pair is not in the warehouse, or if nothing of it matches.
    """
    before, after = _chosen(warehouse, before, after)
    compared = warehouse.query(
        """
        select *
        from fct_release_changes
        where before_campaign = $1 and after_campaign = $2
        order by stage, task_label
        """,
        [before, after],
    ).to_pylist()
    matched = [row for row in compared if row["is_matched"]]
    if not matched:
        raise ChoiceError(
            f"{after} and {before} have no task and data ID in common, or are not compared. Each "
            "campaign is compared with the focus campaign and with the one before it in the file."
        )
    checks = [_check(row, measure, limit) for row in matched for measure in Measure]
    checks.sort(key=lambda check: -abs(check.change_fraction or 0))
    return Comparison(before, after, limit, len(matched), len(compared) - len(matched), checks)


def _check(row: dict[str, Any], measure: Measure, limit: float) -> Check:
    """Make a check of a row of ``fct_release_changes``."""
    is_memory = measure == Measure.MEMORY
    regression = row[f"{measure}_regression_fraction"]
    verdict = row[f"{measure}_verdict"]
    if verdict == "worse":
        outcome = Outcome.WORSE if regression > limit else Outcome.TOLERATED
    else:
        outcome = _OUTCOMES[verdict]
    median = "p50_max_rss" if is_memory else "wall_time"
    paired = row[f"paired_{measure}_change_fraction"]
    return Check(
        stage=row["stage"],
        task_label=row["task_label"],
        measure=measure,
        outcome=outcome,
        quanta_count=row["own_matched_count" if is_memory else "matched_count"],
        change_fraction=paired if regression is None else regression,
        detectable_median_fraction=row[f"detectable_{median}_change_fraction"],
        detectable_p95_fraction=(
            row["detectable_p95_max_rss_change_fraction"] if is_memory else None
        ),
    )


def _chosen(warehouse: Warehouse, before: str | None, after: str | None) -> tuple[str, str]:
    """Get the names of both campaigns."""
    campaigns = read_campaigns(warehouse)
    names = [row["campaign"] for row in campaigns]
    after = after or str(focus_of(campaigns, warehouse)["campaign"])
    if after not in names:
        raise ChoiceError(f"There is no campaign {after!r}; the campaigns are {', '.join(names)}.")
    if before is None:
        if names.index(after) == 0:
            raise ChoiceError(
                f"{after} is the first campaign of the file: name an earlier one with --before."
            )
        before = names[names.index(after) - 1]
    if before not in names:
        raise ChoiceError(f"There is no campaign {before!r}; the campaigns are {', '.join(names)}.")
    return before, after
