"""Ranges of max RSS, their bars stacked by task: of quanta or of wall time."""

from __future__ import annotations

import math

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ... import numbers
from ...look import theme
from ...look.empty import refuse_empty
from ...look.legends import task_fill
from ...subjects import StageSubject
from ...warehouse import Warehouse

MOST_OUTLINED = 120
"""Number of ranges from which on a white line around each segment would hide it."""


def query(warehouse: Warehouse, subject: StageSubject, *, first_gib: float = 0) -> pa.Table:
    """Get the segments of the stacked bars, from a range on.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    subject : `~reports.subjects.StageSubject`
        The stage of the focus campaign.
    first_gib : `float`, optional
        Where the first range begins, in GiB.
    """
    return warehouse.query(
        """
        with others as (
            select count(*) as task_count
            from fct_task_usage left join dim_task_display using (stage, task_label)
            where campaign = $1 and stage = $2 and display_rank is null and quanta_count > 0
        )
        select
            bucket_gib,
            bucket_end_gib,
            case
                when display_rank is not null then display_label
                when task_count = 1 then '1 other task'
                else task_count || ' other tasks'
            end as display_label,
            display_rank,
            quanta_count::bigint as quanta_count,
            lower_quanta_count::bigint as lower_quanta_count,
            log_lower_quanta_count,
            upper_quanta_count::bigint as upper_quanta_count,
            total_wall_time_h,
            lower_total_wall_time_h,
            log_lower_total_wall_time_h,
            upper_total_wall_time_h
        from fct_rss_bucket_segments cross join others
        where campaign = $1 and stage = $2 and bucket_gib >= $3
        order by bucket_gib, display_rank nulls last
        """,
        [subject.campaign, subject.stage.name, first_gib],
    )


def bars(frame: pa.Table, subject: StageSubject, *, first_gib: float = 0) -> alt.Chart:
    """Draw a rectangle per segment, without its vertical axis.

    Parameters
    ----------
    frame : `pyarrow.Table`
        From `query`.
    subject : `~reports.subjects.StageSubject`
        The axis reaches beyond its lines.
    first_gib : `float`, optional
        Where the axis begins, in GiB.
    """
    refuse_empty(frame, "range of max RSS")
    end = float(pc.max(frame["bucket_end_gib"]).as_py())
    last = max(end, math.ceil(max(subject.lines_gib)) + 1)
    encoded: alt.Chart = (
        alt.Chart(frame)
        .mark_rect(
            clip=True,
            stroke="white",
            strokeWidth=0.6 if (last - first_gib) / subject.bin_gib <= MOST_OUTLINED else 0,
        )
        .encode(
            x=alt.X(
                "bucket_gib:Q",
                title=f"Max RSS (GiB), in ranges of {numbers.gib(subject.bin_gib)}",
                scale=alt.Scale(domain=[first_gib, last], nice=False),
                axis=alt.Axis(format=theme.GIB_FORMAT, tickMinStep=1, tickCount=20, grid=False),
            ),
            x2="bucket_end_gib:Q",
            fill=task_fill(frame),
        )
    )
    return encoded
