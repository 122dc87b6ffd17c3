"""What to buy: what is said of memory per core, by the closed form and packed on real nodes."""

from __future__ import annotations

from typing import Any

from ..citations import Citations
from ..subjects import Census, stage_title

__all__ = ["GUESS", "NO_NODES", "PACKING", "PACKING_KEY", "packing_rows", "packing_sentences",
           "sizing_sentences"]  # fmt: skip

PACKING = "fct_node_packing"
PACKING_KEY = ("campaign", "stage", "cores_count", "memory_per_core_gib")

GUESS = "This is a guess, and may be too low: nothing says which quanta shared a process."
"""Follows what is said of slots whose processes are not known."""

NO_NODES = "The campaigns file names no nodes: nothing was packed."


def sizing_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say what nodes with the memory of the threshold charge, and which choice is cheapest.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        Which one.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where nothing was measured, or where the threshold is no choice of the mart.
    """
    line = citations.value("dim_campaigns", "threshold_gib", campaign=campaign)
    mart = "fct_campaign_sizing"
    sentences = []
    if citations.rows(mart, campaign=campaign, memory_per_core_gib=line):
        choice = citations.row(mart, campaign=campaign, memory_per_core_gib=line)
        sentences.append(
            f"With {choice['memory_per_core_gib']} per core, the work of all stages of {campaign} "
            f"occupies {choice['charged_core_h']} where unlimited memory would occupy "
            f"{choice['needed_core_h']}: {choice['overhead_fraction']} more, while cores idle "
            "because their memory is taken."
        )
    if citations.rows(mart, campaign=campaign, is_cheapest=True):
        cheapest = citations.row(mart, campaign=campaign, is_cheapest=True)
        near = sorted(
            row["memory_per_core_gib"]
            for row in citations.rows(mart, campaign=campaign, is_nearly_cheapest=True)
        )
        low, high = (
            citations.cite(mart, "memory_per_core_gib", campaign=campaign, memory_per_core_gib=end)
            for end in (near[0], near[-1])
        )
        sentences.append(
            "At the prices of the campaigns file the cheapest memory per core is "
            f"{cheapest['memory_per_core_gib']}; {low} to {high} cost nearly as little."
        )
    if sentences and citations.rows(mart, campaign=campaign, basis="guess"):
        # The last sentence may stand alone.
        sentences[-1] += f" {GUESS}"
    return sentences


def packing_rows(citations: Citations, census: Census) -> list[dict[str, Any]]:
    """Get the packings of the focus campaign, by stage and shape of node.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where rows come from.
    census : `~reports.subjects.Census`
        Gives the campaign and the order of the stages.
    """
    order = [stage.name for stage in census.stages]
    return sorted(
        citations.rows(PACKING, campaign=census.campaign),
        key=lambda row: (
            order.index(row["stage"]),
            row["cores_count"],
            row["memory_per_core_gib"],
        ),
    )


def packing_sentences(citations: Citations, census: Census) -> list[str]:
    """Say how full nodes with the memory of the threshold get, beside the closed form.

    Parameters
    ----------
    citations, census
        As for `packing_rows`.

    Returns
    -------
    sentences : `list` [`str`]
        One per number of cores; empty without nodes, or where no slot waited.
    """
    packed = [
        citations.row(PACKING, **{name: row[name] for name in PACKING_KEY})
        for row in packing_rows(citations, census)
        if row["memory_per_core_gib"] == census.focus["threshold_gib"]
        and row["excess_fraction"] is not None
    ]
    sentences = []
    for cores in sorted({row.key["cores_count"] for row in packed}):
        rows = [row for row in packed if row.key["cores_count"] == cores]
        stages = ", ".join(
            f"{stage_title(row.key['stage'])} keeps {row['queue_core_utilisation_fraction']} of "
            f"the cores busy (closed form: {row['closed_form_utilisation_fraction']})"
            for row in rows
        )
        sentences.append(
            f"Packed first fit on nodes of {rows[0]['cores_count']} cores with "
            f"{rows[0]['memory_per_core_gib']} per core, for as long as slots wait, {stages}."
        )
    return sentences
