"""The page of a warehouse whose tasks have the names that every object of JavaScript has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reports.page.build import write_page
from tests.reports.page_browser import started_chromium
from tests.reports.test_page_controls import LIMIT_S, crawl


@pytest.mark.slow
def test_every_control_works_whatever_tasks_are_called(hostile_data: Path, tmp_path: Path) -> None:
    shutil.copy(hostile_data / "warehouse.duckdb", tmp_path)
    with started_chromium(write_page(tmp_path), tmp_path / "profile") as browser:
        browser.open()
        browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
        browser.driver.set_script_timeout(LIMIT_S)
        assert crawl(browser) > 100
        shown = browser.run("return document.body.textContent")
        assert browser.complaints() == []
    assert "constructor" in shown
    assert "toString" in shown
