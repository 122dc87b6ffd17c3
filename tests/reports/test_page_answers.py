"""The page's requests and changes are those of the marts, and its BPS text is the report's."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from selenium.webdriver.common.keys import Keys

from reports import numbers
from reports.look.palettes import VERDICTS
from reports.page.build import write_page
from reports.requests import ALL, POLICIES, request_memory_yaml
from reports.warehouse import Warehouse
from tests.lake_factory import GIB
from tests.reports.page_browser import (
    DASH,
    Browser,
    change_in_column,
    downloaded,
    share_in_column,
    sql,
    times_in_column,
)

FOCUS, BEFORE, FIRST = "DM-53877", "DM-53719", "DM-53368"
GROWTH = f"""
    select
        '{FOCUS}' as campaign, 'stage3' as stage, 'assembleCoadd' as task_label,
        'grows' as dependence_verdict, 40 as quanta_count, 3 as min_visit_count,
        21 as max_visit_count, 100.25 as per_visit_mib, 90.5 as low_per_visit_mib,
        110.0 as high_per_visit_mib, 0.75 as explained_fraction, 1.5 as shallowest_gib,
        3.25 as deepest_gib, 5.3 as twice_as_deep_gib, 5.1 as low_twice_as_deep_gib,
        5.5 as high_twice_as_deep_gib, true as is_growing
    union all
    select
        '{FOCUS}', 'stage3', 'detection', 'cannot_tell', 30, 1, 9, -2.0, -20.0, 16.0, 0.01, 1.0,
        1.0, null, null, null, false
"""


@pytest.fixture(scope="module")
def page(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page alone, away from the report that other tests look at."""
    folder = tmp_path_factory.mktemp("answers")
    shutil.copy(data / "warehouse.duckdb", folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        # These quanta have no tract, so that the mart of growth is empty.
        connection.execute(f"insert into fct_memory_dependence by name {GROWTH}")
    return write_page(folder)


def cells(browser: Browser, table: str) -> list[list[str]]:
    """Read a table as its reader does."""
    script = (
        "return [...document.querySelectorAll(arguments[0])]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    found: list[list[str]] = browser.run(script, f"#{table} tbody tr")
    return found


def whole(value: int | None, *, is_signed: bool = False) -> str:
    """Write a number of MiB as the page does."""
    if value is None:
        return DASH
    return f"{value:{'+' if is_signed and value else ''},}".replace("-", "\N{MINUS SIGN}")


# What to request.


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
            names[policy] + (" (costs least)" if is_default else ""),
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


# What changed.


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


# What memory depends on, when and where it ran.


def test_growth_is_shown_with_its_interval_and_foretold_only_where_it_is_sure(
    browser: Browser,
) -> None:
    assert "in 1 of 2 tasks" in browser.text("#dependence-said")
    minus = "\N{MINUS SIGN}"
    assert cells(browser, "dependence") == [
        [
            "assembleCoadd", "Stage 3", "grows", "40", "3 to 21", "+100.2 (+90.5 to +110.0)",
            "75.00 %", "1.50", "3.25", "5.30 (5.10 to 5.50)",
        ],
        [
            "detection", "Stage 3", "cannot tell", "30", "1 to 9",
            f"{minus}2.0 ({minus}20.0 to +16.0)", "1.00 %", "1.00", "1.00", DASH,
        ],
    ]  # fmt: skip
    browser.choose("stage", "Stage 1")
    assert cells(browser, "dependence") == []
    assert "no task has 20 own peaks" in browser.text("#dependence-said")


def test_nodes_and_shares_of_time_are_those_of_the_marts(browser: Browser, data: Path) -> None:
    expected_hosts = sql(
        data,
        """
        select coalesce(node_name, $2), stage[-1], attempted_count, failed_count,
            failed_fraction, slowdown_fraction
        from fct_node_usage where campaign = $1
        order by is_slow desc, slowdown_fraction desc nulls last, fct_node_usage.node_name, stage
        """,
        FOCUS,
        DASH,
    )
    shown = [[row[place] for place in (0, 1, 2, 3, 4, 8)] for row in cells(browser, "hosts")]
    assert shown == [
        [
            node,
            f"Stage {stage}",
            whole(ran),
            whole(failed),
            share_in_column(part),
            change_in_column(slower),
        ]
        for node, stage, ran, failed, part, slower in expected_hosts
    ]  # fmt: skip
    expected_shares = sql(
        data,
        """
        select task_label, stage[-1], quanta_count, timed_wall_time_h, cpu_time_fraction,
            butler_get_fraction
        from fct_task_efficiency where campaign = $1
        """,
        FOCUS,
    )
    shown = [[row[place] for place in (0, 1, 2, 3, 5, 7)] for row in cells(browser, "efficiency")]
    assert sorted(shown) == sorted(
        [task, f"Stage {stage}", whole(n), hours, share_in_column(cpu), share_in_column(get)]
        for (task, stage, n, _, cpu, get), hours in zip(
            expected_shares, times_in_column([row[3] for row in expected_shares]), strict=True
        )
    )
    assert expected_hosts
    assert expected_shares


def test_what_ran_at_once_is_drawn_from_the_mart(
    browser: Browser, data: Path, tmp_path: Path
) -> None:
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.choose("stage", "Stage 3")
    browser.click("#running [data-value='running_quanta']")
    browser.until(
        "return document.querySelector('#running .plot [role=img]')?.ariaLabel"
        ".startsWith('Quanta that run at once')"
    )
    expected = sql(
        data,
        """
        select epoch_ms(bin_started_at), round(running_quanta_count, 3), round(resident_gib, 3)
        from fct_concurrency where campaign = $1 and stage = 'stage3' order by bin_position
        """,
        FOCUS,
    )
    most = max(resident for _, _, resident in expected)
    assert f"Most at once: Stage 3 {numbers.gib(most)}." in browser.text("#running .note")
    browser.click("#running [data-download='csv']")
    rows = csv.DictReader(io.StringIO(downloaded(tmp_path, "*running*.csv")))
    written = [(int(row["at"]), float(row["value"])) for row in rows]
    assert written == [(at, running) for at, running, _ in expected]
    assert browser.complaints() == []
