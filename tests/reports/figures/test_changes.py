"""From release to release: the figure of changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from reports.warehouse import Warehouse
from tests.reports.made import figure_named
from tests.reports.warehouses import BEFORE, FOCUS, rows


def test_a_peak_of_no_bytes_is_in_no_figure(data: Path, tmp_path: Path) -> None:
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
        shown = figure_named(warehouse, "release_changes").frame
    names = {tuple(row.values()) for row in shown.select(["stage", "task_label"]).to_pylist()}
    assert names
    assert names <= set(tasks[2:])
