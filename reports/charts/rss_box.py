"""Box plots of max RSS per task, the releases side by side."""

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
    release_stroke,
    task_axis,
    task_height,
)

__all__ = ["chart"]

BOX_HEIGHT = 6
"""Height of a box, in CSS pixels."""


def chart(
    frame: pa.Table, outliers: pa.Table, *, setting: Setting, threshold_gib: float
) -> alt.LayerChart:
    """Draw one box per task and release.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per (task, release), in the order of the tasks: ``task_label``, ``release_label``,
        ``campaign_position``, ``quanta_count``, and in GiB ``lower_whisker_gib``, ``p25_gib``,
        ``p50_gib``, ``p75_gib``, ``upper_whisker_gib`` (all but the median NULL where there is one
        quantum: it is drawn as a tick).
    outliers : `pyarrow.Table`
        A sample of what lies outside the whiskers: ``task_label``, ``release_label``,
        ``max_rss_gib``.  May be empty.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib : `float`
        Where the red line stands, in GiB.

    Raises
    ------
    EmptyFrameError
        Raised if there is no task.
    """
    refuse_empty(frame, "task")
    scale, ticks = log_memory_scale(
        [
            frame["p50_gib"],
            frame["lower_whisker_gib"],
            frame["upper_whisker_gib"],
            outliers["max_rss_gib"],
        ],
        include=[threshold_gib * 1.1],
    )
    y, offset = task_axis(frame), release_offset(frame)
    fill, stroke = release_colour(frame), release_stroke(frame)

    def memory(column: str) -> alt.X:
        return alt.X(
            f"{column}:Q",
            title="Max RSS (GiB, logarithmic)",
            scale=scale,
            axis=memory_axis(ticks),
        )

    base = alt.Chart(frame).encode(y=y, yOffset=offset)
    whisker = base.mark_rule(strokeWidth=1.2)
    lower = whisker.encode(x=memory("lower_whisker_gib"), x2="p25_gib:Q", stroke=stroke)
    upper = whisker.encode(x=memory("p75_gib"), x2="upper_whisker_gib:Q", stroke=stroke)
    boxes = base.mark_bar(fillOpacity=0.45, strokeWidth=1.2, size=BOX_HEIGHT).encode(
        x=memory("p25_gib"), x2="p75_gib:Q", fill=fill, stroke=stroke
    )
    outside = (
        alt.Chart(outliers)
        .mark_point(filled=False, size=14, strokeWidth=1)
        .encode(y=y, yOffset=offset, x=memory("max_rss_gib"), stroke=stroke)
    )
    medians = base.mark_tick(thickness=3, opacity=1, size=BOX_HEIGHT).encode(
        x=memory("p50_gib"), fill=fill
    )
    return figure(
        [
            lower,
            upper,
            boxes,
            *([outside] if outliers.num_rows else []),
            medians,
            *line_layers([threshold_line(threshold_gib)]),
        ],
        setting,
        height=task_height(frame, BOX_HEIGHT + 2),
    )
