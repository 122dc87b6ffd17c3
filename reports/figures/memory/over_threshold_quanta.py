"""The quanta over the threshold one by one: their task, peak and wall time."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ... import numbers
from ...citations import Citations
from ...look import palettes, theme
from ...look.axes import task_axis
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import line_layers, memory_lines
from ...sentences import completeness
from ...sentences.memory import further_lines
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ..sql import GIB

NAME = "MaxRSS_stripplot_per_task_{focus}_upper{threshold}_stage{stage}_walltime"
SECTION = "over_threshold"
PLACE = 1

ROW_HEIGHTS = (44, 28)
"""Height of a task's row in CSS pixels: of up to a dozen tasks, and of more."""

OTHER_TASKS_COLOUR = "#8a8a8a"
"""Darker than in the stacks, where it fills: here it outlines."""

OWN_PEAK = "peak of the quantum's own"
INHERITED_PEAK = "peak inherited from its process"


def title(citations: Citations, subject: StageSubject) -> str:
    """Name the figure; a sample is called one."""
    total = subject.stage.focus["over_threshold_count"]
    drawn = len(citations.rows("fct_worst_quanta", **_drawn(subject)))
    is_sample = total is not None and drawn != total
    which = (
        f"The {numbers.count(drawn)} largest of {numbers.count(total)} quanta"
        if is_sample
        else "Quanta"
    )
    return f"{which} over {numbers.gib(subject.threshold_gib)}, {subject.about}"


def _drawn(subject: StageSubject) -> dict[str, object]:
    """Give the key of the quanta that are drawn."""
    return {"campaign": subject.campaign, "stage": subject.stage.name, "is_over_threshold": True}


def query(warehouse: Warehouse, subject: StageSubject) -> pa.Table:
    """Get the worst quanta over the threshold (at most 500), tasks by their number.

    ``spread`` is a place from 0 to 1 within the task's row, the same in every run.
    """
    return warehouse.query(
        f"""
        select
            worst.task_label,
            display_rank,
            max_rss_bytes / {GIB} as max_rss_gib,
            (worst.total_wall_time_s / 3600)::double as total_wall_time_h,
            case when is_peak_inherited then 'peak inherited from its process'
                else 'peak of the quantum''s own' end as peak,
            (hash(worst.run || worst.data_id) % 1000)::double / 1000 as spread
        from fct_worst_quanta as worst
        left join dim_task_display using (stage, task_label)
        join fct_task_usage as usage using (campaign, stage, task_label)
        where campaign = $1 and stage = $2 and is_over_threshold
        order by usage.over_threshold_count desc, worst.task_label, worst_rank
        """,  # noqa: S608  (constants)
        [subject.campaign, subject.stage.name],
    )


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw a mark for each quantum, as large as its wall time is long."""
    memory = alt.X(
        "max_rss_gib:Q",
        title="Max RSS (GiB)",
        scale=alt.Scale(zero=False, nice=False, padding=12),
        axis=alt.Axis(format=theme.GIB_FORMAT, tickCount=12),
    )
    return chart_on(memory, frame, subject)


def chart_on(memory: alt.X, frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw the marks on an axis of memory.

    Parameters
    ----------
    memory : `altair.X`
        The axis.
    frame : `pyarrow.Table`
        From `query`.
    subject : `~reports.subjects.StageSubject`
        The stage of the focus campaign.
    """
    refuse_empty(frame, "quantum over the threshold")
    tasks = pc.count_distinct(frame["task_label"]).as_py()
    ranks = {row["task_label"]: row["display_rank"] for row in frame.to_pylist()}
    colours = alt.Scale(
        domain=list(ranks),
        range=[
            palettes.task_colour(rank) if rank else OTHER_TASKS_COLOUR for rank in ranks.values()
        ],
    )
    points = (
        alt.Chart(frame)
        .mark_point(strokeWidth=1.2, fillOpacity=0.3, strokeOpacity=0.8)
        .encode(
            y=task_axis(frame),
            yOffset=alt.YOffset("spread:Q", scale=alt.Scale(domain=[-0.15, 1.15])),
            x=memory,
            size=alt.Size(
                "total_wall_time_h:Q",
                title="Wall time (h)",
                scale=alt.Scale(domainMin=0, range=[6, 320]),
                legend=alt.Legend(
                    orient="bottom", direction="horizontal", format="~g", tickCount=4,
                    symbolFillColor="#999999", symbolStrokeColor="#444444",
                ),
            ),
            fill=alt.Fill("task_label:N", scale=colours, legend=None),
            stroke=alt.Stroke("task_label:N", scale=colours, legend=None),
            shape=alt.Shape(
                "peak:N",
                title=None,
                scale=alt.Scale(domain=[OWN_PEAK, INHERITED_PEAK], range=["circle", "diamond"]),
                legend=alt.Legend(
                    orient="bottom", direction="horizontal", symbolFillColor="#999999",
                    symbolStrokeColor="#444444", symbolSize=120,
                ),
            ),
        )
    )  # fmt: skip
    lines = memory_lines(subject.lines_gib, subject.threshold_gib, from_gib=subject.threshold_gib)
    return Plot(
        [points, *line_layers(lines)],
        height=max(tasks, 2) * ROW_HEIGHTS[tasks > len(palettes.TASKS)],
    )


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the marks, and which quanta are shown."""
    usage = citations.stage_usage(subject.stage.focus)
    drawn = citations.count("fct_worst_quanta", **_drawn(subject))
    total = usage["over_threshold_count"]
    which = f"The {total}" if drawn == total else f"The {drawn} largest of the {total}"
    return (
        f"{which} quanta over {usage['threshold_gib']} in {subject.stage.title} of "
        f"{subject.campaign}. The area of a mark is the wall time of the quantum; a diamond's peak "
        "was inherited from an earlier quantum of its process. The height within a row has no "
        f"meaning.{further_lines(citations, subject, from_gib=subject.threshold_gib)}"
    )


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    usage = citations.stage_usage(subject.stage.focus)
    return (
        f"One mark per quantum over {usage['threshold_gib']} in {subject.stage.title} of "
        f"{subject.campaign}, by task and max RSS; larger marks took longer. The task with most of "
        f"them is {usage['worst_task_label']}."
    )


def why_empty(_: Citations, subject: StageSubject) -> str:
    """Say why nothing is over the line: no data, or all quanta fit."""
    usage = subject.stage.focus
    if not usage["quanta_count"]:
        return completeness.why_empty(usage)
    return (
        f"No quantum of {subject.stage.title} of {subject.campaign} exceeds "
        f"{numbers.gib(usage['threshold_gib'])}: the largest peak is "
        f"{numbers.write('max_max_rss_bytes', usage['max_max_rss_bytes'])}."
    )
