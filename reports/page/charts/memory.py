"""Make the charts of max RSS as Vega-Lite specifications."""

from __future__ import annotations

from typing import Any

import altair as alt

from ...look import theme
from .parts import (
    EMPHASIS,
    HEIGHT,
    MEMORY_TICKS,
    ROWS,
    finish,
    parameters,
    slider_rule,
    tooltips,
)

__all__ = ["specifications"]

BOX_HEIGHT = 8
"""Height of one box of one campaign, in CSS pixels; the page sets the height of the chart."""


def _log_ends(is_log: bool) -> dict[str, object]:
    """Name the parameters of a logarithmic vertical axis that the page sets: ends and labels."""
    return {"y_min": 0.5, "y_max": 10, "y_values": [1, 10]} if is_log else {}


def _logarithmic() -> alt.Scale:
    """Make a logarithmic scale whose ends the page sets, because Vega rounds to whole decades."""
    return alt.Scale(
        type="log", domainMin=alt.ExprRef("y_min"), domainMax=alt.ExprRef("y_max"), nice=False
    )


def curve(*, is_rest: bool) -> Any:  # noqa: ANN401
    """Draw the share that fits, or the share that does not, against memory per core.

    Rows: ``memory_gib``, ``fit_quanta_fraction``, ``fit_wall_time_fraction``,
    ``over_quanta_fraction``, ``over_wall_time_fraction`` and, for the tooltip, the texts
    ``quanta`` and ``wall_time``.

    Parameters
    ----------
    is_rest : `bool`
        Whether to draw the share that does not fit, on a logarithmic axis.
    """
    kind = "over" if is_rest else "fit"
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("x_max"), nice=False)
    x = alt.X(
        "memory_gib:Q",
        title="Memory per core (GiB)",
        scale=scale,
        axis=alt.Axis(grid=False, tickMinStep=1, format="~r"),
    )

    def share(column: str) -> alt.Y:
        if is_rest:
            return alt.Y(
                f"{kind}_{column}:Q",
                title="Share that does not fit (logarithmic)",
                scale=_logarithmic(),
                axis=alt.Axis(
                    values=alt.ExprRef("y_values"),
                    labelExpr="format(100 * datum.value, '~r') + ' %'",
                ),
            )
        return alt.Y(
            f"{kind}_{column}:Q",
            title="Share that fits",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(labelExpr=theme.SHARE_LABEL),
        )

    lines = [
        alt.Chart(ROWS)
        .transform_filter(f"datum.{kind}_{column} > 0")
        .mark_line(clip=True, strokeWidth=2.5, interpolate="linear", strokeDash=dash)
        .encode(
            x=x,
            y=share(column),
            stroke=alt.datum(name),
        )
        for column, name, dash in (
            ("quanta_fraction", "quanta", [1, 0]),
            ("wall_time_fraction", "wall time", [6, 3]),
        )
    ]
    hover = (
        alt.Chart(ROWS)
        .mark_rule(strokeWidth=9, opacity=0)
        .encode(
            x=x,
            tooltip=[
                alt.Tooltip("memory_gib:Q", title="GiB per core"),
                alt.Tooltip("quanta:N", title="Quanta that fit"),
                alt.Tooltip("wall_time:N", title="Wall time that fits"),
            ],
        )
    )
    return finish(
        [*lines, slider_rule(scale), hover],
        parameters(memory_gib=6, x_max=16, **_log_ends(is_rest)),
        HEIGHT,
    )


def histogram(*, is_log: bool, title: str) -> Any:  # noqa: ANN401
    """Draw stacked bars whose ends the page computed, one for each GiB.

    Rows: ``lower_gib``, ``upper_gib``, ``label``, ``colour``, ``y0``, ``y1``, ``total_text`` (of a
    bar too low to be seen, at its uppermost segment) and, for the tooltip, the texts ``range``,
    ``quanta``, ``wall_time``, ``inherited``.

    Parameters
    ----------
    is_log : `bool`
        Whether the vertical axis is logarithmic.
    title : `str`
        Its title.
    """
    scale = alt.Scale(domainMin=0, domainMax=alt.ExprRef("x_max"), nice=False)
    values = alt.ExprRef("y_values") if is_log else alt.Undefined
    bars = (
        alt.Chart(ROWS)
        .mark_bar(clip=True, style="segment")
        .encode(
            x=alt.X(
                "lower_gib:Q",
                title="Max RSS (GiB)",
                scale=scale,
                axis=alt.Axis(grid=False, tickMinStep=1, format="~r"),
            ),
            x2="upper_gib:Q",
            y=alt.Y(
                "y0:Q",
                title=f"{title} (logarithmic)" if is_log else title,
                scale=_logarithmic() if is_log else alt.Scale(),
                axis=alt.Axis(format=theme.COUNT_FORMAT, values=values),
            ),
            y2="y1:Q",
            fill=alt.Fill("colour:N", scale=None),
            opacity=EMPHASIS,
            tooltip=tooltips(
                label="Task",
                range="Max RSS",
                quanta="Quanta",
                wall_time="Wall time",
                inherited="Inherited peaks",
            ),
        )
    )
    # Above the slider's line, if the window has space.
    totals = (
        alt.Chart(ROWS)
        .transform_calculate(
            middle_gib="(datum.lower_gib + datum.upper_gib) / 2",
            shown_text="datum.lower_gib >= memory_gib && width > 600 ? datum.total_text : ''",
        )
        .mark_text(clip=True, dy=-7, fontSize=10, style="total")
        .encode(x=alt.X("middle_gib:Q", title="Max RSS (GiB)"), y="y1:Q", text="shown_text:N")
    )
    return finish(
        [bars, *([] if is_log else [totals]), slider_rule(scale)],
        parameters(memory_gib=6, x_max=16, chosen=[], **_log_ends(is_log)),
        HEIGHT,
    )


