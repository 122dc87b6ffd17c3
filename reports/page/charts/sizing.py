"""Make the charts of what to buy as Vega-Lite specifications."""

from __future__ import annotations

from typing import Any

import altair as alt

from ...look import theme
from .parts import (
    EMPHASIS,
    HEIGHT,
    ROWS,
    finish,
    parameters,
    slider_rule,
    tooltips,
)

__all__ = ["specifications"]

FIRST_GIB, LAST_GIB = 2, 16
"""Memory per core of the first and of the last choice of ``fct_worker_sizing``."""


def sizing(title: str, label: str) -> Any:  # noqa: ANN401
    """Draw the charge or cost of each memory per core, with a curve for each stage or campaign.

    Rows: ``label`` (the curve), ``colour``, ``shape``, ``memory_gib``, ``value``, ``is_near``
    (whether a point is filled) and, for the tooltip, the texts ``overhead``, ``charged``,
    ``idle``, ``unfit``, ``cost``.

    Parameters
    ----------
    title : `str`
        Title of the vertical axis.
    label : `str`
        Vega expression of its labels.
    """
    scale = alt.Scale(domain=[FIRST_GIB, LAST_GIB], nice=False)
    base = alt.Chart(ROWS).encode(
        x=alt.X(
            "memory_gib:Q",
            title="Memory per core (GiB)",
            scale=scale,
            axis=alt.Axis(grid=False, tickMinStep=1, format="~r"),
        ),
        y=alt.Y(
            "value:Q", title=title, scale=alt.Scale(domainMin=0), axis=alt.Axis(labelExpr=label)
        ),
        opacity=EMPHASIS,
    )
    stroke = alt.Stroke("colour:N", scale=None)
    lines = base.mark_line(strokeWidth=2).encode(stroke=stroke, detail="label:N")
    # By a condition: after a filter without rows, Vega warns of an infinite extent.
    filled = alt.when("datum.is_near").then(alt.Fill("colour:N", scale=None))
    points = base.mark_point(size=34, strokeWidth=1.4).encode(
        stroke=stroke,
        fill=filled.otherwise(alt.value("transparent")),
        shape=alt.Shape("shape:N", scale=None),
    )
    # Larger than the visible point, so that it is easy to point at.
    hover = base.mark_point(size=260, opacity=0, filled=True).encode(
        opacity=alt.value(0),
        tooltip=tooltips(
            label="Work",
            memory_gib="GiB per core",
            overhead="Overhead",
            charged="Charged",
            idle="Idle",
            unfit="Fit no node",
            cost="Over the cheapest",
        ),
    )
    return finish(
        [lines, points, slider_rule(scale), hover],
        parameters(memory_gib=6, chosen=[]),
        HEIGHT,
    )


def specifications() -> dict[str, Any]:
    """Make the specifications of this question by name."""
    hours = f"format(datum.value, '{theme.HOURS_FORMAT}')"
    share = theme.SHARE_LABEL
    return {
        "sizing_overhead": sizing("Core hours beyond unlimited memory, best case", share),
        "sizing_core_hours": sizing("Core hours charged", hours),
        "sizing_cost": sizing("Cost beyond the cheapest", share),
    }
