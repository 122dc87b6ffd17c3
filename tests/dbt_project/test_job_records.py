"""What the batch system's records add to the marts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rows = Callable[[str], list[tuple[Any, ...]]]


def test_a_missing_quantum_is_told_to_be_killed(rows: Rows) -> None:
    found = rows(
        "select reason from fct_missing_quanta where campaign = 'DM-1' and stage = 'stage4' "
        "and task_label = 'associateAnalysisSource' and tract = 9813"
    )
    assert found == [("killed for memory at 4,096 MiB on node node7, try 2",)]


def test_jobs_are_rescued_or_give_up(rows: Rows) -> None:
    found = rows(
        "select campaign, job_count, try_count, killed_memory_count, rescued_job_count, "
        "gave_up_job_count, killed_memory_core_h from fct_job_outcomes order by campaign"
    )
    assert found == [("DM-1", 1, 2, 2, 0, 1, 1.0), ("DM-3", 2, 3, 1, 1, 0, 0.5)]


def test_a_job_is_tied_as_its_record_allows(rows: Rows) -> None:
    found = rows("select campaign, tie, count(*) from fct_jobs group by all order by all")
    assert found == [("DM-1", "quantum_id", 2), ("DM-3", "run_and_label", 3)]


def test_a_gap_is_explained_by_its_kill(rows: Rows) -> None:
    found = rows(
        "select campaign, stage, killed_count from fct_task_completeness "
        "where task_label = 'associateAnalysisSource' and campaign in ('DM-1', 'DM-2') order by all"
    )
    assert found == [("DM-1", "stage4", 1), ("DM-2", "stage4", None)]


def test_kills_stand_beside_the_statistics_of_task_and_stage(rows: Rows) -> None:
    found = rows(
        "select campaign, recorded_job_count, killed_job_count, max_killed_request_mib "
        "from fct_task_usage where task_label = 'assembleDeepCoadd' order by campaign"
    )
    assert found == [("DM-1", None, None, None), ("DM-2", None, None, None), ("DM-3", 2, 1, 4096)]
    stages = rows(
        "select campaign, stage, worst_label, job_count, killed_job_fraction, gave_up_job_count "
        "from fct_stage_outcomes order by campaign"
    )
    assert stages == [
        ("DM-1", "stage4", "associateAnalysisSource", 1, 1.0, 1),
        ("DM-3", "stage3", "assembleDeepCoadd", 2, 0.5, 0),
    ]
