"""The summary on a terminal: the same numbers and sentences as the technote's."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .citations import Citations
from .errors import WarehouseError
from .escape import plain
from .sentences.answer import answer_lines
from .sentences.changes import change_sentences
from .sentences.completeness import gap_notes, why_empty
from .sentences.depth import depth_sentences
from .sentences.kills import kill_lines
from .sentences.memory import conclusion
from .sentences.records import queue_sentences
from .sentences.requests import other_policies, request_sentences
from .sentences.sizing import packing_sentences, sizing_sentences
from .sentences.timeline import running_sentences
from .subjects import Census, Stage, measured_tasks, read_census, stage_title
from .warehouse import Warehouse

__all__ = ["print_all", "print_stage", "print_summary", "print_task"]

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

KILLED = ("Killed jobs", "killed_job_fraction")
"""Column of the stage table where the batch system's records tell of any stage."""

IMPOSSIBLE = ("Impossible", "implausible_count")
"""Column of the stage table where any stage has values that cannot be."""

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
    usages = [usage for stage in census.stages for usage in stage.usages]
    killed = [KILLED] if any(usage["killed_job_fraction"] is not None for usage in usages) else []
    odd = [IMPOSSIBLE] if any(usage.get("implausible_count") for usage in usages) else []
    columns = (*STAGE_COLUMNS[:-2], *killed, STAGE_COLUMNS[-2], *odd, STAGE_COLUMNS[-1])
    table = _table(f"Quanta over {line}", ("Stage", "Campaign", "Release"), columns)
    for stage in census.stages:
        for usage in stage.usages:
            row = citations.stage_usage(usage)
            labels = (stage.title, usage["campaign"], usage["release"])
            cells = (*labels, *(row[column] for _, column in columns))
            table.add_row(*(Text(plain(text)) for text in cells))
    return table


def _task_table(citations: Citations, title: str, rows: list[dict[str, Any]]) -> Table:
    """List tasks of stages and campaigns; ``rows`` have their keys."""
    table = _table(title, ("Stage", "Campaign", "Task"), TASK_COLUMNS)
    for key in rows:
        row = citations.row("fct_task_usage", **key)
        labels = (stage_title(key["stage"]), key["campaign"], key["task_label"])
        cells = (*labels, *(row[column] for _, column in TASK_COLUMNS))
        table.add_row(*(Text(plain(text)) for text in cells))
    return table


def _tasks_of_stage(
    warehouse: Warehouse, citations: Citations, census: Census, stage: Stage, *, over: bool
) -> list[dict[str, Any]]:
    """List the focus campaign's tasks of a stage, or those of them that exceed the line."""
    keys = [
        {"campaign": census.campaign, "stage": stage.name, "task_label": task}
        for task in measured_tasks(warehouse, census.campaign, stage.name)
    ]
    return [
        key
        for key in keys
        if not over or citations.value("fct_task_usage", "over_threshold_count", **key)
    ]


def print_summary(warehouse: Warehouse, console: Console) -> None:
    """Print the answer on one screen: a table of stages, a few sentences, what is missing.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    console : `~rich.console.Console`
        Where to print.
    """
    citations, census = Citations(warehouse), read_census(warehouse)
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=census.campaign)
    _say_simulated(census, console)
    console.print(_stage_table(citations, census, line), "")
    for text in answer_lines(citations, census) + kill_lines(citations, census):
        console.print(Text(plain(text)))
    for stage in census.stages:
        for note in gap_notes(stage.usages):
            console.print(Text(plain(note), style="yellow"))
    console.print(Text("\nMore: --stage NAME, --task LABEL, --all.", style="dim"))


def print_stage(warehouse: Warehouse, name: str, console: Console) -> None:
    """Print one stage: every measured task of the focus campaign, and what follows.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    name : `str`
        Key of the campaigns file.
    console : `~rich.console.Console`
        Where to print.

    Raises
    ------
    WarehouseError
        Raised if there is no such stage.
    """
    citations, census = Citations(warehouse), read_census(warehouse)
    stage = next((each for each in census.stages if each.name == name), None)
    if stage is None:
        known = ", ".join(each.name for each in census.stages)
        raise WarehouseError(f"There is no stage {name!r}; the stages are {known}.")
    _say_simulated(census, console)
    rows = _tasks_of_stage(warehouse, citations, census, stage, over=False)
    title = f"Measured tasks of {census.campaign}, {stage.title}"
    console.print(_task_table(citations, title, rows), "")
    _conclude(citations, stage, console)


def print_task(warehouse: Warehouse, task: str, console: Console) -> None:
    """Print one task in every stage and campaign.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    task : `str`
        Task label.
    console : `~rich.console.Console`
        Where to print.

    Raises
    ------
    WarehouseError
        Raised if no campaign measured the task.
    """
    citations, census = Citations(warehouse), read_census(warehouse)
    rows = [
        {"campaign": campaign["campaign"], "stage": stage.name, "task_label": task}
        for stage in census.stages
        for campaign in census.campaigns
        if any(
            row["quanta_count"]
            for row in citations.rows(
                "fct_task_usage",
                campaign=campaign["campaign"], stage=stage.name, task_label=task,
            )
        )
    ]  # fmt: skip
    if not rows:
        raise WarehouseError(
            f"No campaign has measured quanta of task {task!r}: `summary --stage` lists tasks."
        )
    _say_simulated(census, console)
    console.print(_task_table(citations, f"Task {task}", rows))


def print_all(warehouse: Warehouse, console: Console) -> None:
    """Print what the technote says: stages, tasks over the line, conclusions, decisions.

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
    _say_simulated(census, console)
    console.print(_stage_table(citations, census, line), "")
    rows = [
        key
        for stage in census.stages
        for key in _tasks_of_stage(warehouse, citations, census, stage, over=True)
    ]
    if rows:
        console.print(_task_table(citations, f"Tasks of {campaign} over {line}", rows), "")
    for stage in census.stages:
        _conclude(citations, stage, console)
    for text in (
        *kill_lines(citations, census),
        *sizing_sentences(citations, campaign),
        *packing_sentences(citations, census),
        *request_sentences(citations, campaign),
        *other_policies(citations, campaign),
        *queue_sentences(citations, campaign),
        *change_sentences(citations, census.predecessor, campaign),
        *running_sentences(citations, campaign),
        *depth_sentences(citations, campaign),
    ):
        console.print(Text(plain(text)))


def _say_simulated(census: Census, console: Console) -> None:
    """Say first that the data are simulated, if they are."""
    if census.lake.get("is_simulated"):
        console.print(
            Text("SIMULATED data: the numbers say nothing about a real campaign.\n", style="bold")
        )


def _conclude(citations: Citations, stage: Stage, console: Console) -> None:
    """Say what follows for a stage, and what is missing of it."""
    text = conclusion(citations, stage.focus, stage.title, why_empty(stage.focus))
    console.print(Text(plain(f"{stage.title}: {text}")))
    for note in gap_notes(stage.usages):
        console.print(Text(plain(f"  {note}"), style="yellow"))
