"""The summary on a terminal: the same numbers and sentences as the technote's."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .citations import Citations
from .escape import plain
from .sentences.changes import change_sentences
from .sentences.completeness import gap_notes, why_empty
from .sentences.depth import depth_sentences
from .sentences.memory import conclusion
from .sentences.requests import request_sentences
from .sentences.sizing import packing_sentences, sizing_sentences
from .sentences.timeline import running_sentences
from .subjects import Census, measured_tasks, read_census
from .warehouse import Warehouse

__all__ = ["print_summary"]

STAGE_COLUMNS = (
    ("Quanta", "quanta_count"),
    ("p95", "p95_max_rss_bytes"),
    ("Max", "max_max_rss_bytes"),
    ("Over", "over_threshold_count"),
    ("Share", "over_threshold_fraction"),
    ("Wall time", "total_wall_time_h"),
    ("Over", "over_threshold_wall_time_h"),
    ("Share", "over_threshold_wall_time_fraction"),
    ("Gaps", "gap_count"),
    ("Completeness", "completeness_verdict"),
)
"""Headings and columns of ``fct_stage_usage``."""

TASK_COLUMNS = (
    ("Quanta", "quanta_count"),
    ("Median", "p50_max_rss_bytes"),
    ("p95", "p95_max_rss_bytes"),
    ("Max", "max_max_rss_bytes"),
    ("Over", "over_threshold_count"),
    ("Share", "over_threshold_fraction"),
    ("Wall time over", "over_threshold_wall_time_h"),
    ("Own peaks", "own_peak_count"),
)
"""Headings and columns of ``fct_task_usage``."""


def _table(title: str, labels: tuple[str, ...], columns: tuple[tuple[str, str], ...]) -> Table:
    """Begin a table: labels to the left, numbers to the right."""
    table = Table(
        title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for label in labels:
        table.add_column(label, no_wrap=True)
    for heading, column in columns:
        is_text = column.endswith("_verdict")
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=True)
    return table


def _stage_table(citations: Citations, census: Census, line: str) -> Table:
    """List every stage of every campaign."""
    table = _table(f"Quanta over {line}", ("Stage", "Campaign", "Release"), STAGE_COLUMNS)
    for stage in census.stages:
        for usage in stage.usages:
            row = citations.stage_usage(usage)
            labels = (stage.title, usage["campaign"], usage["release"])
            cells = (*labels, *(row[column] for _, column in STAGE_COLUMNS))
            table.add_row(*(Text(plain(text)) for text in cells))
    return table


def _task_table(
    warehouse: Warehouse, citations: Citations, census: Census, line: str
) -> Table | None:
    """List the tasks of the focus campaign that exceed the line, or nothing if none does."""
    table = _table(f"Tasks of {census.campaign} over {line}", ("Stage", "Task"), TASK_COLUMNS)
    for stage in census.stages:
        for task in measured_tasks(warehouse, census.campaign, stage.name):
            row = citations.row(
                "fct_task_usage", campaign=census.campaign, stage=stage.name, task_label=task
            )
            if not row.value("over_threshold_count"):
                continue
            cells = (stage.title, task, *(row[column] for _, column in TASK_COLUMNS))
            table.add_row(*(Text(plain(text)) for text in cells))
    return table if table.row_count else None


def print_summary(warehouse: Warehouse, console: Console) -> None:
    """Print the answer: stages, tasks over the line, conclusions, gaps.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    console : `~rich.console.Console`
        Where to print.
    """
    citations, census = Citations(warehouse), read_census(warehouse)
    campaign = census.campaign
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=campaign)
    if census.lake.get("is_simulated"):
        console.print(Text("SIMULATED data: no statement about any real campaign.\n", style="bold"))
    console.print(_stage_table(citations, census, line), "")
    tasks = _task_table(warehouse, citations, census, line)
    if tasks is not None:
        console.print(tasks, "")
    for stage in census.stages:
        text = conclusion(citations, stage.focus, stage.title, why_empty(stage.focus))
        console.print(Text(plain(f"{stage.title}: {text}")))
        for note in gap_notes(stage.usages):
            console.print(Text(plain(f"  {note}"), style="yellow"))
    for text in (
        *sizing_sentences(citations, campaign),
        *packing_sentences(citations, census),
        *request_sentences(citations, campaign),
        *change_sentences(citations, census.predecessor, campaign),
        *running_sentences(citations, campaign),
        *depth_sentences(citations, campaign),
    ):
        console.print(Text(plain(text)))
