"""The page in a real browser: it loads, its numbers are SQL's, and hostile texts do nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from reports import numbers
from reports.page.build import LIMIT_BYTES, write_page
from reports.page.data import gather, script_json
from reports.page.detail import DETAILS, Detail
from reports.page.questions import memory
from reports.warehouse import Warehouse
from tests.lake_factory import GIB, SyntheticLake
from tests.reports.page_browser import (
    Browser,
    change_in_column,
    downloaded,
    share_in_column,
    sql,
)

SCRIPT = "</script><script>window.harmed = true</script><!--"
IMAGE = '<img src=x onerror="window.harmed = true">'
CHART_COUNT = 7
FORMULA = '=HYPERLINK("http://example.org")\u2028\'; drop table x'
TASKS = ("isr", IMAGE, FORMULA, "__proto__")
BANDS = ("r", "i", SCRIPT)
# Only the focus campaign has nodes and prices to choose by.
OFFERS: dict[str, Any] = {
    "nodes": [{"name": IMAGE, "cores": 4, "memory_gib": 24.0}],
    "price_per_core": 100.0,
    "price_per_gib": 5.0,
}
FIELDS = [f"field {number:02d}" for number in range(10)] + [SCRIPT]


def fill(lake: SyntheticLake, campaign: str, stage: str, count: int) -> None:
    """Add quanta of every task, band and field, some of them on the edge of a step."""
    run = lake.run(campaign, stage, f"runs/{campaign}/{stage}/20251202T000000Z")
    edges = (
        6 * GIB, 6 * GIB + 1, 16 * GIB, 16 * GIB + 1, 45 * GIB, 64 * GIB, 64 * GIB + 1, 450 * GIB,
    )  # fmt: skip
    for index in range(count):
        # The first field is the largest, so that the fields that are named are known.
        field = FIELDS[min(index % 17, len(FIELDS) - 1) if index % 2 else 0]
        lake.visit(campaign, stage, index, target_name=field)
        for position, task in enumerate(TASKS):
            peak = round((0.7 + 0.37 * ((index * 7 + position * 3) % 19)) * GIB)
            if position == 0 and index < len(edges):
                peak = edges[index]
            data_id: dict[str, Any] = {
                "instrument": "LSSTCam",
                "visit": index,
                "detector": position,
            }
            if index % 5:
                data_id["band"] = BANDS[index % len(BANDS)]
            lake.quantum(
                campaign, stage, run, task, data_id,
                peak_gib=peak / GIB, prep_gib=peak / GIB if index % 3 == 0 else 0.5,
                wall_s=10.000001 * (index + 1) + peak / GIB, node_name="=node",
            )  # fmt: skip
    where = (campaign, stage, run, "isr")
    lake.quantum(*where, {"instrument": "LSSTCam", "visit": 9000}, status="failed", has_usage=False)
    lake.expect(*where, {"instrument": "LSSTCam", "visit": 9001})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of two campaigns whose every text tries to be markup or a formula."""
    folder = tmp_path_factory.mktemp("page")
    lake = SyntheticLake()
    for name, focus in (("DM-1", None), ("DM-2", "v30")):
        lake.campaign(
            name,
            release=IMAGE,
            focus=focus,
            fields=[SCRIPT],
            description=SCRIPT,
            stages={"stage1": None, "stage2": SCRIPT, "empty": IMAGE},
            **(OFFERS if focus else {}),
        )
        fill(lake, name, "stage1", 90)
        fill(lake, name, "stage2", 40)
    lake.write(folder / "lake")
    build(Layout(folder))
    return folder


@pytest.fixture(scope="module")
def page(data: Path) -> Path:
    return write_page(data)


