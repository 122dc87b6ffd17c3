"""The page shows what the batch system's records tell, and nothing where none are named."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from reports.page.build import write_page
from tests.lake_factory import GIB
from tests.reports.page_browser import Browser, cells
from tests.reports.warehouses import BEFORE, FOCUS

PARTS = ("outcomes", "queues", "recorded-tests")


@pytest.fixture(scope="module")
def page(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a warehouse in which the focus campaign has records of one stage."""
    folder = tmp_path_factory.mktemp("records")
    shutil.copy(data / "warehouse.duckdb", folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "update fct_stage_usage set recorded_job_count = 200, killed_job_count = 3 "
            f"where campaign = '{FOCUS}' and stage = 'stage1'"
        )
        connection.execute(
            "insert into fct_job_outcomes (campaign, stage, label, job_count, killed_job_count, "
            "killed_job_fraction, gave_up_job_count, max_killed_request_mib, "
            "killed_memory_core_h, p50_requested_memory_bytes, p95_peak_bytes, used_fraction, "
            f"p50_waiting_wall_time_s) values ('{FOCUS}', 'stage1', 'detectors', 200, 3, 0.015, 2, "
            f"4096, 1.5, {4 * GIB}, {3 * GIB}, 0.5, 90)"
        )
        connection.execute(
            "insert into fct_queue_outcomes (campaign, queue_name, try_count, "
            "killed_memory_fraction, min_requested_memory_bytes, max_requested_memory_bytes, "
            "used_fraction, p50_waiting_wall_time_s, p95_waiting_wall_time_s, "
            f"cpu_efficiency_fraction, total_core_h) values ('{FOCUS}', '4G', 203, 0.02, "
            f"{2 * GIB}, {4 * GIB}, 0.5, 90, 600, 0.25, 12)"
        )
        connection.execute(
            "insert into fct_recorded_backtest_totals (evidence_campaign, campaign, policy, "
            "compared_job_count, recorded_killed_count, killed_count, unfinished_count, "
            f"recorded_wasted_gib_h, wasted_gib_h) values ('{BEFORE}', '{FOCUS}', 'p99', 190, 4, "
            "2, 1, 16, 12)"
        )
    return write_page(folder)


def test_records_of_the_campaign_are_shown_in_three_tables(browser: Browser) -> None:
    found = {name: cells(browser, name) for name in PARTS}
    assert found == {
        "outcomes": [
            ["detectors", "Stage 1", "200", "3", "1.50 %", "2", "4,096", "1.50", "4.00", "3.00",
             "50.00 %", "1.5"],
        ],
        "queues": [
            ["4G", "203", "2.00 %", "2.00 to 4.00", "50.00 %", "1.5", "10.0", "25.00 %", "12.00"],
        ],
        "recorded-tests": [["p99", BEFORE, "190", "4", "2", "1", "16.0", "12.0"]],
    }  # fmt: skip
    assert "3 of 200 recorded jobs (1.5 %) killed for memory" in browser.text("#caveats")
    assert "1.5 % of jobs killed" in browser.text("#matrix")
    assert browser.complaints() == []


def test_the_tables_fit_a_narrow_window(browser: Browser) -> None:
    browser.open(width=1024)
    for name in PARTS:
        room = f"const room = document.getElementById('{name}').parentNode;"
        fits = "return room.clientWidth > 0 && room.scrollWidth <= room.clientWidth"
        assert browser.run(f"{room} {fits}"), name


def test_a_campaign_without_records_has_no_empty_table(browser: Browser) -> None:
    browser.run(
        "const picker = document.getElementById('campaign'); picker.value = arguments[0];"
        "picker.dispatchEvent(new Event('change'));",
        BEFORE,
    )
    assert BEFORE in browser.text("#subject")
    for name in PARTS:
        assert browser.run(f"return document.getElementById('{name}-part').hidden") is True
    assert "recorded job" not in browser.text("#caveats")
