"""An odd measurement does not remove other values, and a success without metrics is a gap."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query
from tests.lake_factory import GIB, SyntheticLake

EPOCH = datetime(2025, 12, 1, tzinfo=UTC)

ODD: dict[str, dict[str, Any]] = {
    "end_3_s_early": {"end_at": EPOCH + timedelta(seconds=2)},
    "end_3_us_early": {"end_at": EPOCH + timedelta(seconds=5, microseconds=-3)},
    "end_12_days_later": {"end_at": EPOCH + timedelta(days=12)},
    "start_1_us_early": {"start_at": EPOCH + timedelta(seconds=2, microseconds=-1)},
    "prep_of_1970": {"prep_at": datetime(1970, 1, 1, tzinfo=UTC)},
    "no_rss": {"max_rss_bytes": 0},
    "rss_of_200_tib": {"max_rss_bytes": 200 * 1024**4},
    "mark_fell": {"start_max_rss_bytes": 3 * GIB},
    "cpu_time": {"end_cpu_time_s": 1e308},
    "butler_time": {"butler_get_wall_time_s": 1e308},
    "page_faults": {"end_major_page_faults_count": 2**62},
}
"""Values of one quantum of task ``isr`` that cannot be; it starts at the epoch and lasts 100 s."""

WITHOUT_PEAK = {"no_rss", "rss_of_200_tib", "mark_fell"}
WITHOUT_WALL_TIME = {"end_3_s_early", "end_3_us_early", "end_12_days_later", "prep_of_1970"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, str, bool]:
    """A warehouse of odd values and lost metrics, what its build said, and whether all is there."""
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30", stages=("stage1", "stage2"))
    odd = lake.run("DM-1", "stage1", "runs/DM-1/stage1")
    for visit in range(20):
        lake.quantum("DM-1", "stage1", odd, "isr", {"instrument": "LSSTCam", "visit": visit})
    for visit, columns in enumerate(ODD.values(), start=100):
        lake.quantum(
            "DM-1", "stage1", odd, "isr", {"instrument": "LSSTCam", "visit": visit}, **columns
        )
    # The kernel sums pages late: the mark at the end lies 245 KiB lower.
    lake.quantum(
        "DM-1", "stage1", odd, "isr", {"instrument": "LSSTCam", "visit": 200},
        start_max_rss_bytes=2 * GIB + 245 * 1024,
    )  # fmt: skip
    lost = lake.run("DM-1", "stage2", "runs/DM-1/stage2")
    for visit in range(30):
        lake.quantum(
            "DM-1", "stage2", lost, "coadd", {"instrument": "LSSTCam", "visit": visit},
            peak_gib=2.0 if visit < 5 else None,
        )  # fmt: skip
    layout = Layout(tmp_path_factory.mktemp("odd"))
    lake.write(layout.lake)
    said = io.StringIO()
    with redirect_stderr(said):
        complete = build(layout)
    return layout, said.getvalue(), complete


@pytest.fixture
def warehouse(built: tuple[Layout, str, bool]) -> Path:
    return built[0].warehouse


def test_rows_with_odd_values_stay(warehouse: Path) -> None:
    rows = query(
        warehouse,
        """
        select visit, max_rss_bytes is null, total_wall_time_s is null, implausible_reason
        from fct_quanta where is_implausible order by visit
        """,
    )
    assert [row[0] for row in rows] == [100 + number for number in range(len(ODD))]
    names = dict(enumerate(ODD, start=100))
    assert {names[row[0]] for row in rows if row[1]} == WITHOUT_PEAK
    assert {names[row[0]] for row in rows if row[2]} == WITHOUT_WALL_TIME
    for visit, _, _, reason in rows:
        column = next(iter(ODD[names[visit]])).replace("start_at", "started_at")
        if names[visit] != "mark_fell":
            assert reason.startswith(column.replace("end_at", "ended_at")), reason
    [falls] = [row[3] for row in rows if names[row[0]] == "mark_fell"]
    assert falls == f"max_rss_bytes {2 * GIB} contradicts an earlier value"


def test_a_mark_that_lags_counts_as_it_was(warehouse: Path) -> None:
    assert query(
        warehouse, "select max_rss_bytes, is_implausible from fct_quanta where visit = 200"
    ) == [(2 * GIB + 245 * 1024, False)]


def test_counts_stand_beside_the_statistics(warehouse: Path) -> None:
    columns = "quanta_count, implausible_count, unmeasured_count"
    known = 21 + len(ODD)
    expected = [(known - len(WITHOUT_PEAK), len(ODD), 0)]
    for mart in ("fct_task_usage", "fct_stage_usage"):
        assert query(warehouse, f"select {columns} from {mart} where stage = 'stage1'") == expected
    [(hours,)] = query(
        warehouse, "select spent_wall_time_h from fct_stage_usage where stage = 'stage1'"
    )
    assert hours == pytest.approx((known - len(WITHOUT_WALL_TIME)) * 100 / 3600)


def test_odd_values_are_no_gap_and_lost_metrics_are(
    built: tuple[Layout, str, bool], warehouse: Path
) -> None:
    assert query(
        warehouse,
        """
        select stage, completeness_verdict, gap_count, unmeasured_count, measured_fraction
        from fct_stage_usage order by stage
        """,
    ) == [
        ("stage1", "complete", 0, 0, 29 / 32),
        ("stage2", "incomplete", 25, 25, 5 / 30),
    ]
    assert query(
        warehouse,
        "select problem, reason, is_gap, count(*) from fct_missing_quanta group by all",
    ) == [("unmeasured", "succeeded and left no peak", True, 25)]
    assert not built[2]


def test_one_warning_names_task_and_data_id(built: tuple[Layout, str, bool]) -> None:
    said = " ".join(built[1].split())
    assert said.count("impossible values") == 1
    assert f"{len(ODD)} quanta have impossible values" in said
    assert 'isr, {"instrument":"LSSTCam","visit":100}: ended_at 2025-12-01' in said
    assert "coadd: 25 (unmeasured)" in said
