"""The page's nodes, shares of time and what ran at once are those of the marts."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from reports import numbers
from tests.reports.page_browser import (
    DASH,
    Browser,
    cells,
    change_in_column,
    downloaded,
    share_in_column,
    sql,
    times_in_column,
    whole,
)
from tests.reports.warehouses import FOCUS


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
        ".startsWith('Running quanta')"
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
