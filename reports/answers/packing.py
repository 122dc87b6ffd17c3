"""What the packing simulation found: rows of its figure, and sentences, from `fct_node_packing`."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from reports import numbers
from reports.captions import Words
from reports.charts.node_packing import SHARES
from reports.facts import Facts
from reports.figures import stage_title
from reports.marts import Marts

__all__ = [
    "KEY",
    "MART",
    "NO_NODES",
    "packing_frame",
    "packing_rows",
    "packing_sentences",
    "packing_words",
    "why_not_packed",
]

MART = "fct_node_packing"
KEY = ("campaign", "stage", "cores_count", "memory_per_core_gib")

NO_NODES = "The campaigns file names no nodes: nothing was packed."

_SHARE_COLUMNS = (
    "queue_core_utilisation_fraction",
    "queue_memory_idle_fraction",
    "queue_core_idle_fraction",
)

_FRAME = pa.schema(
    {
        "row_label": pa.string(),
        "share": pa.string(),
        "fraction": pa.float64(),
        "closed_form_fraction": pa.float64(),
    }
)


def packing_rows(marts: Marts, facts: Facts, campaign: str) -> list[dict[str, Any]]:
    """Get the packings of a campaign, by stage and shape of node.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    facts : `~reports.facts.Facts`
        Where rows come from.
    campaign : `str`
        Which one.
    """
    order = list(dict.fromkeys(marts.stages()["stage"].to_pylist()))
    return sorted(
        facts.rows(MART, {"campaign": campaign}),
        key=lambda row: (
            order.index(row["stage"]),
            row["cores_count"],
            row["memory_per_core_gib"],
        ),
    )


def packing_frame(marts: Marts, facts: Facts, campaign: str) -> pa.Table:
    """Get the shares of the cores for the figure: packings in which slots waited.

    Parameters
    ----------
    marts, facts, campaign
        As for `packing_rows`.
    """
    packed = packing_rows(marts, facts, campaign)
    has_one_size = len({row["cores_count"] for row in packed}) == 1
    return pa.Table.from_pylist(
        [
            {
                "row_label": _label(row, has_one_size=has_one_size),
                "share": share,
                "fraction": row[column],
                "closed_form_fraction": row["closed_form_utilisation_fraction"],
            }
            for row in packed
            if row["queue_core_utilisation_fraction"] is not None
            for share, column in zip(SHARES, _SHARE_COLUMNS, strict=True)
        ],
        schema=_FRAME,
    )


def _label(row: dict[str, Any], *, has_one_size: bool) -> str:
    """Name a bar: the stage, the shape, and the type of node that has it."""
    cores = "" if has_one_size else f"{numbers.count(row['cores_count'])} cores, "
    node = f" ({row['node_type']})" if row["node_type"] else ""
    memory = numbers.gib(row["memory_per_core_gib"])
    return f"{stage_title(row['stage'])}, {cores}{memory} per core{node}"


def why_not_packed(facts: Facts, campaign: str) -> str:
    """Say why the figure has nothing to show.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where rows come from.
    campaign : `str`
        Which one.
    """
    if not facts.rows("fct_campaign_sizing", {"campaign": campaign}):
        return f"No quantum of {campaign} was measured."
    if not facts.rows(MART, {"campaign": campaign}):
        return NO_NODES
    return f"No slot of {campaign} ever waited: it is too small a work for one node of the file."


def packing_sentences(marts: Marts, facts: Facts, campaign: str) -> list[str]:
    """Say how full nodes with the memory of the threshold get, beside the closed form.

    Parameters
    ----------
    marts, facts, campaign
        As for `packing_rows`.

    Returns
    -------
    sentences : `list` [`str`]
        One per number of cores; empty without nodes, or where no slot waited.
    """
    line = facts.value("dim_campaigns", "threshold_gib", campaign=campaign)
    packed = [
        row
        for row in packing_rows(marts, facts, campaign)
        if row["memory_per_core_gib"] == line and row["excess_fraction"] is not None
    ]
    said = []
    for cores in sorted({row["cores_count"] for row in packed}):
        rows = [row for row in packed if row["cores_count"] == cores]

        def say(column: str, row: dict[str, Any]) -> str:
            return facts.say(MART, column, **{name: row[name] for name in KEY})

        stages = ", ".join(
            f"{stage_title(row['stage'])} keeps {say('queue_core_utilisation_fraction', row)} of "
            f"the cores busy (closed form: {say('closed_form_utilisation_fraction', row)})"
            for row in rows
        )
        said.append(
            f"Packed first fit on nodes of {say('cores_count', rows[0])} cores with "
            f"{say('memory_per_core_gib', rows[0])} per core, for as long as slots wait, {stages}."
        )
    return said


def packing_words(marts: Marts, facts: Facts, campaign: str) -> Words:
    """Describe the bars of the figure.

    Parameters
    ----------
    marts, facts, campaign
        As for `packing_rows`.
    """
    said = " ".join(packing_sentences(marts, facts, campaign))
    return Words(
        f"What the cores of real nodes do while slots of {campaign} wait for their turn, packed "
        "first fit by start order over the cores and the memory of each node. The mark is the "
        "share in use by the closed form, where memory comes with cores alone: a bar beyond it is "
        f"won by sharing memory within a node. {said}",
        f"One bar per stage of {campaign} and shape of node: cores in use, idle for want of "
        f"memory, and kept for slots of several cores. {said}",
    )
