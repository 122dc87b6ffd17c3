"""Data IDs of dimensions that few tasks have, or only one repository: nothing of them is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import (  # type: ignore[attr-defined]
    Butler,
    CollectionType,
    Config,
    DatasetType,
    DimensionConfig,
    DimensionUniverse,
)
from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

from extract.lake.schema import QUANTA
from tests.bench.make_graph import RUN, Quantum, usage_metadata, write_graph
from tests.extract.official import rows_of_graph
from tests.extract.sources.provenance.test_slices import read
from tests.extract.tiny import (
    INSTRUMENT,
    TinyRepository,
    metadata_document,
    read_lake,
    run_extraction,
)

DATA_IDS: dict[str, dict[str, Any]] = {
    "skypix with a column": {"htm7": 131072},
    "skypix without one": {"healpix9": 0, "band": "r"},
    "of the universe of this repository alone": {"instrument": INSTRUMENT, "shift": 2**40},
    "text": {"instrument": INSTRUMENT, "group": '2026-01-01T00:00:00.000 "é"'},
    "none at all": {},
}


def text_of(data_id: dict[str, Any]) -> str:
    pairs = (
        f'"{name}":' + (str(value) if isinstance(value, int) else '"' + value + '"')
        for name, value in sorted(data_id.items())
    )
    return "{" + ",".join(pairs).replace('"é"', '\\"é\\"') + "}"


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    """A repository whose universe has a dimension that no other has."""
    config = DimensionConfig()
    config["namespace"] = "census_tests"
    config["elements", "shift"] = {
        "doc": "Part of a night.",
        "keys": [{"name": "id", "type": "int"}],
        "requires": ["instrument"],
        "storage": {"cls": "lsst.daf.butler.registry.dimensions.table.TableDimensionRecordStorage"},
    }
    made = TinyRepository.__new__(TinyRepository)
    made.root = tmp_path
    # The usual names of files know only the usual dimensions.
    butler_config = Config()
    butler_config["datastore", "templates", "default"] = (
        "{run:/}/{datasetType}/{instrument:?}_{group:?}_{band:?}_{skypix:?}_{shift:?}_{run}"
    )
    Butler.makeRepo(str(tmp_path / "repo"), butler_config, dimensionConfig=config)
    return made


def test_any_dimension_of_plain_files_stands_in_the_data_id(
    repository: TinyRepository, tmp_path: Path
) -> None:
    with repository.butler() as butler:
        registry = butler.registry
        registry.insertDimensionData("instrument", {"name": INSTRUMENT, "class_name": "x"})
        registry.insertDimensionData("shift", {"instrument": INSTRUMENT, "id": 2**40})
        registry.insertDimensionData(
            "group", {**DATA_IDS["text"], "name": DATA_IDS["text"]["group"]}
        )
        registry.insertDimensionData(
            "physical_filter", {"instrument": INSTRUMENT, "name": "r_57", "band": "r"}
        )
        butler.collections.register("a/run", CollectionType.RUN)
        for number, data_id in enumerate(DATA_IDS.values()):
            dimensions = butler.dimensions.conform(data_id)
            dataset_type = DatasetType(f"task{number}_metadata", dimensions, "TaskMetadata")
            registry.registerDatasetType(dataset_type)
            butler.put(metadata_document(number), dataset_type, data_id, run="a/run")
    summary = run_extraction(repository.campaigns({"stage1": "a/run"}), tmp_path / "data")
    assert (summary.failures, summary.rejects) == ([], 0)
    rows = read_lake(tmp_path / "data", "quanta").to_pylist()
    assert {row["task_label"]: row["data_id"] for row in rows} == {
        f"task{number}": text_of(data_id) for number, data_id in enumerate(DATA_IDS.values())
    }
    for row in rows:
        data_id = list(DATA_IDS.values())[int(row["task_label"].removeprefix("task"))]
        columns = {name: row[name] for name in data_id if name in QUANTA.names}
        assert columns == {name: data_id[name] for name in columns}
        assert row["max_rss_bytes"] == int(row["task_label"].removeprefix("task"))


def test_any_dimension_of_a_graph_stands_in_the_data_id(tmp_path: Path) -> None:
    pytest.importorskip("lsst.pipe.base.quantum_graph.ingest_graph")
    data_ids: dict[str, dict[str, Any]] = {
        "hips": {"healpix9": 11, "band": "r"},
        "match": {"htm7": 131072},
        "link": {"ssp_hypothesis_table": "table", "ssp_hypothesis_bundle": 3},
        "gather": {},
    }
    universe = DimensionUniverse()
    quanta = [
        Quantum(label, [data_id[n] for n in universe.conform(data_id).data_coordinate_keys],
                usage_metadata())
        for label, data_id in data_ids.items()
    ]  # fmt: skip
    path = tmp_path / "graph.qg"
    write_graph(path, quanta, tasks={label: tuple(data_id) for label, data_id in data_ids.items()})
    rows, expectations, _ = read(path)
    with ProvenanceQuantumGraphReader.open(path) as reader:
        expected = sorted(rows_of_graph(reader, RUN), key=lambda row: str(row["task_label"]))
    assert sorted(rows.to_pylist(), key=lambda row: str(row["task_label"])) == expected
    said = {row["task_label"]: row["data_id"] for row in expectations.to_pylist()}
    assert said == {label: text_of(data_id) for label, data_id in data_ids.items()}
