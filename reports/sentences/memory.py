"""How much: what is said of quanta and wall time over the line, and what follows for a stage."""

from __future__ import annotations

from enum import Enum
from typing import Any

from ..citations import Citations, CitedRow

__all__ = [
    "FEW",
    "SOME",
    "Verdict",
    "conclusion",
    "focus_over",
    "quanta_over",
    "time_spent_over",
    "verdict",
    "wall_time_over",
]

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


def quanta_over(usage: CitedRow) -> str:
    """Say how many quanta of a stage are over the threshold.

    Parameters
    ----------
    usage : `~reports.citations.CitedRow`
        Row of ``fct_stage_usage``.
    """
    return (
        f"{usage['over_threshold_count']} of {usage['quanta_count']} quanta "
        f"({usage['over_threshold_fraction']}) exceed {usage['threshold_gib']}"
    )


def wall_time_over(usage: CitedRow) -> str:
    """Say how much wall time quanta over the threshold took, as the subject of a sentence."""
    return (
        f"{usage['over_threshold_wall_time_h']} of {usage['total_wall_time_h']} "
        f"of wall time ({usage['over_threshold_wall_time_fraction']})"
    )


def time_spent_over(usage: CitedRow) -> str:
    """Say how much wall time was spent over the threshold, without a full stop."""
    return f"{wall_time_over(usage)} were spent by quanta over {usage['threshold_gib']}"


def focus_over(citations: Citations, campaign: str, stage: str) -> str:
    """Say how many quanta of the focus campaign are over, if it has measured any in a stage.

    Returns
    -------
    sentence : `str`
        Begins with a space; empty where nothing was measured.
    """
    rows = citations.rows("fct_stage_usage", campaign=campaign, stage=stage)
    if not rows or not rows[0]["quanta_count"]:
        return ""
    return f" In {campaign}, {quanta_over(citations.stage_usage(rows[0]))}."


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
    if share is None:  # Measured quanta that took no time: only their number can be weighed.
        share = usage["over_threshold_fraction"]
    if share <= FEW:
        return Verdict.NEARLY
    return Verdict.MOSTLY if share <= SOME else Verdict.DOES_NOT_FIT


def conclusion(citations: Citations, usage: dict[str, Any], title: str, reason: str) -> str:
    """Say what follows for a stage, in words that change with its numbers.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    usage : `dict`
        Row of ``fct_stage_usage``.
    title : `str`
        The stage in a sentence.
    reason : `str`
        Why there is no data, should there be none.
    """
    judged = verdict(usage)
    if judged is Verdict.NO_DATA:
        return f"No conclusion: {reason}"
    row = citations.stage_usage(usage)
    return f"{row['threshold_gib']} per core {_consequence(judged, row, title)}{_limits(row)}"


def _consequence(judged: Verdict, usage: CitedRow, title: str) -> str:
    """Say whether the line is enough, by how much, and where to look."""
    if judged is Verdict.FITS:
        return (
            f"is enough: all {usage['quanta_count']} measured quanta fit, the largest with "
            f"{usage['max_max_rss_bytes']}."
        )
    spent = f"{wall_time_over(usage)} was spent over it"
    if judged is Verdict.NEARLY:
        return (
            f"is enough for nearly everything: {spent}; retries with a larger request can run "
            f"them. Most of these quanta belong to task {usage['worst_task_label']}."
        )
    if judged is Verdict.MOSTLY:
        return (
            f"is enough for most of the work, but {spent}. Some nodes need more memory, or leave "
            f"cores idle, mainly for task {usage['worst_task_label']}."
        )
    return (
        f"is not enough for {title}: {usage['over_threshold_fraction']} of the quanta exceed it, "
        f"and {spent}. Task {usage['worst_task_label']} spends most of that time."
    )


def _limits(usage: CitedRow) -> str:
    """Say what the conclusion cannot cover."""
    completeness = usage.value("completeness_verdict")
    if completeness in ("incomplete", "declared"):
        return (
            f" This covers only the measured quanta: {usage['gap_count']} expected quanta left no "
            "usable result, and quanta killed for their memory would be among them."
        )
    if completeness == "unverified":
        return " This covers only the measured quanta: no graph says how many were expected."
    if usage.value("failed_count"):
        noun = "quantum" if usage.value("failed_count") == 1 else "quanta"
        return f" Excludes {usage['failed_count']} failed {noun}."
    return ""
