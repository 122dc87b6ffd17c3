"""Share parts of the page's charts: named data, parameters, the slider's line.

Data are named and empty.  ``memory_gib`` (the slider), ``chosen`` (labels selected in the legend)
and the ends of axes are parameters, so that the slider moves a line without a new chart.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from ...look import theme

__all__ = [
    "DATA_NAME",
    "EMPHASIS",
    "HEIGHT",
    "MEMORY_TICKS",
    "ROWS",
    "finish",
    "parameters",
    "slider_rule",
    "tooltips",
]

DATA_NAME = "rows"
"""Name of the data of every specification."""

HEIGHT = 340
"""Height of a plot whose rows do not decide it, in CSS pixels."""

MEMORY_TICKS = [0.25, 0.5, 1, 2, 4, 6, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]
"""Labels of a logarithmic axis of memory, in GiB."""

ROWS = alt.NamedData(DATA_NAME)
"""The data of every specification; the page adds the rows."""

EMPHASIS = (
    alt.when("length(chosen) == 0 || indexof(chosen, datum.label) >= 0")
    .then(alt.value(1))
    .otherwise(alt.value(0.12))
)
"""Opacity: full if a row's label is selected in the legend, or if no label is."""


def parameters(**values: object) -> list[alt.Parameter]:
    """Declare the parameters that the page sets."""
    return [alt.param(name=name, value=value) for name, value in values.items()]


def tooltips(**titles: str) -> list[alt.Tooltip]:
    """Show texts of a row, each under a title."""
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]


def slider_rule(scale: alt.Scale) -> alt.Chart:
    """Draw the line at the slider's memory per core, without a change of the axis."""
    rule: alt.Chart = (
        alt.Chart(alt.InlineData(values=[{}]))
        .transform_calculate(at="memory_gib")
        .mark_rule(
            clip=True, strokeDash=theme.LINE_DASHES["threshold"], strokeWidth=2, style="slider-rule"
        )
        .encode(x=alt.X("at:Q", scale=scale))
    )
    return rule


def finish(layers: list[alt.Chart], params: list[alt.Parameter], height: object) -> Any:  # noqa: ANN401
    """Layer and size a chart; the page's light or dark configuration sets the look."""
    chart = alt.layer(*layers).add_params(*params)
    spec = chart.properties(width="container", height=height).to_dict(validate=True)
    spec.pop("config", None)
    return spec
