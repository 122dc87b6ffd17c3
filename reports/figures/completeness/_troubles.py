"""Counts per task, stacked by what happened: exceptions (`exceptions`) or caveats (`caveats`)."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ...look import palettes, theme
from ...look.axes import task_axis
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.legends import stack_fill
from ...subjects import Subject
from ...warehouse import Warehouse
from ..sql import STAGE_TITLE

ROW_HEIGHT = 22
"""Height of a task's row, in CSS pixels."""

# Few kinds are usual, so the first ones differ most in greyscale.
COLOURS = tuple(palettes.TASKS[place] for place in (8, 1, 11, 4, 7, 10, 9, 6, 3, 5, 2))
"""Colours of the kinds, the most frequent first."""

MOST_KINDS = len(COLOURS)
"""Kinds that have a colour and an entry in the legend; the others are one grey."""


def query(warehouse: Warehouse, subject: Subject, *, mart: str, kind: str, count: str) -> pa.Table:
    """Get the segments of each task's bar, the most frequent kinds of the campaign first.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    subject : `~reports.subjects.Subject`
        The focus campaign.
    mart, kind, count : `str`
        Mart with its column of what happened, and of how many quanta it happened to.
    """
    return warehouse.query(
        f"""
        with kinds as (
            select
                {kind} as kind,
                row_number() over (order by sum({count}) desc, {kind}) as place
            from {mart}
            where campaign = $1 and {count} > 0
            group by {kind}
        ),
        counted as (
            select
                stage,
                task_label,
                case when place <= {MOST_KINDS} then kind else 'others' end as kind,
                min(place)::integer as place,
                sum({count})::bigint as quanta_count
            from (select {kind} as kind, * from {mart}) as troubles join kinds using (kind)
            where campaign = $1 and {count} > 0
            group by all
        )
        select
            task_label || ' (' || {STAGE_TITLE} || ')' as task_label,
            kind,
            place,
            quanta_count,
            (sum(quanta_count) over bar - quanta_count)::bigint as lower_quanta_count,
            (sum(quanta_count) over bar)::bigint as upper_quanta_count,
            (sum(quanta_count) over task)::bigint as task_quanta_count
        from counted
        window task as (partition by stage, task_label),
            bar as (partition by stage, task_label order by place)
        order by task_quanta_count desc, stage, task_label, place
        """,  # noqa: S608  (constants of the files of figures)
        [subject.campaign],
    )


def chart(frame: pa.Table, _: Subject, *, legend: str) -> Plot:
    """Draw one stacked bar per task."""
    refuse_empty(frame, "task")
    places = {row["kind"]: row["place"] for row in frame.to_pylist()}
    kinds = sorted(places, key=lambda kind: (kind == "others", places[kind]))
    colours = {
        kind: palettes.OTHER_TASKS if kind == "others" else COLOURS[places[kind] - 1]
        for kind in kinds
    }
    longest = int(pc.max(frame["upper_quanta_count"]).as_py())
    bars = (
        alt.Chart(frame)
        .mark_bar(size=ROW_HEIGHT - 7, stroke="white", strokeWidth=0.6)
        .encode(
            y=task_axis(frame),
            x=alt.X(
                "lower_quanta_count:Q",
                title="Quanta",
                scale=alt.Scale(domainMin=0, nice=True),
                axis=alt.Axis(format=theme.COUNT_FORMAT, orient="top", tickCount=min(longest, 10)),
            ),
            x2="upper_quanta_count:Q",
            fill=stack_fill("kind", legend, colours),
        )
    )
    tasks = len(set(frame["task_label"].to_pylist()))
    return Plot([bars], height=max(2, tasks) * ROW_HEIGHT)
