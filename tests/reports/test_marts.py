"""The warehouse is opened read-only, and what is wrong with it is said clearly."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from reports.cli import app
from reports.figures import stages
from reports.marts import Marts, WarehouseError


def test_a_missing_warehouse_says_what_to_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "make transform" in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_no_warehouse_is_refused(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("not a database, only text that is long enough")
    with pytest.raises(WarehouseError, match="cannot be opened"):
        Marts(tmp_path / "warehouse.duckdb")


def test_a_warehouse_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table dim_campaigns (campaign varchar)")
    with Marts(path) as marts, pytest.raises(WarehouseError, match=r"make transform.*version"):
        marts.stages()


def test_a_reader_can_write_nothing(data: Path) -> None:
    with Marts(data / "warehouse.duckdb") as marts, pytest.raises(WarehouseError):
        marts.query("create table mine as select 1 as one")


def test_no_focus_is_one_clear_error(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("create or replace table dim_campaigns as "
                           "select * replace (false as is_focus) from dim_campaigns")  # fmt: skip
    with Marts(path) as marts, pytest.raises(WarehouseError, match="has `focus`"):
        stages(marts)


def test_tasks_come_with_the_largest_peak_of_the_focus_first(data: Path) -> None:
    with Marts(data / "warehouse.duckdb") as marts:
        boxes = marts.task_boxes("stage1").to_pylist()
        order = list(dict.fromkeys(box["task_label"] for box in boxes))
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        expected = connection.sql(
            "select task_label from fct_task_usage where stage = 'stage1' "
            "and campaign = 'DM-53877' order by max_max_rss_bytes desc, task_label"
        ).fetchall()
    assert order == [label for (label,) in expected]


def test_only_one_module_opens_duckdb_and_none_imports_the_stack() -> None:
    package = Path(__file__).parents[2] / "reports"
    importers = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if re.search(r"^\s*(import|from) duckdb", file.read_text(), re.MULTILINE)
    }
    assert importers == {"warehouse.py"}
    for file in (package / "charts").glob("*.py"):
        text = file.read_text()
        assert not re.search(r"^\s*(import|from) (pathlib|io|os|json|reports\.marts)\b", text, re.M)
        assert not re.search(r"\bselect\b.*\bfrom\b", text), file
