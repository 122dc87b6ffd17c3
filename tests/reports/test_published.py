"""`quanta_census.open`: marts and figures in Python, and the notebook that shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import quanta_census
from quanta_census.reports.errors import FigureError, WarehouseError
from quanta_census.reports.figures import FIGURES

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


def test_a_mart_is_arrow_or_pandas(data: Path) -> None:
    with quanta_census.open(data) as census:
        arrow = census.arrow("fct_stage_usage")
        frame = census.pandas("fct_stage_usage")
    assert isinstance(arrow, pa.Table)
    assert isinstance(frame, pd.DataFrame)
    assert frame["quanta_count"].sum() == sum(arrow["quanta_count"].to_pylist()) > 0


def test_the_file_of_the_warehouse_opens_too(data: Path) -> None:
    with quanta_census.open(data / "warehouse.duckdb") as census:
        assert census.sql("select count(*) as n from dim_campaigns")["n"].to_pylist() == [3]


def test_every_figure_of_the_report_has_its_name(data: Path, report: Path) -> None:
    written = {path.name for path in (report / "images").glob("*.json")} | {
        path.name.removesuffix(".png") for path in (report / "images").glob("*.png")
    }
    with quanta_census.open(data) as census:
        names = census.figures
        # A report leaves out a figure without data where its file says so.
        optional = tuple(one.name.partition("{")[0] for one in FIGURES if one.is_optional)
        absent = {name for name in names if name not in written}
        assert {name for name in absent if not name.startswith(optional)} == set()
        chart = census.figure(names[0])
    assert chart.to_dict()["datasets"]


def test_a_wrong_name_suggests_the_right_one(data: Path) -> None:
    with quanta_census.open(data) as census:
        with pytest.raises(WarehouseError, match="did you mean fct_stage_usage"):
            census.arrow("fct_stage_use")
        with pytest.raises(FigureError, match="did you mean"):
            census.figure(census.figures[0] + "s")


def test_no_warehouse_is_said(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        quanta_census.open(tmp_path)


def test_the_how_to_runs(data: Path) -> None:
    text = (NOTEBOOK.parent / "howto" / "notebook.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code.replace('open("data")', f"open({str(data)!r})"), "how-to", "exec"), names)


def test_the_notebook_runs(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENSUS_DATA", str(data))
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict[str, object] = {}
    for number, cell in enumerate(code, 1):
        exec(compile(cell, f"cell {number}", "exec"), names)
    assert len(code) >= 4
