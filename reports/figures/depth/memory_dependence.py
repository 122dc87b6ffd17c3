"""What memory depends on: the line through depth and memory of each task, and where it leads."""

from __future__ import annotations

import pyarrow as pa

from ...citations import Citations
from ...look import palettes
from ...look.axes import log_memory_scale
from ...look.dumbbells import dumbbells
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import line_layers, memory_lines
from ...sentences.depth import depth_sentences, no_depth
from ...subjects import Subject
from ...warehouse import Warehouse
from ..sql import STAGE_TITLE

NAME = "memory_dependence"
SECTION = "depth"
PLACE = 1

MOST_TASKS = 30
"""Tasks that are drawn, those first that grow for sure."""


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Memory against the visits that overlap, {subject.about}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get the line of each task: its ends, and what it foretells at twice the most visits."""
    return warehouse.query(
        f"""
        select
            task_label,
            stage,
            replace(dependence_verdict, '_', ' ') as verdict,
            shallowest_gib,
            deepest_gib,
            twice_as_deep_gib,
            low_twice_as_deep_gib,
            high_twice_as_deep_gib,
            task_label || ' (' || {STAGE_TITLE} || ')' as row_label
        from fct_memory_dependence
        where campaign = $1
        order by
            is_growing desc, twice_as_deep_gib desc, explained_fraction desc, task_label, stage
        limit $2
        """,  # noqa: S608  (constants)
        [subject.campaign, MOST_TASKS],
    )


def chart(frame: pa.Table, subject: Subject) -> Plot:
    """Draw the line of each task from the fewest to the most visits, and what it foretells."""
    refuse_empty(frame, "task with places of different depth")
    ends = [frame["shallowest_gib"], frame["deepest_gib"], frame["high_twice_as_deep_gib"]]
    rows = dumbbells(
        frame,
        hollow="shallowest_gib",
        full="deepest_gib",
        verdicts=palettes.DEPENDENCES,
        axis_title="Max RSS on the line through a task's own peaks (GiB, logarithmic)",
        legend_title=(
            "With more visits memory (hollow: fewest visits, full: most, triangle: twice those)"
        ),
        axis=log_memory_scale(ends, include=[subject.threshold_gib]),
    )
    foretold = rows.base.transform_filter("isValid(datum.twice_as_deep_gib)")
    interval = foretold.mark_rule(strokeWidth=1.2, clip=True).encode(
        x=rows.memory("low_twice_as_deep_gib"), x2="high_twice_as_deep_gib:Q", stroke=rows.stroke
    )
    twice = foretold.mark_point(size=80, shape="triangle-right", strokeWidth=0).encode(
        x=rows.memory("twice_as_deep_gib"), fill=rows.fill
    )
    lines = line_layers(memory_lines(subject.lines_gib, subject.threshold_gib))
    return Plot([*lines, *rows.layers, interval, twice], height=rows.height)


def caption(citations: Citations, subject: Subject) -> str:
    """Explain the lines."""
    return (
        f"Memory of tasks of {subject.campaign} by the number of visits over their tract or patch. "
        "The values lie on a line by least squares through own peaks: at the fewest visits seen "
        "(hollow) and at the most (full). Where the verdict is that memory grows, a triangle "
        "extrapolates to twice the most visits, with the interval of the line. "
        f"{' '.join(depth_sentences(citations, subject.campaign))}"
    )


def alt_text(citations: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        "One row per task on a logarithmic axis of memory, from the fewest to the most visits, "
        "coloured by whether memory grows. "
        f"{' '.join(depth_sentences(citations, subject.campaign))}"
    )


def why_empty(_: Citations, subject: Subject) -> str:
    """Say why no line can be drawn."""
    return no_depth(subject.campaign)
