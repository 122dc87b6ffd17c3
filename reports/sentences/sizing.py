"""What to buy: what is said of memory per core, by the closed form and packed on real nodes."""

from __future__ import annotations

from typing import Any

from ..citations import Citations, CitedRow
from ..requests import default_policy
from ..subjects import Census, stage_title

__all__ = [
    "CHOICES",
    "EXACT",
    "GUESS",
    "NO_NODES",
    "PACKING",
    "PACKING_KEY",
    "charge_sentences",
    "cheapest_sentences",
    "packing_rows",
    "packing_sentences",
    "sharing_sentences",
    "sizing_sentences",
]

CHOICES = "fct_campaign_sizing"

EXACT = "exact"
"""Stands for the policy by which every job requests exactly its peak: the best case."""

PACKING = "fct_node_packing"
PACKING_KEY = ("campaign", "stage", "cores_count", "memory_per_core_gib")

GUESS = "This is a guess, and may be too low: which quanta shared a process is not known."
"""Follows what is said of slots whose processes are not known."""

NO_NODES = "The campaigns file names no nodes, so nothing was packed."


def sizing_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say what nodes with the memory of the threshold charge, and which choice is cheapest.

    Both are ranges: from the best case, in which every job requests exactly its peak, to what jobs
    request by the policy that costs least, and today. Where nodes were packed, jobs that share the
    memory of a node are the other bound.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        Which one.

    Returns
    -------
    sentences : `list` [`str`]
        The charge, then the cheapest where the campaigns file has prices, and why less than a
        stage needs can be cheap; empty where nothing was measured.
    """
    return [
        *charge_sentences(citations, campaign),
        *sharing_sentences(citations, campaign),
        *cheapest_sentences(citations, campaign),
    ]


def charge_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say what the choice at the threshold, or the nearest below it, charges.

    Parameters
    ----------
    citations, campaign
        As for `sizing_sentences`.
    """
    line = citations.value("dim_campaigns", "threshold_gib", campaign=campaign)
    sized = [
        row["memory_per_core_gib"]
        for row in citations.rows(CHOICES, campaign=campaign, policy=EXACT)
        if row["slot_count"]
    ]
    if not sized:
        return []
    choice = max((one for one in sized if one <= line), default=min(sized))
    key = {"campaign": campaign, "memory_per_core_gib": choice}
    exact = citations.row(CHOICES, policy=EXACT, **key)
    nearest = ""
    if choice != line:
        nearest = f", the {'nearest choice below' if choice < line else 'smallest choice, above'}"
        nearest += f" {_line(citations, campaign)}"
    others = [
        f"{row['overhead_fraction']} more with {name}{_left_out(row, exact)}"
        for name, row in _requested(citations, key)
    ]
    return [
        f"With {exact['memory_per_core_gib']} per core{nearest}, {campaign} is charged "
        f"{exact['overhead_fraction']} more core hours than it needs if every job requests exactly "
        f"its peak.{_unfit(exact)}{_guess(citations, key)}",
        f"That best case is charged {exact['charged_core_h']} and needs {exact['needed_core_h']}.",
        *([f"It is charged {', '.join(others)}."] if others else []),
    ]


def sharing_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say what sharing the memory of a node makes of the best case; empty without nodes.

    Parameters
    ----------
    citations, campaign
        As for `sizing_sentences`.
    """
    line = citations.value("dim_campaigns", "threshold_gib", campaign=campaign)
    packed = sorted(
        (
            row
            for row in citations.rows(PACKING, campaign=campaign, memory_per_core_gib=line)
            if row["excess_fraction"] is not None
        ),
        key=lambda row: row["excess_fraction"],
    )
    if not packed:
        return []
    ends = [
        (citations.row(PACKING, **{name: row[name] for name in PACKING_KEY}), row["stage"])
        for row in (packed[0], packed[-1])
    ]
    # The same words once: one packing has one end.
    said = " to ".join(
        dict.fromkeys(f"{row['excess_fraction']} ({stage_title(stage)})" for row, stage in ends)
    )
    return [
        f"If jobs share the memory of a node, a simulation changes the best case by {said} of its "
        "core-hours."
    ]


def cheapest_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say which memory per core is cheapest by what jobs request; empty without prices.

    Parameters
    ----------
    citations, campaign
        As for `sizing_sentences`.
    """
    key = {"campaign": campaign, "is_cheapest": True}
    if not citations.rows(CHOICES, policy=EXACT, **key):
        return []
    cheapest = citations.row(CHOICES, policy=EXACT, **key)
    choices = [
        f"{cheapest['memory_per_core_gib']} per core if jobs request their peaks"
        f"{_unfit(cheapest, brackets=True)}",
        *(
            f"{row['memory_per_core_gib']} with {name}{_unfit(row, brackets=True)}"
            for name, row in _requested(citations, key)
        ),
    ]
    return [
        f"Cheapest at the file's prices: {', '.join(choices)}.{_guess(citations, key)}",
        *_nearly_cheapest(citations, campaign),
    ]


