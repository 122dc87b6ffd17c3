"""Make the charts of what ran at the same time as Vega-Lite specifications."""

from __future__ import annotations

from typing import Any

import altair as alt

from ...look import theme
from ...look.time_axis import POSITION_FORMAT
from .parts import (
    EMPHASIS,
    HEIGHT,
    ROWS,
    finish,
    parameters,
    tooltips,
)

__all__ = ["specifications"]


def concurrency(title: str) -> Any:  # noqa: ANN401
    """Draw what ran at the same time, with a line for each stage.

    Rows: ``label`` (the stage), ``part`` (of its axis), ``colour``, ``axis_position``, ``value``
    (mean over the bin) and, for the tooltip, the texts ``when``, ``running``, ``resident``. A
    second table, ``spells``, has ``margin_begin``, ``margin_end``, ``is_idle`` and the text
    ``began`` of each part. The page sets ``axis_end``, and ``tick_places`` and ``tick_labels``
    (text by place).

    Parameters
    ----------
    title : `str`
        Title of the vertical axis.
    """
    places = alt.X(
        "axis_position:Q",
        title="Time (UTC)",
        scale=alt.Scale(domain=[0, alt.ExprRef("axis_end")], nice=False),
        axis=alt.Axis(
            grid=False,
            values=alt.ExprRef("tick_places"),
            labelExpr=f"tick_labels[format(datum.value, '{POSITION_FORMAT}')]",
            labelOverlap=True,
        ),
    )
    base = alt.Chart(ROWS).encode(
        x=places,
        y=alt.Y(
            "value:Q",
            title=title,
            scale=alt.Scale(domainMin=0),
            axis=alt.Axis(format=theme.COUNT_FORMAT),
        ),
        opacity=EMPHASIS,
    )
    lines = base.mark_line(strokeWidth=1.6, interpolate="step-after").encode(
        stroke=alt.Stroke("colour:N", scale=None), detail=["label:N", "part:N"]
    )
    hover = base.mark_rule(strokeWidth=4).encode(
        opacity=alt.value(0),
        tooltip=tooltips(label="Stage", when="From", running="Running", resident="Memory"),
    )
    parts = alt.Chart(alt.NamedData("spells"))
    bands = (
        parts.transform_filter("datum.is_idle")
        .mark_rect(style="left-out")
        .encode(x="margin_begin:Q", x2="margin_end:Q")
    )
    dates = (
        parts.transform_calculate(middle="(datum.margin_begin + datum.margin_end) / 2")
        .mark_text(angle=270, align="left", baseline="middle", fontSize=11, style="spell-date")
        .encode(x="middle:Q", y=alt.value(HEIGHT - 4), text="began:N")
    )
    own = parameters(memory_gib=6, chosen=[], axis_end=1, tick_places=[], tick_labels={})
    return finish([bands, lines, hover, dates], own, HEIGHT)


def specifications() -> dict[str, Any]:
    """Make the specifications of this question by name."""
    return {
        "running_memory": concurrency("Memory of running quanta (GiB)"),
        "running_quanta": concurrency("Running quanta"),
    }
