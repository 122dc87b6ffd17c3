"""Box plots of max RSS per task, the releases side by side."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look.axes import log_memory_scale, memory_axis, task_axis, task_height
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.legends import release_colour, release_offset, release_stroke
from ...look.lines import line_layers, threshold_line
from ...sentences.memory import focus_over
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ..sql import GIB, RELEASE_LABEL

NAME = "MaxRSS_box_all_stacks_stage{stage}"
SECTION = "releases"
PLACE = 1

BOX_HEIGHT = 6
"""Height of a box, in CSS pixels."""


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Max RSS per task, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> tuple[pa.Table, pa.Table]:
    """Get the boxes, and the sampled outliers: those that fall on one pixel are one point."""
    outliers = warehouse.query(
        f"""
        select distinct
            task_label,
            {RELEASE_LABEL} as release_label,
            round(max_rss_bytes / {GIB}, 2) as max_rss_gib
        from fct_task_outliers join dim_campaigns as campaigns using (campaign)
        where stage = $1
        order by all
        """,  # noqa: S608  (constants)
        [subject.stage.name],
    )
    return query_boxes(warehouse, subject.stage.name, mart="fct_task_usage"), outliers


def query_boxes(
    warehouse: Warehouse,
    stage: str,
    *,
    mart: str,
    label: str = "usage.task_label",
    first: str = "",
) -> pa.Table:
    """Get the boxes of every task and campaign of a stage, in GiB.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    stage : `str`
        Stage of the file.
    mart : `str`
        Mart of tasks with statistics of max RSS.
    label : `str`, optional
        SQL of the label of a task.
    first : `str`, optional
        SQL of what tasks are ordered by first; then by the largest peak in the focus campaign,
        then in any.
    """
    # The box of a single quantum is its median alone.
    ends = ",\n".join(
        f"case when quanta_count > 1 then {end}_max_rss_bytes / {GIB} end as {end}_gib"
        for end in ("lower_whisker", "p25", "p75", "upper_whisker")
    )
    return warehouse.query(
        f"""
        with ranked as (
            select
                task_label,
                max(max_max_rss_bytes) filter (is_focus) as focus_bytes,
                max(max_max_rss_bytes) as any_bytes
            from {mart} join dim_campaigns using (campaign)
            where stage = $1 and quanta_count > 0
            group by task_label
        )
        select
            {label} as task_label,
            {RELEASE_LABEL} as release_label,
            campaign_position,
            quanta_count,
            p50_max_rss_bytes / {GIB} as p50_gib,
            {ends}
        from {mart} as usage
        join dim_campaigns as campaigns using (campaign)
        join ranked using (task_label)
        where stage = $1 and quanta_count > 0
        order by {first} focus_bytes desc nulls last, any_bytes desc, usage.task_label,
            campaign_position
        """,  # noqa: S608  (constants of the files of figures)
        [stage],
    )


def chart(frame: tuple[pa.Table, pa.Table], subject: StageSubject) -> Plot:
    """Draw one box per task and release; a task with one quantum is a tick."""
    boxes, outliers = frame
    refuse_empty(boxes, "task")
    scale, ticks = log_memory_scale(
        [
            boxes["p50_gib"],
            boxes["lower_whisker_gib"],
            boxes["upper_whisker_gib"],
            outliers["max_rss_gib"],
        ],
        include=[subject.threshold_gib * 1.1],
    )
    y, offset = task_axis(boxes), release_offset(boxes)
    fill, stroke = release_colour(boxes), release_stroke(boxes)

    def memory(column: str) -> alt.X:
        return alt.X(
            f"{column}:Q",
            title="Max RSS (GiB, logarithmic)",
            scale=scale,
            axis=memory_axis(ticks),
        )

    base = alt.Chart(boxes).encode(y=y, yOffset=offset)
    whisker = base.mark_rule(strokeWidth=1.2)
    outside = (
        alt.Chart(outliers)
        .mark_point(filled=False, size=14, strokeWidth=1)
        .encode(y=y, yOffset=offset, x=memory("max_rss_gib"), stroke=stroke)
    )
    layers = [
        whisker.encode(x=memory("lower_whisker_gib"), x2="p25_gib:Q", stroke=stroke),
        whisker.encode(x=memory("p75_gib"), x2="upper_whisker_gib:Q", stroke=stroke),
        base.mark_bar(fillOpacity=0.45, strokeWidth=1.2, size=BOX_HEIGHT).encode(
            x=memory("p25_gib"), x2="p75_gib:Q", fill=fill, stroke=stroke
        ),
        *([outside] if outliers.num_rows else []),
        base.mark_tick(thickness=3, opacity=1, size=BOX_HEIGHT).encode(
            x=memory("p50_gib"), fill=fill
        ),
        *line_layers([threshold_line(subject.threshold_gib)]),
    ]
    return Plot(layers, height=task_height(boxes, BOX_HEIGHT + 2))


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain boxes, whiskers and points."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"Max RSS per task in {subject.stage.title}, the releases side by side, on a logarithmic "
        "axis. Boxes span the quartiles with a bar at the median, whiskers reach the last value "
        "within one and a half box lengths, circles are a sample of the values beyond, the extreme "
        "ones among them; a task with one quantum is a tick. The dashed red line marks "
        f"{line} per core.{focus_over(citations, subject.campaign, subject.stage.name)}"
    )


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"Horizontal box plots of max RSS for each task of {subject.stage.title} and each release, "
        f"with a dashed red line at {line}."
        f"{focus_over(citations, subject.campaign, subject.stage.name)}"
    )
