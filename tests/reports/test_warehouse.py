"""The warehouse is opened read-only, and its faults are reported clearly."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from reports.cli import app
from reports.errors import WarehouseError
from reports.subjects import read_census
from reports.warehouse import Warehouse


def test_a_missing_warehouse_says_what_to_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["run", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "make transform" in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_no_warehouse_is_refused(tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").write_text("not a database, only text that is long enough")
    with pytest.raises(WarehouseError, match="cannot be opened"):
        Warehouse(tmp_path / "warehouse.duckdb")


def test_a_warehouse_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table dim_campaigns (campaign varchar)")
    with (
        Warehouse(path) as warehouse,
        pytest.raises(WarehouseError, match=r"make transform.*version"),
    ):
        read_census(warehouse)


def test_a_reader_can_write_nothing(data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse, pytest.raises(WarehouseError):
        warehouse.query("create table mine as select 1 as one")


def test_a_damaged_warehouse_is_one_clear_error(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    content = bytearray((data / "warehouse.duckdb").read_bytes())
    # The three headers of a DuckDB file stay, so that it opens; its blocks are overwritten.
    content[3 * 4096 :] = b"\xa5" * (len(content) - 3 * 4096)
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match=r"(opened|read) \(.*make transform"):  # noqa: SIM117
        with Warehouse(path) as warehouse:
            warehouse.query("select sum(total_wall_time_s) from fct_quanta")


def test_only_one_module_opens_duckdb_and_the_look_reads_nothing() -> None:
    package = Path(__file__).parents[2] / "reports"
    importers = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if re.search(r"^\s*(import|from) duckdb\b", file.read_text(), re.MULTILINE)
    }
    assert importers == {"warehouse.py"}
    for file in (package / "look").glob("*.py"):
        text = file.read_text()
        assert not re.search(r"^\s*(import|from) (pathlib|io|os|json|\.+warehouse)\b", text, re.M)
        assert not re.search(r"\bselect\b.*\bfrom\b", text), file
