"""The answer in three lines, memory, cost and completeness."""

from __future__ import annotations

from ..citations import Citations
from ..subjects import Census
from .sizing import CHOICES, EXACT, charge_sentences, cheapest_sentences

__all__ = ["answer_lines"]


def answer_lines(citations: Citations, census: Census) -> list[str]:
    """Say what the focus campaign needs, what that costs, and whether it was all measured.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    census : `~reports.subjects.Census`
        The campaigns and stages.

    Returns
    -------
    lines : `list` [`str`]
        A sentence each; the cost is left out where nothing was measured.
    """
    lines = [_memory(citations, census)]
    lines += _cost(citations, census)
    if _is_cheaper_below_what_does_not_fit(citations, census):
        lines.append(
            "Less memory per core can cost less although some jobs exceed it: such a job is "
            "charged more cores."
        )
    lines.append(_completeness(citations, census))
    return lines


def _memory(citations: Citations, census: Census) -> str:
    """Say how much wall time of each stage is over the line."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=census.campaign)
    parts = []
    for stage in census.stages:
        if stage.focus["fit_verdict"] == "not_enough_evidence":
            parts.append(f"{stage.title} too few measured")
        elif stage.focus["quanta_count"]:
            share = citations.stage_usage(stage.focus)["over_threshold_wall_time_fraction"]
            parts.append(f"{stage.title} {share}")
        else:
            parts.append(f"{stage.title} not measured")
    return f"Share of wall time over {line} in {census.campaign}: {', '.join(parts)}."


def _cost(citations: Citations, census: Census) -> list[str]:
    """Say what is cheapest; without prices, what the line costs; nothing without measurements."""
    priced = cheapest_sentences(citations, census.campaign)
    return priced or charge_sentences(citations, census.campaign)


def _is_cheaper_below_what_does_not_fit(citations: Citations, census: Census) -> bool:
    """Tell whether the cheapest memory per core is less than what some stage needs."""
    cheapest = [
        row["memory_per_core_gib"]
        for row in citations.rows(CHOICES, campaign=census.campaign, policy=EXACT, is_cheapest=True)
    ]
    beyond = ("mostly_fits", "does_not_fit")
    return bool(cheapest) and (
        min(cheapest) <= census.focus["threshold_gib"]
        and any(stage.focus["fit_verdict"] in beyond for stage in census.stages)
    )


def _completeness(citations: Citations, census: Census) -> str:
    """Say what is missing of the focus campaign, or that nothing tells."""
    campaign = census.campaign
    gaps, unverified = [], []
    for stage in census.stages:
        match stage.focus["completeness_verdict"]:
            case "incomplete" | "declared":
                usage = citations.stage_usage(stage.focus)
                gaps.append(
                    f"{stage.title} {usage['gap_count']} of {usage['expected_count']} expected"
                )
            case "unverified":
                unverified.append(stage.title)
    if gaps:
        return f"Missing quanta of {campaign}: {', '.join(gaps)}."
    if unverified:
        return f"No graph says what {campaign} should hold in {', '.join(unverified)}."
    return f"No expected quantum of {campaign} is missing."
