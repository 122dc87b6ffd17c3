"""What ran when: memory of the running quanta over time, stacked by task."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.legends import task_fill
from ...subjects import StageSubject
from ...warehouse import Warehouse

NAME = "concurrency_{focus}_stage{stage}"
SECTION = "timeline"
PLACE = 1


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Memory in use over time, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> pa.Table:
    """Get what ran in each bin of time (at most 300) as layers of tasks."""
    return warehouse.query(
        """
        select
            bin_started_at,
            bin_started_at + to_seconds(bin_wall_time_s) as bin_ended_at,
            display_label, display_rank, lower_resident_gib, upper_resident_gib
        from fct_task_concurrency join fct_time_bins using (campaign, stage)
        where campaign = $1 and stage = $2 and running_quanta_count > 0
        order by coalesce(display_rank, 99), bin_position
        """,
        [subject.campaign, subject.stage.name],
    )


def chart(frame: pa.Table, _: StageSubject) -> Plot:
    """Draw a rectangle per bin of time and task."""
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
    return Plot([layers], height=theme.HEIGHT)


def caption(_: Citations, subject: StageSubject) -> str:
    """Explain the layers."""
    return (
        f"Memory of the running quanta of {subject.stage.title} of {subject.campaign} over time, "
        "stacked by task: each counts with its max RSS from its begin to its end, so this is an "
        "upper bound."
    )


def alt_text(_: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"Stacked areas of memory over time in {subject.stage.title} of {subject.campaign}, one "
        "layer per task."
    )
