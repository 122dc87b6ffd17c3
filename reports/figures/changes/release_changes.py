"""How tasks changed from one campaign to the next, on the same data: a dumbbell each."""

from __future__ import annotations

import pyarrow as pa

from ...citations import Citations
from ...look import palettes
from ...look.axes import log_memory_scale
from ...look.dumbbells import dumbbells
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...subjects import Subject
from ...warehouse import Warehouse
from ..sql import GIB, STAGE_TITLE

NAME = "release_changes"
SECTION = "changes"
PLACE = 1

MOST_TASKS = 30
"""Tasks that are drawn, those with the largest changes."""


def title(citations: Citations, subject: Subject) -> str:
    """Name the figure."""
    matched = citations.rows(
        "fct_release_changes",
        after_campaign=subject.campaign,
        is_against_predecessor=True,
        is_matched=True,
    )
    if not matched:
        return "What changed"
    return f"What changed from {subject.census.predecessor} to {subject.campaign}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get how the 95th percentile changed from the predecessor, largest changes first."""
    return warehouse.query(
        f"""
        select
            task_label,
            stage,
            before_campaign,
            replace(max_rss_verdict, '_', ' ') as verdict,
            before_p95_max_rss_bytes / {GIB} as before_gib,
            after_p95_max_rss_bytes / {GIB} as after_gib,
            p95_max_rss_change_fraction as change_fraction,
            matched_count,
            task_label || ' (' || {STAGE_TITLE} || ')' as row_label
        from fct_release_changes
        where
            after_campaign = $1 and is_against_predecessor and is_matched
            -- Peaks of no bytes have no ratio, and one on a logarithmic axis blanks the figure.
            and before_p95_max_rss_bytes > 0 and after_p95_max_rss_bytes > 0
        order by abs(ln(after_gib / before_gib)) desc, task_label, stage
        limit $2
        """,  # noqa: S608  (constants)
        [subject.campaign, MOST_TASKS],
    )


def chart(frame: pa.Table, _: Subject) -> Plot:
    """Draw the 95th percentile of max RSS of each task before and after."""
    refuse_empty(frame, "matched task")
    rows = dumbbells(
        frame,
        hollow="before_gib",
        full="after_gib",
        verdicts=palettes.VERDICTS,
        axis_title="95th percentile of max RSS (GiB, logarithmic)",
        legend_title="Verdict on memory (hollow: before, full: after)",
        axis=log_memory_scale([frame["before_gib"], frame["after_gib"]]),
    )
    return Plot(rows.layers, height=rows.height)


def caption(_: Citations, subject: Subject) -> str:
    """Explain the dumbbells."""
    return (
        f"The 95th percentile of max RSS in {subject.census.predecessor} (hollow) and "
        f"{subject.campaign} (full), largest changes first. It is over the quanta that have the "
        "same task and data ID in both. The colour is the verdict on memory, by own peaks alone; "
        "the table of changes has that on wall time, too."
    )


def alt_text(_: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One dumbbell per task from {subject.census.predecessor} to {subject.campaign} on a "
        "logarithmic axis of memory, coloured by the verdict on it; the values are in the table "
        "of changes."
    )


def why_empty(_: Citations, subject: Subject) -> str:
    """Say why nothing can be compared."""
    return (
        f"No quantum of {subject.campaign} has the task and data ID of one in the campaign before "
        "it in the campaigns file."
    )
