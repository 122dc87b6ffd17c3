"""One statistic of max RSS per task, the releases as points of one row.

`largest_peaks` and `p95_peaks` are this figure for two columns of ``fct_task_usage``.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ...citations import Citations
from ...look.axes import log_memory_scale, memory_axis, task_axis, task_height
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.legends import release_colour, release_offset, release_shape
from ...look.lines import line_layers, memory_lines
from ...sentences.memory import focus_over, further_lines
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ..sql import GIB, RELEASE_LABEL

UNLIKE = 10
"""Ratio of the numbers of quanta from which on two releases are not one beside the other unsaid."""

COUNT_SIZE = 8
"""Size of the letters of a number of quanta, in CSS pixels."""

COUNT_WIDTH = 0.12
"""Room that a number of quanta needs, as a share of the axis; nearer to the end it is left."""

RELEASE_HEIGHT = 7
"""Height of a release within a task's row, in CSS pixels."""


def query(warehouse: Warehouse, subject: StageSubject, *, column: str) -> pa.Table:
    """Get a column of ``fct_task_usage`` of every task and campaign of a stage, in GiB."""
    return warehouse.query(
        f"""
        with peaks as (
            select
                task_label,
                {RELEASE_LABEL} as release_label,
                campaign_position,
                is_focus,
                quanta_count,
                {column} / {GIB} as statistic_gib
            from fct_task_usage as usage join dim_campaigns as campaigns using (campaign)
            where stage = $1 and quanta_count > 0
        ),
        ranked as (
            select
                *,
                max(statistic_gib) filter (is_focus) over task as focus_gib,
                min(statistic_gib) over task as lowest_gib,
                max(statistic_gib) over task as highest_gib,
                max(quanta_count) over task >= {UNLIKE} * min(quanta_count) over task as is_unlike
            from peaks
            window task as (partition by task_label)
        )
        select * exclude (is_focus, focus_gib)
        from ranked
        order by focus_gib desc nulls last, highest_gib desc, task_label, campaign_position
        """,  # noqa: S608  (constants of the files of figures)
        [subject.stage.name],
    )


def chart(frame: pa.Table, subject: StageSubject, *, statistic: str) -> Plot:
    """Draw one point per task and release, and a line from the lowest to the highest release."""
    refuse_empty(frame, "task")
    scale, ticks = log_memory_scale(
        [frame["statistic_gib"]], include=[line * 1.1 for line in subject.lines_gib]
    )
    base = alt.Chart(frame).encode(y=task_axis(frame))

    def memory(column: str) -> alt.X:
        return alt.X(
            f"{column}:Q",
            title=f"{statistic} (GiB, logarithmic)",
            scale=scale,
            axis=memory_axis(ticks),
        )

    span = base.mark_rule(color="#999999", strokeWidth=2).encode(
        x=memory("lowest_gib"), x2="highest_gib:Q"
    )
    points = base.mark_point(stroke="white", strokeWidth=0.5, fillOpacity=1, size=52).encode(
        x=memory("statistic_gib"),
        yOffset=release_offset(frame, margin=0.8),
        fill=release_colour(frame),
        shape=release_shape(frame),
    )
    lowest, highest = (float(bound(frame["statistic_gib"]).as_py()) for bound in (pc.min, pc.max))
    near_end = highest * (lowest / highest) ** COUNT_WIDTH
    counts = []
    for side, align, dx in (("<=", "left", 7), (">", "right", -7)):
        text = (
            base.transform_filter(f"datum.is_unlike && datum.statistic_gib {side} {near_end}")
            .transform_calculate(count_label="'n = ' + format(datum.quanta_count, ',d')")
            .encode(
                x=memory("statistic_gib"),
                yOffset=release_offset(frame, margin=0.8),
                text="count_label:N",
            )
        )
        mark: dict[str, Any] = {
            "align": align, "baseline": "middle", "dx": dx, "fontSize": COUNT_SIZE
        }  # fmt: skip
        # White behind the letters keeps them readable on the grey line.
        counts += [text.mark_text(stroke="white", strokeWidth=3, **mark), text.mark_text(**mark)]
    lines = line_layers(memory_lines(subject.lines_gib, subject.threshold_gib))
    return Plot([span, points, *counts, *lines], height=task_height(frame, RELEASE_HEIGHT))


def caption(citations: Citations, subject: StageSubject, *, statistic: str) -> str:
    """Explain the points."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"{statistic} of each task in {subject.stage.title}: one point per release, joined by a "
        f"grey line, on a logarithmic axis. The dashed red line marks {line} per core. Where one "
        "release has at least ten times the quanta of another, n is their number: such points may "
        "have little in common."
        f"{focus_over(citations, subject.campaign, subject.stage.name)}"
        f"{further_lines(citations, subject)}"
    )


def alt_text(citations: Citations, subject: StageSubject, *, statistic: str) -> str:
    """Describe the figure for readers who cannot see it."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"One row per task of {subject.stage.title}, one point per release at its "
        f"{statistic[0].lower()}{statistic[1:]}, with a dashed red line at {line}."
    )
