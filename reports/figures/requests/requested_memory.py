"""What jobs requested, used, and were killed at, by the batch system's records."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ...citations import Citations
from ...look import palettes, theme
from ...look.axes import log_memory_scale, memory_axis
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...subjects import Subject
from ...warehouse import Warehouse
from ..sql import GIB, STAGE_TITLE

NAME = "requested_memory_{focus}"
SECTION = "requests"
PLACE = 2
IS_OPTIONAL = True

MOST_LABELS = 25
"""Labels that are drawn, those that held most memory for longest."""

TICK = "M-0.15,-1.2H0.15V1.2H-0.15Z"
"""A tick as a symbol: a path in a square from -1 to 1."""

MARKS = {
    "requested": (theme.INK, TICK),
    "used (p95)": (palettes.VERDICTS["better"], "circle"),
    "killed at": (palettes.VERDICTS["worse"], "triangle-up"),
}
"""Colour and shape of each mark, by its name in the frame, from back to front."""

BAND = "band"
"""Mark of the rows of the frame that are upper ends of bands of memory, and no job's."""

ROW_HEIGHT = 22
"""Height of a label's row, in CSS pixels."""


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Memory that jobs requested and used, {subject.about}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get the median request, the p95 peak and the largest request of a kill, in GiB, as rows."""
    return warehouse.query(
        f"""
        with ranked as (
            select stage_position, outcomes.*,
                row_number() over (order by requested_gib_h desc, stage, label) as place
            from fct_job_outcomes as outcomes join fct_stage_usage using (campaign, stage)
            where campaign = $1 and requested_gib_h is not null
        ),
        marks as (
            unpivot (
                select stage_position, label, stage, place,
                    p50_requested_memory_bytes / {GIB} as "requested",
                    p95_peak_bytes / {GIB} as "used (p95)",
                    max_killed_request_mib / 1024 as "killed at"
                from ranked where place <= $2
            )
            on "requested", "used (p95)", "killed at" into name mark value memory_gib
        )
        select label, mark, memory_gib
        from (
            select label || ' (' || {STAGE_TITLE} || ')' as label, mark, memory_gib, place
            from marks
            union all
            select null, '{BAND}', unnest(memory_bands_mib) / 1024, 0
            from dim_campaigns where campaign = $1 and exists (from marks)
        )
        order by place, list_position(['requested', 'used (p95)', 'killed at'], mark), memory_gib
        """,  # noqa: S608  (constants)
        [subject.campaign, MOST_LABELS],
    )


def chart(frame: pa.Table, _: Subject) -> Plot:
    """Draw one row per label: a tick, a circle, and a triangle where jobs were killed."""
    refuse_empty(frame, "job")
    is_band = pc.equal(frame["mark"], BAND)
    bands, frame = frame.filter(is_band), frame.filter(pc.invert(is_band))
    scale, ticks = log_memory_scale([frame["memory_gib"]])
    x = alt.X(
        "memory_gib:Q",
        title="Memory (GiB, logarithmic)",
        scale=scale,
        axis=memory_axis(ticks),
    )
    labels = list(dict.fromkeys(frame["label"].to_pylist()))
    used = set(frame["mark"].to_pylist())
    names = [name for name in MARKS if name in used]
    colours, shapes = zip(*(MARKS[name] for name in names), strict=True)
    legend: dict[str, Any] = {
        "title": None,
        "sort": names,
        "legend": alt.Legend(orient="bottom", columns=3),
    }
    points = (
        alt.Chart(frame)
        .mark_point(filled=True, opacity=1, size=80, strokeWidth=2)
        .encode(
            y=alt.Y(
                "label:N",
                title=None,
                sort=labels,
                axis=alt.Axis(labelLimit=theme.LABEL_LIMIT, grid=True, tickBand="extent"),
            ),
            x=x,
            color=alt.Color("mark:N", scale=alt.Scale(domain=names, range=list(colours)), **legend),
            shape=alt.Shape("mark:N", scale=alt.Scale(domain=names, range=list(shapes)), **legend),
        )
    )
    return Plot([*_shades(bands, x, scale.domain), points], height=float(len(labels) * ROW_HEIGHT))


def _shades(bands: pa.Table, x: alt.X, domain: list[float]) -> list[alt.Chart]:
    """Shade every other band of the queues' memory, as far as the axis goes."""
    low, high = domain
    ends = [low, *(end for end in bands["memory_gib"].to_pylist() if low < end < high), high]
    shaded = pa.table({"memory_gib": ends[1:-1:2], "end_gib": ends[2::2]})
    if not shaded.num_rows:
        return []
    return [alt.Chart(shaded).mark_rect(color=theme.FAINT, opacity=0.5).encode(x=x, x2="end_gib")]


def caption(citations: Citations, subject: Subject) -> str:
    """Explain the marks, and the bands where there are any."""
    key = {"campaign": subject.campaign}
    bands = ""
    if citations.value("dim_campaigns", "memory_bands_mib", **key):
        ends = citations.cite("dim_campaigns", "memory_bands_mib", **key)
        bands = f" The shades are the bands of memory of the queues, which end at {ends}."
    return (
        f"The jobs of {subject.campaign} that held most memory for longest, by the batch system's "
        "records. The marks are the median request, the 95th percentile of the peaks, and the "
        "largest request at which a job was killed for its memory. The peaks are those that the "
        f"batch system sampled in tries that succeeded.{bands}"
    )


def alt_text(_: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One row per label of {subject.campaign}, with marks for the memory requested, used and "
        "killed at on a logarithmic axis; the values are in the table of job outcomes."
    )


def why_empty(_: Citations, subject: Subject) -> str:
    """Say that there are no records."""
    return f"The campaigns file names no records of the batch system for {subject.campaign}."
