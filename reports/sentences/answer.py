"""The answer in a few short sentences: memory, cost and completeness."""

from __future__ import annotations

from ..citations import Citations
from ..subjects import Census
from .memory import WORDS
from .sizing import charge_sentences, cheapest_sentences

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
    return [
        _memory(citations, census),
        *_cost(citations, census),
        *_completeness(citations, census),
    ]


def _memory(citations: Citations, census: Census) -> str:
    """Say which stages the threshold is enough for; the table beside it has the shares."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=census.campaign)
    titles: dict[str, list[str]] = {}
    for stage in census.stages:
        titles.setdefault(WORDS[stage.focus["fit_verdict"]], []).append(stage.title)
    said = "; ".join(f"{words} in {', '.join(stages)}" for words, stages in titles.items())
    return f"With {line} per core, {census.campaign} {said}."


def _cost(citations: Citations, census: Census) -> list[str]:
    """Say what is cheapest; without prices, what the line costs; nothing without measurements."""
    if priced := cheapest_sentences(citations, census.campaign):
        return priced
    shares, _, *requested = charge_sentences(citations, census.campaign) or ("", "")
    return [shares, *requested] if shares else []


def _completeness(citations: Citations, census: Census) -> list[str]:
    """Say what is missing of the focus campaign, or that nothing tells."""
    campaign = census.campaign
    gaps, absent, unverified = [], [], []
    for stage in census.stages:
        match stage.focus["completeness_verdict"]:
            case "incomplete" | "declared" if stage.focus["is_empty"]:
                absent.append(stage.title)
            case "incomplete" | "declared":
                usage = citations.stage_usage(stage.focus)
                gaps.append(f"{usage['gap_count']} of {usage['expected_count']} in {stage.title}")
            case "unverified":
                unverified.append(stage.title)
    said = []
    if gaps:
        said.append(f"Expected quanta of {campaign} without a usable result: {', '.join(gaps)}.")
    if absent:
        said.append(f"The lake has no data of {campaign} for {', '.join(absent)}.")
    if unverified:
        said.append(f"No graph says what {campaign} should hold in {', '.join(unverified)}.")
    return said or [f"Every expected quantum of {campaign} is accounted for."]
