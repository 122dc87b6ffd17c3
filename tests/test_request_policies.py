"""The experiment with request policies on other people's workflows: its own arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.request_policies import (
    Execution,
    first_allocation,
    halves,
    judged,
    read_workflow,
)


def jobs(*peaks: int) -> list[Execution]:
    """Executions of an hour each."""
    return [Execution("t", peak, 8000, 3600.0) for peak in peaks]


def test_the_first_allocation_has_the_least_expected_waste() -> None:
    # From 1,024 MiB: 3 x 24 and the killed 1,024; from 4,096 MiB: 3 x 3,096.
    assert first_allocation(jobs(1000, 1000, 1000, 4096)) == (1024, 4096)
    # From 1,024 MiB: 24 and 3 x 1,024; from 1,088: 88 and 3 x 8.
    assert first_allocation(jobs(1000, 1080, 1080, 1080)) == (1088, 1088)


def test_a_killed_attempt_is_wasted_whole_and_the_next_one_has_more() -> None:
    outcome = judged(jobs(1000, 3000), [1024, 2048])
    wasted_mib = 24 + 1024 + 2048 + (4096 - 3000)
    assert (outcome.jobs, outcome.killed, outcome.unfinished) == (2, 1, 0)
    assert outcome.wasted_gib_h == pytest.approx(wasted_mib / 1024)
    # 32 and five doublings end at 1,024 MiB: all six are wasted.
    undone = judged(jobs(1025), [32])
    assert (undone.killed, undone.unfinished) == (1, 1)
    assert undone.wasted_gib_h == pytest.approx((1024 * 2 - 32) / 1024)


def test_a_workflow_is_read_and_split_by_start_within_each_task(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(
        "task,status,attempt,requested_memory_bytes,peak_rss_bytes,realtime_ms,start_ms\n"
        "a,COMPLETED,1,2097152,1048577,2000,30\n"
        "a,COMPLETED,1,2097152,1048576,1000,20\n"
        "a,COMPLETED,2,4194304,1048576,1000,10\n"
        "a,FAILED,1,2097152,-,1000,40\n"
        "b,COMPLETED,1,2097152,-,1000,50\n"
        "b,COMPLETED,1,2097152,0,1000,60\n"
    )
    found = read_workflow(tmp_path / "w.csv")
    assert found == [
        Execution("a", 1, 2, 1.0),
        Execution("a", 1, 2, 1.0),
        Execution("a", 2, 2, 2.0),
    ]
    assert halves(found) == (found[:1], found[1:])
