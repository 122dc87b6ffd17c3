"""Butler repositories for benchmarks: one that holds a graph, one that holds plain files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lsst.daf.butler import (
    Butler,
    DataCoordinate,
    DatasetRef,
    DatasetType,
    DimensionGroup,
    FileDataset,
)
from lsst.daf.butler.logging import ButlerLogRecords

from tests.bench.make_graph import RUN, TASKS, synthetic_quanta

__all__ = ["make_repository_of_files", "make_repository_of_graph"]

_OF_DETECTORS = ("isr", "calibrateImage")
_KINDS = {"metadata": "TaskMetadata", "log": "ButlerLogRecords"}


def make_repository_of_graph(root: Path, graph: Path) -> None:
    """Make a repository into which a provenance graph is ingested, where it lies.

    Parameters
    ----------
    root : `pathlib.Path`
        Folder to make.
    graph : `pathlib.Path`
        The graph, from `tests.bench.make_graph`.
    """
    from lsst.pipe.base.quantum_graph.formatter import ProvenanceFormatter

    Butler.makeRepo(str(root))
    with Butler.from_config(str(root), writeable=True) as butler:
        dataset_type = DatasetType(
            "run_provenance", butler.dimensions.empty, "ProvenanceQuantumGraph"
        )
        butler.registry.registerDatasetType(dataset_type)
        butler.collections.register(RUN)
        ref = DatasetRef(dataset_type, DataCoordinate.make_empty(butler.dimensions), run=RUN)
        dataset = FileDataset(refs=[ref], path=str(graph.absolute()), formatter=ProvenanceFormatter)
        butler.ingest(dataset, transfer="direct")


def make_repository_of_files(root: Path, count: int) -> None:
    """Make a repository with a metadata file and a log for each quantum, all registered.

    Parameters
    ----------
    root : `pathlib.Path`
        Folder to make.
    count : `int`
        Quanta: of two tasks by detector.
    """
    Butler.makeRepo(str(root))
    with Butler.from_config(str(root), writeable=True) as butler:
        groups = {label: butler.dimensions.conform(TASKS[label]) for label in _OF_DETECTORS}
        log = ButlerLogRecords.from_records([]).to_json_data()
        seen: list[dict[str, Any]] = []
        datasets: list[FileDataset] = []
        for quantum in synthetic_quanta(2 * count, failed_fraction=0):
            if quantum.task_label not in _OF_DETECTORS or quantum.metadata is None:
                continue
            group = groups[quantum.task_label]
            values = dict(zip(group.data_coordinate_keys, quantum.data_coordinate, strict=True))
            seen.append(values)
            contents = {"metadata": quantum.metadata.model_dump_json(), "log": log}
            for kind, text in contents.items():
                datasets.append(_write(root, quantum.task_label, kind, group, values, text))
            if len(seen) == count:
                break
        _insert_dimensions(butler, seen)
        butler.collections.register(RUN)
        for label, group in groups.items():
            for kind, storage in _KINDS.items():
                butler.registry.registerDatasetType(DatasetType(f"{label}_{kind}", group, storage))
        butler.ingest(*datasets, transfer=None, record_validation_info=False)


def _write(
    root: Path, label: str, kind: str, group: DimensionGroup, values: dict[str, Any], text: str
) -> FileDataset:
    """Write a file where the Butler would, more or less, and say what it is."""
    dataset_type = DatasetType(f"{label}_{kind}", group, _KINDS[kind])
    data_id = DataCoordinate.from_required_values(
        group, tuple(values[name] for name in group.required)
    )
    names = [str(values[name]) for name in group.required]
    folder = root / RUN / dataset_type.name / names[1]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{dataset_type.name}_{'_'.join(names)}.json"
    path.write_text(text)
    return FileDataset(
        path=str(path.relative_to(root)), refs=[DatasetRef(dataset_type, data_id, run=RUN)]
    )


def _insert_dimensions(butler: Butler, seen: list[dict[str, Any]]) -> None:
    """Insert the dimension records that some data IDs need."""
    insert = butler.registry.insertDimensionData
    instrument = "LSSTCam"
    limits = {"visit_max": 10**13, "exposure_max": 10**13, "detector_max": 205}
    insert("instrument", {"name": instrument, "class_name": "x", **limits})
    filters = {values["physical_filter"]: values["band"] for values in seen}
    for name, band in filters.items():
        insert("physical_filter", {"instrument": instrument, "name": name, "band": band})
    for detector in sorted({values["detector"] for values in seen}):
        record = {"instrument": instrument, "id": detector, "full_name": str(detector)}
        insert("detector", record)
    for day in {values["day_obs"] for values in seen}:
        insert("day_obs", {"instrument": instrument, "id": day})
    for dimension in ("exposure", "visit"):
        once = {values[dimension]: values for values in seen if dimension in values}
        for identifier, values in once.items():
            common = {
                "instrument": instrument,
                "id": identifier,
                "physical_filter": values["physical_filter"],
                "day_obs": values["day_obs"],
            }
            if dimension == "exposure":
                insert("group", {"instrument": instrument, "name": values["group"]})
                own = {"obs_id": str(identifier), "group": values["group"]}
            else:
                own = {"name": str(identifier)}
            insert(dimension, {**common, **own})
