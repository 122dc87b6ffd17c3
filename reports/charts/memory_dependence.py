"""What memory depends on: the line through depth and memory of each task, and where it leads."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports import theme
from reports.charts.parts import (
    Setting,
    figure,
    line_layers,
    log_memory_scale,
    refuse_empty,
    threshold_line,
)
from reports.charts.releases import memory_axis

__all__ = ["VERDICTS", "chart"]

VERDICTS = {
    "grows": "#ce401e",
    "shrinks": "#1e5898",
    "cannot tell": "#a8a8a8",
}
"""Colour of each verdict, by its name in the frame."""

ROW_HEIGHT = 22
"""Height of a task's row, in CSS pixels."""


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
    scale, ticks = log_memory_scale(ends, include=[threshold_gib])
    rows = frame["row_label"].to_pylist()
    used = set(frame["verdict"].to_pylist())
    names = [name for name in VERDICTS if name in used]
    colours = alt.Scale(domain=names, range=[VERDICTS[name] for name in names])
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "row_label:N",
            title=None,
            sort=rows,
            axis=alt.Axis(labelLimit=theme.LABEL_LIMIT, grid=True, tickBand="extent"),
        )
    )

    def memory(column: str) -> alt.X:
        return alt.X(
            f"{column}:Q",
            title="Max RSS on the line through a task's own peaks (GiB, logarithmic)",
            scale=scale,
            axis=memory_axis(ticks),
        )

    stroke = alt.Stroke(
        "verdict:N",
        title="With more visits memory (hollow: fewest visits, full: most, triangle: twice those)",
        sort=names,
        scale=colours,
        legend=alt.Legend(orient="bottom", columns=3, symbolType="stroke", symbolStrokeWidth=4),
    )
    fill = alt.Fill("verdict:N", scale=colours, legend=None)
    bars = base.mark_rule(strokeWidth=3).encode(
        x=memory("shallowest_gib"), x2="deepest_gib:Q", stroke=stroke
    )
    shallowest = base.mark_point(size=70, fill="white", strokeWidth=2).encode(
        x=memory("shallowest_gib"), stroke=stroke
    )
    deepest = base.mark_point(size=90, strokeWidth=0).encode(x=memory("deepest_gib"), fill=fill)
    foretold = base.transform_filter("isValid(datum.twice_as_deep_gib)")
    interval = foretold.mark_rule(strokeWidth=1.2, clip=True).encode(
        x=memory("low_twice_as_deep_gib"), x2="high_twice_as_deep_gib:Q", stroke=stroke
    )
    twice = foretold.mark_point(size=80, shape="triangle-right", strokeWidth=0).encode(
        x=memory("twice_as_deep_gib"), fill=fill
    )
    lines = line_layers([threshold_line(threshold_gib)])
    return figure(
        [*lines, bars, interval, shallowest, deepest, twice],
        setting,
        height=float(len(rows) * ROW_HEIGHT),
    )
