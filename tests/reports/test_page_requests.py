"""The page's requests are those of the marts, and its BPS text is the report's."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import yaml
from selenium.webdriver.common.keys import Keys

from reports.requests import ALL, POLICIES, request_memory_yaml
from reports.warehouse import Warehouse
from tests.lake_factory import GIB
from tests.reports.page_browser import (
    DASH,
    Browser,
    cells,
    downloaded,
    share_in_column,
    sql,
    whole,
)
from tests.reports.warehouses import BEFORE, FOCUS

FIRST = "DM-53368"


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_has_a_bps_text_of_its_own_for_any_campaign(data: Path, policy: str) -> None:
    with Warehouse(data / "warehouse.duckdb") as marts:
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
                    share_in_column(value) if place % 3 != 1
                    else DASH if value is None else f"{value:,.2f}"
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
    with Warehouse(data / "warehouse.duckdb") as marts:
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
            names[policy], evidence, campaign, whole(jobs), whole(slots), share_in_column(killed),
            f"{retries:,.3f}", whole(unfinished), f"{wasted:,.1f}", share_in_column(wasted_share),
        ]
        for policy, evidence, campaign, jobs, slots, killed, retries, unfinished, wasted,
        wasted_share in expected
    )  # fmt: skip


def test_each_policy_stands_with_its_cost_and_its_purchase(browser: Browser, data: Path) -> None:
    names = {name: short for name, (short, _) in POLICIES.items()} | {"current": "today's request"}
    totals = sql(
        data,
        """
        select policy, is_default, killed_fraction, total_core_h from fct_request_totals
        where campaign = $1 order by total_core_h
        """,
        FOCUS,
    )
    assert [(row[0], row[2], row[5]) for row in cells(browser, "request-totals")] == [
        (
            names[policy] + (" (the default)" if is_default else ""),
            share_in_column(killed),
            f"{hours:,.1f}",
        )
        for policy, is_default, killed, hours in totals
    ]
    ((default,),) = sql(
        data, "select policy from fct_request_totals where campaign = $1 and is_default", FOCUS
    )
    assert browser.run("return document.querySelector('#policy').value") == default
    charged = dict(
        sql(
            data,
            """
            select policy, overhead_fraction from fct_campaign_sizing
            where campaign = $1 and memory_per_core_gib = 6
            """,
            FOCUS,
        )
    )
    shown = {row[0]: row[2] for row in cells(browser, "requested")}
    names["exact"] = "exactly its peak (best case)"
    assert shown == {names[policy]: share_in_column(value) for policy, value in charged.items()}


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


def test_requests_for_all_campaigns_are_those_of_the_mart(browser: Browser, data: Path) -> None:
    browser.choose("evidence", "all campaigns")
    browser.choose("policy", "p99")
    expected = sql(
        data,
        """
        select job_label, job_kind, request_memory_mib, smallest_request_memory_mib,
            current_request_memory_mib, largest_campaign, campaign_count, evident_campaign_count,
            slot_count, own_peak_count, has_enough_evidence, basis
        from fct_pooled_requests where policy = 'p99'
        """,
    )
    assert sorted(cells(browser, "requests")) == sorted(
        [
            job, kind, *map(whole, mib), DASH if largest is None else largest, *map(whole, counts),
            "enough" if is_enough else "too few own peaks", basis,
        ]
        for job, kind, *mib, largest, ran, evident, seen, own, is_enough, basis in expected
        for counts in [(ran, evident, seen, own)]
    )  # fmt: skip
    with Warehouse(data / "warehouse.duckdb") as marts:
        assert browser.text("#bps") == request_memory_yaml(marts, campaign=ALL, policy="p99")
    assert browser.complaints() == []


def test_requests_are_copied_and_saved(browser: Browser, data: Path, tmp_path: Path) -> None:
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.choose("policy", "p99")
    with Warehouse(data / "warehouse.duckdb") as marts:
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
