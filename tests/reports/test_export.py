"""The report's files: names, completeness, repetition, size."""

from __future__ import annotations

import csv
import json
import os
import re
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import duckdb
import pytest

from reports.errors import OutputError
from reports.export import export, write_figure
from reports.look import theme
from reports.run import TABLES, write_report
from reports.terminal import progress
from reports.warehouse import Warehouse
from tests.reports.conftest import HOSTILE_LABEL, SCRIPT
from tests.reports.frames import LOST_REASON, make_warehouse
from tests.reports.made import all_figures, figure_named

NAMES = (
    "MaxRSS_box_all_stacks_stage{n}",
    "MaxRSS_distro_per_task_v30_stage{n}",
    "MaxRSS_distro_per_task_v30_log_stage{n}",
    "MaxRSS_distro_CumulatedCPU_v30_stage{n}",
    "MaxRSS_CDF_v30_stage{n}",
    "MaxRSSTask_all_stacks_stage{n}",
    "95percTask_all_stacks_stage{n}",
    "MaxRSS_stripplot_per_task_v30_upper6_stage{n}_walltime",
    "MaxRSS_distro_CumulatedCPU_v30_upper6_stage{n}",
    "MaxRSS_CDF_v30_stage{n}_walltime",
    "MaxRSS_box_v30_stage{n}",
    "MaxRSS_stripplot_per_task_v30_upper6_stage{n}_walltime_log",
    "MaxRSS_distro_CumulatedCPU_v30_upper6_stage{n}_log",
)
"""The names of the contract, which drop into the note unchanged."""


def expected_names(numbers: list[str]) -> set[str]:
    return {name.format(n=number) for number in numbers for name in (*NAMES, *MORE_NAMES)}


COMMON_VISITS = "MaxRSS_box_common_visits_stage{n}"
MORE_NAMES = (
    COMMON_VISITS,
    "concurrency_v30_stage{n}",
    "WallTime_box_v30_stage{n}",
    "CPUOverWallTime_v30_stage{n}",
)

OVERALL = {
    "Completeness", "worker_sizing", "node_packing", "memory_requests", "release_changes",
    "memory_dependence", "Exceptions_v30", "Caveats_v30",
}  # fmt: skip
"""Figures about all stages together."""


def drawn_text(svg: Path) -> str:
    """Give the text of a picture, its lines joined."""
    pieces = [element.text for element in ET.parse(svg).getroot().iter() if element.text]
    return " ".join(" ".join(pieces).split())


def test_every_figure_has_its_name_in_three_formats(report: Path) -> None:
    files = {file.name for file in (report / "images").iterdir()}
    names = expected_names(["1", "2", "3", "4"]) | OVERALL
    assert files == {f"{name}.{suffix}" for name in names for suffix in ("png", "svg", "json")}


def test_pictures_are_pictures_of_the_technotes_width(report: Path) -> None:
    for file in (report / "images").glob("*.png"):
        width, height = struct.unpack(">II", file.read_bytes()[16:24])
        assert width == pytest.approx(2 * theme.WIDTH, abs=2), file.name
        assert height > 250, file.name
    for file in (report / "images").glob("*.svg"):
        root = ET.parse(file).getroot()
        assert float(root.attrib["width"]) == pytest.approx(theme.WIDTH, abs=1), file.name


def test_each_figure_has_caption_and_alternative_text(report: Path) -> None:
    captions = json.loads((report / "captions.json").read_text())
    assert set(captions) == expected_names(["1", "2", "3", "4"]) | OVERALL
    for name, words in captions.items():
        assert len(words["caption"]) > 40, name
        assert len(words["alt_text"]) > 40, name
        spec = json.loads((report / "images" / f"{name}.json").read_text())
        assert spec["description"] == words["alt_text"]
        root = ET.parse(report / "images" / f"{name}.svg").getroot()
        assert root.attrib["aria-label"] == words["alt_text"]


def test_a_declared_gap_stands_on_every_figure_that_shows_its_campaign(report: Path) -> None:
    said = f"Stage 4 of DM-53368: declared incomplete: {LOST_REASON}"
    for name in expected_names(["1", "2", "3", "4"]):
        shows_it = re.search("(all_stacks|common_visits)_stage4", name) is not None
        assert (said in drawn_text(report / "images" / f"{name}.svg")) == shows_it, name


def test_each_figure_says_where_its_data_comes_from(report: Path) -> None:
    for file in (report / "images").glob("*.svg"):
        assert re.search(
            r"SIMULATED data · lake of 2025-12-21 · Quanta Census 0\.1\.0 · (1|3|4|8|12) RUNs?",
            drawn_text(file),
        ), file.name


def test_a_second_report_changes_nothing(data: Path, report: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in report.rglob("*") if file.is_file()}
    result = write_report(data, progress=progress)
    after = {file: file.stat().st_mtime_ns for file in report.rglob("*") if file.is_file()}
    assert result.new_figure_count == 0
    assert after == before


