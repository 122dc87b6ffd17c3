"""The page's charts of the answers as Vega-Lite specifications."""

from __future__ import annotations

from typing import Any

import altair as alt

from reports import theme
from reports.page.chart_parts import (
    EMPHASIS,
    HEIGHT,
    MEMORY_TICKS,
    ROWS,
    finish,
    parameters,
    slider_rule,
    tooltips,
)

__all__ = ["answer_specifications"]

FIRST_GIB, LAST_GIB = 2, 16
"""Memory per core of the first and of the last choice of ``fct_worker_sizing``."""


def sizing(title: str, label: str) -> Any:  # noqa: ANN401
    """Draw what each memory per core charges or costs, a curve for each stage or campaign.

    Rows: ``label`` (the curve), ``colour``, ``memory_gib``, ``value``, ``is_near`` (whether a point
    is filled) and, for the tooltip, the texts ``overhead``, ``charged``, ``idle``, ``unfit``,
    ``cost``.

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
    # By a condition, since a filter that leaves nothing makes Vega complain of an infinite extent.
    filled = alt.when("datum.is_near").then(alt.Fill("colour:N", scale=None))
    points = base.mark_point(size=26, strokeWidth=1.4).encode(
        stroke=stroke, fill=filled.otherwise(alt.value("transparent"))
    )
    # Larger than what is seen, so that a point is easily pointed at.
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


def changes(title: str, *, is_memory: bool) -> Any:  # noqa: ANN401
    """Draw a dumbbell for each task, hollow before and full after.

    Rows: ``row_label``, ``label`` (the verdict), ``colour``, ``before``, ``after`` and, for the
    tooltip, the texts ``before_text``,
    ``after_text``, ``change``, ``paired``, ``matched``.

    Parameters
    ----------
    title : `str`
        Title of the logarithmic horizontal axis.
    is_memory : `bool`
        Whether it is of GiB and has the slider's line; else it is of hours.
    """
    scale = alt.Scale(
        type="log", domainMin=alt.ExprRef("x_min"), domainMax=alt.ExprRef("x_max"), nice=False
    )
    base = alt.Chart(ROWS).encode(
        y=alt.Y("row_label:N", title=None, sort=None, axis=alt.Axis(grid=True)),
        opacity=EMPHASIS,
        tooltip=tooltips(
            row_label="Task",
            before_text="Before",
            after_text="After",
            change="Change",
            paired="Of the same quanta",
            matched="Matched quanta",
            label="Verdict",
        ),
    )

    def place(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            title=title,
            scale=scale,
            axis=alt.Axis(
                values=MEMORY_TICKS if is_memory else alt.ExprRef("x_values"), format=",~r"
            ),
        )

    stroke, fill = alt.Stroke("colour:N", scale=None), alt.Fill("colour:N", scale=None)
    bars = base.mark_rule(strokeWidth=3).encode(x=place("before"), x2="after:Q", stroke=stroke)
    before = base.mark_point(size=70, strokeWidth=2, fill=alt.ExprRef("paper")).encode(
        x=place("before"), stroke=stroke
    )
    after = base.mark_point(size=80, strokeWidth=0).encode(x=place("after"), fill=fill)
    lines = [slider_rule(scale)] if is_memory else []
    return finish(
        [bars, before, after, *lines],
        parameters(memory_gib=6, x_min=0.25, x_max=16, x_values=[1], paper="white", chosen=[]),
        HEIGHT,
    )


def concurrency(title: str) -> Any:  # noqa: ANN401
    """Draw what ran at once over time, a line for each stage.

    Rows: ``label`` (the stage), ``colour``, ``at`` (ms since 1970 UTC), ``value`` (mean over the
    bin) and, for the tooltip, the texts ``when``, ``running``, ``resident``.

    Parameters
    ----------
    title : `str`
        Title of the vertical axis.
    """
    base = alt.Chart(ROWS).encode(
        x=alt.X(
            "at:T",
            title="Time (UTC)",
            scale=alt.Scale(type="utc"),
            axis=alt.Axis(
                grid=False,
                labelExpr="utcFormat(datum.value, utchours(datum.value) ? '%H:%M' : '%d %b')",
            ),
        ),
        y=alt.Y(
            "value:Q",
            title=title,
            scale=alt.Scale(domainMin=0),
            axis=alt.Axis(format=theme.COUNT_FORMAT),
        ),
        opacity=EMPHASIS,
    )
    lines = base.mark_line(strokeWidth=1.6, interpolate="step-after").encode(
        stroke=alt.Stroke("colour:N", scale=None), detail="label:N"
    )
    hover = base.mark_rule(strokeWidth=4).encode(
        opacity=alt.value(0),
        tooltip=tooltips(label="Stage", when="From", running="Running", resident="Memory"),
    )
    return finish([lines, hover], parameters(memory_gib=6, chosen=[]), HEIGHT)


def answer_specifications() -> dict[str, Any]:
    """Make the specifications of the answers by name."""
    hours = f"format(datum.value, '{theme.HOURS_FORMAT}')"
    share = "format(100 * datum.value, '~r') + ' %'"
    return {
        "sizing_overhead": sizing("Core hours beyond unlimited memory", share),
        "sizing_core_hours": sizing("Core hours charged", hours),
        "sizing_cost": sizing("Cost beyond the cheapest", share),
        "running_memory": concurrency("Memory of what runs at once (GiB)"),
        "running_quanta": concurrency("Quanta that run at once"),
        "changes_memory": changes("Max RSS, p95 (GiB, logarithmic)", is_memory=True),
        "changes_wall_time": changes("Wall time (h, logarithmic)", is_memory=False),
    }
