"""Quanta per range of max RSS, stacked by task, on a linear or a logarithmic axis."""

from __future__ import annotations

import math

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from reports import numbers
from reports.charts.parts import (
    Line,
    Setting,
    figure,
    line_layers,
    refuse_empty,
    task_fill,
    threshold_line,
)
from reports.look import theme

__all__ = ["chart"]

LOG_FLOOR = 0.5
"""Bottom of the logarithmic axis: a single quantum is then a bar that can be seen."""

LOG_TITLE = (
    "Quanta (logarithmic)",
    "the top of a bar is its total; heights inside are not in scale",
)


def chart(
    frame: pa.Table,
    *,
    setting: Setting,
    threshold_gib: float,
    p95_gib: float,
    is_log: bool = False,
) -> alt.LayerChart:
    """Draw how many quanta peaked in each GiB.

    Parameters
    ----------
    frame : `pyarrow.Table`
        Segments of bars: ``bucket_gib``, ``bucket_end_gib``, ``display_label``, ``display_rank``,
        ``quanta_count``, and the ends of the segment ``lower_quanta_count``,
        ``log_lower_quanta_count``, ``upper_quanta_count``.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib, p95_gib : `float`
        Where the lines stand, in GiB.
    is_log : `bool`, optional
        Whether the count has a logarithmic axis.

    Raises
    ------
    EmptyFrameError
        Raised if there is no segment.
    """
    refuse_empty(frame, "range of max RSS")
    highest = float(pc.max(frame["upper_quanta_count"]).as_py())
    last = max(float(pc.max(frame["bucket_end_gib"]).as_py()), math.ceil(threshold_gib) + 1)
    y_scale = alt.Scale(domainMin=0, nice=True)
    y_axis = alt.Axis(format=theme.COUNT_FORMAT)
    if is_log:
        top = math.ceil(math.log10(highest * 1.2))
        y_scale = alt.Scale(type="log", domain=[LOG_FLOOR, highest * 1.5], nice=False)
        y_axis = alt.Axis(format=",d", values=[10**power for power in range(top + 1)])
    bars = (
        alt.Chart(frame)
        .mark_rect(stroke="white", strokeWidth=0.6 if last <= 120 else 0)
        .encode(
            x=alt.X(
                "bucket_gib:Q",
                title="Max RSS (GiB), in ranges of one GiB",
                scale=alt.Scale(domain=[0, last], nice=False),
                axis=alt.Axis(format=theme.GIB_FORMAT, tickMinStep=1, tickCount=20, grid=False),
            ),
            x2="bucket_end_gib:Q",
            y=alt.Y(
                "log_lower_quanta_count:Q" if is_log else "lower_quanta_count:Q",
                title=list(LOG_TITLE) if is_log else "Quanta",
                scale=y_scale,
                axis=y_axis,
            ),
            y2="upper_quanta_count:Q",
            fill=task_fill(frame),
        )
    )
    lines = [
        threshold_line(threshold_gib),
        Line(p95_gib, f"95th percentile of quanta: {numbers.gib(p95_gib)}", "p95"),
    ]
    return figure([bars, *line_layers(lines)], setting, height=theme.HEIGHT)
