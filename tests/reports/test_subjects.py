"""The campaigns and stages of a warehouse, and what file names call them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from reports.errors import WarehouseError
from reports.subjects import _file_numbers, read_census
from reports.warehouse import Warehouse
from tests.reports.frames import STAGES


def test_no_focus_is_one_clear_error(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("create or replace table dim_campaigns as "
                           "select * replace (false as is_focus) from dim_campaigns")  # fmt: skip
    with Warehouse(path) as warehouse, pytest.raises(WarehouseError, match="has `focus`"):
        read_census(warehouse)


def test_stages_are_numbered_by_their_digits_unless_that_is_ambiguous() -> None:
    assert _file_numbers(list(STAGES)) == {name: name[-1] for name in STAGES}
    assert _file_numbers(["calib", "stage12"]) == {"calib": "calib", "stage12": "12"}
    assert _file_numbers(["stage1", "redo1", "stage2"]) == {
        "stage1": "stage1",
        "redo1": "redo1",
        "stage2": "2",
    }


def test_the_predecessor_is_the_campaign_before_in_the_file(data: Path, hostile_data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        assert read_census(warehouse).predecessor == "DM-53719"
    with Warehouse(hostile_data / "warehouse.duckdb") as warehouse:
        census = read_census(warehouse)
    assert census.predecessor == "DM-1"
    finale = next(stage for stage in census.stages if stage.name == "finale")
    assert (finale.number, finale.focus["quanta_count"]) == ("finale", 0)
