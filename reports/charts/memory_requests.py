"""What to request for each job: one point per policy, beside the request of today."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports.charts.parts import Setting, figure, log_memory_scale, refuse_empty
from reports.charts.releases import memory_axis
from reports.look import theme

__all__ = ["POLICIES", "chart"]

POLICIES = {
    "current": ("#222222", "cross"),
    "least waste": ("#2a8c82", "diamond"),
    "p95 and retry": ("#d98e04", "circle"),
    "p99": ("#8d6ae4", "square"),
    "largest and 10 %": ("#ce401e", "triangle-up"),
}
"""Colour and shape of each policy, by its name in the frame."""

ROW_HEIGHT = 24
"""Height of a job's row, in CSS pixels."""


def chart(frame: pa.Table, *, setting: Setting) -> alt.LayerChart:
    """Draw the requests of each job.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per (job, policy), in the order of the jobs: ``job_label``, ``policy`` (key of
        `POLICIES`), ``request_gib``, and the job's largest peak ``max_peak_gib``.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.

    Raises
    ------
    EmptyFrameError
        Raised if there is no job.
    """
    refuse_empty(frame, "job")
    scale, ticks = log_memory_scale([frame["request_gib"], frame["max_peak_gib"]])
    jobs = list(dict.fromkeys(frame["job_label"].to_pylist()))
    used = set(frame["policy"].to_pylist())
    names = [name for name in POLICIES if name in used]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "job_label:N",
            title=None,
            sort=jobs,
            axis=alt.Axis(labelLimit=theme.LABEL_LIMIT, grid=True, tickBand="extent"),
        )
    )

    def memory(column: str) -> alt.X:
        return alt.X(
            f"{column}:Q",
            title="Memory (GiB, logarithmic)",
            scale=scale,
            axis=memory_axis(ticks),
        )

    peaks = base.mark_tick(thickness=3, size=18, color="#999999").encode(x=memory("max_peak_gib"))
    points = base.mark_point(stroke="white", strokeWidth=0.8, fillOpacity=0.9, size=80).encode(
        x=memory("request_gib"),
        fill=alt.Fill(
            "policy:N",
            title="Request (grey: largest peak)",
            sort=names,
            scale=alt.Scale(domain=names, range=[POLICIES[name][0] for name in names]),
            legend=alt.Legend(orient="bottom", columns=5),
        ),
        shape=alt.Shape(
            "policy:N",
            title="Request (grey: largest peak)",
            sort=names,
            scale=alt.Scale(domain=names, range=[POLICIES[name][1] for name in names]),
            legend=alt.Legend(orient="bottom", columns=5),
        ),
    )
    return figure([peaks, points], setting, height=float(len(jobs) * ROW_HEIGHT))
