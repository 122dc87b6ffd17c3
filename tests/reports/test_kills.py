"""Reports show kills for memory only if there are records."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from reports.citations import Citations
from reports.figures.requests import requested_memory
from reports.sentences.kills import kill_lines, killed_in_stage
from reports.subjects import read_census
from reports.summary import print_all, print_summary
from reports.technote.write import write_technote
from reports.warehouse import Warehouse
from tests.reports.figures.drawing import drawn, subject, texts
from tests.reports.made import all_figures, figure_named
from tests.reports.warehouses import FOCUS

GIB = 1024**3
NAME = "requested_memory_v30"


@pytest.fixture(scope="module")
def recorded(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of `data` with records of two stages, in one of which jobs were killed."""
    path = tmp_path_factory.mktemp("recorded") / "warehouse.duckdb"
    shutil.copy(data / "warehouse.duckdb", path)
    with duckdb.connect(str(path)) as connection:
        for mart in ("fct_stage_outcomes", "fct_job_outcomes"):
            connection.execute(f"delete from {mart}")
        connection.executemany(
            "insert into fct_stage_outcomes (campaign, stage, worst_label, job_count, "
            "killed_memory_count, inferred_killed_memory_count, killed_job_count, "
            "rescued_job_count, killed_job_fraction, min_killed_request_mib, "
            "max_killed_request_mib, killed_memory_core_h, killed_core_fraction) "
            f"values ('{FOCUS}', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                ("stage1", "detectors", 200, 4, 1, 3, 1, 0.015, 2048, 4096, 1.5, 0.1),
                ("stage2", None, 40, 0, 0, 0, 0, 0.0, None, None, 0.0, 0.0),
            ],
        )
        connection.execute(
            "update fct_stage_usage set recorded_job_count = null, killed_job_count = null, "
            "killed_job_fraction = null"
        )
        connection.execute(
            "update fct_stage_usage set recorded_job_count = o.job_count, killed_job_count = "
            "o.killed_job_count, killed_job_fraction = o.killed_job_fraction "
            "from fct_stage_outcomes as o where fct_stage_usage.campaign = o.campaign "
            "and fct_stage_usage.stage = o.stage"
        )
        connection.executemany(
            "insert into fct_job_outcomes (campaign, stage, label, p50_requested_memory_bytes, "
            "p95_peak_bytes, max_killed_request_mib, requested_gib_h) "
            f"values ('{FOCUS}', ?, ?, ?, ?, ?, ?)",
            [
                ("stage1", "detectors", 4.0 * GIB, 3.0 * GIB, 4096, 9.0),
                ("stage2", "fit", 8.0 * GIB, None, None, 10.0),
            ],
        )
    return path


def test_each_stage_says_what_was_killed(recorded: Path) -> None:
    with Warehouse(recorded) as warehouse:
        citations, census = Citations(warehouse), read_census(warehouse)
        (line,) = kill_lines(citations, census)
        killed = killed_in_stage(citations, FOCUS, "stage1")
        none = killed_in_stage(citations, FOCUS, "stage2")
        unknown = killed_in_stage(citations, FOCUS, "stage3")
    assert "1.5 % in Stage 1, 0" in line
    assert " in Stage 2" in line
    assert "Stage 3" not in line
    assert "Some are inferred from exit codes." in line
    assert killed.startswith(
        "The batch system killed 3 of 200 recorded jobs (1.5 %) for their memory at requests of "
        "2,048 MiB to 4,096 MiB. Inferred from exit codes: 1 of 4 killed tries. 1 of these "
        "jobs succeeded in a later try. The kills cost 1.50 core hours (10 % of all "
        "core-hours recorded)"
    )
    assert none == "None of 40 recorded jobs was killed for its memory."
    assert unknown == ""


