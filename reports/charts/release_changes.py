"""How tasks changed from one campaign to the next, on the same data: a dumbbell each."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports import theme
from reports.charts.parts import Setting, figure, log_memory_scale, refuse_empty
from reports.charts.releases import memory_axis

__all__ = ["VERDICTS", "chart"]

VERDICTS = {
    "worse": "#ce401e",
    "better": "#1e5898",
    "same": "#777777",
    "cannot tell": "#c7c7c7",
}
"""Colour of each verdict, by its name in the frame."""

ROW_HEIGHT = 22
"""Height of a task's row, in CSS pixels."""


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
    scale, ticks = log_memory_scale([frame["before_gib"], frame["after_gib"]])
    rows = frame["row_label"].to_pylist()
    used = set(frame["verdict"].to_pylist())
    names = [name for name in VERDICTS if name in used]
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
            title="95th percentile of max RSS (GiB, logarithmic)",
            scale=scale,
            axis=memory_axis(ticks),
        )

    stroke = alt.Stroke(
        "verdict:N",
        title="Verdict (hollow: before, full: after)",
        sort=names,
        scale=alt.Scale(domain=names, range=[VERDICTS[name] for name in names]),
        legend=alt.Legend(orient="bottom", columns=4, symbolType="stroke", symbolStrokeWidth=4),
    )
    fill = alt.Fill(
        "verdict:N",
        scale=alt.Scale(domain=names, range=[VERDICTS[name] for name in names]),
        legend=None,
    )
    bars = base.mark_rule(strokeWidth=3).encode(
        x=memory("before_gib"), x2="after_gib:Q", stroke=stroke
    )
    before = base.mark_point(size=70, fill="white", strokeWidth=2).encode(
        x=memory("before_gib"), stroke=stroke
    )
    after = base.mark_point(size=90, strokeWidth=0).encode(x=memory("after_gib"), fill=fill)
    return figure([bars, before, after], setting, height=float(len(rows) * ROW_HEIGHT))
