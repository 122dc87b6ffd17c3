"""The page's requests and changes are those of the marts, and its BPS text is the report's."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from selenium.webdriver.common.keys import Keys

from reports import numbers
from reports.answers.bps import POLICIES, request_memory_yaml
from reports.marts import Marts
from reports.page.build import write_page
from tests.lake_factory import GIB
from tests.reports.page_browser import Browser, downloaded, sql, started_chromium

FOCUS, BEFORE, FIRST = "DM-53877", "DM-53719", "DM-53368"
DASH = "\N{EN DASH}"


@pytest.fixture(scope="module")
def page(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page alone, away from the report that other tests look at."""
    folder = tmp_path_factory.mktemp("answers")
    (folder / "warehouse.duckdb").symlink_to(data / "warehouse.duckdb")
    return write_page(folder)


@pytest.fixture(scope="module")
def chromium(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with started_chromium(page, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The page as it is when it was just opened."""
    chromium.open()
    return chromium


def cells(browser: Browser, table: str) -> list[list[str]]:
    """Read a table as its reader does."""
    script = (
        "return [...document.querySelectorAll(arguments[0])]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    found: list[list[str]] = browser.run(script, f"#{table} tbody tr")
    return found


def share(value: float | None) -> str:
    """Write a share as the page does, a dash for what is not known."""
    return DASH if value is None else numbers.percent(value)


def whole(value: int | None, *, is_signed: bool = False) -> str:
    """Write a number of MiB as the page does."""
    if value is None:
        return DASH
    return f"{value:{'+' if is_signed and value else ''},}".replace("-", "\N{MINUS SIGN}")


# What to request.


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_has_a_bps_text_of_its_own_for_any_campaign(data: Path, policy: str) -> None:
    with Marts(data / "warehouse.duckdb") as marts:
        loaded = yaml.safe_load(request_memory_yaml(marts, campaign=BEFORE, policy=policy))
    requested = {
        (job, entry["requestMemory"]) for jobs in loaded.values() for job, entry in jobs.items()
    }
    expected = sql(
        data,
        """
        select job_label, request_memory_mib from fct_memory_requests
        where campaign = $1 and policy = $2 and job_kind != 'member'
            and task_labels is not null and has_enough_evidence
        """,
        BEFORE,
        policy,
    )
    assert requested == set(expected)
    assert requested


def expected_requests(data: Path, campaign: str, policy: str) -> list[list[str]]:
    """Write requests and their back-test in the next campaign as the page does."""
    found = sql(
        data,
        """
        select
            requests.job_label, requests.job_kind, requests.request_memory_mib,
            current_request_memory_mib, request_difference_mib, requests.slot_count,
            own_peak_count, requests.has_enough_evidence, basis, p50_peak_rss_bytes,
            p95_peak_rss_bytes, p99_peak_rss_bytes, max_peak_rss_bytes,
            requests.killed_fraction, requests.mean_retry_count, requests.wasted_fraction,
            tests.killed_fraction, tests.mean_retry_count, tests.wasted_fraction
        from fct_memory_requests as requests
        left join fct_request_backtest as tests
            on tests.evidence_campaign = $3 and tests.job_kind = requests.job_kind
            and tests.job_label = requests.job_label and tests.policy = requests.policy
        where requests.campaign = $1 and requests.policy = $2 and requests.job_kind != 'member'
        """,
        campaign,
        policy,
        campaign if campaign != FOCUS else BEFORE,
    )
    rows = []
    for row in found:
        job, kind, request, now, difference, seen, own, is_enough, basis, *rest = row
        peaks, outcomes = rest[:4], rest[4:]
        rows.append(
            [
                job, kind, whole(request), whole(now), whole(difference, is_signed=True),
                whole(seen), whole(own), "enough" if is_enough else "too few own peaks", basis,
                *(DASH if peak is None else f"{peak / GIB:.2f}" for peak in peaks),
                *(
                    (DASH if value is None else f"{value:,.2f}") if place % 3 == 1 else share(value)
                    for place, value in enumerate(outcomes)
                ),
            ]
        )  # fmt: skip
    return rows


@pytest.mark.parametrize(
    ("campaign", "policy"),
    [(FOCUS, "p95_retry"), (FOCUS, "max_margin"), (BEFORE, "least_waste"), (FIRST, "p99")],
)
def test_requests_and_their_back_test_are_those_of_the_marts(
    browser: Browser, data: Path, campaign: str, policy: str
) -> None:
    ((release,),) = sql(data, "select release from dim_campaigns where campaign = $1", campaign)
    browser.choose("campaign", f"{campaign} · {release}")
    browser.choose("policy", POLICIES[policy][0])
    shown = cells(browser, "requests")
    assert sorted(shown) == sorted(expected_requests(data, campaign, policy))
    thin = sum(row[7] != "enough" for row in shown)
    assert (f"{thin} jobs have too few own peaks" in browser.text("#requests-note")) == (thin > 1)
    with Marts(data / "warehouse.duckdb") as marts:
        expected = request_memory_yaml(marts, campaign=campaign, policy=policy)
    assert browser.text("#bps") == expected
    assert browser.complaints() == []


def test_back_tests_of_the_campaign_are_summed_as_the_mart_sums_them(
    browser: Browser, data: Path
) -> None:
    shown = cells(browser, "backtest")
    expected = sql(
        data,
        """
        select policy, evidence_campaign, campaign, job_count, slot_count, killed_fraction,
            mean_retry_count, unfinished_count, wasted_gib_h, wasted_fraction
        from fct_request_backtest_totals where campaign = $1
        """,
        FOCUS,
    )
    names = {name: short for name, (short, _) in POLICIES.items()} | {"current": "today's request"}
    assert [row[0] for row in shown] == list(names.values())
    assert sorted(shown) == sorted(
        [
            names[policy], evidence, campaign, whole(jobs), whole(slots), share(killed),
            f"{retries:,.3f}", whole(unfinished), f"{wasted:,.1f}", share(wasted_share),
        ]
        for policy, evidence, campaign, jobs, slots, killed, retries, unfinished, wasted,
        wasted_share in expected
    )  # fmt: skip


def test_requests_are_sorted_searched_and_of_one_kind(browser: Browser, data: Path) -> None:
    browser.click('#requests button[data-key="request"]')
    asked = [int(row[2].replace(",", "")) for row in cells(browser, "requests") if row[2] != DASH]
    assert asked == sorted(asked, reverse=True)
    browser.choose("job-kind", "tasks inside clusters")
    members = sql(
        data,
        """
        select distinct job_label from fct_memory_requests
        where campaign = $1 and job_kind = 'member'
        """,
        FOCUS,
    )
    assert {row[0] for row in cells(browser, "requests")} == {label for (label,) in members}
    assert members
    browser.choose("job-kind", "tasks and clusters")
    # A cluster is found by the tasks in it.
    browser.find("#requests-search").send_keys("calibrateIMAGE")
    found = sql(
        data,
        """
        select distinct job_label from fct_memory_requests
        where campaign = $1 and job_kind != 'member'
            and (job_label ilike '%calibrateImage%' or task_labels::text ilike '%calibrateImage%')
        """,
        FOCUS,
    )
    assert {row[0] for row in cells(browser, "requests")} == {label for (label,) in found}
    assert found


def test_requests_are_copied_and_saved(browser: Browser, data: Path, tmp_path: Path) -> None:
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.choose("policy", "p99")
    with Marts(data / "warehouse.duckdb") as marts:
        expected = request_memory_yaml(marts, policy="p99")
    browser.click("#bps-save")
    assert downloaded(tmp_path, "requestMemory*.yaml") == expected
    browser.click("#bps-copy")
    browser.until("return document.getElementById('bps-copied').textContent === 'Copied.'")
    browser.find("#requests-search").send_keys(Keys.CONTROL, "v")
    pasted = browser.find("#requests-search").get_attribute("value")
    assert pasted is not None
    assert pasted.split() == expected.split()
    browser.find("#requests-search").send_keys(Keys.CONTROL, "a", Keys.DELETE)
    browser.click("#requests-csv")
    rows = list(csv.DictReader(io.StringIO(downloaded(tmp_path, "*requests-p99*.csv"))))
    expected_rows = sql(
        data,
        """
        select job_label, coalesce(request_memory_mib::varchar, '') from fct_memory_requests
        where campaign = $1 and policy = 'p99' and job_kind != 'member'
        """,
        FOCUS,
    )
    written = [(row["job_label"], row["request_memory_mib"]) for row in rows]
    assert sorted(written) == sorted(expected_rows)
    assert {row["backtest_evidence_campaign"] for row in rows} == {BEFORE}
