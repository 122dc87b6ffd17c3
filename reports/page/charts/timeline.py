"""The charts of what ran at once as Vega-Lite specifications."""

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
    tooltips,
)

__all__ = ["specifications"]


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


def specifications() -> dict[str, Any]:
    """Make the specifications of this question by name."""
    return {
        "running_memory": concurrency("Memory of what runs at once (GiB)"),
        "running_quanta": concurrency("Quanta that run at once"),
    }
