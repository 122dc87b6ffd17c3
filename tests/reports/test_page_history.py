"""The page shows what changed from one publication of the warehouse to the next."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from reports.page.build import write_page
from tests.reports.page_browser import Browser


@pytest.fixture(scope="module")
def page(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a warehouse in which one stage was published before, with more gaps."""
    folder = tmp_path_factory.mktemp("history")
    shutil.copy(data / "warehouse.duckdb", folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "update fct_verdict_history set is_changed = true, is_first = false, "
            "previous_completeness_verdict = 'incomplete', previous_gap_count = 3, "
            "previous_quanta_count = quanta_count, "
            "previous_over_threshold_wall_time_fraction = 0.125, "
            "previous_p95_max_rss_bytes = 5 * 1024.0 ** 3, p95_max_rss_bytes = 4 * 1024.0 ** 3, "
            "over_threshold_wall_time_fraction = 0.0 "
            "where campaign = 'DM-53877' and stage = 'stage1'"
        )
    return write_page(folder)


def test_a_changed_verdict_stands_beside_the_one_before(browser: Browser) -> None:
    assert browser.run("return document.getElementById('history-part').hidden") is False
    (row,) = browser.run(
        "return [...document.querySelectorAll('#history tbody tr')]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    assert row[1:5] == ["DM-53877", "Stage 1", "incomplete", "complete"]
    assert row[7:] == ["3", "0", "12.50 %", "0.00 %", "5.00", "4.00"]
    browser.open(width=1024)
    cut = "const room = document.getElementById('history').parentNode;"
    assert browser.run(f"{cut} return room.clientWidth > 0 && room.scrollWidth <= room.clientWidth")
    assert browser.complaints() == []
