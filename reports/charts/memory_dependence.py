"""What memory depends on: the line through depth and memory of each task, and where it leads."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports.charts.parts import (
    Setting,
    figure,
    line_layers,
    log_memory_scale,
    refuse_empty,
    threshold_line,
)
from reports.look.dumbbells import dumbbells

__all__ = ["VERDICTS", "chart"]

VERDICTS = {
    "grows": "#ce401e",
    "shrinks": "#1e5898",
    "cannot tell": "#a8a8a8",
}
"""Colour of each verdict, by its name in the frame."""


def chart(frame: pa.Table, *, setting: Setting, threshold_gib: float) -> alt.LayerChart:
    """Draw the line of each task from the fewest to the most visits, and what it foretells.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per task, in the order to draw: ``row_label``, ``verdict`` (key of `VERDICTS`),
        ``shallowest_gib``, ``deepest_gib`` (the line at the fewest and at the most visits seen),
        and where memory grows ``twice_as_deep_gib`` with its interval
        ``low_twice_as_deep_gib``, ``high_twice_as_deep_gib``.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib : `float`
        Where the red line stands, in GiB.

    Raises
    ------
    EmptyFrameError
        Raised if there is no task.
    """
    refuse_empty(frame, "task with places of different depth")
    ends = [frame["shallowest_gib"], frame["deepest_gib"], frame["high_twice_as_deep_gib"]]
    rows = dumbbells(
        frame,
        hollow="shallowest_gib",
        full="deepest_gib",
        verdicts=VERDICTS,
        axis_title="Max RSS on the line through a task's own peaks (GiB, logarithmic)",
        legend_title=(
            "With more visits memory (hollow: fewest visits, full: most, triangle: twice those)"
        ),
        axis=log_memory_scale(ends, include=[threshold_gib]),
    )
    foretold = rows.base.transform_filter("isValid(datum.twice_as_deep_gib)")
    interval = foretold.mark_rule(strokeWidth=1.2, clip=True).encode(
        x=rows.memory("low_twice_as_deep_gib"), x2="high_twice_as_deep_gib:Q", stroke=rows.stroke
    )
    twice = foretold.mark_point(size=80, shape="triangle-right", strokeWidth=0).encode(
        x=rows.memory("twice_as_deep_gib"), fill=rows.fill
    )
    lines = line_layers([threshold_line(threshold_gib)])
    return figure([*lines, *rows.layers, interval, twice], setting, height=rows.height)
