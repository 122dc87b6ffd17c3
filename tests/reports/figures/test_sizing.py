"""What to buy: curves and packings are drawn, and sentences say, what the marts hold."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from reports.citations import Citations
from reports.errors import EmptyFrameError
from reports.figures.sizing import node_packing
from reports.sentences.sizing import packing_rows, packing_sentences, sizing_sentences
from reports.subjects import read_census
from reports.warehouse import Warehouse
from tests.reports.figures.drawing import drawn
from tests.reports.made import figure_named
from tests.reports.warehouses import FOCUS, rows

PACKED = [
    # stage, cores, memory per core, type; in use, idle for memory, kept, closed form, excess
    ("stage2", 64, 10.0, "current", 0.96, 0.0, 0.04, 0.99, 0.03125),
    ("stage2", 64, 6.0, None, 0.95, 0.01, 0.04, 0.9, -0.05),
    ("stage1", 64, 6.0, None, 1.0, 0.0, 0.0, 0.8, -0.2),
    ("stage3", 64, 6.0, None, None, None, None, 0.7, None),
]


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
    with Warehouse(packed / "warehouse.duckdb") as warehouse:
        figure = figure_named(warehouse, "node_packing")
    bars = figure.frame.to_pylist()
    assert [row["row_label"] for row in bars] == [
        "Stage 1, 6 GiB per core",
        "Stage 2, 6 GiB per core",
        "Stage 2, 10 GiB per core (current)",
    ]
    assert [row["excess_fraction"] for row in bars] == [-0.2, -0.05, 0.03125]
    spec = figure.draw().to_dict()
    assert spec["layer"][0]["encoding"]["y"]["sort"] == [row["row_label"] for row in bars]


def test_rows_of_several_sizes_name_their_cores(packed: Path, tmp_path: Path) -> None:
    shutil.copy(packed / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update fct_node_packing set cores_count = 128 where stage = 'stage1'")
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        labels = set(figure_named(warehouse, "node_packing").frame["row_label"].to_pylist())
        said = packing_sentences(Citations(warehouse), read_census(warehouse))
    assert "Stage 1, 128 cores, 6 GiB per core" in labels
    assert "Stage 2, 64 cores, 10 GiB per core (current)" in labels
    assert [re.findall(r" in (Stage \d)", sentence) for sentence in said] == [
        ["Stage 2"],
        ["Stage 1"],
    ]


def test_sentences_compare_at_the_threshold_alone(packed: Path) -> None:
    with Warehouse(packed / "warehouse.duckdb") as warehouse:
        citations, census = Citations(warehouse), read_census(warehouse)
        assert packing_sentences(citations, census) == [
            "A simulation packs slots first fit on nodes of 64 cores with 6 GiB per core. Cores "
            "busy while slots wait: 100 % in Stage 1 (closed form: 80 %), "
            "95 % in Stage 2 (closed form: 90 %)."
        ]
        recorded = {(one.mart, one.column) for one in citations}
        assert [row["stage"] for row in packing_rows(citations, census)] == [
            "stage1", "stage2", "stage2", "stage3"
        ]  # fmt: skip
    assert ("fct_node_packing", "queue_core_utilisation_fraction") in recorded


def test_sharing_memory_is_the_other_bound(packed: Path) -> None:
    with Warehouse(packed / "warehouse.duckdb") as warehouse:
        said = sizing_sentences(Citations(warehouse), FOCUS)
    assert (
        "If jobs share the memory of a node, a simulation changes the best case by "
        "-20 % (Stage 1) to -5.0 % (Stage 2) of its core-hours."
    ) in said


def test_work_that_never_waits_says_so(packed: Path, tmp_path: Path) -> None:
    shutil.copy(packed / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("delete from fct_node_packing where stage != 'stage3'")
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        figure = figure_named(warehouse, "node_packing")
    assert figure.is_empty
    assert f"No slot of {FOCUS} waited" in figure.caption


def test_without_nodes_figure_and_technote_say_why_nothing_was_packed(report: Path) -> None:
    why = "The campaigns file names no nodes, so nothing was packed."
    captions = json.loads((report / "captions.json").read_text())
    assert captions["node_packing"]["is_empty"]
    assert why in captions["node_packing"]["caption"]
    text = (report / "technote" / "index.md").read_text()
    section = text.split("### Packed on real nodes")[1].split("### Requests")[0]
    assert why in section
    assert "| `DM-54249` | Stage 2 |" in section


def test_a_chart_of_nothing_packed_refuses() -> None:
    with pytest.raises(EmptyFrameError):
        drawn(node_packing, pa.table({}))


def test_curves_of_sizing_are_those_of_the_mart(data: Path, report: Path) -> None:
    spec = json.loads((report / "images" / "worker_sizing.json").read_text())
    (drawn,) = (d for d in spec["datasets"].values() if "memory_per_core_gib" in d[0])
    found = {(row["policy"], row["memory_per_core_gib"]): row["overhead_fraction"] for row in drawn}
    sql = (
        "select policy, memory_per_core_gib, overhead_fraction "
        f"from fct_campaign_sizing where campaign = '{FOCUS}' and slot_count > 0"
    )
    assert found == {(policy, memory): value for policy, memory, value in rows(data, sql)}
    assert {"exact", "p95_retry"} <= {policy for policy, _ in found}


def test_a_line_between_two_choices_keeps_its_sentence(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update dim_campaigns set threshold_gib = 5.3")
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        (said, *_) = sizing_sentences(Citations(warehouse), FOCUS)
    assert said.startswith(
        "With 5 GiB per core, the nearest choice below 5.3 GiB, DM-53877 is charged"
    )


def test_a_line_below_all_choices_says_that_the_smallest_is_above_it(
    data: Path, tmp_path: Path
) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update dim_campaigns set threshold_gib = 1")
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        (said, *_) = sizing_sentences(Citations(warehouse), FOCUS)
    assert said.startswith("With 2 GiB per core, the smallest choice, above 1 GiB, DM-53877")


def test_one_packing_and_one_cheap_choice_are_no_ranges(packed: Path, tmp_path: Path) -> None:
    shutil.copy(packed / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("delete from fct_node_packing where stage != 'stage1'")
        connection.execute(
            "update fct_campaign_sizing set is_cheapest = memory_per_core_gib = 4, "
            "is_nearly_cheapest = memory_per_core_gib = 4"
        )
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        said = " ".join(sizing_sentences(Citations(warehouse), FOCUS))
    assert "changes the best case by -20 % (Stage 1) of its core-hours." in said
    assert "If jobs request their peaks, every other choice costs clearly more" in said


def test_a_choice_that_some_job_does_not_fit_says_so(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update fct_campaign_sizing set unfit_quanta_count = 3")
        connection.execute(
            "update fct_campaign_sizing set is_cheapest = memory_per_core_gib = 4, "
            "is_nearly_cheapest = memory_per_core_gib = 4"
        )
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        said = sizing_sentences(Citations(warehouse), FOCUS)
    assert said[0].endswith(" Quanta that fit on no such node: 3.")
    assert (
        "4 GiB per core if jobs request their peaks (quanta that fit on no such node: 3), "
        "4 GiB with requests by" in said[-2]
    )
    assert said[-2].count("(quanta that fit on no such node: 3)") == 3


def test_tables_of_the_answers_are_written(data: Path, report: Path) -> None:
    with (report / "tables" / "fct_worker_sizing.csv").open() as lines:
        written = list(csv.DictReader(lines))
    assert [(len(written),)] == rows(data, "select count(*) from fct_worker_sizing")
