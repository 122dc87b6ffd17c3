"""CPU time over wall time of each task: how busy its cores were."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import palettes, theme
from ...look.axes import task_axis
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import Line, line_layers
from ...sentences.timeline import busiest, why_untimed
from ...subjects import StageSubject
from ...warehouse import Warehouse

NAME = "CPUOverWallTime_{focus}_stage{stage}"
SECTION = "tasks"
PLACE = 3

ROW_HEIGHT = 18
"""Height of a task's row, in CSS pixels."""


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"CPU time over wall time per task, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> pa.Table:
    """Get the share of each task, those that took most wall time first."""
    return warehouse.query(
        """
        select task_label, cpu_time_fraction, timed_wall_time_h
        from fct_task_efficiency
        where campaign = $1 and stage = $2 and cpu_time_fraction is not null
        order by timed_wall_time_h desc, task_label
        """,
        [subject.campaign, subject.stage.name],
    )


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw one bar per task, and a line where one core is busy all the time."""
    refuse_empty(frame, "task")
    colour = palettes.release_colour(subject.census.focus["campaign_position"])
    bars = (
        alt.Chart(frame)
        .mark_bar(color=colour, size=ROW_HEIGHT - 6)
        .encode(
            y=task_axis(frame),
            x=alt.X(
                "cpu_time_fraction:Q",
                title="CPU time over wall time",
                scale=alt.Scale(domainMin=0, nice=True),
                axis=alt.Axis(labelExpr=theme.SHARE_LABEL, orient="top", tickCount=8),
            ),
        )
    )
    one_core = Line(1.0, "one core busy all the time", "one_core")
    return Plot([bars, *line_layers([one_core])], height=max(2, frame.num_rows) * ROW_HEIGHT)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the bars."""
    return (
        f"CPU time over wall time of each task in {subject.stage.title} of {subject.campaign}, "
        "both from preparation to end, the task that took most wall time first. The dotted line is "
        "one core busy all the time. A shorter bar left its core idle for the rest; nothing "
        "recorded says why. A longer bar kept more than one core busy."
        f"{busiest(citations, subject.campaign, subject.stage.name)}"
    )


def alt_text(_: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One bar per task of {subject.stage.title} of {subject.campaign}, as long as its CPU time "
        "is a share of its wall time."
    )


def why_empty(_: Citations, subject: StageSubject) -> str:
    """Say why there is no share to show."""
    return why_untimed(subject.stage.focus, subject.stage.title, "CPU time")