def stage_tables(path: Path, folder: Path) -> tuple[str, str]:
    """Write the summary and the technote of a warehouse."""
    console = Console(file=StringIO(), width=240)
    with Warehouse(path) as warehouse:
        print_summary(warehouse, console)
        citations, census = Citations(warehouse), read_census(warehouse)
        write_technote(warehouse, citations, census, [], images=folder, folder=folder)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue(), (folder / "index.md").read_text()


def test_both_summaries_have_the_line_of_kills(recorded: Path) -> None:
    for show in (print_summary, print_all):
        stream = StringIO()
        with Warehouse(recorded) as warehouse:
            show(warehouse, Console(file=stream, width=500))
            (line,) = kill_lines(Citations(warehouse), read_census(warehouse))
        assert line in stream.getvalue()


def test_the_share_killed_stands_beside_every_share_over_the_line(
    recorded: Path, tmp_path: Path
) -> None:
    summary, technote = stage_tables(recorded, tmp_path)
    (heading,) = [line for line in summary.splitlines() if " Killed jobs " in line]
    (row,) = [line for line in summary.splitlines() if line.startswith(f"Stage 1  {FOCUS} ")]
    assert heading.split()[-5:] == ["Share", "Killed", "jobs", "Gaps", "Completeness"]
    assert " 1.5 %  " in row
    tables = technote.count("| Jobs killed for memory |")
    # The stages with records, and the table of all stages.
    assert tables == 3
    for line in technote.splitlines():
        if line.startswith("| Stage 1 | ") and "1.5 %" in line:
            break
    else:
        raise AssertionError("no row of Stage 1 has its share")


def test_the_figure_has_a_mark_for_each_value_that_is_known(recorded: Path) -> None:
    with Warehouse(recorded) as warehouse:
        figure = figure_named(warehouse, NAME)
    assert [tuple(row.values()) for row in figure.frame.to_pylist()] == [
        ("fit (Stage 2)", "requested", 8.0),
        ("detectors (Stage 1)", "requested", 4.0),
        ("detectors (Stage 1)", "used (p95)", 3.0),
        ("detectors (Stage 1)", "killed at", 4.0),
    ]
    said = texts(drawn(requested_memory, figure.frame))
    assert all(f">{name}</text>" in said for name in requested_memory.MARKS)


def test_the_figure_shades_every_other_band_of_the_queues(recorded: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(recorded, path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update dim_campaigns set memory_bands_mib = [2048, 4096, 6144, 16384] "
            f"where campaign = '{FOCUS}'"
        )
    with Warehouse(path) as warehouse:
        figure = figure_named(warehouse, NAME)
    assert "which end at 2,048 MiB, 4,096 MiB, 6,144 MiB, 16,384 MiB." in figure.caption
    (chart, *_) = requested_memory.chart(figure.frame, subject()).layers
    shades = chart.data.to_pylist()
    # The axis goes from 2.79 to 8.8 GiB: its bands end at 4 and 6, and the second is shaded.
    assert [(row["memory_gib"], row["end_gib"]) for row in shades] == [(4.0, 6.0)]
    assert "fit (Stage 2)" in texts(drawn(requested_memory, figure.frame))


def test_without_records_nothing_is_said_and_nothing_is_empty(
    recorded: Path, tmp_path: Path
) -> None:
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(recorded, path)
    with duckdb.connect(str(path)) as connection:
        for mart in ("fct_stage_outcomes", "fct_job_outcomes"):
            connection.execute(f"delete from {mart}")
        connection.execute("update fct_stage_usage set killed_job_fraction = null")
    summary, technote = stage_tables(path, tmp_path)
    assert "Killed jobs" not in summary
    assert "killed for memory |" not in technote
    with Warehouse(path) as warehouse:
        citations, census = Citations(warehouse), read_census(warehouse)
        assert kill_lines(citations, census) == []
        assert killed_in_stage(citations, FOCUS, "stage1") == ""
        assert NAME not in [figure.name for figure in all_figures(warehouse)]
