"""What records say of queues, and of requests that are tried on them."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from reports.citations import Citations
from reports.sentences.records import queue_sentences, recorded_backtest_sentences
from reports.summary import print_all
from reports.warehouse import Warehouse
from tests.reports.warehouses import BEFORE, FOCUS


@pytest.fixture
def recorded(data: Path, tmp_path: Path) -> Path:
    """The warehouse of `data` with two queues, and a back-test from both campaigns."""
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(data / "warehouse.duckdb", path)
    with duckdb.connect(str(path)) as connection:
        for mart in ("fct_queue_outcomes", "fct_recorded_backtest_totals"):
            connection.execute(f"delete from {mart}")
        connection.executemany(
            "insert into fct_queue_outcomes (campaign, queue_name, waited_count, "
            "p50_waiting_wall_time_s, max_waiting_wall_time_s, cpu_efficiency_fraction, "
            f"total_core_h) values ('{FOCUS}', ?, ?, ?, ?, ?, ?)",
            [("4G", 10, 60.0, 90.0, 0.2, 5.0), ("8G", 4, 600.0, 900.0, 0.9, 7.0),
             ("untold", 0, None, None, None, 0.0)],
        )  # fmt: skip
        connection.executemany(
            "insert into fct_recorded_backtest_totals (campaign, policy, evidence_campaign, "
            "recorded_job_count, compared_job_count, gave_up_job_count, recorded_killed_count, "
            "killed_count, unfinished_count, recorded_wasted_gib_h, wasted_gib_h, "
            "is_of_its_own_evidence) "
            f"values ('{FOCUS}', 'p99', ?, 20, 9, ?, 4, 2, ?, 16.0, 12.0, ?)",
            [(BEFORE, 3, 1, False), (FOCUS, 0, 0, True)],
        )
    return path


def test_the_slowest_and_the_idlest_queue_are_named(recorded: Path) -> None:
    with Warehouse(recorded) as warehouse:
        slowest, idlest = queue_sentences(Citations(warehouse), FOCUS)
        assert queue_sentences(Citations(warehouse), BEFORE) == []
    assert slowest == (
        f"Jobs of {FOCUS} waited longest in queue 8G: the median of 4 tries is 600.0 s, the "
        "maximum 900.0 s."
    )
    assert idlest == (
        "CPU efficiency was lowest in queue 4G: 20 %, over the tries whose CPU time is known."
    )


def test_the_whole_summary_says_what_the_records_say_of_queues(data: Path, recorded: Path) -> None:
    said = {}
    for path in (data / "warehouse.duckdb", recorded):
        stream = StringIO()
        with Warehouse(path) as warehouse:
            print_all(warehouse, Console(file=stream, width=500))
        said[path] = stream.getvalue()
    assert "waited longest in queue 8G: the median of 4 tries is 600.0 s" in said[recorded]
    assert "CPU efficiency was lowest in queue 4G: 20 %" in said[recorded]
    assert "queue 8G" not in said[data / "warehouse.duckdb"]


def test_requests_of_another_campaign_are_tested_before_those_of_the_same(recorded: Path) -> None:
    with Warehouse(recorded) as warehouse:
        tested, why, given_up = recorded_backtest_sentences(Citations(warehouse), FOCUS, "p99")
        assert recorded_backtest_sentences(Citations(warehouse), FOCUS, "max_margin") == []
    assert "on 9 of 20 recorded jobs, those that succeeded with a known peak. " in tested
    assert f"Requests by policy p99 from {BEFORE} would" in tested
    assert why.startswith("Peaks in these records include child processes")
    assert "would kill 2 tries, 1 never done and leave 12.00 GiB h unused" in tested
    assert tested.endswith("The recorded requests killed 4 tries and left 16.00 GiB h unused.")
    assert given_up.endswith("because their peak is not known: 3.")
    with duckdb.connect(str(recorded)) as connection:
        connection.execute(
            "delete from fct_recorded_backtest_totals where not is_of_its_own_evidence"
        )
    with Warehouse(recorded) as warehouse:
        tested, _, caveat = recorded_backtest_sentences(Citations(warehouse), FOCUS, "p99")
    assert f" from {FOCUS} would kill 2 tries and leave" in tested
    assert caveat == "The requests follow from the same campaign, so the test favours them."
