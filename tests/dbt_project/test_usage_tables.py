"""A table of gathered resource usage counts where metadata is gone, and only there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query
from tests.lake_factory import GIB, SyntheticLake


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two visits in a table: the metadata of the first can be read, that of the second is gone."""
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30", stages=("stage1",))
    files = lake.run("DM-1", "stage1", "runs/files")
    tables = lake.run("DM-1", "stage1", "runs/tables", source="usage_tables")
    lake.quantum("DM-1", "stage1", files, "isr", {"visit": 1})
    lake.expect("DM-1", "stage1", files, "isr", {"visit": 2})
    for visit in (1, 2):
        row: dict[str, Any] = lake.quantum(
            "DM-1", "stage1", tables, "isr", {"visit": visit},
            has_usage=False, expected=False, source="usage_table", attempt=None, caveats=None,
            has_log=None, max_rss_bytes=3 * GIB, gathered_wall_time_s=9.0,
            gathered_run_cpu_time_s=5.0,
        )  # fmt: skip
        assert row["has_metadata"] is False
    layout = Layout(tmp_path_factory.mktemp("tables"))
    lake.write(layout.lake)
    assert build(layout)
    return layout.warehouse


def test_a_table_fills_in_for_what_is_gone_alone(warehouse: Path) -> None:
    found = query(
        warehouse,
        "select visit, source, max_rss_bytes, total_wall_time_s::double from fct_quanta "
        "order by visit",
    )
    assert found == [(1, "metadata_file", 2 * GIB, 100.0), (2, "usage_table", 3 * GIB, 9.0)]
    assert query(warehouse, "select quanta_count, gap_count from fct_stage_usage") == [(2, 0)]
