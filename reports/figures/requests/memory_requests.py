"""What to request for each job: one point per policy, beside the request of today."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import palettes, theme
from ...look.axes import log_memory_scale, memory_axis
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import line_layers, memory_lines
from ...requests import POLICY_NAMES
from ...subjects import Subject
from ...warehouse import Warehouse
from ..sql import GIB

NAME = "memory_requests"
SECTION = "requests"
PLACE = 1

MOST_JOBS = 25
"""Jobs that are drawn, those that used most memory for longest."""

ROW_HEIGHT = 40
"""Height of a job's row, in CSS pixels: each policy has a line of its own in it."""


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Memory to request, from {subject.about}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get the requests of the jobs that used most memory for longest, in GiB."""
    return warehouse.query(
        f"""
        with ranked as (
            select job_kind, job_label,
                row_number() over (order by used_gib_h desc, job_label, job_kind) as place
            from fct_memory_requests
            where campaign = $1 and policy = 'p95_retry' and job_kind != 'member'
                and used_gib_h is not null
        )
        select
            requests.job_label
                || case when requests.job_kind = 'cluster' then ' (cluster)' else '' end
                || case when requests.basis = 'guess' then ' (guess)' else '' end
                as job_label,
            policy,
            request_memory_mib / 1024 as request_gib,
            max_peak_rss_bytes / {GIB} as max_peak_gib
        from fct_memory_requests as requests
        join ranked using (job_kind, job_label)
        where campaign = $1 and place <= $2
        order by place, policy
        """,  # noqa: S608  (constants)
        [subject.campaign, MOST_JOBS],
    )


def chart(frame: pa.Table, subject: Subject) -> Plot:
    """Draw the requests of each job, its largest peak, and the threshold."""
    refuse_empty(frame, "job")
    columns = [frame["request_gib"], frame["max_peak_gib"]]
    scale, ticks = log_memory_scale(columns, include=subject.lines_gib)
    jobs = list(dict.fromkeys(frame["job_label"].to_pylist()))
    policies = frame["policy"].to_pylist()
    used = [name for name in POLICY_NAMES if name in policies]
    names = [POLICY_NAMES[name] for name in used]
    frame = frame.append_column("request", pa.array([POLICY_NAMES[name] for name in policies]))
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "job_label:N",
            title=None,
            sort=jobs,
            scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1),
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

    peaks = base.mark_tick(thickness=3, size=0.7 * ROW_HEIGHT, color="#999999").encode(
        x=memory("max_peak_gib")
    )
    legend: dict[str, Any] = {
        "title": "Request (grey: largest peak)",
        "sort": names,
        "legend": alt.Legend(orient="bottom", columns=5),
    }
    colours = [palettes.POLICIES[name] for name in used]
    shapes = [palettes.POLICY_SHAPES[name] for name in used]
    points = base.mark_point(stroke="white", strokeWidth=0.5, fillOpacity=1, size=36).encode(
        x=memory("request_gib"),
        yOffset=alt.YOffset("request:N", sort=names),
        fill=alt.Fill("request:N", scale=alt.Scale(domain=names, range=colours), **legend),
        shape=alt.Shape("request:N", scale=alt.Scale(domain=names, range=shapes), **legend),
    )
    lines = line_layers(memory_lines(subject.lines_gib, subject.threshold_gib))
    return Plot([peaks, *lines, points], height=float(len(jobs) * ROW_HEIGHT))


def caption(citations: Citations, subject: Subject) -> str:
    """Explain the points."""
    is_guessed = citations.rows("fct_job_evidence", campaign=subject.campaign, basis="guess")
    guess = (
        " Nothing says which quanta of a job marked as a guess shared a process: its requests may "
        "be too low."
        if is_guessed
        else ""
    )
    return (
        f"Memory requests from the peaks of {subject.campaign}, for the jobs that held most memory "
        "for longest. There is one mark per policy, and one for the request of today where it is "
        f"known. A grey tick is the largest peak seen.{guess}"
    )


def alt_text(_: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One row per job of {subject.campaign}, one mark per policy on a logarithmic axis of "
        "memory; the values are in the table of requests."
    )
