"""Write a short message for a nightly run: verdicts, changes, quanta to run again, requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .citations import Citations, CitedRow
from .escape import plain
from .numbers import plural, write
from .requests import default_policy
from .sentences.answer import answer_lines
from .subjects import Census, read_census, stage_title
from .warehouse import Warehouse

__all__ = ["digest", "has_news"]

HISTORY = "fct_verdict_history"
_SHOWN = 5
"""Most tasks to run again that are named."""

_REQUESTS = 3
"""Most requests to change that are named."""

_COMPARED = (
    ("completeness_verdict", "verdict"),
    ("quanta_count", "measured quanta"),
    ("gap_count", "gaps"),
    ("over_threshold_wall_time_fraction", "share of wall time over the threshold"),
    ("p95_max_rss_bytes", "95th percentile"),
)
"""Columns of the history whose changes are reported, with their names."""


def has_news(warehouse: Warehouse) -> bool:
    """Say whether the last publication differs from the one before, or is the first of a stage.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    """
    rows = Citations(warehouse).rows(HISTORY, is_latest=True)
    return any(row["is_changed"] or row["is_first"] for row in rows)


def digest(warehouse: Warehouse) -> str:
    """Write the message.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.

    Returns
    -------
    text : `str`
        Markdown that also reads well as plain text.
    """
    citations, census = Citations(warehouse), read_census(warehouse)
    sections = {
        "Answer": answer_lines(citations, census),
        "Verdicts": _verdicts(citations, census),
        "Changed since the last publication": _changes(citations),
        "Run again": _gaps(citations),
        "Requests to change": _requests(citations, census),
    }
    lines = [f"# Quanta Census: {plain(census.campaign)}, {plain(census.focus['release'])}", ""]
    if census.lake.get("is_simulated"):
        lines += ["SIMULATED data: the numbers say nothing about a real campaign.", ""]
    for title, items in sections.items():
        lines += [f"## {title}", "", *(f"- {plain(item)}" for item in items), ""]
    return "\n".join(lines)


def _verdicts(citations: Citations, census: Census) -> list[str]:
    """List the stages that are not complete, and count the complete ones."""
    usages = [usage for stage in census.stages for usage in stage.usages]
    complete = citations.count("fct_stage_usage", completeness_verdict="complete")
    lines = [f"Complete: {complete} of {citations.count('fct_stage_usage')} stages."]
    for usage in usages:
        if usage["completeness_verdict"] == "complete":
            continue
        row = citations.stage_usage(usage)
        reason = f": {usage['incomplete_reason']}" if usage["incomplete_reason"] else ""
        lines.append(
            f"{_place(usage)}: {row['completeness_verdict']}, gaps {row['gap_count']} of "
            f"{row['expected_count']} expected{reason}"
        )
    return lines


def _changes(citations: Citations) -> list[str]:
    """Say which stages changed since the last publication, and how."""
    latest = citations.rows(HISTORY, is_latest=True)
    if all(row["is_first"] for row in latest):
        return ["Nothing to compare with: this is the first publication."]
    lines = []
    for row in latest:
        key = {name: row[name] for name in ("published_at", "campaign", "stage")}
        if row["is_first"]:
            lines.append(f"{_place(row)}: new")
        elif row["is_changed"]:
            said = ", ".join(_told(citations.row(HISTORY, **key)))
            lines.append(f"{_place(row)}: {said}")
    return lines or ["Nothing."]


def _told(row: CitedRow) -> Iterator[str]:
    """Write each value that differs from the publication before."""
    for column, name in _COMPARED:
        if row.value(column) != row.value(f"previous_{column}"):
            yield f"{name} {row[f'previous_{column}']} -> {row[column]}"


def _gaps(citations: Citations) -> list[str]:
    """Name the tasks with most undeclared gaps."""
    tasks = [
        row
        for row in citations.rows("fct_task_completeness", verdict="incomplete")
        if row["gap_count"]
    ]
    tasks.sort(key=lambda row: (-row["gap_count"], row["campaign"], row["stage"]))
    lines = [
        f"{_place(row)}, {row['task_label']}: {write('gap_count', row['gap_count'])} of "
        f"{write('expected_count', row['expected_count'])} expected quanta"
        for row in tasks[:_SHOWN]
    ]
    if len(tasks) > _SHOWN:
        lines.append(f"and {plural(len(tasks) - _SHOWN, 'more task')}")
    if lines:
        lines.append("Data IDs: table fct_missing_quanta")
    return lines or ["Nothing: no gap is undeclared."]


def _requests(citations: Citations, census: Census) -> list[str]:
    """Name the jobs whose current request wastes most compared with the cheapest policy."""
    mart, campaign = "fct_memory_requests", census.campaign
    current = {
        _job(row): row for row in _sized(citations.rows(mart, campaign=campaign, policy="current"))
    }
    policy = default_policy(citations.warehouse, campaign)
    if not current:
        return ["The campaigns file names no current requests (`current_requests`)."]
    pairs = [
        (current[_job(row)]["wasted_gib_h"] - row["wasted_gib_h"], _job(row))
        for row in _sized(citations.rows(mart, campaign=campaign, policy=policy))
        if _job(row) in current and row["has_enough_evidence"]
    ]
    if not pairs:
        return ["Not known: no job has both a current request and a request with enough evidence."]
    lines = []
    for saved, (kind, label) in sorted(pairs, reverse=True)[:_REQUESTS]:
        if saved <= 0:
            break
        key = {"campaign": campaign, "job_kind": kind, "job_label": label}
        now = citations.row(mart, **key, policy="current")
        then = citations.row(mart, **key, policy=policy)
        lines.append(
            f"{kind} {label}: {now['request_memory_mib']} -> {then['request_memory_mib']}; unused "
            f"{now['wasted_gib_h']} -> {then['wasted_gib_h']}, first attempts killed "
            f"{now['killed_fraction']} -> {then['killed_fraction']}"
        )
    return lines or [f"None: the policy {policy} wastes no less than the current requests."]


def _sized(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Keep jobs whose waste is known, without members of clusters."""
    return (row for row in rows if row["job_kind"] != "member" and row["wasted_gib_h"] is not None)


def _job(row: dict[str, Any]) -> tuple[str, str]:
    """Give the key of a job in its campaign."""
    return row["job_kind"], row["job_label"]


def _place(row: dict[str, Any]) -> str:
    """Name campaign and stage."""
    return f"{row['campaign']} {stage_title(row['stage'])}"
