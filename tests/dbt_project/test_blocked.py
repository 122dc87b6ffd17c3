"""What a failure blocked in RUNs of plain files, where it leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import Rows, query
from tests.lake_factory import SyntheticLake

TASKS = ("isr", "calibrateImage", "makeSource")
OLD, NEW = "runs/20251201T000000Z", "runs/20251202T000000Z"


def submit(lake: SyntheticLake, run: str, detectors: range, tasks: tuple[str, ...] = TASKS) -> None:
    """Expect a chain of tasks for some detectors, and one quantum that waits for all of them."""
    chains = len(detectors) * len(tasks)
    for position, detector in enumerate(detectors):
        for step, task in enumerate(tasks):
            number = position * len(tasks) + step
            lake.expect(
                "DM-1", "stage1", run, task, {"detector": detector},
                number=number, predecessors=[number - 1] if step else [],
            )  # fmt: skip
    ends = list(range(len(tasks) - 1, chains, len(tasks)))
    everything = {"instrument": "LSSTCam"}
    lake.expect("DM-1", "stage1", run, "consolidate", everything, number=chains, predecessors=ends)


def trace(
    lake: SyntheticLake, run: str, detector: int, task: str, status: str = "successful"
) -> None:
    """Leave what a quantum of plain files leaves."""
    has_usage = status == "successful"
    lake.quantum(
        "DM-1", "stage1", run, task, {"detector": detector},
        status=status, has_usage=has_usage, expected=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build three detectors: failed for good, redone after a failure, and killed after a redo."""
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30")
    lake.run("DM-1", "stage1", NEW)
    lake.run("DM-1", "stage1", OLD)
    submit(lake, OLD, range(4))
    submit(lake, NEW, range(1, 4))
    for detector in range(4):
        trace(lake, OLD, detector, "isr")
    trace(lake, OLD, 0, "calibrateImage", "failed")
    for detector in (1, 2):
        trace(lake, OLD, detector, "calibrateImage", "failed")
        trace(lake, NEW, detector, "isr")
        trace(lake, NEW, detector, "calibrateImage")
    trace(lake, NEW, 1, "makeSource")
    layout = Layout(tmp_path_factory.mktemp("blocked"))
    lake.write(layout.lake)
    assert not build(layout)
    return layout.warehouse


def problems(warehouse: Path) -> Rows:
    return query(
        warehouse,
        "select task_label, detector, problem, is_gap, reason from fct_missing_quanta order by all",
    )


def test_what_waits_for_a_failure_is_blocked_and_the_rest_is_missing(warehouse: Path) -> None:
    nothing = "a graph expected it and it left nothing"
    assert problems(warehouse) == [
        # Killed, or what waits for that; detector 2's failure was redone, and excuses nothing.
        ("calibrateImage", 0, "failed", False, "failed; its log tells why"),
        ("calibrateImage", 3, "missing", True, nothing),
        # The newest submission waited for detectors 1 to 3 alone, none of which failed in the end.
        ("consolidate", None, "missing", True, nothing),
        ("makeSource", 0, "blocked", False, 'upstream calibrateImage {"detector":0} failed'),
        ("makeSource", 2, "missing", True, nothing),
        ("makeSource", 3, "missing", True, nothing),
    ]


def test_the_accounts_balance_with_what_was_blocked(warehouse: Path) -> None:
    counts = query(
        warehouse,
        "select task_label, expected_count, successful_count, failed_count, blocked_count, "
        "missing_count, gap_count, verdict from fct_task_completeness order by task_label",
    )
    assert counts == [
        ("calibrateImage", 4, 2, 1, 0, 1, 1, "incomplete"),
        ("consolidate", 1, 0, 0, 0, 1, 1, "incomplete"),
        ("isr", 4, 4, 0, 0, 0, 0, "complete"),
        ("makeSource", 4, 1, 0, 1, 2, 2, "incomplete"),
    ]
    stage = query(
        warehouse,
        "select expected_count, failed_count, blocked_count, missing_count, gap_count, "
        "completeness_verdict from fct_stage_usage",
    )
    assert stage == [(13, 1, 1, 4, 4, "incomplete")]
