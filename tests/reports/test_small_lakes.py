"""Reports of lakes so small that shares and quantiles are not known."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from dbt_project.runner import completeness
from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from extract.bps_requests import resolve_requests
from reports.citations import Citations
from reports.figures import figures
from reports.page.data import gather
from reports.page.detail import DETAILS
from reports.run import write_report
from reports.subjects import read_census
from reports.summary import print_all, print_stage, print_summary
from reports.technote.write import write_technote
from reports.terminal import progress
from reports.warehouse import Warehouse
from tests.lake_factory import SyntheticLake

STAGES = ("no_time", "all_failed", "one", "empty", "lost", "huge", "many_cpus")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quantum of 0 s at 7 GiB, one that failed, one alone, nothing, and three hard verdicts."""
    lake = SyntheticLake()
    requests = {"pipetask": {"fgcmFitCycle": {"requestCpus": 60}}}
    lake.campaign(
        "DM-1", focus="v30", stages=STAGES,
        nodes=[{"name": "lsst", "cores": 64, "memory_gib": 384.0}],
        current_requests=json.dumps(resolve_requests(requests)),
    )  # fmt: skip
    made = {
        "no_time": {"peak_gib": 7.0, "wall_s": 0.0},
        "all_failed": {"status": "failed"},
        "one": {"expected": False},
    }
    for stage, columns in made.items():
        run = lake.run("DM-1", stage, f"runs/DM-1/{stage}")
        lake.quantum(
            "DM-1", stage, run, "isr", {"instrument": "LSSTCam", "visit": 1},
            **columns,  # type: ignore[arg-type]
        )  # fmt: skip
    lost = lake.run("DM-1", "lost", "runs/DM-1/lost")
    huge = lake.run("DM-1", "huge", "runs/DM-1/huge")
    for number in range(100):
        data_id: dict[str, int | str] = {"instrument": "LSSTCam", "visit": number}
        if number < 10:
            lake.quantum("DM-1", "lost", lost, "isr", data_id)
        else:
            lake.expect("DM-1", "lost", lost, "isr", data_id)
        lake.quantum(
            "DM-1", "huge", huge, "isr", data_id,
            peak_gib=2.0 if number else 700.0, wall_s=10_000.0 if number else 1.0,
        )  # fmt: skip
    cpus = lake.run("DM-1", "many_cpus", "runs/DM-1/many_cpus")
    lake.quantum(
        "DM-1", "many_cpus", cpus, "fgcmFitCycle", {"instrument": "LSSTCam"}, peak_gib=34.0
    )
    data = tmp_path_factory.mktemp("small")
    layout = Layout(data)
    lake.write(layout.lake)
    build(layout)
    return data


def test_the_report_of_a_stage_without_wall_time_is_whole(small: Path) -> None:
    write_report(small, progress=progress).refuse_failed()
    text = (small / "report" / "technote" / "index.md").read_text()
    assert "\n## no_time\n" in text.replace("\\", "")


def test_the_summary_of_a_stage_without_wall_time_is_whole(small: Path) -> None:
    said = io.StringIO()
    console = Console(file=said, width=200)
    with Warehouse(small / "warehouse.duckdb") as warehouse:
        print_summary(warehouse, console)
        print_all(warehouse, console)
        for stage in STAGES:
            print_stage(warehouse, stage, console)
    assert (
        "is not enough for no_time. 100 % of the jobs exceed it; they took no time."
        in said.getvalue()
    )


def test_a_stage_without_data_is_said_to_have_none(small: Path) -> None:
    said = io.StringIO()
    with Warehouse(small / "warehouse.duckdb") as warehouse:
        print_summary(warehouse, Console(file=said, width=200))
    with duckdb.connect(str(small / "warehouse.duckdb"), read_only=True) as connection:
        assert not completeness.report(connection, Console(file=said, width=200))
    lines = said.getvalue().splitlines()
    assert "The lake has no data of DM-1 for empty." in lines
    assert "empty of DM-1: incomplete: the lake has no data of this stage." in lines
    place = lines.index("Error: DM-1, empty: the lake has no data of this stage")
    assert lines[place + 1].startswith("  Correct its collections, or declare the gap with")
    assert "Expected quanta of DM-1 without a usable result: 90 of 100 in lost." in lines
    assert "No graph says what DM-1 should hold in one." in lines
    assert "0 of 0" not in said.getvalue()


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("lost", "No verdict on 6 GiB per core: 10 % of the quanta were measured"),
        ("huge", "fit on no node of 64 cores with that memory per core: 1."),
        ("many_cpus", "6 GiB per core is enough: all 1 measured quanta fit"),
        ("one", "6 GiB per core is enough: all 1 measured quanta fit, the largest with 2.00 GiB."),
    ],
)
def test_a_verdict_follows_from_cost_and_completeness(
    small: Path, stage: str, expected: str
) -> None:
    said = io.StringIO()
    with Warehouse(small / "warehouse.duckdb") as warehouse:
        print_stage(warehouse, stage, Console(file=said, width=2000))
        assert expected in said.getvalue()
        said.truncate(0)
        print_summary(warehouse, Console(file=said, width=2000))
    assert "has too few measured quanta for a verdict in lost;" in said.getvalue()


def shares(warehouse: Path) -> list[tuple[str, str]]:
    """List marts and columns of the shares that may be NULL."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute("""
            select table_name, column_name
            from information_schema.columns join information_schema.tables
                using (table_schema, table_name)
            where table_schema = 'main' and table_type = 'BASE TABLE' and is_nullable = 'YES'
                and column_name like '%!_fraction' escape '!'
            order by all
        """).fetchall()


def say_everything(folder: Path) -> None:
    """Make figures, technote, page and summary, without drawing a picture."""
    with Warehouse(folder / "warehouse.duckdb") as warehouse:
        citations, census = Citations(warehouse), read_census(warehouse)
        made = list(figures(warehouse, citations, census))
        images = folder / "images"
        images.mkdir()
        for figure in made:
            figure.draw().to_dict(validate=False)
            (images / f"{figure.name}.png").touch()
        write_technote(
            warehouse, citations, census, made, images=images, folder=folder / "technote"
        )
        console = Console(file=io.StringIO(), width=200)
        print_summary(warehouse, console)
        print_all(warehouse, console)
        for stage in STAGES:
            print_stage(warehouse, stage, console)
        gather(warehouse, DETAILS[0])


# Each example makes a whole report: a few seconds.
@settings(max_examples=2)
@given(places=st.lists(st.integers(0, 1000), min_size=1))
@example(places=list(range(1000)))
def test_report_and_summary_are_whole_whatever_share_is_not_known(
    small: Path, places: list[int]
) -> None:
    known = shares(small / "warehouse.duckdb")
    assert len(known) > 50
    chosen = {known[place % len(known)] for place in places}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(small / "warehouse.duckdb", folder)
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            for mart, column in chosen:
                connection.execute(f'update "{mart}" set "{column}" = null')
        say_everything(folder)


def test_quanta_that_took_no_time_are_not_said_to_fit(small: Path) -> None:
    with Warehouse(small / "warehouse.duckdb") as warehouse:
        census = read_census(warehouse)
        made = figures(warehouse, Citations(warehouse), census)
        curves = {
            f.stage: f for f in made if f.name.startswith("MaxRSS_CDF_") and "walltime" in f.name
        }
    assert curves.keys() >= {"no_time", "one"}
    assert curves["no_time"].is_empty
    assert "took no time" in curves["no_time"].labels.alt_text
    assert not curves["one"].is_empty
