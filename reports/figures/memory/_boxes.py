"""Box plots per task: of max RSS by release, of max RSS of one campaign, of wall time."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...look.axes import log_memory_scale, memory_axis, task_axis, task_height
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.legends import release_colour, release_offset, release_stroke
from ...look.lines import line_layers, memory_lines
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ..sql import GIB, RELEASE_LABEL

BOX_HEIGHT = 6
"""Height of a box among those of other releases, in CSS pixels."""

LONE_BOX_HEIGHT = 12
"""Height of a box that has its row for itself, in CSS pixels."""

BOXES = (
    "Boxes span the quartiles, with a bar at the median. Whiskers reach the last value within one "
    "and a half box lengths. A task with one quantum is a tick."
)
"""What captions say of boxes."""

OUTLIERS = "Circles are a sample of the values beyond, always with the extreme ones."
"""What captions say of the outliers of max RSS."""

ENDS = ("lower_whisker", "p25", "p75", "upper_whisker")


def query_boxes(
    warehouse: Warehouse,
    stage: str,
    *,
    mart: str,
    campaign: str | None = None,
    label: str = "usage.task_label",
    first: str = "",
) -> pa.Table:
    """Get the boxes of max RSS of every task of a stage, in GiB.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    stage : `str`
        Stage of the file.
    mart : `str`
        Mart of tasks with statistics of max RSS.
    campaign : `str`, optional
        The one campaign to show; otherwise all.
    label : `str`, optional
        SQL of the label of a task.
    first : `str`, optional
        SQL of what tasks are ordered by first; then by the largest peak in the focus campaign,
        then in any.
    """
    # The box of a single quantum is its median alone.
    ends = ",\n".join(
        f"case when quanta_count > 1 then {end}_max_rss_bytes / {GIB} end as {end}_gib"
        for end in ENDS
    )
    return warehouse.query(
        f"""
        with shown as (
            select usage.*, campaign_position, is_focus, {RELEASE_LABEL} as release_label
            from {mart} as usage join dim_campaigns as campaigns using (campaign)
            where stage = $1 and quanta_count > 0 and ($2::varchar is null or campaign = $2)
        ),
        ranked as (
            select
                task_label,
                max(max_max_rss_bytes) filter (is_focus) as focus_bytes,
                max(max_max_rss_bytes) as any_bytes
            from shown
            group by task_label
        )
        select
            {label} as task_label,
            release_label,
            campaign_position,
            quanta_count,
            p50_max_rss_bytes / {GIB} as p50_gib,
            {ends}
        from shown as usage join ranked using (task_label)
        order by {first} focus_bytes desc nulls last, any_bytes desc, usage.task_label,
            campaign_position
        """,  # noqa: S608  (constants of the files of figures)
        [stage, campaign],
    )


def query_outliers(warehouse: Warehouse, stage: str, campaign: str | None = None) -> pa.Table:
    """Get the sampled outliers of max RSS: those that fall on one pixel are one point."""
    return warehouse.query(
        f"""
        select distinct
            task_label,
            {RELEASE_LABEL} as release_label,
            round(max_rss_bytes / {GIB}, 2) as max_rss_gib
        from fct_task_outliers join dim_campaigns as campaigns using (campaign)
        where stage = $1 and ($2::varchar is null or campaign = $2)
        order by all
        """,  # noqa: S608  (constants)
        [stage, campaign],
    )


def box_layers(
    boxes: pa.Table,
    outliers: pa.Table,
    *,
    unit: str,
    outlier: str,
    title: str,
    scale: alt.Scale,
    axis: alt.Axis,
    size: float,
) -> list[alt.Chart]:
    """Draw one box per task and release; a task with one quantum is a tick.

    Parameters
    ----------
    boxes, outliers : `pyarrow.Table`
        The boxes, and single values beyond their whiskers.
    unit : `str`
        End of the names of the columns of ``boxes``, such as ``gib``.
    outlier : `str`
        Column of ``outliers``.
    title : `str`
        Title of the axis.
    scale, axis : `altair.Scale`, `altair.Axis`
        The axis of the values.
    size : `float`
        Height of a box, in CSS pixels.
    """
    y, offset = task_axis(boxes), release_offset(boxes)
    fill, stroke = release_colour(boxes), release_stroke(boxes)

    def value(column: str) -> alt.X:
        return alt.X(f"{column}:Q", title=title, scale=scale, axis=axis)

    base = alt.Chart(boxes).encode(y=y, yOffset=offset)
    whisker = base.mark_rule(strokeWidth=1.2)
    outside = (
        alt.Chart(outliers)
        .mark_point(filled=False, size=14, strokeWidth=1)
        .encode(y=y, yOffset=offset, x=value(outlier), stroke=stroke)
    )
    return [
        whisker.encode(x=value(f"lower_whisker_{unit}"), x2=f"p25_{unit}:Q", stroke=stroke),
        whisker.encode(x=value(f"p75_{unit}"), x2=f"upper_whisker_{unit}:Q", stroke=stroke),
        base.mark_bar(fillOpacity=0.45, strokeWidth=1.2, size=size).encode(
            x=value(f"p25_{unit}"), x2=f"p75_{unit}:Q", fill=fill, stroke=stroke
        ),
        *([outside] if outliers.num_rows else []),
        base.mark_tick(thickness=3, opacity=1, size=size).encode(x=value(f"p50_{unit}"), fill=fill),
    ]


def memory_boxes(
    frame: tuple[pa.Table, pa.Table], subject: StageSubject, *, size: float = BOX_HEIGHT
) -> Plot:
    """Draw boxes of max RSS, with the lines of memory per core.

    Parameters
    ----------
    frame : `tuple` [`pyarrow.Table`]
        From `query_boxes` and `query_outliers`.
    subject : `~reports.subjects.StageSubject`
        The stage.
    size : `float`, optional
        Height of a box, in CSS pixels.
    """
    boxes, outliers = frame
    refuse_empty(boxes, "task")
    scale, ticks = log_memory_scale(
        [
            boxes["p50_gib"],
            boxes["lower_whisker_gib"],
            boxes["upper_whisker_gib"],
            outliers["max_rss_gib"],
        ],
        include=[line * 1.1 for line in subject.lines_gib],
    )
    layers = box_layers(
        boxes,
        outliers,
        unit="gib",
        outlier="max_rss_gib",
        title="Max RSS (GiB, logarithmic)",
        scale=scale,
        axis=memory_axis(ticks),
        size=size,
    )
    lines = line_layers(memory_lines(subject.lines_gib, subject.threshold_gib))
    return Plot([*layers, *lines], height=task_height(boxes, size + 2))
