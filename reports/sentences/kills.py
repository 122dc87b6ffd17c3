"""What was killed: said beside every share over the line, where the batch system's records tell."""

from __future__ import annotations

from ..citations import Citations, CitedRow
from ..subjects import Census

__all__ = ["kill_lines", "killed_in_stage"]

OUTCOMES = "fct_stage_outcomes"


def kill_lines(citations: Citations, census: Census) -> list[str]:
    """Say in one line which share of the jobs of each stage was killed for its memory.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    census : `~reports.subjects.Census`
        The campaigns and stages.

    Returns
    -------
    lines : `list` [`str`]
        Empty where the focus campaign names no records.
    """
    rows = {
        stage.title: _row(citations, census.campaign, stage.name)
        for stage in census.stages
        if citations.rows(OUTCOMES, campaign=census.campaign, stage=stage.name)
    }
    if not rows:
        return []
    shares = ", ".join(f"{row['killed_job_fraction']} in {title}" for title, row in rows.items())
    is_inferred = any(row.value("inferred_killed_memory_count") for row in rows.values())
    inferred = " Some are inferred from exit codes." if is_inferred else ""
    return [
        f"Share of recorded jobs killed for memory in {census.campaign}: {shares}.{inferred} "
        "How much memory they needed is not known."
    ]


def killed_in_stage(citations: Citations, campaign: str, stage: str) -> str:
    """Say how many jobs of a stage were killed for their memory, and at which requests.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign, stage : `str`
        Which stage.

    Returns
    -------
    sentences : `str`
        Empty where no records are named.
    """
    if not citations.rows(OUTCOMES, campaign=campaign, stage=stage):
        return ""
    row = _row(citations, campaign, stage)
    if not row.value("killed_job_count"):
        return f"None of {row['job_count']} recorded jobs was killed for its memory."
    return (
        f"The batch system killed {row['killed_job_count']} of {row['job_count']} recorded jobs "
        f"({row['killed_job_fraction']}) for their memory{_requests(row)}.{_inferred(row)} "
        f"{row['rescued_job_count']} of these jobs succeeded in a later try. The kills cost "
        f"{row['killed_memory_core_h']} ({row['killed_core_fraction']} of all core-hours "
        f"recorded). Label with most killed jobs: {row['worst_label']}. A killed try has no "
        "peak in these statistics: it is only known to need more than its request."
    )


def _row(citations: Citations, campaign: str, stage: str) -> CitedRow:
    """Choose the row of a stage."""
    return citations.row(OUTCOMES, campaign=campaign, stage=stage)


def _inferred(row: CitedRow) -> str:
    """Say how many kills the records do not name as such."""
    if not row.value("inferred_killed_memory_count"):
        return ""
    return (
        f" Inferred from exit codes: {row['inferred_killed_memory_count']} of "
        f"{row['killed_memory_count']} killed tries."
    )


def _requests(row: CitedRow) -> str:
    """Say at which requests jobs were killed, as far as the records tell."""
    low, high = row.value("min_killed_request_mib"), row.value("max_killed_request_mib")
    if high is None:
        return ""
    if low == high:
        return f" at a request of {row['max_killed_request_mib']}"
    return f" at requests of {row['min_killed_request_mib']} to {row['max_killed_request_mib']}"
