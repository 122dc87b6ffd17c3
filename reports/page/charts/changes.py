"""Make the chart of changes as Vega-Lite specifications."""

from __future__ import annotations

from typing import Any

import altair as alt

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
        Whether it is in GiB and has the slider's line; else it is in hours.
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


def specifications() -> dict[str, Any]:
    """Make the specifications of this question by name."""
    return {
        "changes_memory": changes("Max RSS, p95 (GiB, logarithmic)", is_memory=True),
        "changes_wall_time": changes("Wall time (h, logarithmic)", is_memory=False),
    }
