"""What follows from the numbers of a stage, in a sentence that changes with them."""

from __future__ import annotations

from enum import Enum
from typing import Any

from reports.captions import Usage, over_wall_time
from reports.facts import Facts

__all__ = ["FEW", "SOME", "Verdict", "sentence", "verdict"]

FEW = 0.01
"""Share of wall time over the line up to which retries with more memory can carry it."""

SOME = 0.1
"""Share of wall time over the line up to which a few larger nodes are enough."""


class Verdict(Enum):
    """Whether a stage fits in the memory per core."""

    NO_DATA = "has no data"
    FITS = "fits"
    NEARLY = "nearly fits"
    MOSTLY = "mostly fits"
    DOES_NOT_FIT = "does not fit"


def verdict(usage: dict[str, Any]) -> Verdict:
    """Judge a stage by the share of wall time, not of quanta, that is over the line.

    Parameters
    ----------
    usage : `dict`
        Row of ``fct_stage_usage``.
    """
    if not usage["quanta_count"]:
        return Verdict.NO_DATA
    if not usage["over_threshold_count"]:
        return Verdict.FITS
    share = usage["over_threshold_wall_time_fraction"]
    if share <= FEW:
        return Verdict.NEARLY
    return Verdict.MOSTLY if share <= SOME else Verdict.DOES_NOT_FIT


def sentence(facts: Facts, row: dict[str, Any], title: str, nothing: str) -> str:
    """Say what follows for a stage.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from.
    row : `dict`
        Row of ``fct_stage_usage``.
    title : `str`
        The stage in a sentence.
    nothing : `str`
        Why there is no data, should there be none.

    Returns
    -------
    text : `str`
        Plain text.
    """
    judged = verdict(row)
    if judged is Verdict.NO_DATA:
        return f"None can be drawn: {nothing}"
    usage = Usage(facts, row["campaign"], row["stage"])
    return (
        f"{usage['threshold_gib']} per core {_what_follows(judged, usage, title)}{_limits(usage)}"
    )


def _what_follows(judged: Verdict, usage: Usage, title: str) -> str:
    """Say whether the line is enough, by how much, and where to look."""
    if judged is Verdict.FITS:
        return (
            f"is enough: all {usage['quanta_count']} measured quanta fit, the largest with "
            f"{usage['max_max_rss_bytes']}."
        )
    spent = f"{over_wall_time(usage)} was spent over it"
    if judged is Verdict.NEARLY:
        return (
            f"is enough for nearly everything: {spent}, which retries with a larger request can "
            f"carry. Most of these quanta are of task {usage['worst_task_label']}."
        )
    if judged is Verdict.MOSTLY:
        return (
            f"is enough for most of the work, but {spent}: some nodes with more memory, or cores "
            f"left idle, have to be reckoned with, first of all for {usage['worst_task_label']}."
        )
    return (
        f"is not enough for {title} as it is: {usage['over_threshold_fraction']} of the quanta "
        f"exceed it, and {spent}. The task to look at first is {usage['worst_task_label']}."
    )


def _limits(usage: Usage) -> str:
    """Say what the conclusion cannot cover."""
    key = {"campaign": usage.campaign, "stage": usage.stage}
    complete = usage.facts.value("fct_stage_usage", "completeness_verdict", **key)
    if complete in ("incomplete", "declared"):
        return (
            f" This holds for what was measured: of the expected quanta, {usage['gap_count']} left "
            "no usable result, and those that were killed for their memory would be among them."
        )
    if complete == "unverified":
        return (
            " Nothing independent says how many quanta there should be, so this holds for what "
            "was measured."
        )
    if usage.facts.value("fct_stage_usage", "failed_count", **key):
        return f" Quanta that failed have no say in this: {usage['failed_count']}."
    return ""
