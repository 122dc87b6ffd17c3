"""How full real nodes get: cores in use and cores that idle, beside what the closed form says."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa

from ... import numbers
from ...citations import Citations
from ...look import theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...sentences.sizing import NO_NODES, PACKING, packing_sentences
from ...subjects import Subject, stage_title
from ...warehouse import Warehouse

NAME = "node_packing"
SECTION = "sizing"
PLACE = 2

SHARES = {
    "in use": ("queue_core_utilisation_fraction", "#7f9fb5"),
    "idle: memory is taken": ("queue_memory_idle_fraction", "#b5452f"),
    "idle: kept for a slot of several cores": ("queue_core_idle_fraction", "#ded6c4"),
}
"""What a core can be: its column, and its colour; each has a lightness of its own."""

CLOSED_FORM = "in use by the closed form"

TICK = "M-0.12,-1H0.12V1H-0.12Z"
"""A tick as the symbol of a legend: a path in a square from -1 to 1."""

ROW_HEIGHT = 24
"""Height of a bar's row, in CSS pixels."""

FRAME = pa.schema(
    {
        "row_label": pa.string(),
        "share": pa.string(),
        "fraction": pa.float64(),
        "closed_form_fraction": pa.float64(),
    }
)


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"What the cores of real nodes do, {subject.about}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get the shares of the cores of each packing in which slots waited, three rows a packing."""
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
                "share": share,
                "fraction": row[column],
                "closed_form_fraction": row["closed_form_utilisation_fraction"],
            }
            for row in packed
            if row["queue_core_utilisation_fraction"] is not None
            for share, (column, _) in SHARES.items()
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
    """Draw the shares of the cores as one bar per stage and shape of node."""
    refuse_empty(frame, "packing")
    labels = list(dict.fromkeys(frame["row_label"].to_pylist()))
    names = list(SHARES)
    colours = [colour for _, colour in SHARES.values()]
    row = alt.Y("row_label:N", title=None, sort=labels, axis=alt.Axis(labelLimit=theme.LABEL_LIMIT))
    share = alt.Scale(domain=[0, 1])
    bars = (
        alt.Chart(frame)
        .transform_calculate(place=f"indexof({names}, datum.share)")
        .mark_bar(size=ROW_HEIGHT - 8)
        .encode(
            y=row,
            x=alt.X(
                "fraction:Q",
                title="Share of the cores while slots wait for their turn",
                scale=share,
                axis=alt.Axis(labelExpr=theme.SHARE_LABEL, tickCount=10),
            ),
            order="place:Q",
            fill=alt.Fill(
                "share:N",
                title=None,
                sort=names,
                scale=alt.Scale(domain=names, range=colours),
                legend=alt.Legend(orient="bottom", columns=3, symbolType="square"),
            ),
        )
    )
    ticks = (
        alt.Chart(frame)
        .transform_filter(alt.FieldEqualPredicate(field="share", equal=names[0]))
        .transform_calculate(mark=f"'{CLOSED_FORM}'")
        .mark_tick(thickness=3, size=ROW_HEIGHT - 4, opacity=1)
        .encode(
            y=row,
            x=alt.X("closed_form_fraction:Q", scale=share),
            color=alt.Color(
                "mark:N",
                title=None,
                scale=alt.Scale(domain=[CLOSED_FORM], range=[theme.INK]),
                legend=alt.Legend(orient="top", symbolType=TICK, symbolSize=250),
            ),
        )
    )
    return Plot([bars, ticks], height=ROW_HEIGHT * len(labels))


def caption(citations: Citations, subject: Subject) -> str:
    """Explain the bars."""
    return (
        f"What the cores of real nodes do while slots of {subject.campaign} wait for their turn, "
        "packed first fit by start order over the cores and the memory of each node. The mark is "
        "the share in use by the closed form, where memory comes with cores alone: a bar beyond it "
        "is won by sharing memory within a node. "
        f"{' '.join(packing_sentences(citations, subject.census))}"
    )


def alt_text(citations: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One bar per stage of {subject.campaign} and shape of node: cores in use, idle for want "
        "of memory, and kept for slots of several cores. "
        f"{' '.join(packing_sentences(citations, subject.census))}"
    )


def why_empty(citations: Citations, subject: Subject) -> str:
    """Say why nothing was packed, or nothing of it can be shown."""
    campaign = subject.campaign
    if not citations.rows("fct_campaign_sizing", campaign=campaign):
        return f"No quantum of {campaign} was measured."
    if not citations.rows(PACKING, campaign=campaign):
        return NO_NODES
    return f"No slot of {campaign} ever waited: it is too small a work for one node of the file."