def test_a_figure_that_lost_a_file_is_written_again(data: Path, tmp_path: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        figure = figure_named(warehouse, "Completeness")
    assert write_figure(figure, tmp_path)
    assert not write_figure(figure, tmp_path)
    (tmp_path / f"{figure.name}.png").unlink()
    assert write_figure(figure, tmp_path)


def test_figures_that_no_stage_has_any_more_are_removed(data: Path, tmp_path: Path) -> None:
    stale = tmp_path / "MaxRSS_CDF_v30_stage9.png"
    stale.write_bytes(b"old")
    keep = tmp_path / "notes.txt"
    keep.write_text("not a figure")
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        figure = figure_named(warehouse, "Completeness")
    assert list(export([figure], tmp_path)) == [(figure, True)]
    assert not stale.exists()
    assert keep.exists()


def test_tables_are_the_marts(data: Path, report: Path) -> None:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        for name in TABLES:
            with (report / "tables" / f"{name}.csv").open(newline="") as lines:
                rows = list(csv.reader(lines))
            relation = connection.sql(f'from "{name}"')
            assert rows[0] == relation.columns
            assert len(rows) - 1 == relation.count("*").fetchall()[0][0]


def test_an_empty_stage_has_all_its_figures_and_they_say_why(hostile_report: Path) -> None:
    captions = json.loads((hostile_report / "captions.json").read_text())
    assert set(captions) == expected_names(["1", "2", "finale"]) | OVERALL
    for name in expected_names(["finale"]):
        assert captions[name]["is_empty"]
        said = drawn_text(hostile_report / "images" / f"{name}.svg")
        assert "No measured quanta in finale of DM-2: no RUN was extracted for it." in said
        assert (hostile_report / "images" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_stage_that_the_focus_does_not_have_shows_the_other_campaigns(
    hostile_report: Path,
) -> None:
    captions = json.loads((hostile_report / "captions.json").read_text())
    for name in expected_names(["2"]):
        assert captions[name]["is_empty"] == ("all_stacks" not in name), name
        if name == COMMON_VISITS.format(n="2"):
            assert captions[name]["caption"] == (
                "Releases cannot be compared in Stage 2: DM-1 is the only measured campaign."
            )
        elif captions[name]["is_empty"]:
            assert captions[name]["caption"] == (
                "No measured quanta in Stage 2 of DM-2: "
                "the campaigns file does not list this stage for it."
            )


def test_a_sample_of_the_quanta_over_the_line_is_called_one(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from fct_worst_quanta where stage = 'stage2' and worst_rank > 5")
    with Warehouse(path) as warehouse:
        shown = {figure.name: figure for figure in all_figures(warehouse)}
    figure = shown["MaxRSS_stripplot_per_task_v30_upper6_stage2_walltime"]
    assert re.fullmatch(
        r"The 5 largest of \d+ quanta over 6 GiB, Stage 2 of .*", figure.labels.title
    )
    assert re.match(r"The 5 largest of the \d+ quanta over 6 GiB in Stage 2", figure.caption)


def test_releases_are_compared_on_the_visits_that_all_of_them_have(
    data: Path, report: Path, tmp_path: Path
) -> None:
    name = COMMON_VISITS.format(n="1")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        visits = connection.sql(
            "select common_visit_count from fct_stage_common_visits where stage = 'stage1'"
        ).fetchall()[0][0]
        common = connection.sql(
            "select common_count from fct_task_common_usage "
            "where stage = 'stage1' and campaign = 'DM-53877' and task_label = 'isr'"
        ).fetchall()[0][0]
    words = json.loads((report / "captions.json").read_text())[name]
    assert visits > 0
    assert f" {visits:,} were measured by each of the 3 campaigns" in words["caption"]
    assert f"isr ({common:,} visits)" in drawn_text(report / "images" / f"{name}.svg")
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("update fct_task_common_usage set quanta_count = 0")
    with Warehouse(path) as warehouse:
        shown = {figure.name: figure for figure in all_figures(warehouse)}
    assert shown[name].is_empty
    assert "No visit and no place of the sky in Stage 1" in shown[name].caption


def test_nothing_over_the_line_is_said_with_the_largest_peak(hostile_report: Path) -> None:
    captions = json.loads((hostile_report / "captions.json").read_text())
    for name in (name for name in NAMES if "upper6" in name):
        words = captions[name.format(n="1")]
        assert words["is_empty"]
        assert words["caption"].startswith(
            "No quantum of Stage 1 of DM-2 exceeds 6 GiB: the largest"
        )


def test_hostile_names_are_text_in_pictures_and_data_in_specs(hostile_report: Path) -> None:
    name = "MaxRSS_box_all_stacks_stage1"
    svg = (hostile_report / "images" / f"{name}.svg").read_text()
    assert "<script" not in svg
    drawn = {element.text for element in ET.fromstring(svg).iter()}
    assert {HOSTILE_LABEL, SCRIPT} <= drawn
    spec = (hostile_report / "images" / f"{name}.json").read_text()
    # No text from outside is part of an expression, which would be run.
    for expression in ('"expr"', '"labelExpr"', '"calculate"', '"filter"', '"signal"'):
        for text in (SCRIPT, HOSTILE_LABEL):
            assert not any(text in part[:200] for part in spec.split(expression)[1:]), expression


@pytest.mark.slow
def test_the_size_of_a_spec_does_not_depend_on_the_quanta(tmp_path: Path) -> None:
    data = make_warehouse(tmp_path, stages=("stage1",), thin=1, copies=8)
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        assert (
            sum(row["quanta_count"] for row in warehouse.query("from fct_stage_usage").to_pylist())
            > 15_000
        )
        for figure in all_figures(warehouse):
            write_figure(figure, tmp_path)
            spec = (tmp_path / f"{figure.name}.json").read_text()
            # One row a quantum would take a megabyte; quantiles, bins, a thousand points of a
            # curve and five hundred marks do not.
            assert len(spec) < 120_000, figure.name


def test_a_partial_file_is_never_seen_under_its_name(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        figure = figure_named(warehouse, "Completeness")

    def refuse(*_: object) -> None:
        raise OSError("disk is full")

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="disk is full"):
        write_figure(figure, tmp_path)
    assert not list(tmp_path.iterdir())
