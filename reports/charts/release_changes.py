"""How tasks changed from one campaign to the next, on the same data: a dumbbell each."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports.charts.parts import Setting, figure, log_memory_scale, refuse_empty
from reports.look.dumbbells import dumbbells

__all__ = ["VERDICTS", "chart"]

VERDICTS = {
    "worse": "#ce401e",
    "better": "#1e5898",
    "same": "#777777",
    "cannot tell": "#c7c7c7",
}
"""Colour of each verdict, by its name in the frame."""


def chart(frame: pa.Table, *, setting: Setting) -> alt.LayerChart:
    """Draw the 95th percentile of max RSS of each task before and after.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per task, in the order to draw: ``row_label``, ``before_gib``, ``after_gib``,
        ``verdict`` (key of `VERDICTS`).
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.

    Raises
    ------
    EmptyFrameError
        Raised if there is no task.
    """
    refuse_empty(frame, "matched task")
    rows = dumbbells(
        frame,
        hollow="before_gib",
        full="after_gib",
        verdicts=VERDICTS,
        axis_title="95th percentile of max RSS (GiB, logarithmic)",
        legend_title="Verdict (hollow: before, full: after)",
        axis=log_memory_scale([frame["before_gib"], frame["after_gib"]]),
    )
    return figure(rows.layers, setting, height=rows.height)
