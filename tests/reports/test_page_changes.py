"""The page's changes between campaigns are those of the mart."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from reports.look.palettes import VERDICTS
from tests.lake_factory import GIB
from tests.reports.page_browser import (
    DASH,
    Browser,
    cells,
    change_in_column,
    downloaded,
    sql,
    times_in_column,
    whole,
)
from tests.reports.warehouses import BEFORE, FOCUS

FIRST = "DM-53368"


def paired(middle: float | None, low: float | None, high: float | None) -> str:
    """Write the change of the same quanta with its interval, as the page does."""
    if middle is None:
        return DASH
    interval = (
        "open" if None in (low, high) else f"{change_in_column(low)} to {change_in_column(high)}"
    )
    return f"{change_in_column(middle)} ({interval})"


def verdict(value: str | None) -> str:
    return "not matched" if value is None else value.replace("_", " ")


def expected_changes(data: Path, before: str, after: str) -> list[list[str]]:
    """Write the changes of a pair of campaigns as the page does."""
    found = sql(
        data,
        """
        select
            task_label, 'Stage ' || stage[-1], max_rss_verdict, wall_time_verdict, matched_count,
            own_matched_count, before_p95_max_rss_bytes, after_p95_max_rss_bytes,
            p95_max_rss_change_fraction, p50_max_rss_change_fraction, max_max_rss_change_fraction,
            paired_max_rss_change_fraction, low_paired_max_rss_change_fraction,
            high_paired_max_rss_change_fraction, before_total_wall_time_h, after_total_wall_time_h,
            total_wall_time_change_fraction, paired_wall_time_change_fraction,
            low_paired_wall_time_change_fraction, high_paired_wall_time_change_fraction
        from fct_release_changes where before_campaign = $1 and after_campaign = $2
        """,
        before,
        after,
    )
    hours = iter(times_in_column([hour for row in found for hour in row[14:16]]))
    return [
        [
            row[0], row[1], verdict(row[2]), verdict(row[3]), whole(row[4]), whole(row[5]),
            *(DASH if peak is None else f"{peak / GIB:.2f}" for peak in row[6:8]),
            *map(change_in_column, row[8:11]),
            paired(*row[11:14]),
            next(hours), next(hours),
            change_in_column(row[16]),
            paired(*row[17:20]),
        ]
        for row in found
    ]  # fmt: skip


@pytest.mark.parametrize("before", [BEFORE, FIRST])
def test_changes_between_two_campaigns_are_those_of_the_mart(
    browser: Browser, data: Path, before: str
) -> None:
    assert browser.texts("#pair option") == [f"{name} and {FOCUS}" for name in (BEFORE, FIRST)]
    browser.choose("pair", f"{before} and {FOCUS}")
    expected = expected_changes(data, before, FOCUS)
    assert sorted(cells(browser, "changes")) == sorted(expected)
    said = browser.text("#changed-said")
    matched = [row for row in expected if row[2] != "not matched"]
    assert said.startswith(f"{len(matched)} tasks of {len(expected)} have data IDs in common.")
    for name, place in (("Memory", 2), ("Wall time", 3)):
        judged = [row[place] for row in matched]
        counts = [f"{judged.count(one)} {one}" for one in VERDICTS if one in judged]
        assert f"{name}: {', '.join(counts)}." in said
    dots = "return document.querySelectorAll('#changed .plot .mark-symbol path').length"
    browser.until(f"{dots} === {2 * min(15, len(matched))}")
    assert browser.complaints() == []


def test_changes_are_of_the_stage_and_the_quantity_that_are_picked(
    browser: Browser, data: Path
) -> None:
    browser.choose("stage", "Stage 2")
    in_stage = [row for row in expected_changes(data, BEFORE, FOCUS) if row[1] == "Stage 2"]
    assert sorted(row[0] for row in cells(browser, "changes")) == sorted(row[0] for row in in_stage)
    browser.click("#changed [data-value='changes_wall_time']")
    title = "[...document.querySelectorAll('#changed .plot text')].map(t => t.textContent)"
    browser.until(f"return {title}.some(text => text.startsWith('Wall time (h'))")
    browser.click('#changes button[data-key="total_wall_time_change_fraction"]')
    shown = [row[-2] for row in cells(browser, "changes") if row[-2] != DASH]
    values = [float(text.replace("\N{MINUS SIGN}", "-").removesuffix(" %")) for text in shown]
    assert values == sorted(values, reverse=True)
    assert len(values) > 1


def test_changes_are_searched_and_saved(browser: Browser, data: Path, tmp_path: Path) -> None:
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.find("#changes-search").send_keys("ISR")
    found = [row for row in expected_changes(data, BEFORE, FOCUS) if "isr" in row[0].lower()]
    assert sorted(cells(browser, "changes")) == sorted(found)
    browser.click("#changes-csv")
    rows = list(csv.DictReader(io.StringIO(downloaded(tmp_path, "*changes*.csv"))))
    assert sorted(row["task_label"] for row in rows) == sorted(row[0] for row in found)
    assert {row["before_campaign"] for row in rows} == {BEFORE}


def test_dumbbells_are_the_largest_changes_of_matched_tasks(
    browser: Browser, data: Path, tmp_path: Path
) -> None:
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.choose("stage", "Stage 2")
    browser.click("#changed [data-download='csv']")
    rows = list(csv.DictReader(io.StringIO(downloaded(tmp_path, "*changed*.csv"))))
    expected = sql(
        data,
        """
        select task_label, before_p95_max_rss_bytes / $3, after_p95_max_rss_bytes / $3
        from fct_release_changes
        where before_campaign = $1 and after_campaign = $2 and stage = 'stage2' and is_matched
        order by abs(ln(after_p95_max_rss_bytes / before_p95_max_rss_bytes)) desc limit 15
        """,
        BEFORE,
        FOCUS,
        GIB,
    )
    drawn = {row["row_label"]: [float(row["before"]), float(row["after"])] for row in rows}
    assert set(drawn) == {task for task, _, _ in expected}
    for task, *ends in expected:
        assert drawn[task] == pytest.approx(ends, rel=1e-8)


def test_a_campaign_is_compared_with_its_predecessor_first(browser: Browser, data: Path) -> None:
    ((release,),) = sql(data, "select release from dim_campaigns where campaign = $1", BEFORE)
    browser.choose("campaign", f"{BEFORE} · {release}")
    assert browser.texts("#pair option") == [f"{FIRST} and {BEFORE}", f"{BEFORE} and {FOCUS}"]
    assert browser.find("#pair").get_attribute("value") == f"{FIRST},{BEFORE}"


def test_the_first_campaign_is_compared_with_those_after_it(browser: Browser, data: Path) -> None:
    ((release,),) = sql(data, "select release from dim_campaigns where campaign = $1", FIRST)
    browser.choose("campaign", f"{FIRST} · {release}")
    assert browser.texts("#pair option") == [f"{FIRST} and {name}" for name in (BEFORE, FOCUS)]
    assert sorted(cells(browser, "changes")) == sorted(expected_changes(data, FIRST, BEFORE))
