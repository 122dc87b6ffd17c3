"""The packing simulation in the report: what is drawn and said is what the mart holds."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from reports.answers.figures import answer_figures
from reports.answers.packing import packing_rows, packing_sentences
from reports.charts import node_packing
from reports.charts.parts import EmptyFrameError, Setting
from reports.export import draw
from reports.facts import Facts
from reports.figures import Figure
from reports.marts import Marts

FOCUS = "DM-53877"

PACKED = [
    # stage, cores, memory per core, type; in use, idle for memory, kept, closed form, excess
    ("stage2", 64, 10.0, "current", 0.96, 0.0, 0.04, 0.99, 0.03125),
    ("stage2", 64, 6.0, None, 0.95, 0.01, 0.04, 0.9, -0.05),
    ("stage1", 64, 6.0, None, 1.0, 0.0, 0.0, 0.8, -0.2),
    ("stage3", 64, 6.0, None, None, None, None, 0.7, None),
]


def figure_of(marts: Marts) -> Figure:
    return next(each for each in answer_figures(marts, Facts(marts)) if each.name == "node_packing")


@pytest.fixture(scope="module")
def packed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of `data`, whose campaigns file now has nodes; in Stage 3 no slot waited."""
    folder = tmp_path_factory.mktemp("packed")
    shutil.copy(data / "warehouse.duckdb", folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.executemany(
            "insert into fct_node_packing (campaign, stage, cores_count, memory_per_core_gib, "
            "node_type, queue_core_utilisation_fraction, queue_memory_idle_fraction, "
            "queue_core_idle_fraction, closed_form_utilisation_fraction, excess_fraction) "
            f"values ('{FOCUS}', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            PACKED,
        )
    return folder


def test_bars_are_the_packings_in_which_slots_waited(packed: Path) -> None:
    with Marts(packed / "warehouse.duckdb") as marts:
        figure = figure_of(marts)
    drawn = figure.frames[0].to_pylist()
    assert [row["row_label"] for row in drawn[::3]] == [
        "Stage 1, 6 GiB per core",
        "Stage 2, 6 GiB per core",
        "Stage 2, 10 GiB per core (current)",
    ]
    assert [row["fraction"] for row in drawn] == [1, 0, 0, 0.95, 0.01, 0.04, 0.96, 0, 0.04]
    assert [row["closed_form_fraction"] for row in drawn[::3]] == [0.8, 0.9, 0.99]
    spec = draw(figure).to_dict()
    assert spec["layer"][0]["encoding"]["y"]["sort"] == [row["row_label"] for row in drawn[::3]]


def test_rows_of_several_sizes_name_their_cores(packed: Path, tmp_path: Path) -> None:
    shutil.copy(packed / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update fct_node_packing set cores_count = 128 where stage = 'stage1'")
    with Marts(tmp_path / "warehouse.duckdb") as marts:
        labels = set(figure_of(marts).frames[0]["row_label"].to_pylist())
        said = packing_sentences(marts, Facts(marts), FOCUS)
    assert "Stage 1, 128 cores, 6 GiB per core" in labels
    assert "Stage 2, 64 cores, 10 GiB per core (current)" in labels
    assert [sentence.split(" keeps ")[0].split(", ")[-1] for sentence in said] == [
        "Stage 2",
        "Stage 1",
    ]


def test_sentences_compare_at_the_threshold_alone(packed: Path) -> None:
    with Marts(packed / "warehouse.duckdb") as marts:
        facts = Facts(marts)
        assert packing_sentences(marts, facts, FOCUS) == [
            "Packed first fit on nodes of 64 cores with 6 GiB per core, for as long as slots wait, "
            "Stage 1 keeps 100 % of the cores busy (closed form: 80.0 %), "
            "Stage 2 keeps 95.00 % of the cores busy (closed form: 90.0 %)."
        ]
        recorded = {(fact.mart, fact.column) for fact in facts}
        assert [row["stage"] for row in packing_rows(marts, facts, FOCUS)] == [
            "stage1", "stage2", "stage2", "stage3"
        ]  # fmt: skip
    assert ("fct_node_packing", "queue_core_utilisation_fraction") in recorded


def test_work_that_never_waits_says_so(packed: Path, tmp_path: Path) -> None:
    shutil.copy(packed / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("delete from fct_node_packing where stage != 'stage3'")
    with Marts(tmp_path / "warehouse.duckdb") as marts:
        figure = figure_of(marts)
    assert figure.is_empty
    assert f"No slot of {FOCUS} ever waited" in figure.caption


def test_without_nodes_figure_and_technote_say_why_nothing_was_packed(report: Path) -> None:
    why = "The campaigns file names no nodes: nothing was packed."
    captions = json.loads((report / "captions.json").read_text())
    assert captions["node_packing"]["is_empty"]
    assert why in captions["node_packing"]["caption"]
    text = (report / "technote" / "index.md").read_text()
    section = text.split("### Packed on real nodes")[1].split("### Requests")[0]
    assert why in section
    assert "| `DM-54249` | Stage 2 |" in section


def test_a_chart_of_nothing_packed_refuses() -> None:
    with pytest.raises(EmptyFrameError):
        node_packing.chart(pa.table({}), setting=Setting(title="t", footer="f", alt_text="a"))
