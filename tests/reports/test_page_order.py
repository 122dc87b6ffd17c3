"""In which order the page lists changes and nodes."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow.compute as pc

from reports.page.questions import changes, timeline
from reports.warehouse import Warehouse
from tests.reports.warehouses import BEFORE, FOCUS, rows


def test_a_change_from_or_to_no_bytes_is_last_on_the_page(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    pair = f"before_campaign = '{BEFORE}' and after_campaign = '{FOCUS}'"
    tasks = rows(
        data, f"select stage, task_label from fct_release_changes where {pair} and is_matched"
    )
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        for (stage, task), (end, change) in zip(
            tasks, (("before", "null"), ("after", "-1")), strict=False
        ):
            connection.execute(
                f"update fct_release_changes set {end}_p95_max_rss_bytes = 0, "
                f"p95_max_rss_change_fraction = {change} "
                f"where {pair} and stage = $1 and task_label = $2",
                [stage, task],
            )
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        listed = changes.changes(warehouse, is_focus_only=False).filter(
            (pc.field("before_campaign") == BEFORE)
            & (pc.field("after_campaign") == FOCUS)
            & pc.field("is_matched")
        )
    names = [tuple(row.values()) for row in listed.select(["stage", "task_label"]).to_pylist()]
    assert set(names[:-2]) == set(tasks[2:])
    assert set(names[-2:]) == set(tasks[:2])


def test_slow_nodes_come_before_those_with_too_few_quanta_to_tell(
    data: Path, tmp_path: Path
) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.executemany(
            "insert into fct_node_usage "
            "(campaign, stage, node_name, attempted_quanta_count, slowdown_fraction, is_slow) "
            f"values ('{FOCUS}', 'stage1', ?, 40, ?, ?)",
            [["few", 9.0, False], ["slow", 0.5, True], ["slower", 0.7, True]],
        )
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        listed = timeline.hosts(warehouse).filter(pc.field("campaign") == FOCUS)
    assert listed["node_name"].to_pylist()[:3] == ["slower", "slow", "few"]
