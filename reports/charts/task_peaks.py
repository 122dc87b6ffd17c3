"""One statistic of max RSS per task, the releases as points of one row."""

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
from reports.charts.releases import (
    memory_axis,
    release_colour,
    release_offset,
    release_shape,
    task_axis,
    task_height,
)

__all__ = ["chart"]

RELEASE_HEIGHT = 7
"""Height of a release within a task's row, in CSS pixels."""


def chart(
    frame: pa.Table, *, setting: Setting, threshold_gib: float, statistic: str
) -> alt.LayerChart:
    """Draw one statistic of each task, one point per release.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per (task, release), in the order of the tasks: ``task_label``, ``release_label``,
        ``campaign_position``, ``statistic_gib``, and the extremes over the releases
        ``lowest_gib``, ``highest_gib``.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib : `float`
        Where the red line stands, in GiB.
    statistic : `str`
        Name of the statistic, for the axis.

    Raises
    ------
    EmptyFrameError
        Raised if there is no task.
    """
    refuse_empty(frame, "task")
    scale, ticks = log_memory_scale([frame["statistic_gib"]], include=[threshold_gib * 1.1])
    base = alt.Chart(frame).encode(y=task_axis(frame))

    def memory(column: str) -> alt.X:
        return alt.X(
            f"{column}:Q",
            title=f"{statistic} (GiB, logarithmic)",
            scale=scale,
            axis=memory_axis(ticks),
        )

    span = base.mark_rule(color="#999999", strokeWidth=2).encode(
        x=memory("lowest_gib"), x2="highest_gib:Q"
    )
    points = base.mark_point(stroke="white", strokeWidth=0.8, fillOpacity=1, size=46).encode(
        x=memory("statistic_gib"),
        yOffset=release_offset(frame, margin=0.8),
        fill=release_colour(frame),
        shape=release_shape(frame),
    )
    return figure(
        [span, points, *line_layers([threshold_line(threshold_gib)])],
        setting,
        height=task_height(frame, RELEASE_HEIGHT),
    )
