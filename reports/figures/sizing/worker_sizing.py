"""What each memory per core costs: cores that idle because their memory is taken, and money."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import line_keys, line_layers, threshold_line
from ...sentences.sizing import sizing_sentences
from ...subjects import Subject
from ...warehouse import Warehouse
from ..sql import STAGE_TITLE

NAME = "worker_sizing"
SECTION = "sizing"
PLACE = 1

CURVE_COLOURS = ("#d98e04", "#2a8c82", "#8d6ae4", "#ce401e", "#775618", "#7fdbfe")
"""Colours of the stages by their place in the frame; they come round again."""


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Cores that idle because their memory is taken, {subject.about}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get a curve of overhead a stage, one of all stages, and one of the cost.

    ``fraction`` 0.1 is 10 % more than unlimited memory, or than the cheapest choice.
    """
    return warehouse.query(
        f"""
        select {STAGE_TITLE} as curve, stage_position, 'overhead' as kind,
            memory_per_core_gib, overhead_fraction as fraction
        from fct_worker_sizing join fct_stage_usage using (campaign, stage)
        where campaign = $1
        union all
        select 'all stages', 998, 'overhead', memory_per_core_gib, overhead_fraction
        from fct_campaign_sizing where campaign = $1
        union all
        select 'cost, all stages', 999, 'cost',
            memory_per_core_gib, excess_cost_fraction
        from fct_campaign_sizing where campaign = $1 and work_cost is not null
        order by stage_position, curve, memory_per_core_gib
        """,  # noqa: S608  (constants)
        [subject.campaign],
    )


def chart(frame: pa.Table, subject: Subject) -> Plot:
    """Draw overhead and cost against memory per core."""
    refuse_empty(frame, "choice")
    rows = frame.select(["curve", "kind"]).to_pylist()
    names = list(dict.fromkeys(row["curve"] for row in rows if row["kind"] == "overhead"))
    costs = list(dict.fromkeys(row["curve"] for row in rows if row["kind"] == "cost"))
    colours = [
        theme.INK if "all stages" in name else CURVE_COLOURS[place % len(CURVE_COLOURS)]
        for place, name in enumerate(names)
    ]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "memory_per_core_gib:Q",
            title="Memory per core (GiB)",
            scale=alt.Scale(domain=[2, 16], nice=False),
            axis=alt.Axis(values=list(range(2, 17)), format=theme.GIB_FORMAT),
        ),
        y=alt.Y(
            "fraction:Q",
            title=["Core-hours beyond those of unlimited memory;", "dotted: cost beyond the least"],
            scale=alt.Scale(domainMin=0, nice=True),
            axis=alt.Axis(labelExpr=theme.SHARE_LABEL),
        ),
    )
    stroke = alt.Stroke(
        "curve:N",
        title=None,
        sort=names,
        scale=alt.Scale(domain=names, range=colours),
        legend=alt.Legend(orient="bottom", columns=3, symbolType="stroke", symbolSize=600),
    )
    curves = [
        base.transform_filter(alt.FieldEqualPredicate(field="curve", equal=name))
        .mark_line(
            strokeWidth=3 if "all stages" in name else 2,
            point=alt.OverlayMarkDef(size=18, fill="white", strokeWidth=1.2),
        )
        .encode(stroke=stroke)
        for name in names
    ]
    threshold = threshold_line(subject.threshold_gib)
    beside = dict.fromkeys(costs, "cost")
    # Dashes have one scale in a figure: the cost stands in the legend of the threshold's line.
    keys = line_keys({threshold.label: threshold.kind} | beside)
    cost = (
        base.transform_filter(alt.FieldEqualPredicate(field="kind", equal="cost"))
        .transform_calculate(line="datum.curve")
        .mark_line(strokeWidth=3)
        .encode(**keys)
    )
    layers = [*curves, *line_layers([threshold], beside=beside), *([cost] if costs else [])]
    return Plot(layers, height=theme.HEIGHT)


def caption(citations: Citations, subject: Subject) -> str:
    """Explain the curves."""
    return (
        f"Core-hours that the work of {subject.campaign} occupies beyond those of unlimited "
        "memory, by memory per core: a process holds as many cores as its peak takes. Dotted, "
        "where the campaigns file has prices: the cost of the same work beyond that of the "
        f"cheapest. {' '.join(sizing_sentences(citations, subject.campaign))}"
    )


def alt_text(citations: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"Falling curves of overhead by memory per core, one per stage of {subject.campaign}. "
        f"{' '.join(sizing_sentences(citations, subject.campaign))}"
    )