def expected_answer(data: Path, memory_gib: float, condition: str = "true") -> list[str]:
    """Say from single quanta what the page must show."""
    ((all_count, over_count, all_s, over_s),) = sql(
        data,
        f"""
        select
            count(*),
            count(*) filter (max_rss_bytes > $1),
            sum(total_wall_time_s),
            coalesce(sum(total_wall_time_s) filter (max_rss_bytes > $1), 0)
        from fct_quanta
        where is_measured and campaign = 'DM-2' and {condition}
        """,
        int(memory_gib * GIB),
    )
    assert all_count > 0
    return [
        numbers.percent((all_count - over_count) / all_count),
        f"{over_count:,} of {all_count:,} need more",
        numbers.percent(float((all_s - over_s) / all_s)),
        f"{numbers.duration(float(over_s) / 3600)} of "
        f"{numbers.duration(float(all_s) / 3600)} need more",
    ]


class Links(HTMLParser):
    """Everything in a page that a browser would follow or load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value or "" for name, value in attrs if name in ("src", "href", "action", "srcset")
        ]


# What needs no browser.


@pytest.mark.parametrize("text", [SCRIPT, "<!--", "&lt;", "\u2028\u2029", IMAGE])
def test_json_in_a_script_keeps_its_texts_and_cannot_end_it(text: str) -> None:
    written = script_json({text: [text]})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {text: [text]}


def test_page_is_one_small_file_that_refers_to_nothing(page: Path) -> None:
    text = page.read_text()
    links = Links()
    links.feed(text)
    assert {link for link in links.found if not link.startswith("#")} == {"data:,"}
    assert len(text.encode()) < LIMIT_BYTES
    policy = re.search(r'Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src &#39;none&#39;")
    assert "unsafe" not in policy[1]


@pytest.mark.parametrize("detail", DETAILS)
def test_whatever_the_detail_all_quanta_and_wall_time_are_there(data: Path, detail: Detail) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        series = gather(warehouse, detail)["tables"]["series"]["columns"]
    ((count, inherited, wall_us),) = sql(
        data,
        """
        select count(*), count(*) filter (is_peak_inherited), sum(total_wall_time_s) * 1000000
        from fct_quanta where is_measured
        """,
    )
    assert sum(map(sum, series["quanta_count"])) == count
    assert sum(map(sum, series["inherited_peak_count"])) == inherited
    assert sum(map(sum, series["total_wall_time_us"])) == wall_us


def test_the_coarsest_page_keeps_the_requests_and_changes_of_the_focus(data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        fine, coarse = (gather(warehouse, detail) for detail in (DETAILS[0], DETAILS[-1]))
    asked = [page["tables"]["requests"]["columns"]["campaign"]["values"] for page in (fine, coarse)]
    assert asked == [["DM-1", "DM-2"], ["DM-2"]]
    assert [row["campaign"] for row in fine["bps"]] == ["DM-1", "DM-2"]
    assert [row["campaign"] for row in coarse["bps"]] == ["DM-2"]
    changes = [page["tables"]["changes"]["count"] for page in (fine, coarse)]
    assert changes[0] == changes[1] > 0


def test_a_page_that_would_be_too_large_tells_less_apart(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "warehouse.duckdb").symlink_to(data / "warehouse.duckdb")
    full = write_page(tmp_path).stat().st_size
    monkeypatch.setattr("reports.page.build.LIMIT_BYTES", full)
    coarser = write_page(tmp_path).read_text()
    assert len(coarser.encode()) < full
    assert '"field_count":4' in coarser


def test_largest_fields_keep_their_names_and_the_rest_is_one(data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        fine, coarse, none = (
            set(memory.steps(warehouse, field_count=n, is_by_band=True)["field"].to_pylist())
            for n in (8, 1, 0)
        )
    assert len(fine) == 9
    assert coarse == {"field 00", "other fields"}
    assert none == {None}


# What a reader sees.


def test_page_loads_in_silence_and_from_nowhere_else(browser: Browser) -> None:
    assert browser.complaints() == []
    assert browser.run("return performance.getEntriesByType('resource').length") == 0
    assert len(browser.find_all(".plot svg")) == CHART_COUNT


def test_slider_gives_the_numbers_of_sql(browser: Browser, data: Path) -> None:
    for memory_gib in (1, 3.75, 6, 6.25, 16, 20, 40, 64, 80, 448, 512):
        browser.slide(memory_gib)
        assert browser.answer() == expected_answer(data, memory_gib)
        title = browser.text("#answer-title")
        assert title.startswith(f"At {numbers.gib(memory_gib)} per core, ")


def test_exactly_the_memory_fits_and_one_byte_more_does_not(browser: Browser, data: Path) -> None:
    ((at_edge,),) = sql(
        data,
        "select count(*) from fct_quanta where campaign = 'DM-2' and max_rss_bytes = $1 + 1",
        6 * GIB,
    )
    assert at_edge > 0
    browser.slide(6)
    over = browser.answer()[1]
    browser.slide(6.25)
    assert browser.answer()[1] != over


def test_slider_reaches_the_largest_peak_and_says_what_lies_beyond_the_curve(
    browser: Browser, data: Path
) -> None:
    ((beyond,),) = sql(
        data,
        """
        select count(*) from fct_quanta
        where is_measured and campaign = 'DM-2' and max_rss_bytes > $1
        """,
        16 * GIB,
    )
    assert f"{beyond} quanta (" in browser.text("#curve .note")
    assert "it reaches 512 GiB" in browser.text("#curve .note")
    browser.find("#memory").send_keys(Keys.END)
    browser.until("return document.getElementById('memory-output').textContent === '512 GiB'")
    assert browser.answer() == expected_answer(data, 512)
    assert browser.answer()[0] == "100 %"
    browser.until(
        "return !document.querySelector('#curve .note').textContent.includes('need more')"
    )
    assert browser.texts("#presets button") == ["2", "4", "6", "8", "10", "16", "512"]
    assert browser.complaints() == []


def test_arrow_keys_move_the_slider_and_the_lines(browser: Browser, data: Path) -> None:
    rule = ".plot svg .mark-rule line[stroke='#c22f2f']"
    before = [line.get_attribute("transform") for line in browser.find_all(rule)]
    # Time has no line of memory.
    assert len(before) == CHART_COUNT - 1
    browser.find("#memory").send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    browser.until("return document.getElementById('memory-output').textContent === '6.5 GiB'")
    assert browser.answer() == expected_answer(data, 6.5)
    assert browser.find("#memory").get_attribute("aria-valuetext") == "6.5 GiB per core"
    browser.until(
        f"return document.querySelector(`{rule}`).getAttribute('transform') !== '{before[0]}'"
    )
    browser.until("return document.getElementById('live').textContent.includes('6.5 GiB')")
    assert "gib=6.5" in browser.driver.current_url


@pytest.mark.parametrize(
    ("picks", "condition"),
    [
        ({"stage": "Stage 1"}, "stage = 'stage1'"),
        ({"band": "r"}, "band = 'r'"),
        ({"band": "Without band"}, "band is null"),
        ({"field": "field 00"}, "target_name = 'field 00'"),
        (
            {"stage": "Stage 2", "band": SCRIPT, "field": SCRIPT},
            f"stage = 'stage2' and band = '{SCRIPT}' and target_name = '{SCRIPT}'",
        ),
    ],
)
def test_pickers_select_what_sql_selects(
    browser: Browser, data: Path, picks: dict[str, str], condition: str
) -> None:
    for picker, text in picks.items():
        browser.choose(picker, text)
    browser.slide(4)
    assert browser.answer() == expected_answer(data, 4, condition)
    assert browser.complaints() == []


def test_a_cell_of_the_matrix_leads_to_its_campaign_and_stage(browser: Browser) -> None:
    browser.click("#matrix tbody tr:first-child td:nth-child(2) button")
    assert browser.find("#campaign").get_attribute("value") == "DM-1"
    assert browser.find("#stage").get_attribute("value") == "stage1"
    assert browser.run("return document.activeElement.getAttribute('aria-pressed')") == "true"


def test_a_link_opens_what_was_seen_and_ignores_what_is_not_there(browser: Browser) -> None:
    browser.driver.get(f"{browser.page.as_uri()}#campaign=DM-1&stage=stage2&gib=8&band=is:{IMAGE}")
    browser.until("return document.getElementById('memory-output').textContent === '8 GiB'")
    assert browser.find("#campaign").get_attribute("value") == "DM-1"
    assert browser.find("#stage").get_attribute("value") == "stage2"
    assert browser.find("#band").get_attribute("value") == "all"


def test_jumps_lead_to_their_sections_and_keep_the_selection(browser: Browser) -> None:
    browser.choose("band", "r")
    for place, title in enumerate(browser.texts(".jump a"), start=1):
        section = browser.run(
            "return document.querySelector(arguments[0]).hash.slice(1)",
            f".jump a:nth-child({place})",
        )
        browser.find(f".jump a:nth-child({place})").send_keys(Keys.ENTER)
        top = browser.run("return document.activeElement.getBoundingClientRect().top")
        bar = browser.run("return document.querySelector('.bar').getBoundingClientRect().bottom")
        at_end = browser.run("return innerHeight + scrollY >= document.body.scrollHeight - 1")
        assert browser.run("return document.activeElement.localName") == "section", title
        assert top >= bar, title
        assert top < 300 or at_end, title
        assert f"section={section}&" in browser.driver.current_url
        assert "band=is%3Ar&" in browser.driver.current_url
    assert browser.find("#band").get_attribute("value") == "is:r"


def test_texts_from_outside_are_shown_and_never_run(browser: Browser) -> None:
    assert not browser.run("return 'harmed' in window")
    assert set(TASKS) == set(browser.texts("#tasks tbody th"))
    assert IMAGE in browser.text("#subject")
    assert browser.text("#facts") == f"{SCRIPT} Fields: {SCRIPT}. 90 visits."
    assert SCRIPT in browser.text("#banner")
    assert SCRIPT in browser.texts("#band option")
    browser.choose("stage", "Stage 1")
    browser.until("return [...document.querySelectorAll('#histogram .legend button')].length === 4")
    assert set(TASKS) == set(browser.texts("#histogram .legend button"))
    assert not browser.run("return 'harmed' in window || {}.harmed !== undefined")
    assert browser.run("return document.querySelectorAll('img, script').length") == 3
    assert browser.complaints() == []


def test_failed_missing_inherited_and_gaps_stand_beside_the_answer(
    browser: Browser, data: Path
) -> None:
    ((inherited, measured, failed, gaps),) = sql(
        data,
        """
        select sum(inherited_peak_count), sum(quanta_count), sum(failed_count), sum(gap_count)
        from fct_stage_usage where campaign = 'DM-2'
        """,
    )
    assert failed > 0
    assert gaps > 0
    caveats = browser.text("#caveats")
    assert caveats.startswith(f"{numbers.percent(inherited / measured)} of peaks are inherited")
    assert f"{failed} failed and {gaps} missing" in caveats
    assert "declared gap" in browser.text("#banner")
    assert "incomplete" in browser.text("#banner")
    for note in (
        "#curve .note", "#histogram .note", "#boxes .note", "#tasks-note", "#worst-note",
        "#buy .note", "#requests-note", "#changed .note", "#dependence-said", "#running .note",
        "#hosts-note",
    ):  # fmt: skip
        assert f"declared gap: {SCRIPT}" in browser.text(note)
    assert browser.find("#simulated").is_displayed()


def test_task_table_sorts_searches_and_agrees_with_sql(browser: Browser, data: Path) -> None:
    browser.choose("stage", "Stage 1")
    browser.slide(5)
    expected = sql(
        data,
        """
        select task_label, count(*), count(*) filter (max_rss_bytes > $1)
        from fct_quanta where is_measured and campaign = 'DM-2' and stage = 'stage1'
        group by task_label
        """,
        5 * GIB,
    )
    rows = browser.run(
        "return [...document.querySelectorAll('#tasks tbody tr')]"
        ".map(row => [...row.children].slice(0, 3).map(cell => cell.textContent))"
    )
    assert sorted((name, int(n), int(over)) for name, n, over in rows) == sorted(expected)
    for order in ("descending", "ascending"):
        browser.click('#tasks button[data-key="overQuanta"]')
        assert (
            browser.find('#tasks th[aria-sort]:not([aria-sort="none"])').get_attribute("aria-sort")
            == order
        )
        counts = [int(text) for text in browser.texts("#tasks tbody td:nth-child(3)")]
        assert counts == sorted(counts, reverse=order == "descending")
    browser.find("#tasks-search").send_keys("ISR")
    assert browser.texts("#tasks tbody th") == ["isr"]
    assert browser.text("#tasks-count") == "1 task"


def test_a_table_sorted_by_a_column_that_goes_keeps_its_rows(browser: Browser) -> None:
    browser.click('#tasks button[data-key="stage"]')
    browser.choose("stage", "Stage 1")
    assert set(TASKS) == set(browser.texts("#tasks tbody th"))
    assert browser.complaints() == []


SIZING = """
    select
        memory_per_core_gib, overhead_fraction, charged_core_h, needed_core_h, idle_core_h,
        idle_fraction, unfit_quanta_count, quanta_count, excess_cost_fraction, work_cost
    from {mart}
    where campaign = 'DM-2' and policy = 'exact'
        and memory_per_core_gib <= greatest($1, 2.0) {condition}
    order by memory_per_core_gib desc limit 1
