"""What memory depends on: figure, sentences and table agree."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from reports.citations import Citations
from reports.sentences.depth import depth_sentences
from reports.subjects import read_census
from reports.technote.tables import table_rows
from reports.warehouse import Warehouse
from tests.reports.made import figure_named
from tests.reports.warehouses import FOCUS


@pytest.fixture(scope="module")
def dependent_data(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of `data`, with three lines of memory against visits."""
    folder = tmp_path_factory.mktemp("dependent")
    shutil.copy(data / "warehouse.duckdb", folder)
    lines = [
        ("unclear", "cannot_tell", 0.3, 3.0, 3.2, None, None, None, False),
        ("small", "grows", 0.9, 1.0, 2.0, 3.0, 2.5, 3.5, True),
        ("large", "grows", 0.8, 2.0, 4.0, 8.0, 6.5, 9.5, True),
    ]
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for task, *line in lines:
            connection.execute(
                "insert into fct_memory_dependence (campaign, stage, task_label, quanta_count, "
                "min_visit_count, max_visit_count, dependence_verdict, explained_fraction, "
                "shallowest_gib, deepest_gib, twice_as_deep_gib, low_twice_as_deep_gib, "
                "high_twice_as_deep_gib, is_growing) "
                "values (?, 'stage3', ?, 40, 2, 17, ?, ?, ?, ?, ?, ?, ?, ?)",
                [FOCUS, task, *line],
            )
    return folder


def test_what_grows_with_depth_is_drawn_first_and_foretold(dependent_data: Path) -> None:
    with Warehouse(dependent_data / "warehouse.duckdb") as warehouse:
        figure = figure_named(warehouse, "memory_dependence")
    labels = figure.frame["row_label"].to_pylist()
    assert labels == ["large (Stage 3)", "small (Stage 3)", "unclear (Stage 3)"]
    foretold = figure.frame["twice_as_deep_gib"].to_pylist()
    assert foretold == [8.0, 3.0, None]
    spec = figure.draw().to_dict()
    scale = next(
        layer["encoding"]["x"]["scale"]
        for layer in spec["layer"]
        if layer.get("encoding", {}).get("x", {}).get("scale")
    )
    assert scale["domain"][1] >= 9.5, "the interval of what is foretold must be inside"
    assert "4 GiB with 17 visits, 8 GiB with twice as many (from 6.5 GiB to 9.5 GiB)" in (
        figure.caption
    )


def test_the_technote_lists_lines_as_the_figure_draws_them(dependent_data: Path) -> None:
    with Warehouse(dependent_data / "warehouse.duckdb") as warehouse:
        citations = Citations(warehouse)
        values = table_rows(citations, read_census(warehouse))
        said = depth_sentences(citations, FOCUS)
    listed = [row["task_label"] for row in values["dependences"]]
    assert listed == ["large", "small", "unclear"]
    assert "3 tasks of" in said[0]
    assert (
        "With more visits memory grows for 2, shrinks for 0, and the evidence is not enough for 1"
        in said[0]
    )


def test_a_campaign_without_depths_says_that_nothing_can_be_told(report: Path) -> None:
    captions = json.loads((report / "captions.json").read_text())
    assert captions["memory_dependence"]["is_empty"]
    assert (
        "the evidence does not show what memory depends on"
        in captions["memory_dependence"]["caption"]
    )
    text = (report / "technote" / "index.md").read_text()
    assert (
        "the evidence does not show what memory depends on"
        in text.split("### What memory depends on")[1]
    )
