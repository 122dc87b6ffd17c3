"""Reports of lakes so small that shares and quantiles are not known."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from reports.run import write_report
from reports.summary import print_all, print_stage, print_summary
from reports.terminal import progress
from reports.warehouse import Warehouse
from tests.lake_factory import SyntheticLake

STAGES = ("no_time", "all_failed", "one", "empty")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One quantum of 0 s at 7 GiB, one that failed, one alone, and nothing."""
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30", stages=STAGES)
    made = {
        "no_time": {"peak_gib": 7.0, "wall_s": 0.0},
        "all_failed": {"status": "failed"},
        "one": {},
    }
    for stage, columns in made.items():
        run = lake.run("DM-1", stage, f"runs/DM-1/{stage}")
        lake.quantum(
            "DM-1", stage, run, "isr", {"instrument": "LSSTCam", "visit": 1},
            **columns,  # type: ignore[arg-type]
        )  # fmt: skip
    data = tmp_path_factory.mktemp("small")
    layout = Layout(data)
    lake.write(layout.lake)
    build(layout)
    return data


def test_the_report_of_a_stage_without_wall_time_is_whole(small: Path) -> None:
    write_report(small, progress=progress).refuse_failed()
    text = (small / "report" / "technote" / "index.md").read_text()
    assert "Conclusion for no_time" in text.replace("\\", "")


def test_the_summary_of_a_stage_without_wall_time_is_whole(small: Path) -> None:
    said = io.StringIO()
    console = Console(file=said, width=200)
    with Warehouse(small / "warehouse.duckdb") as warehouse:
        print_summary(warehouse, console)
        print_all(warehouse, console)
        for stage in STAGES:
            print_stage(warehouse, stage, console)
    assert "is not enough for no_time: 100 % of the quanta exceed it" in said.getvalue()
