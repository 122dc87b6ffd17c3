"""The bars of the page are as wide as the campaigns file asks for."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from reports.page.build import write_page
from tests.reports.page_browser import Browser, sql
from tests.reports.warehouses import BEFORE, FOCUS


@pytest.fixture(scope="module")
def page(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on which one campaign has ranges of a quarter of a GiB, the others of one GiB."""
    folder = tmp_path_factory.mktemp("bins")
    shutil.copy(data / "warehouse.duckdb", folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("update dim_campaigns set bin_gib = 0.25 where campaign = $1", [FOCUS])
    return write_page(folder)


@pytest.mark.parametrize(("campaign", "width"), [(FOCUS, 0.25), (BEFORE, 1.0)])
def test_bars_are_as_wide_as_the_ranges_of_the_campaign(
    browser: Browser, data: Path, campaign: str, width: float
) -> None:
    ((segments,),) = sql(
        data,
        """
        select count(distinct (ceil(step_gib / if(step_gib > 16, 1, $2)), step_gib > 16, stage))
        from fct_rss_steps where campaign = $1 and step_gib <= 40
        """,
        campaign,
        width,
    )
    ((release,),) = sql(data, "select release from dim_campaigns where campaign = $1", campaign)
    browser.choose("campaign", f"{campaign} · {release}")
    browser.until(
        "return document.querySelectorAll('#histogram .mark-rect.role-mark path').length "
        f"=== {segments}"
    )
    assert f"Bars are {width:g} GiB wide" in browser.text("#histogram .note")
    assert browser.complaints() == []
