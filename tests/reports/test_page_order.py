"""In which order the page lists changes and nodes, and that it takes times of any length."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow.compute as pc

from reports.page.questions import changes, memory, timeline
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
            "(campaign, stage, node_name, attempted_count, slowdown_fraction, is_slow) "
            f"values ('{FOCUS}', 'stage1', ?, 40, ?, ?)",
            [["few", 9.0, False], ["slow", 0.5, True], ["slower", 0.7, True]],
        )
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        listed = timeline.hosts(warehouse).filter(pc.field("campaign") == FOCUS)
    assert listed["node_name"].to_pylist()[:3] == ["slower", "slow", "few"]


def test_wall_times_beyond_ten_days_reach_the_page_whole(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    seconds = {1: 12 * 86_400, 2: 10**7}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.executemany(
            "update fct_worst_quanta set total_wall_time_s = $1 "
            f"where campaign = '{FOCUS}' and stage = 'stage1' and worst_rank = $2",
            [[wall_s, rank] for rank, wall_s in seconds.items()],
        )
        connection.execute("update fct_rss_steps set total_wall_time_s = 10000000")
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        listed = memory.worst(warehouse, field_count=0, is_by_band=False, limit=2).filter(
            (pc.field("campaign") == FOCUS) & (pc.field("stage") == "stage1")
        )
        series = memory.steps(warehouse, field_count=0, is_by_band=False)
    assert listed["total_wall_time_us"].to_pylist() == [s * 10**6 for s in seconds.values()]
    times = [us for row in series["total_wall_time_us"].to_pylist() for us in row]
    assert all(us % 10**13 == 0 for us in times)