def boxes() -> Any:  # noqa: ANN401
    """Draw one box for each task and campaign, from quantiles of the marts.

    Rows: ``task_label``, ``label`` (the campaign), ``colour``, and in GiB ``lower_gib``,
    ``p25_gib``, ``p50_gib``, ``p75_gib``, ``upper_gib``, ``p95_gib``, ``max_gib``, ``largest_gib``
    (null for a single quantum); for the tooltip the texts ``quanta``, ``inherited``, ``absent``.
    """
    scale = alt.Scale(
        type="log",
        domainMin=alt.ExprRef("x_min"),
        domainMax=alt.ExprRef("x_max"),
        nice=False,
    )
    axis = alt.Axis(values=MEMORY_TICKS, format="~r")
    base = alt.Chart(ROWS).encode(
        y=alt.Y("task_label:N", title=None, sort=None),
        yOffset=alt.YOffset("label:N", sort=None),
        opacity=EMPHASIS,
        tooltip=[
            alt.Tooltip("task_label:N", title="Task"),
            alt.Tooltip("label:N", title="Campaign"),
            alt.Tooltip("quanta:N", title="Quanta"),
            *(
                alt.Tooltip(f"{name}_gib:Q", title=f"{title} (GiB)", format=",.2f")
                for name, title in (("p50", "Median"), ("p95", "p95"), ("max", "Max"))
            ),
            alt.Tooltip("inherited:N", title="Inherited peaks"),
            alt.Tooltip("absent:N", title="Not measured"),
        ],
    )

    def memory(field: str) -> alt.X:
        return alt.X(f"{field}:Q", title="Max RSS (GiB, logarithmic)", scale=scale, axis=axis)

    stroke, fill = alt.Stroke("colour:N", scale=None), alt.Fill("colour:N", scale=None)
    whiskers = base.mark_rule(strokeWidth=1.4).encode(
        x=memory("lower_gib"), x2="upper_gib:Q", stroke=stroke
    )
    bodies = base.mark_bar(fillOpacity=0.4, strokeWidth=1.4, size=BOX_HEIGHT).encode(
        x=memory("p25_gib"), x2="p75_gib:Q", fill=fill, stroke=stroke
    )
    medians = base.mark_tick(thickness=3, size=BOX_HEIGHT).encode(x=memory("p50_gib"), fill=fill)
    largest = base.mark_point(filled=False, size=22, strokeWidth=1.4).encode(
        x=memory("largest_gib"), stroke=stroke
    )
    return finish(
        [whiskers, bodies, medians, largest, slider_rule(scale)],
        parameters(memory_gib=6, x_min=0.25, x_max=16, chosen=[]),
        HEIGHT,
    )


def worst() -> Any:  # noqa: ANN401
    """Draw the quanta with the largest peaks by memory and wall time.

    Rows: ``label`` (task or stage), ``colour``, ``max_rss_gib``, ``wall_time_h``, ``is_own`` (full,
    else hollow) and, for the tooltip, the texts ``task``, ``data_id``, ``peak``, ``wall_time``,
    ``node``.
    """
    scale = alt.Scale(
        type="log", domainMin=alt.ExprRef("x_min"), domainMax=alt.ExprRef("x_max"), nice=False
    )
    fill = alt.when("datum.is_own").then(alt.Fill("colour:N", scale=None))
    points = (
        alt.Chart(ROWS)
        .mark_point(size=34, strokeWidth=1.2)
        .encode(
            x=alt.X(
                "max_rss_gib:Q",
                title="Max RSS (GiB, logarithmic)",
                scale=scale,
                axis=alt.Axis(values=MEMORY_TICKS, format="~r"),
            ),
            y=alt.Y(
                "wall_time_h:Q",
                title="Wall time (h, logarithmic)",
                scale=_logarithmic(),
                axis=alt.Axis(values=alt.ExprRef("y_values"), format=",~r"),
            ),
            stroke=alt.Stroke("colour:N", scale=None),
            fill=fill.otherwise(alt.value("transparent")),
            opacity=EMPHASIS,
            tooltip=tooltips(
                task="Task", data_id="Data ID", peak="Max RSS", wall_time="Wall time", node="Node"
            ),
        )
    )
    return finish(
        [points, slider_rule(scale)],
        parameters(memory_gib=6, x_min=1, x_max=16, chosen=[], **_log_ends(is_log=True)),
        HEIGHT,
    )


def specifications() -> dict[str, Any]:
    """Make the specifications of this question by name."""
    return {
        "curve_fit": curve(is_rest=False),
        "curve_rest": curve(is_rest=True),
        "quanta": histogram(is_log=False, title="Quanta"),
        "quanta_log": histogram(is_log=True, title="Quanta"),
        "wall_time": histogram(is_log=False, title="Wall time (h)"),
        "wall_time_log": histogram(is_log=True, title="Wall time (h)"),
        "boxes": boxes(),
        "worst": worst(),
    }
