"""The quanta over the threshold one by one: their task, peak and wall time."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from reports.charts.parts import (
    Setting,
    figure,
    line_layers,
    log_memory_scale,
    refuse_empty,
    threshold_line,
)
from reports.charts.releases import task_axis
from reports.look import theme

__all__ = ["chart"]

ROW_HEIGHTS = (44, 28)
"""Height of a task's row in CSS pixels: of up to a dozen tasks, and of more."""

OTHER_TASKS_COLOUR = "#8a8a8a"
"""Darker than in the stacks, where it fills: here it outlines."""

OWN_PEAK = "peak of the quantum's own"
INHERITED_PEAK = "peak inherited from its process"


def chart(frame: pa.Table, *, setting: Setting, threshold_gib: float) -> alt.LayerChart:
    """Draw a circle for each quantum over the threshold, as large as its wall time is long.

    Parameters
    ----------
    frame : `pyarrow.Table`
        At most 500 quanta, in the order of the tasks: ``task_label``, ``display_rank``,
        ``max_rss_gib``, ``total_wall_time_h``, ``peak`` (own or inherited, as
        text) and ``spread`` (0 to 1, a place within the row that means nothing).
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib : `float`
        Where the red line stands, in GiB.

    Raises
    ------
    EmptyFrameError
        Raised if nothing is over the threshold.
    """
    refuse_empty(frame, "quantum over the threshold")
    scale, ticks = log_memory_scale([frame["max_rss_gib"]], include=[threshold_gib])
    tasks = pc.count_distinct(frame["task_label"]).as_py()
    ranks = {row["task_label"]: row["display_rank"] for row in frame.to_pylist()}
    colours = alt.Scale(
        domain=list(ranks),
        range=[theme.task_colour(rank) if rank else OTHER_TASKS_COLOUR for rank in ranks.values()],
    )
    points = (
        alt.Chart(frame)
        .mark_point(strokeWidth=1.2, fillOpacity=0.3, strokeOpacity=0.8)
        .encode(
            y=task_axis(frame),
            yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.15, 1.15])),
            x=alt.X(
                "max_rss_gib:Q",
                title="Max RSS (GiB, logarithmic)",
                scale=scale,
                axis=alt.Axis(values=ticks, format=theme.GIB_FORMAT),
            ),
            size=alt.Size(
                "total_wall_time_h:Q",
                title="Wall time (h)",
                scale=alt.Scale(domainMin=0, range=[6, 320]),
                legend=alt.Legend(
                    orient="bottom", direction="horizontal", format="~g", tickCount=4,
                    symbolFillColor="#999999", symbolStrokeColor="#444444",
                ),
            ),
            fill=alt.Fill("task_label:N", scale=colours, legend=None),
            stroke=alt.Stroke("task_label:N", scale=colours, legend=None),
            shape=alt.Shape(
                "peak:N",
                title=None,
                scale=alt.Scale(domain=[OWN_PEAK, INHERITED_PEAK], range=["circle", "diamond"]),
                legend=alt.Legend(
                    orient="bottom", direction="horizontal", symbolFillColor="#999999",
                    symbolStrokeColor="#444444", symbolSize=120,
                ),
            ),
        )
    )  # fmt: skip
    return figure(
        [points, *line_layers([threshold_line(threshold_gib)])],
        setting,
        height=max(tasks, 2) * ROW_HEIGHTS[tasks > len(theme.TASK_COLOURS)],
    )