"""


@pytest.mark.parametrize(
    ("stage", "mart", "condition"),
    [
        ("All stages", "fct_campaign_sizing", ""),
        ("Stage 2", "fct_worker_sizing", "and stage = 'stage2'"),
    ],
)
def test_what_to_buy_follows_slider_and_stage_as_the_mart_says(
    browser: Browser, data: Path, stage: str, mart: str, condition: str
) -> None:
    browser.choose("stage", stage)
    for memory_gib in (1, 4.25, 6, 16):
        browser.slide(memory_gib)
        (found,) = sql(data, SIZING.format(mart=mart, condition=condition), memory_gib)
        choice, overhead, charged, needed, idle, idle_share, unfit, quanta, excess, cost = found
        assert browser.text("#buy-at").endswith(f"on nodes of {numbers.gib(choice)} per core")
        assert (numbers.gib(memory_gib) in browser.text("#buy-rounded")) == (choice != memory_gib)
        assert browser.texts("#buy-tiles .figure")[:4] == [
            numbers.percent(overhead), f"{idle:,.2f}", f"{unfit:,}", numbers.percent(excess),
        ]  # fmt: skip
        rests = browser.texts("#buy-tiles .rest")
        assert rests[0] == " for ".join(
            numbers.write("charged_core_h", value) for value in (charged, needed)
        )
        assert rests[1] == f"{numbers.percent(idle_share)} of those charged"
        assert rests[2].startswith(f"of {quanta:,}; of 4 cores")
        assert rests[3].startswith(f"cost {cost:,.0f} ")
    ((best, first, last),) = sql(
        data,
        f"""
        select
            max(memory_per_core_gib) filter (is_cheapest),
            min(memory_per_core_gib) filter (is_nearly_cheapest),
            max(memory_per_core_gib) filter (is_nearly_cheapest)
        from {mart} where campaign = 'DM-2' and policy = 'exact' {condition}
        """,
    )
    assert browser.text("#buy-best .figure") == numbers.gib(best)
    if first != last:
        assert browser.text("#buy-best .rest").startswith(
            f"{numbers.gib(first)} to {numbers.gib(last)} cost"
        )
    fits = sql(
        data, f"select unfit_quanta_count from fct_node_fit where campaign = 'DM-2' {condition}"
    )
    shown = [int(text) for text in browser.texts("#nodes tbody td:nth-child(7)")]
    assert sorted(shown) == sorted(unfit for (unfit,) in fits)
    assert sum(shown) > 0


def test_a_stage_without_data_says_so_in_every_section(browser: Browser) -> None:
    browser.choose("stage", "empty")
    browser.until(f"return document.querySelectorAll('.plot .empty').length === {CHART_COUNT}")
    assert browser.text("#buy-at") == "No measured quantum has a size."
    assert not browser.find("#buy-tiles").is_displayed()
    assert browser.text("#changed-said").startswith("0 tasks of 0")
    assert browser.complaints() == []


def test_packing_stands_beside_the_formula_that_it_checks(browser: Browser, data: Path) -> None:
    browser.choose("stage", "Stage 1")
    expected = sql(
        data,
        """
        select coalesce(node_type, '4 cores'), memory_per_core_gib, node_count, unfit_slot_count,
            queue_memory_idle_fraction, excess_fraction, tied_excess_fraction
        from fct_node_packing where campaign = 'DM-2' and stage = 'stage1'
        """,
    )
    rows = browser.run(
        "return [...document.querySelectorAll('#packings tbody tr')]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    assert sorted([row[place] for place in (0, 2, 3, 5, 9, 11, 12)] for row in rows) == sorted(
        [
            node, numbers.gib(memory), str(count), str(unfit), share_in_column(idle),
            *map(change_in_column, excesses),
        ]
        for node, memory, count, unfit, idle, *excesses in expected
    )  # fmt: skip
    assert IMAGE in {row[0] for row in rows}


def test_without_prices_and_nodes_the_page_says_so_and_still_sizes(browser: Browser) -> None:
    browser.choose("campaign", f"DM-1 · {IMAGE}")
    figures = browser.texts("#buy-tiles .figure")
    assert figures[0].endswith(" %")
    assert figures[2:] == ["\N{EN DASH}"] * 3
    assert "lists no nodes" in browser.text("#buy-unfit .rest")
    assert browser.text("#buy-best .rest") == "no prices in the campaigns file"
    assert not browser.find("#nodes-part").is_displayed()
    browser.click("#buy [data-value='sizing_cost']")
    browser.until("return document.querySelector('#buy .empty') !== null")
    assert browser.text("#buy .empty") == "The campaigns file has no prices."
    browser.click("#buy [data-value='campaigns']")
    browser.until("return document.querySelector('#buy .plot svg') !== null")
    assert browser.texts("#buy .legend button") == ["DM-1", "DM-2"]
    assert browser.complaints() == []


def test_worst_quanta_come_with_their_data_ids(browser: Browser, data: Path) -> None:
    ((data_id, peak),) = sql(
        data,
        """
        select data_id, max_rss_gib from fct_worst_quanta
        where campaign = 'DM-2' order by max_rss_bytes desc limit 1
        """,
    )
    assert browser.text("#worst tbody tr:first-child td:nth-child(4)") == data_id
    assert browser.text("#worst tbody tr:first-child td") == f"{peak:.2f}"
    ((timed,),) = sql(
        data,
        """
        select count(*) from fct_worst_quanta
        where campaign = 'DM-2' and total_wall_time_s > 0 and worst_rank <= 500
        """,
    )
    assert len(browser.find_all("#worst-section .plot .mark-symbol path")) == timed
    browser.find("#worst-search").send_keys('"visit":7}')
    assert browser.texts("#worst tbody td.code:nth-child(4)") != []
    assert all('"visit":7}' in text for text in browser.texts("#worst tbody td:nth-child(4)"))


def test_downloads_hold_what_is_shown(browser: Browser, data: Path, tmp_path: Path) -> None:
    browser.command("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    browser.choose("stage", "Stage 1")
    browser.slide(5)
    browser.click("#tasks-csv")
    rows = list(csv.DictReader(io.StringIO(downloaded(tmp_path, "*tasks*.csv"))))
    ((over, wall_s),) = sql(
        data,
        """
        select count(*), sum(total_wall_time_s) from fct_quanta
        where is_measured and campaign = 'DM-2' and stage = 'stage1' and max_rss_bytes > $1
        """,
        5 * GIB,
    )
    assert sum(int(row["over_memory_count"]) for row in rows) == over
    assert sum(float(row["over_memory_wall_time_s"]) for row in rows) == pytest.approx(
        float(wall_s), rel=1e-12
    )
    # A spreadsheet must take the hostile task as text.
    assert {row["task_label"] for row in rows} == {"isr", IMAGE, "'" + FORMULA, "__proto__"}
    browser.click("#worst-csv")
    worst = list(csv.DictReader(io.StringIO(downloaded(tmp_path, "*worst*.csv"))))
    assert {row["node_name"] for row in worst} == {"'=node"}
    for chart, label in (
        ("curve", "wall time"), ("histogram", "isr"), ("boxes", "DM-1"), ("buy", "Stage 1"),
        ("worst-section", "isr"),
    ):  # fmt: skip
        browser.click(f"#{chart} [data-download='svg']")
        drawing = downloaded(tmp_path, f"*{chart}*.svg")
        assert drawing.startswith("<svg")
        assert f">{label}</text>" in drawing
        assert "Simulated" in drawing
        assert "<img" not in drawing
    assert browser.complaints() == []


def test_legend_emphasises_and_a_hover_tells(browser: Browser) -> None:
    browser.choose("stage", "Stage 1")
    browser.until("return document.querySelectorAll('#histogram .legend button').length === 4")
    browser.click("#histogram .legend button:first-child")
    bars = "#histogram .mark-rect path"
    browser.until(
        f"return new Set([...document.querySelectorAll('{bars}')]"
        ".map(bar => bar.getAttribute('opacity') ?? '1')).size === 2"
    )
    # Bars that are thinner than a pixel cannot be pointed at.
    box = "const box = arguments[0].getBoundingClientRect(); return Math.min(box.width, box.height)"
    bar = next(bar for bar in browser.find_all(bars) if browser.run(box, bar) > 4)
    ActionChains(browser.driver).scroll_to_element(bar).move_to_element(bar).perform()
    browser.until("return !document.getElementById('tooltip').hidden")
    assert "Max RSSover" in browser.text("#tooltip")


def test_everything_that_takes_the_focus_has_a_name(browser: Browser) -> None:
    nodes = browser.command("Accessibility.getFullAXTree")["nodes"]
    nameless = [
        node["role"]["value"]
        for node in nodes
        if any(p["name"] == "focusable" and p["value"]["value"] for p in node.get("properties", ()))
        and not node.get("name", {}).get("value")
        and node["role"]["value"] not in ("RootWebArea", "generic")
    ]
    assert nameless == []
    assert any(node["role"]["value"] == "slider" for node in nodes if "role" in node)


def test_keyboard_reaches_pickers_slider_and_answer_in_reading_order(browser: Browser) -> None:
    browser.run("document.body.focus()")
    reached = []
    for _ in range(7):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.run("return document.activeElement.id"))
    assert reached == ["", "theme", "campaign", "stage", "band", "field", "memory"]


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [("light", 1280, "light"), ("dark", 1280, "dark"), ("narrow", 390, "light")],
)
def test_page_fits_the_window_and_is_photographed(
    chromium: Browser, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    chromium.open(width=width, scheme=scheme)
    assert chromium.run("return document.documentElement.scrollWidth") == width
    assert chromium.run("return document.documentElement.dataset.theme") == scheme
    path = Path(os.environ.get("CENSUS_SCREENSHOTS", tmp_path)) / f"page-{name}.png"
    chromium.screenshot(path)
    assert path.stat().st_size > 20_000
    assert chromium.complaints() == []


def test_colours_follow_the_system_or_the_reader(browser: Browser) -> None:
    seen = []
    for _ in range(3):
        browser.click("#theme")
        seen.append(
            (browser.text("#theme"), browser.run("return document.documentElement.dataset.theme"))
        )
    assert seen == [
        ("Colours: light", "light"),
        ("Colours: dark", "dark"),
        ("Colours: system", "light"),
    ]