def _nearly_cheapest(citations: Citations, campaign: str) -> list[str]:
    """Say how flat the best case is, and why it can be cheap where some jobs need more."""
    near = sorted(
        citations.rows(CHOICES, campaign=campaign, policy=EXACT, is_nearly_cheapest=True),
        key=lambda row: row["memory_per_core_gib"],
    )
    low, high, dearest = (
        citations.row(
            CHOICES, campaign=campaign, policy=EXACT,
            memory_per_core_gib=row["memory_per_core_gib"],
        )
        for row in (near[0], near[-1], max(near, key=lambda row: row["excess_cost_fraction"]))
    )  # fmt: skip
    although = (
        ", although some jobs need more: those take more cores"
        if _is_cheap_where_jobs_exceed(citations, campaign, near[0]["memory_per_core_gib"])
        else ""
    )
    flat = (
        "every other choice costs clearly more"
        if len(near) == 1
        else f"{low['memory_per_core_gib']} to {high['memory_per_core_gib']} cost at most "
        f"{dearest['excess_cost_fraction']} more"
    )
    return [f"If jobs request their peaks, {flat}{although}."]


def _is_cheap_where_jobs_exceed(citations: Citations, campaign: str, cheap_gib: float) -> bool:
    """Tell whether a cheap memory per core is not more than what some stage exceeds."""
    line = citations.value("dim_campaigns", "threshold_gib", campaign=campaign)
    verdicts = {row["fit_verdict"] for row in citations.rows("fct_stage_usage", campaign=campaign)}
    return bool(cheap_gib <= line and verdicts & {"mostly_fits", "does_not_fit"})


def _requested(citations: Citations, key: dict[str, Any]) -> list[tuple[str, CitedRow]]:
    """Find the rows of the policy that costs least and of today's requests, with their names."""
    campaign = key["campaign"]
    found = []
    for policy in (default_policy(citations.warehouse, campaign), "current"):
        if policy is not None and citations.rows(CHOICES, policy=policy, **key):
            row = citations.row(CHOICES, policy=policy, **key)
            name = "today's requests" if policy == "current" else f"requests by {row['policy']}"
            found.append((name, row))
    return found


def _guess(citations: Citations, key: dict[str, Any]) -> str:
    """Say that the numbers are a guess, where nothing says which quanta shared a process."""
    return f" {GUESS}" if citations.rows(CHOICES, basis="guess", **key) else ""


def _line(citations: Citations, campaign: str) -> str:
    """Write the threshold."""
    return citations.cite("dim_campaigns", "threshold_gib", campaign=campaign)


def _left_out(row: CitedRow, exact: CitedRow) -> str:
    """Say how many quanta have no request by a policy, if it is more than in the best case."""
    if row.value("unsized_quanta_count") <= exact.value("unsized_quanta_count"):
        return ""
    return f" (without {row['unsized_quanta_count']} quanta that have none)"


def _unfit(row: CitedRow, *, brackets: bool = False) -> str:
    """Say how many quanta fit on no node with so much memory per core, if any."""
    if not row.value("unfit_quanta_count"):
        return ""
    said = f"quanta that fit on no such node: {row['unfit_quanta_count']}"
    return f" ({said})" if brackets else f" {said.capitalize()}."


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
            f"{row['queue_core_utilisation_fraction']} in {stage_title(row.key['stage'])} "
            f"(closed form: {row['closed_form_utilisation_fraction']})"
            for row in rows
        )
        sentences.append(
            f"A simulation packs slots first fit on nodes of {rows[0]['cores_count']} cores with "
            f"{rows[0]['memory_per_core_gib']} per core. Cores busy while slots wait: {stages}."
        )
    return sentences
