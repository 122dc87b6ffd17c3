"""What packing on real nodes takes more or less than the closed form says."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa

from ... import numbers
from ...citations import Citations
from ...look import palettes, theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...sentences.sizing import NO_NODES, PACKING, packing_sentences
from ...subjects import Subject, stage_title
from ...warehouse import Warehouse

NAME = "node_packing"
SECTION = "sizing"
PLACE = 2

ROW_HEIGHT = 24
"""Height of a bar's row, in CSS pixels."""

FEWER, MORE = "fewer: large jobs use what small ones leave", "more: cores idle all the same"
COLOURS = {FEWER: palettes.VERDICTS["better"], MORE: palettes.VERDICTS["worse"]}

FRAME = pa.schema({"row_label": pa.string(), "excess_fraction": pa.float64()})


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Core-hours of packing beyond the closed form, {subject.about}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get how far each packing in which slots waited differs from the closed form."""
    packed = warehouse.query(
        """
        select packing.*
        from fct_node_packing as packing join fct_stage_usage using (campaign, stage)
        where campaign = $1
        order by stage_position, cores_count, memory_per_core_gib
        """,
        [subject.campaign],
    ).to_pylist()
    has_one_size = len({row["cores_count"] for row in packed}) == 1
    return pa.Table.from_pylist(
        [
            {
                "row_label": _label(row, has_one_size=has_one_size),
                "excess_fraction": row["excess_fraction"],
            }
            for row in packed
            if row["excess_fraction"] is not None
        ],
        schema=FRAME,
    )


def _label(row: dict[str, Any], *, has_one_size: bool) -> str:
    """Name a bar: the stage, the shape, and the type of node that has it."""
    cores = "" if has_one_size else f"{numbers.count(row['cores_count'])} cores, "
    node = f" ({row['node_type']})" if row["node_type"] else ""
    memory = numbers.gib(row["memory_per_core_gib"])
    return f"{stage_title(row['stage'])}, {cores}{memory} per core{node}"


def chart(frame: pa.Table, _: Subject) -> Plot:
    """Draw the difference as one bar per stage and shape of node, to either side of zero."""
    refuse_empty(frame, "packing")
    labels = frame["row_label"].to_pylist()
    bars = (
        alt.Chart(frame)
        .transform_calculate(side=f"datum.excess_fraction > 0 ? '{MORE}' : '{FEWER}'")
        .mark_bar(size=ROW_HEIGHT - 8)
        .encode(
            y=alt.Y(
                "row_label:N", title=None, sort=labels, axis=alt.Axis(labelLimit=theme.LABEL_LIMIT)
            ),
            x=alt.X(
                "excess_fraction:Q",
                title="Core-hours of packing beyond those of the closed form",
                scale=alt.Scale(nice=True, zero=True),
                axis=alt.Axis(labelExpr=theme.SHARE_LABEL, tickCount=8),
            ),
            fill=alt.Fill(
                "side:N",
                title=None,
                scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
                legend=alt.Legend(
                    orient="bottom", columns=2, symbolType="square", labelLimit=theme.LABEL_LIMIT
                ),
            ),
        )
    )
    return Plot([bars], height=ROW_HEIGHT * len(labels))


def caption(_: Citations, subject: Subject) -> str:
    """Explain the bars."""
    return (
        f"How many more core-hours {subject.campaign} takes in a packing simulation than in the "
        "closed form. The simulation gives each slot, by start order, the first node with enough "
        "cores and memory, and counts while slots wait. In the closed form memory comes with cores "
        "alone. A bar to the left of zero is what sharing the memory of a node saves."
    )


def alt_text(citations: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One bar per stage of {subject.campaign} and shape of node: how many more or fewer "
        "core-hours packing takes than the closed form says. "
        f"{' '.join(packing_sentences(citations, subject.census))}"
    )


def why_empty(citations: Citations, subject: Subject) -> str:
    """Say why nothing was packed, or nothing of it can be shown."""
    campaign = subject.campaign
    if not citations.rows("fct_campaign_sizing", campaign=campaign):
        return f"No quantum of {campaign} was measured."
    if not citations.rows(PACKING, campaign=campaign):
        return NO_NODES
    return f"No slot of {campaign} waited: the work is too small for one node of the file."
