"""What the technote's annexes list: rows to choose by, and functions that say their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reports.facts import Facts
from reports.marts import Marts

__all__ = ["annex_globals", "annex_values"]

COMMON_KINDS = {"visit": "visit", "exposure": "exposure", "data_id": "data ID"}
"""By what a task is compared, in the words of the field."""

CHECKS = {"agrees": "yes", "contradicts": "no", "not_checkable": "not checkable"}
"""What the packages say of the release in the campaigns file, by ``release_check``."""

PROBLEMS = ("gap_count", "failed_count", "blocked_count", "aborted_count")
"""Counts of which a task with any is listed."""

KEYS = {
    "of_common": ("fct_task_common_usage", ("campaign", "stage", "task_label")),
    "of_completeness": ("fct_task_completeness", ("campaign", "stage", "task_label")),
    "of_run": ("dim_runs", ("campaign", "stage", "run")),
    "of_pipeline": ("dim_tasks", ("release", "task_label")),
}
"""Functions of the template that write a column of a row: mart, and the key of its rows."""

ABSENT = "–"  # noqa: RUF001  (an en dash, as tables have it)
"""Stands in a cell that has no value."""


def annex_globals(facts: Facts, campaign: str) -> dict[str, Callable[..., str]]:
    """Make the functions by which the annexes write values; what is absent is a dash.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from and are recorded.
    campaign : `str`
        The focus campaign.
    """
    of_versions = facts.writer("dim_packages", ("campaign", "package_name"))
    of_usage = facts.writer("fct_task_usage", ("campaign", "stage", "task_label"), absent=ABSENT)

    def of_package(name: str, of_campaign: str) -> str:
        key = {"campaign": of_campaign, "package_name": name}
        return of_versions("versions", key) if facts.rows("dim_packages", key) else ABSENT

    def own_peak(column: str, task: str, stage: Any) -> str:  # noqa: ANN401  (a section of the note)
        return of_usage(column, {"campaign": campaign, "stage": stage.name, "task_label": task})

    writers = {name: facts.writer(mart, key, absent=ABSENT) for name, (mart, key) in KEYS.items()}
    return writers | {"of_package": of_package, "own_peak": own_peak}


def annex_values(marts: Marts, facts: Facts, focus: dict[str, Any]) -> dict[str, Any]:
    """Gather the rows that the annexes list.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    facts : `~reports.facts.Facts`
        Where values come from.
    focus : `dict`
        The focus campaign's row of ``dim_campaigns``.
    """
    places = {row["campaign"]: row["campaign_position"] for row in marts.campaigns().to_pylist()}
    usages = marts.stages().to_pylist()
    order = {stage: place for place, stage in enumerate(dict.fromkeys(u["stage"] for u in usages))}

    def in_order(row: dict[str, Any]) -> tuple[int, int]:
        return order.get(row["stage"], len(order)), places[row["campaign"]]

    differing = facts.rows("dim_packages", {"is_same_everywhere": False})
    pipeline = facts.rows("dim_tasks", {"release": focus["release"]})
    lists = {row["reference_release"] for row in pipeline} - {None}
    return {
        "common_kinds": COMMON_KINDS,
        "checks": CHECKS,
        "commons": {
            stage: [
                row
                for row in sorted(
                    facts.rows("fct_task_common_usage", {"stage": stage}),
                    key=lambda row: (row["task_label"], places[row["campaign"]]),
                )
                if row["common_count"]
            ]
            for stage in order
        },
        "problems": sorted(
            (row for row in facts.rows("fct_task_completeness", {}) if _has_problem(row)),
            key=lambda row: (*in_order(row), -row["gap_count"], row["task_label"]),
        ),
        "has_packages": bool(facts.rows("dim_packages", {"campaign": focus["campaign"]})),
        "packages": sorted({row["package_name"] for row in differing}),
        "runs": sorted(
            facts.rows("dim_runs", {}),
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


def _has_problem(row: dict[str, Any]) -> bool:
    """Whether anything of a task failed, was blocked or is missing."""
    return any(row[column] for column in PROBLEMS)
