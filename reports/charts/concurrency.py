"""What ran when: memory of the running quanta over time, stacked by task."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports.charts.parts import Setting, figure, refuse_empty, task_fill
from reports.look import theme

__all__ = ["chart"]


def chart(frame: pa.Table, *, setting: Setting) -> alt.LayerChart:
    """Draw the memory of running quanta.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per (bin, task), at most 300 bins: ``bin_started_at``, ``bin_ended_at``
        (UTC), ``display_label``, ``display_rank`` (NULL for other tasks), ``lower_resident_gib``,
        ``upper_resident_gib``.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.

    Raises
    ------
    EmptyFrameError
        Raised if nothing ran.
    """
    refuse_empty(frame, "bin of time")
    layers = (
        alt.Chart(frame)
        .mark_rect(strokeWidth=0)
        .encode(
            x=alt.X(
                "bin_started_at:T",
                title="Time (UTC)",
                scale=alt.Scale(type="utc"),
                axis=alt.Axis(
                    format="%Y-%m-%d %H:%M", labelAngle=0, labelOverlap=True, tickCount=6
                ),
            ),
            x2="bin_ended_at:T",
            y=alt.Y(
                "lower_resident_gib:Q",
                title="Memory of running quanta (GiB, upper bound)",
                axis=alt.Axis(format=theme.COUNT_FORMAT),
            ),
            y2="upper_resident_gib:Q",
            fill=task_fill(frame),
        )
    )
    return figure([layers], setting, height=theme.HEIGHT)
