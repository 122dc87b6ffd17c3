"""What the tables of the technote list: their rows, and functions that cite their cells.

The templates loop over the rows and cite each cell by its column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..citations import Citations
from ..requests import default_policy
from ..sentences.sizing import PACKING, PACKING_KEY, packing_rows
from ..subjects import Census, stage_title

__all__ = ["annex_rows", "cell_functions", "table_rows"]

MOST_ROWS = 25
"""Rows of a table of the technote; the CSV files hold all."""

COMMON_KINDS = {"visit": "visit", "exposure": "exposure", "data_id": "data ID"}
"""By what a task is compared, in the words of the field."""

CHECKS = {"agrees": "yes", "contradicts": "no", "not_checkable": "not checkable"}
"""What the packages say of the release in the campaigns file, by ``release_check``."""

UNITS = ("campaign", "tract", "visit")
"""What is counted to project a campaign, by ``unit_kind``: visits are most."""

PROBLEMS = ("gap_count", "failed_count", "blocked_count", "aborted_count")
"""Counts of which a task with any is listed."""

ABSENT = "–"  # noqa: RUF001  (an en dash, as tables have it)
"""Stands in a cell of an annex that has no value."""

TASK = ("campaign", "stage", "task_label")

CELLS = {
    "in_stage": ("fct_stage_usage", ("campaign", "stage")),
    "of_outcome": ("fct_job_outcomes", ("campaign", "stage", "label")),
    "of_over": ("fct_task_usage", TASK),
    "of_line": ("fct_stage_thresholds", ("campaign", "stage", "threshold_gib")),
    "of_node": ("fct_node_fit", ("campaign", "stage", "node_type")),
    "of_packing": (PACKING, PACKING_KEY),
    "of_published": ("fct_published_sizing", ("campaign", "stage")),
    "of_projection": (
        "fct_stage_projections",
        ("campaign", "stage", "policy", "memory_per_core_gib"),
    ),
    "of_all_stages": ("fct_campaign_projections", ("campaign", "policy", "memory_per_core_gib")),
    "of_unit": ("fct_unit_costs", ("campaign", "stage", "unit_kind", "memory_per_core_gib")),
    "of_total": ("fct_request_totals", ("campaign", "policy")),
    "of_backtest": ("fct_request_backtest_totals", ("evidence_campaign", "campaign", "policy")),
    "of_need": ("fct_task_needs", TASK),
    "of_queue": ("fct_queue_outcomes", ("campaign", "queue_name")),
    "of_test": ("fct_recorded_backtest_totals", ("evidence_campaign", "campaign", "policy")),
    "of_change": (
        "fct_release_changes",
        ("before_campaign", "after_campaign", "stage", "task_label"),
    ),
    "of_dependence": ("fct_memory_dependence", TASK),
    "of_host": ("fct_node_usage", ("campaign", "stage", "node_name")),
}
"""Functions of the templates that cite a column of a row: mart, and the key of its rows."""

ANNEX_CELLS = {
    "of_common": ("fct_task_common_usage", TASK),
    "of_completeness": ("fct_task_completeness", TASK),
    "of_exception": ("fct_task_exceptions", (*TASK, "exception_type")),
    "of_caveat": ("fct_task_caveats", (*TASK, "caveat")),
    "of_run": ("dim_runs", ("campaign", "stage", "run")),
    "of_pipeline": ("dim_tasks", ("release", "task_label")),
}
"""The same for annexes, where a dash stands for what is absent."""

Cell = Callable[[str, Mapping[str, Any]], str]


def cell_functions(citations: Citations, campaign: str) -> dict[str, Callable[..., str]]:
    """Make the functions by which the templates cite the cells of tables.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from and are recorded.
    campaign : `str`
        The focus campaign.
    """

    def cell(mart: str, key: Sequence[str], absent: str | None = None) -> Cell:
        def cite(column: str, row: Mapping[str, Any]) -> str:
            cited = citations.row(mart, **{name: row[name] for name in key})
            if absent is not None and cited.value(column) is None:
                return absent
            return cited[column]

        return cite

    of_usage = cell("fct_task_usage", TASK)
    of_own_peaks = cell("fct_task_usage", TASK, ABSENT)

    def of_task(column: str, task: str, stage: Any) -> str:  # noqa: ANN401  (a stage of the technote)
        return of_usage(column, {"campaign": campaign, "stage": stage.name, "task_label": task})

    def own_peak(column: str, task: str, stage: Any) -> str:  # noqa: ANN401
        return of_own_peaks(column, {"campaign": campaign, "stage": stage.name, "task_label": task})

    def of_package(name: str, of_campaign: str) -> str:
        key = {"campaign": of_campaign, "package_name": name}
        known = citations.rows("dim_packages", **key)
        return citations.cite("dim_packages", "versions", **key) if known else ABSENT

    def of_request(column: str, row: Mapping[str, Any]) -> str:
        job = {name: row[name] for name in ("policy", "job_kind", "job_label")}
        return citations.cite("fct_memory_requests", column, campaign=campaign, **job)

    return {
        **{name: cell(mart, key) for name, (mart, key) in CELLS.items()},
        **{name: cell(mart, key, ABSENT) for name, (mart, key) in ANNEX_CELLS.items()},
        "of_task": of_task,
        "own_peak": own_peak,
        "of_package": of_package,
        "of_request": of_request,
    }


def table_rows(citations: Citations, census: Census) -> dict[str, Any]:
    """Gather the rows of the tables about the whole campaign.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where rows come from.
    census : `~reports.subjects.Census`
        The campaigns and stages.
    """
    campaign = census.campaign
    totals = citations.rows("fct_request_totals", campaign=campaign)
    default = default_policy(citations.warehouse, campaign)
    requests = [
        row
        for row in citations.rows("fct_memory_requests", campaign=campaign, policy=default)
        if row["job_kind"] != "member" and row["used_gib_h"] is not None
    ]
    changes = [
        row
        for row in citations.rows(
            "fct_release_changes", after_campaign=campaign, is_against_predecessor=True
        )
        if row["verdict"] in ("worse", "better")
    ]
    published = citations.rows("fct_published_sizing")
    names = [stage.name for stage in census.stages] + [row["stage"] for row in published]
    return {
        "titles": {name: stage_title(name) for name in names},
        "killed_labels": _killed_labels(citations, census),
        "further_lines": _line_rows(citations, census),
        "tasks_side_by_side": _side_by_side(citations, census),
        **_projection_rows(citations, census, default),
        "node_fits": citations.rows("fct_node_fit", campaign=campaign),
        "packings": packing_rows(citations, census),
        "published_sizing": published,
        "requests": sorted(requests, key=lambda row: (-row["used_gib_h"], row["job_label"]))[
            :MOST_ROWS
        ],
        "request_totals": sorted(totals, key=lambda row: row["total_core_h"]),
        "default_policy": default,
        "backtests": citations.rows("fct_request_backtest_totals"),
        "needs": citations.rows("fct_task_needs", campaign=campaign),
        "recorded_tests": citations.rows("fct_recorded_backtest_totals", campaign=campaign),
        "queues": citations.rows("fct_queue_outcomes", campaign=campaign),
        "changes": sorted(changes, key=_by_size)[:MOST_ROWS],
        "dependences": sorted(
            citations.rows("fct_memory_dependence", campaign=campaign), key=_by_growth
        )[:MOST_ROWS],
        "slow_nodes": citations.rows("fct_node_usage", campaign=campaign, is_slow=True)[:MOST_ROWS],
    }


def _line_rows(citations: Citations, census: Census) -> list[dict[str, Any]]:
    """List what is over each line that figures draw, by stage; nothing where they draw one."""
    lines = census.focus["lines_gib"]
    if len(lines) == 1:
        return []
    order = {stage.name: place for place, stage in enumerate(census.stages)}
    rows = citations.rows("fct_stage_thresholds", campaign=census.campaign)
    drawn = [row for row in rows if row["threshold_gib"] in lines]
    return sorted(drawn, key=lambda row: (order[row["stage"]], row["threshold_gib"]))


def _side_by_side(citations: Citations, census: Census) -> list[dict[str, Any]]:
    """List the tasks that are over the line in any campaign with a label, beside the others.

    Returns
    -------
    rows : `list` [`dict`]
        With ``stage``, ``task_label``, and ``cells``: the row of ``fct_task_usage`` of each of the
        campaigns, `None` where it does not have the task. Empty where one campaign has a label.
    """
    campaigns = [census.campaign, *census.further_focuses]
    if len(campaigns) == 1:
        return []
    tasks: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for campaign in campaigns:
        for row in citations.rows("fct_task_usage", campaign=campaign):
            tasks.setdefault((row["stage"], row["task_label"]), {})[campaign] = row
    order = {stage.name: place for place, stage in enumerate(census.stages)}
    over = {
        key: max(row["over_threshold_wall_time_h"] or 0 for row in found.values())
        for key, found in tasks.items()
        if any(row["over_threshold_count"] for row in found.values())
    }
    return [
        {
            "stage": stage,
            "task_label": task,
            "cells": [tasks[stage, task].get(c) for c in campaigns],
        }
        for stage, task in sorted(over, key=lambda key: (order[key[0]], -over[key], key[1]))
    ]


def _projection_rows(
    citations: Citations, census: Census, default: str | None
) -> dict[str, list[dict[str, Any]]]:
    """List what more visits would be charged at the lines that figures draw.

    A line between two choices of memory per core is shown at the lower one, which charges more.
    """
    order = {stage.name: place for place, stage in enumerate(census.stages)}
    costs = citations.rows("fct_unit_costs", campaign=census.campaign)
    choices = {row["memory_per_core_gib"] for row in costs}
    lines = census.focus["lines_gib"]
    drawn = {max((c for c in choices if c <= line), default=None) for line in lines}

    def shown(row: dict[str, Any]) -> bool:
        return row["memory_per_core_gib"] in drawn and row["policy"] in ("exact", default)

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return (
            order.get(row.get("stage", ""), 0),
            row["memory_per_core_gib"],
            row["policy"] != "exact",
        )

    threshold = max((c for c in drawn if c is not None), default=None)
    return {
        "unit_costs": sorted(
            (row for row in costs if row["memory_per_core_gib"] == threshold),
            key=lambda row: (order.get(row["stage"], 0), -UNITS.index(row["unit_kind"])),
        ),
        "projections": sorted(
            filter(shown, citations.rows("fct_stage_projections", campaign=census.campaign)),
            key=place,
        ),
        "campaign_projections": sorted(
            filter(shown, citations.rows("fct_campaign_projections", campaign=census.campaign)),
            key=place,
        ),
    }


def annex_rows(citations: Citations, census: Census) -> dict[str, Any]:
    """Gather the rows that the annexes list.

    Parameters
    ----------
    citations, census
        As for `table_rows`.
    """
    places = {row["campaign"]: row["campaign_position"] for row in census.campaigns}
    order = {stage.name: place for place, stage in enumerate(census.stages)}

    def in_order(row: dict[str, Any]) -> tuple[int, int]:
        return order.get(row["stage"], len(order)), places[row["campaign"]]

    differing = citations.rows("dim_packages", is_same_everywhere=False)
    pipeline = citations.rows("dim_tasks", release=census.focus["release"])
    lists = {row["reference_release"] for row in pipeline} - {None}
    return {
        "common_kinds": COMMON_KINDS,
        "checks": CHECKS,
        "commons": {
            stage: [
                row
                for row in sorted(
                    citations.rows("fct_task_common_usage", stage=stage),
                    key=lambda row: (row["task_label"], places[row["campaign"]]),
                )
                if row["common_count"]
            ]
            for stage in order
        },
        "problems": sorted(
            (
                row
                for row in citations.rows("fct_task_completeness")
                if any(row[column] for column in PROBLEMS)
            ),
            key=lambda row: (*in_order(row), -row["gap_count"], row["task_label"]),
        ),
        "exceptions": sorted(
            citations.rows("fct_task_exceptions", campaign=census.campaign),
            key=lambda row: (*in_order(row), -row["failed_count"], row["task_label"]),
        ),
        "caveats": sorted(
            citations.rows("fct_task_caveats", campaign=census.campaign),
            key=lambda row: (*in_order(row), row["task_label"], row["caveat"]),
        ),
        "has_packages": bool(citations.rows("dim_packages", campaign=census.campaign)),
        "packages": sorted({row["package_name"] for row in differing}),
        "runs": sorted(
            citations.rows("dim_runs"),
            key=lambda row: (places[row["campaign"]], in_order(row), row["chain_position"]),
        ),
        "pipeline": sorted(
            pipeline,
            key=lambda row: (
                order.get(row["stage"], len(order)),
                row["step"] or "",
                row["task_label"],
            ),
        ),
        "list_name": min(lists, default=None),
    }


def _by_size(row: dict[str, Any]) -> tuple[bool, float, str]:
    """Order changes: what became worse first, by how much."""
    change = row["regression_fraction"] or row["paired_max_rss_change_fraction"] or 0
    return row["verdict"] != "worse", -abs(change), row["task_label"]


def _by_growth(row: dict[str, Any]) -> tuple[bool, float, float, str]:
    """Order lines as their figure does: what grows for sure first, by what is foretold."""
    foretold = row["twice_as_deep_gib"] or 0
    explained = row["explained_fraction"] or 0
    return not row["is_growing"], -foretold, -explained, row["task_label"]


def _killed_labels(citations: Citations, census: Census) -> list[dict[str, Any]]:
    """List the labels of which a job was killed for its memory, those that lost most first."""
    stages = {stage.name for stage in census.stages}
    killed = [
        row
        for row in citations.rows("fct_job_outcomes", campaign=census.campaign)
        if row["killed_job_count"] and row["stage"] in stages
    ]
    killed.sort(key=lambda row: (-row["killed_memory_core_h"], row["stage"], row["label"]))
    return killed[:MOST_ROWS]
