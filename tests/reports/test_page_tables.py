"""The page's tables fit the windows of a laptop and of a screen."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.reports.page_browser import Browser


@pytest.mark.parametrize("width", [1024, 1400])
def test_no_table_is_cut_by_the_window(chromium: Browser, tmp_path: Path, width: int) -> None:
    chromium.open(width=width)
    assert chromium.run("return document.querySelectorAll('.scroll > table').length") > 10
    cut = chromium.run("""
        return [...document.querySelectorAll(".scroll")]
          .filter((room) => room.scrollWidth > room.clientWidth)
          .map((room) => [room.querySelector("table").id, room.scrollWidth, room.clientWidth]);
    """)
    assert cut == []
    chromium.screenshot(Path(os.environ.get("CENSUS_SCREENSHOTS", tmp_path)) / f"page-{width}.png")


def test_a_narrow_window_leaves_minor_columns_out_and_says_so(chromium: Browser) -> None:
    heads = {}
    for width in (1024, 1400):
        chromium.open(width=width)
        heads[width] = set(chromium.texts("#requests thead tr:last-child th"))
        assert chromium.find("#request .narrow").is_displayed() == (width == 1024)
    assert heads[1400] - heads[1024] == {"p50", "p99", "retries"}
