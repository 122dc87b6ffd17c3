"""Box plots of the wall time of a quantum per task."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look.axes import log_time_scale, task_height
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...sentences.timeline import why_untimed
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ..memory._boxes import BOXES, ENDS, LONE_BOX_HEIGHT, box_layers
from ..sql import RELEASE_LABEL

NAME = "WallTime_box_{focus}_stage{stage}"
SECTION = "tasks"
PLACE = 2


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Wall time of a quantum per task, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> tuple[pa.Table, pa.Table]:
    """Get the boxes in seconds, and the extremes beyond their whiskers."""
    of_stage = [subject.campaign, subject.stage.name]
    # The box of a single quantum is its median alone.
    ends = ",\n".join(
        f"case when quanta_count > 1 then {end}_total_wall_time_s end as {end}_s" for end in ENDS
    )
    boxes = warehouse.query(
        f"""
        select
            task_label,
            {RELEASE_LABEL} as release_label,
            campaign_position,
            p50_total_wall_time_s as p50_s,
            {ends}
        from fct_task_wall_times join dim_campaigns as campaigns using (campaign)
        where campaign = $1 and stage = $2 and max_total_wall_time_s > 0
        order by p50_total_wall_time_s desc, task_label
        """,  # noqa: S608  (constants)
        of_stage,
    )
    extremes = warehouse.query(
        f"""
        select task_label, {RELEASE_LABEL} as release_label, extreme_s
        from fct_task_wall_times
        join dim_campaigns as campaigns using (campaign)
        cross join unnest([min_total_wall_time_s, max_total_wall_time_s]) as ends (extreme_s)
        where campaign = $1 and stage = $2 and max_total_wall_time_s > 0 and extreme_s > 0 and (
            extreme_s < lower_whisker_total_wall_time_s
            or extreme_s > upper_whisker_total_wall_time_s
        )
        order by all
        """,  # noqa: S608  (constants)
        of_stage,
    )
    return boxes, extremes


def chart(frame: tuple[pa.Table, pa.Table], _: StageSubject) -> Plot:
    """Draw one box per task on a logarithmic axis; a task with one quantum is a tick."""
    boxes, extremes = frame
    refuse_empty(boxes, "task")
    scale, axis = log_time_scale(
        [
            boxes["p50_s"],
            boxes["lower_whisker_s"],
            boxes["upper_whisker_s"],
            extremes["extreme_s"],
        ]
    )
    layers: list[alt.Chart] = box_layers(
        boxes,
        extremes,
        unit="s",
        outlier="extreme_s",
        title="Wall time of a quantum (logarithmic)",
        scale=scale,
        axis=axis,
        size=LONE_BOX_HEIGHT,
    )
    return Plot(layers, height=task_height(boxes, LONE_BOX_HEIGHT + 2))


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain boxes, whiskers and points."""
    usage = citations.stage_usage(subject.stage.focus)
    return (
        f"Wall time of the quanta of each task in {subject.stage.title} of {subject.campaign}, "
        "preparation to end, on a logarithmic axis; the task with the longest median comes first. "
        f"{BOXES} Circles are the shortest and longest beyond. "
        f"All {usage['quanta_count']} quanta took {usage['total_wall_time_h']}."
    )


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    usage = citations.stage_usage(subject.stage.focus)
    return (
        f"Horizontal box plots of the wall time of a quantum for each task of "
        f"{subject.stage.title} of {subject.campaign}, which took {usage['total_wall_time_h']} in "
        "all."
    )


def why_empty(_: Citations, subject: StageSubject) -> str:
    """Say why there is no time to show."""
    return why_untimed(subject.stage.focus, subject.stage.title, "wall time")
