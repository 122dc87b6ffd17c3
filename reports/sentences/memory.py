"""How much: what is said of quanta and wall time over the line, and what follows for a stage."""

from __future__ import annotations

from typing import Any

from ..citations import Citations, CitedRow
from ..subjects import StageSubject

__all__ = [
    "WORDS",
    "conclusion",
    "focus_over",
    "further_lines",
    "quanta_over",
    "time_spent_over",
    "verdict_words",
    "wall_time_over",
]

WORDS = {
    "no_data": "has no data",
    "not_enough_evidence": "has too few measured quanta for a verdict",
    "fits": "fits",
    "fits_as_measured": "fits as far as is known",
    "nearly_fits": "nearly fits",
    "mostly_fits": "mostly fits",
    "does_not_fit": "does not fit",
}
"""What is said of a stage, by ``fit_verdict`` of ``fct_stage_usage``."""


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
    return f"{wall_time_over(usage)} was spent by quanta over {usage['threshold_gib']}"


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


def further_lines(citations: Citations, subject: StageSubject, *, from_gib: float = 0) -> str:
    """Say what of the focus campaign is over each further line that its figures draw.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    subject : `~reports.subjects.StageSubject`
        The stage.
    from_gib : `float`, optional
        Where the axis begins, in GiB: lines below it are left out.

    Returns
    -------
    sentences : `str`
        Begins with a space; empty where the threshold alone is drawn, or nothing was measured.
    """
    mart = "fct_stage_thresholds"
    where = {"campaign": subject.campaign, "stage": subject.stage.name}
    said = []
    for line in subject.lines_gib:
        key = where | {"threshold_gib": line}
        if line == subject.threshold_gib or line < from_gib or not citations.rows(mart, **key):
            continue
        row = citations.row(mart, **key)
        said.append(
            f" A further line marks {row['threshold_gib']} per core, which "
            f"{row['over_threshold_count']} quanta exceed, with "
            f"{row['over_threshold_wall_time_fraction']} of the wall time."
        )
    return "".join(said)


def verdict_words(citations: Citations, usage: dict[str, Any]) -> str:
    """Say whether a stage fits, with the cost of the line in brackets, to follow its name.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    usage : `dict`
        Row of ``fct_stage_usage``.
    """
    words = WORDS[usage["fit_verdict"]]
    if usage["fit_verdict"] in ("no_data", "not_enough_evidence"):
        return words
    return f"{words} ({_fit(citations, usage)['lost_fraction']})"


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
    if usage["fit_verdict"] == "no_data":
        return f"No conclusion: {reason}"
    row, fit = citations.stage_usage(usage), _fit(citations, usage)
    if usage["fit_verdict"] == "not_enough_evidence":
        return (
            f"No verdict on {row['threshold_gib']} per core: {fit['evidence_fraction']} of the "
            f"quanta were measured, and {quanta_over(row)}.{_limits(row)}"
        )
    return f"{row['threshold_gib']} per core {_consequence(row, fit, title)}{_limits(row)}"


def _fit(citations: Citations, usage: dict[str, Any]) -> CitedRow:
    """Choose the row that holds what the verdict follows from."""
    return citations.row("fct_stage_fit", campaign=usage["campaign"], stage=usage["stage"])


def _consequence(usage: CitedRow, fit: CitedRow, title: str) -> str:
    """Say whether the line is enough, what it costs, and where to look."""
    match usage.value("fit_reason"):
        case "all_fit" | "unverified" | "gaps":
            return _enough(usage)
        case "unfit_jobs":
            return (
                "is not enough for everything. Quanta in jobs that fit on no node of "
                f"{fit['cores_count']} cores with that memory per core: "
                f"{fit['unfit_quanta_count']}. {_cost(usage, fit)}{_where(usage)}"
            )
        case "few_core_hours":
            return f"is enough for nearly everything. {_cost(usage, fit)}{_where(usage)}"
        case "some_core_hours":
            return (
                "is enough for most of the work, but some nodes need more memory, or leave cores "
                f"idle. {_cost(usage, fit)}{_where(usage)}"
            )
        case _:
            return f"is not enough for {title}. {_jobs_run(fit)}{_cost(usage, fit)}{_where(usage)}"


def _enough(usage: CitedRow) -> str:
    """Say that all that was measured fits, and why quanta over the line do."""
    fits = f"is enough: all {usage['quanta_count']} measured quanta fit, the largest with "
    if not usage.value("over_threshold_count"):
        return f"{fits}{usage['max_max_rss_bytes']}."
    return (
        f"{fits}{usage['max_max_rss_bytes']}; {usage['over_threshold_count']} exceed "
        f"{usage['threshold_gib']}, but their jobs have several CPUs with enough memory together."
    )


def _cost(usage: CitedRow, fit: CitedRow) -> str:
    """Say what the line costs at least, and how much wall time was spent over it."""
    if fit.value("overhead_fraction") is None:
        return f"{fit['lost_fraction']} of the jobs exceed it; they took no time."
    return (
        "If each job is charged whole cores for exactly its peak, "
        f"{fit['idle_core_h']} stay idle: {fit['overhead_fraction']} of what the work needs. "
        f"Quanta over {usage['threshold_gib']} took {wall_time_over(usage)}."
    )


def _jobs_run(fit: CitedRow) -> str:
    """Say that only cores are lost, if all jobs run on a node of the campaigns file."""
    if fit.value("cores_count") is None or fit.value("unfit_quanta_count") != 0:
        return ""
    if fit.value("overhead_fraction") is None:
        return ""
    return (
        f"Every job of known size fits on a node of {fit['cores_count']} cores with that memory "
        "per core, but too many cores stay idle. "
    )


def _where(usage: CitedRow) -> str:
    """Name the task with most quanta over the line, if a measured quantum is over it."""
    if usage.value("worst_task_label") is None:
        return ""
    return f" The task with most of them is {usage['worst_task_label']}."


def _limits(usage: CitedRow) -> str:
    """Say what the conclusion cannot cover."""
    completeness = usage.value("completeness_verdict")
    if completeness in ("incomplete", "declared"):
        return (
            f" This covers only the measured quanta: {usage['gap_count']} expected quanta left no "
            "usable result. Quanta killed for their memory would be among them."
        )
    if completeness == "unverified":
        return " This covers only the measured quanta: no graph says how many were expected."
    if usage.value("failed_count"):
        noun = "quantum" if usage.value("failed_count") == 1 else "quanta"
        return f" Excludes {usage['failed_count']} failed {noun}."
    return ""
