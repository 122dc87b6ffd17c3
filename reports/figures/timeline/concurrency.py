"""What ran when: memory of the running quanta over time, stacked by task."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.legends import task_fill
from ...look.time_axis import spell_layers, time_axis
from ...sentences.timeline import left_out
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ._time import time_parts

NAME = "concurrency_{focus}_stage{stage}"
SECTION = "timeline"
PLACE = 1


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Memory in use over time, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Get what ran in each bin of time (at most 300) as layers of tasks, and the axis of time."""
    of_stage = [subject.campaign, subject.stage.name]
    bins = warehouse.query(
        """
        select
            axis_position as bin_begin, axis_position + 1 as bin_end,
            display_label, display_rank, lower_resident_gib, upper_resident_gib
        from fct_task_concurrency
        where campaign = $1 and stage = $2 and running_quanta_count > 0
        order by coalesce(display_rank, 99), bin_position
        """,
        of_stage,
    )
    return bins, *time_parts(warehouse, *of_stage)


def chart(frame: tuple[pa.Table, pa.Table, pa.Table], _: StageSubject) -> Plot:
    """Draw a rectangle per bin of time and task."""
    bins, spells, ticks = frame
    refuse_empty(bins, "bin of time")
    layers = (
        alt.Chart(bins)
        .mark_rect(strokeWidth=0)
        .encode(
            x=time_axis("bin_begin", spells, ticks),
            x2="bin_end:Q",
            y=alt.Y(
                "lower_resident_gib:Q",
                title="Memory of running quanta (GiB, upper bound)",
                axis=alt.Axis(format=theme.COUNT_FORMAT),
            ),
            y2="upper_resident_gib:Q",
            fill=task_fill(bins),
        )
    )
    return Plot([layers, *spell_layers(spells)], height=theme.HEIGHT)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the layers."""
    return (
        f"Memory of the running quanta of {subject.stage.title} of {subject.campaign} over time. "
        "Tasks are stacked from bottom to top in the order of the legend. Each quantum counts with "
        "its max RSS from its start to its end, so this is an upper bound."
        f"{left_out(citations, subject.campaign, subject.stage.name)}"
    )


def alt_text(_: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"Stacked areas of memory over time in {subject.stage.title} of {subject.campaign}, one "
        "layer per task."
    )
