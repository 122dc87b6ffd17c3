"""Ranges of max RSS, their bars stacked by task: of quanta or of wall time."""

from __future__ import annotations

import math
from typing import Any

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

MOST_RANGES = 60
"""Number of ranges from which on few quanta far beyond the others are told in words instead."""

RARE_FRACTION = 0.001
"""Share of the quanta that is told in words at most."""

MOST_LEVEL = 15
"""Number of ranges up to which values are written level."""

LOW_FRACTION = 0.05
"""Height of a bar, as a share of the highest, below which its value is written over it."""

LOW_BARS = "Beyond the line, low bars have their value above them."
"""What captions say of `tops`."""


def axis_title(subject: StageSubject) -> str:
    """Name the axis of memory, and how wide its ranges are."""
    return f"Max RSS (GiB), in ranges of {numbers.gib(subject.bin_gib)}"


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
    last = axis_end(frame, subject, first_gib=first_gib)
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
                title=axis_title(subject),
                scale=alt.Scale(domain=[first_gib, last], nice=False),
                axis=alt.Axis(format=theme.GIB_FORMAT, tickMinStep=1, tickCount=20, grid=False),
            ),
            x2="bucket_end_gib:Q",
            fill=task_fill(frame),
        )
    )
    return encoded


def axis_end(frame: pa.Table, subject: StageSubject, *, first_gib: float = 0) -> float:
    """Give the end of the axis of memory in GiB: that of the last range, unless it is far away.

    One quantum of 200 GiB would leave all others a few pixels.  Of very many ranges the last ones
    are left out as long as they hold a thousandth of the quanta at most.
    """
    least = math.ceil(max(subject.lines_gib)) + 1
    end = max(float(pc.max(frame["bucket_end_gib"]).as_py()), least)
    most_gib = MOST_RANGES * subject.bin_gib
    if end - first_gib <= most_gib:
        return end
    rows = sorted(
        frame.select(["bucket_end_gib", "quanta_count"]).to_pylist(),
        key=lambda row: -row["bucket_end_gib"],
    )
    left = RARE_FRACTION * sum(row["quanta_count"] for row in rows)
    for row in rows:
        end = max(float(row["bucket_end_gib"]), least)
        left -= row["quanta_count"]
        if end - first_gib <= most_gib or left < 0:
            break
    return end


def beyond(frame: pa.Table, subject: StageSubject, *, first_gib: float = 0) -> list[alt.Chart]:
    """Say at the right end what lies beyond the axis, if anything does."""
    end = axis_end(frame, subject, first_gib=first_gib)
    rows = [row for row in frame.to_pylist() if row["bucket_end_gib"] > end]
    if not rows:
        return []
    number = sum(row["quanta_count"] for row in rows)
    spent = sum(row["total_wall_time_h"] or 0 for row in rows)
    largest = max(row["bucket_end_gib"] for row in rows)
    text = (
        f"{numbers.plural(number, 'quantum', 'quanta')} ({numbers.duration(float(spent))}) beyond, "
        f"up to {numbers.gib(largest)} \N{RIGHTWARDS ARROW}"
    )
    remark = alt.Chart(pa.table({"text": [text]})).mark_text(
        align="right", baseline="top", dx=-6, dy=6, fontSize=13, color=theme.INK
    )
    return [remark.encode(x=alt.value("width"), y=alt.value(0), text="text:N")]


def tops(
    frame: pa.Table,
    subject: StageSubject,
    column: str,
    title: str,
    *,
    text: str,
    first_gib: float = 0,
) -> alt.Chart:
    """Write the value over each bar beyond the threshold that is too low to be seen.

    Parameters
    ----------
    frame : `pyarrow.Table`
        From `query`.
    subject : `~reports.subjects.StageSubject`
        The stage and its threshold.
    column : `str`
        Upper end of the segments.
    title : `str`
        Title of the vertical axis, which the bars have too.
    text : `str`
        How the value is written: a Vega expression of ``datum.top``.
    first_gib : `float`, optional
        Where the axis begins, in GiB.
    """
    end = axis_end(frame, subject, first_gib=first_gib)
    turned: dict[str, Any] = (
        {"dy": -8}
        if end - first_gib <= MOST_LEVEL * subject.bin_gib
        else {"angle": 270, "align": "left", "baseline": "middle", "dx": 4}
    )
    labels: alt.Chart = (
        alt.Chart(frame)
        .transform_aggregate(top=f"max({column})", groupby=["bucket_gib", "bucket_end_gib"])
        .transform_joinaggregate(most="max(top)")
        .transform_filter(
            f"datum.bucket_gib >= {subject.threshold_gib} && datum.bucket_gib < {end} "
            f"&& datum.top > 0 && datum.top < {LOW_FRACTION} * datum.most"
        )
        .transform_calculate(middle="(datum.bucket_gib + datum.bucket_end_gib) / 2", said=text)
        .mark_text(fontSize=11, color=theme.INK, **turned)
        .encode(
            x=alt.X("middle:Q", title=axis_title(subject)),
            y=alt.Y("top:Q", title=title),
            text="said:N",
        )
    )
    return labels
