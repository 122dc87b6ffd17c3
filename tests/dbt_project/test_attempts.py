"""Attempts are listed with the node where they ran, and lost ones are counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query
from tests.lake_factory import GIB, SyntheticLake


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten quanta that failed on two nodes in turn, and a killed one that was done again."""
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30", stages=("stage1",))
    newer = lake.run("DM-1", "stage1", "runs/newer")
    older = lake.run("DM-1", "stage1", "runs/older")
    for visit in range(10):
        where: tuple[Any, ...] = ("DM-1", "stage1", newer, "isr", {"visit": visit})
        lake.quantum(
            *where, status="failed", exception_type="builtins.MemoryError", peak_gib=9.0,
            node_name="bad1", is_last_attempt=False,
        )  # fmt: skip
        lake.quantum(
            *where, status="failed", exception_type="builtins.OSError", peak_gib=1.0, attempt=1,
            node_name="good1",
        )  # fmt: skip
    # The killed quantum of the older RUN, what waited for it, and both done again.
    lake.expect("DM-1", "stage1", older, "fit", {"visit": 1}, number=0, predecessors=[])
    lake.expect("DM-1", "stage1", older, "plot", {"visit": 1}, number=1, predecessors=[0])
    lake.quantum("DM-1", "stage1", newer, "fit", {"visit": 1}, expected=False)
    lake.quantum("DM-1", "stage1", newer, "plot", {"visit": 1}, expected=False)
    layout = Layout(tmp_path_factory.mktemp("attempts"))
    lake.write(layout.lake)
    build(layout)
    return layout.warehouse


def test_a_node_keeps_its_failures_and_its_peak(warehouse: Path) -> None:
    found = query(
        warehouse,
        "select node_name, attempted_count, failed_count, max_max_rss_bytes from fct_node_usage "
        "where node_name != 'node1' order by node_name",
    )
    assert found == [("bad1", 10, 10, 9 * GIB), ("good1", 10, 10, GIB)]


def test_a_task_knows_the_memory_error_that_a_later_failure_hid(warehouse: Path) -> None:
    found = query(
        warehouse,
        "select failed_count, failed_attempt_count, memory_error_count, max_attempted_rss_bytes "
        "from fct_task_usage where task_label = 'isr'",
    )
    assert found == [(10, 20, 10, 9 * GIB)]


def test_a_lost_attempt_that_was_done_again_is_counted(warehouse: Path) -> None:
    found = query(
        warehouse, "select task_label, lost_attempt_count from fct_task_usage order by task_label"
    )
    # What waited for the lost one never began; of isr no graph tells what waits for what.
    assert found == [("fit", 1), ("isr", None), ("plot", 0)]
