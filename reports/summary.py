"""The answer on a terminal: the same numbers as the technote's, as tables."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.answers.packing import packing_sentences
from reports.answers.words import (
    change_sentence,
    dependence_sentences,
    request_sentences,
    running_sentences,
    sizing_sentences,
)
from reports.escape import plain
from reports.facts import Facts
from reports.figures import Stage, gap_notes, stages, why_empty
from reports.marts import Marts
from reports.technote.conclusions import sentence

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


def _stage_table(facts: Facts, shown: list[Stage], line: str) -> Table:
    """List every stage of every campaign."""
    table = _table(f"Quanta over {line}", ("Stage", "Campaign", "Release"), STAGE_COLUMNS)
    for stage in shown:
        for usage in stage.usages:
            key = {"campaign": usage["campaign"], "stage": usage["stage"]}
            cells = [facts.say("fct_stage_usage", column, **key) for _, column in STAGE_COLUMNS]
            labels = (stage.title, usage["campaign"], usage["release"])
            table.add_row(*(Text(plain(text)) for text in (*labels, *cells)))
    return table


def _task_table(marts: Marts, facts: Facts, shown: list[Stage], line: str) -> Table | None:
    """List the tasks of the focus campaign that exceed the line, or nothing if none does."""
    campaign = shown[0].focus["campaign"]
    table = _table(f"Tasks of {campaign} over {line}", ("Stage", "Task"), TASK_COLUMNS)
    for stage in shown:
        for task in marts.tasks(campaign, stage.name)["task_label"].to_pylist():
            key = {"campaign": campaign, "stage": stage.name, "task_label": task}
            if not facts.value("fct_task_usage", "over_threshold_count", **key):
                continue
            cells = [facts.say("fct_task_usage", column, **key) for _, column in TASK_COLUMNS]
            table.add_row(*(Text(plain(text)) for text in (stage.title, task, *cells)))
    return table if table.row_count else None


def print_summary(marts: Marts, console: Console) -> None:
    """Print the answer: stages, tasks over the line, conclusions, gaps.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    console : `~rich.console.Console`
        Where to print.
    """
    facts = Facts(marts)
    shown = stages(marts)
    campaign = shown[0].focus["campaign"]
    line = facts.say("dim_campaigns", "threshold_gib", campaign=campaign)
    if marts.lake().get("is_simulated"):
        console.print(Text("SIMULATED data: no statement about any real campaign.\n", style="bold"))
    console.print(_stage_table(facts, shown, line), "")
    tasks = _task_table(marts, facts, shown, line)
    if tasks is not None:
        console.print(tasks, "")
    for stage in shown:
        text = sentence(facts, stage.focus, stage.title, why_empty(stage.focus))
        console.print(Text(plain(f"{stage.title}: {text}")))
        for note in gap_notes(stage.usages):
            console.print(Text(plain(f"  {note}"), style="yellow"))
    for text in (
        *sizing_sentences(facts, campaign),
        *packing_sentences(marts, facts, campaign),
        *request_sentences(facts, campaign),
        *change_sentence(marts, facts, campaign),
        *running_sentences(facts, campaign),
        *dependence_sentences(facts, campaign),
    ):
        console.print(Text(plain(text)))
