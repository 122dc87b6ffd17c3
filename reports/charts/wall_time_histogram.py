"""Wall time spent per range of max RSS, stacked by task: the top of a bar is the total."""

from __future__ import annotations

import math

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from reports.charts.parts import (
    Setting,
    figure,
    line_layers,
    refuse_empty,
    task_fill,
    threshold_line,
)
from reports.look import theme

__all__ = ["chart"]


def chart(
    frame: pa.Table, *, setting: Setting, threshold_gib: float, first_gib: float = 0
) -> alt.LayerChart:
    """Draw how many hours of wall time were spent at each GiB of max RSS.

    Parameters
    ----------
    frame : `pyarrow.Table`
        Segments of bars: ``bucket_gib``, ``bucket_end_gib``, ``display_label``, ``display_rank``,
        and the ends of the segment in hours ``lower_total_wall_time_h``,
        ``upper_total_wall_time_h``.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib : `float`
        Where the line stands, in GiB.
    first_gib : `float`, optional
        Where the axis begins, in GiB.

    Raises
    ------
    EmptyFrameError
        Raised if there is no segment.
    """
    refuse_empty(frame, "range of max RSS")
    last = max(float(pc.max(frame["bucket_end_gib"]).as_py()), math.ceil(threshold_gib) + 1)
    bars = (
        alt.Chart(frame)
        .mark_rect(stroke="white", strokeWidth=0.6 if last - first_gib <= 120 else 0)
        .encode(
            x=alt.X(
                "bucket_gib:Q",
                title="Max RSS (GiB), in ranges of one GiB",
                scale=alt.Scale(domain=[first_gib, last], nice=False),
                axis=alt.Axis(format=theme.GIB_FORMAT, tickMinStep=1, tickCount=20, grid=False),
            ),
            x2="bucket_end_gib:Q",
            y=alt.Y(
                "lower_total_wall_time_h:Q",
                title="Integrated wall time (h)",
                scale=alt.Scale(domainMin=0, nice=True),
                axis=alt.Axis(format=theme.HOURS_FORMAT),
            ),
            y2="upper_total_wall_time_h:Q",
            fill=task_fill(frame),
        )
    )
    return figure(
        [bars, *line_layers([threshold_line(threshold_gib)])], setting, height=theme.HEIGHT
    )
