"""Provenance graphs for benchmarks and tests, by the real writer, without running a pipeline.

`write_graph` takes what happened to each quantum; `synthetic_quanta` makes up
any number of ordinary ones.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import random
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import zstandard
from lsst.daf.butler import DimensionUniverse
from lsst.daf.butler.logging import ButlerLogRecord, ButlerLogRecords
from lsst.pipe.base import TaskMetadata
from lsst.pipe.base.pipeline_graph import PipelineGraph
from lsst.pipe.base.quantum_graph import (
    PredictedDatasetModel,
    PredictedQuantumDatasetsModel,
    PredictedQuantumGraphComponents,
)
from lsst.pipe.base.tests.mocks import (
    DynamicConnectionConfig,
    DynamicTestPipelineTask,
    DynamicTestPipelineTaskConfig,
)

# The writer is younger than the format: the stack of week 48 of 2025 can only read.
with contextlib.suppress(ImportError):
    from lsst.pipe.base.log_on_close import LogOnClose
    from lsst.pipe.base.quantum_graph import (
        ProvenanceQuantumGraphWriter,
        ProvenanceQuantumScanData,
        ProvenanceQuantumScanModels,
        ProvenanceQuantumScanStatus,
    )

RUN = "LSSTCam/runs/DRP/DP2/v30_0_0/DM-00001/stage1/20251201T000000Z"
TASKS = {
    "isr": ("instrument", "exposure", "detector"),
    "calibrateImage": ("instrument", "visit", "detector"),
    "consolidateVisitSummary": ("instrument", "visit"),
    "makeDirectWarp": ("skymap", "tract", "patch", "instrument", "visit"),
}
"""A small pipeline: labels and dimensions, each consuming its predecessor's output."""

FIRST_NIGHT = date(2025, 12, 1)
"""Night of the visits that are made up."""


@dataclass
class Quantum:
    """What happened to one quantum."""

    task_label: str
    data_coordinate: list[int | str]
    """Full values in the order of ``data_coordinate_keys``."""

    metadata: TaskMetadata | None = None
    has_log: bool = True
    log_extra: dict[str, Any] = field(default_factory=dict)
    is_blocked: bool = False
    is_unscanned: bool = False
    """In the header, but never given to the writer."""

    quantum_id: uuid.UUID = field(default_factory=uuid.uuid4)


def make_pipeline_graph(tasks: Mapping[str, Sequence[str]]) -> PipelineGraph:
    """Make a chain of mock tasks: each reads what the one before it writes."""
    pipeline_graph = PipelineGraph(universe=DimensionUniverse())
    previous: tuple[str, Sequence[str]] | None = None
    for label, dimensions in tasks.items():
        config = DynamicTestPipelineTaskConfig()  # type: ignore[no-untyped-call]
        config.dimensions = list(dimensions)
        output = f"{label}_output"
        config.outputs["output"] = _connection(output, dimensions)
        if previous is not None:
            config.inputs["input"] = _connection(*previous, multiple=True)
        pipeline_graph.add_task(label, DynamicTestPipelineTask, config)
        previous = output, dimensions
    pipeline_graph.resolve(dimensions=pipeline_graph.universe, dataset_types={})
    return pipeline_graph


def _connection(
    name: str, dimensions: Sequence[str], *, multiple: bool = False
) -> DynamicConnectionConfig:
    connection = DynamicConnectionConfig()  # type: ignore[no-untyped-call]
    connection.dataset_type_name = name
    connection.dimensions = list(dimensions)
    connection.multiple = multiple
    connection.mock_storage_class = False
    return connection


def write_graph(
    path: Path,
    quanta: Iterable[Quantum],
    *,
    tasks: Mapping[str, Sequence[str]] = TASKS,
    run: str = RUN,
    zstd_level: int = 3,
    with_dictionary: bool = True,
) -> None:
    """Write a provenance graph with the real writer.

    Parameters
    ----------
    path : `pathlib.Path`
        File to write, ``.qg``.
    quanta : `~collections.abc.Iterable` [ `Quantum` ]
        What happened, in the order of the blocks.
    tasks : `~collections.abc.Mapping`
        Task labels to dimensions.
    run : `str`
        Output RUN.
    zstd_level : `int`
        Compression level of the blocks.
    with_dictionary : `bool`
        Whether blocks are compressed with a dictionary, as the aggregator does.
    """
    pipeline_graph = make_pipeline_graph(tasks)
    quanta = list(quanta)
    components = PredictedQuantumGraphComponents(pipeline_graph=pipeline_graph)
    components.header.output_run = run
    components.header.n_quanta = len(quanta)
    components.header.n_task_quanta = dict(Counter(q.task_label for q in quanta))
    components.init_quanta.root = [_init_quantum(label, run) for label in tasks]
    labels = list(tasks)
    outputs: dict[str, PredictedDatasetModel] = {}
    for quantum in quanta:
        position = labels.index(quantum.task_label)
        upstream = outputs.get(labels[position - 1]) if position else None
        model = _predicted(quantum, run, upstream)
        components.quantum_datasets[quantum.quantum_id] = model
        outputs[quantum.task_label] = model.outputs["output"][0]
    dictionary = _train_dictionary(quanta) if with_dictionary else None
    with contextlib.ExitStack() as stack:
        writer = ProvenanceQuantumGraphWriter(
            str(path),
            exit_stack=stack,
            log_on_close=LogOnClose(logging.getLogger(__name__).log),
            predicted=components,
            zstd_level=zstd_level,
            cdict_data=dictionary,
        )
        writer.write_packages()
        writer.write_overall_inputs()
        writer.write_init_outputs()
        for quantum in quanta:
            if not quantum.is_unscanned:
                writer.write_scan_data(
                    _scan(quantum, components.quantum_datasets[quantum.quantum_id])
                )


def _train_dictionary(quanta: Sequence[Quantum]) -> bytes | None:
    samples = [q.metadata.model_dump_json().encode() for q in quanta[:2000] if q.metadata]
    if len(samples) < 100:
        return None
    return zstandard.train_dictionary(16 * 1024, samples).as_bytes()


def _dataset(
    name: str, run: str, values: Sequence[int | str] = (), dataset_id: uuid.UUID | None = None
) -> PredictedDatasetModel:
    return PredictedDatasetModel.model_construct(
        dataset_id=dataset_id or uuid.uuid4(),
        dataset_type_name=name,
        data_coordinate=list(values),
        run=run,
    )


def _init_quantum(label: str, run: str) -> PredictedQuantumDatasetsModel:
    return PredictedQuantumDatasetsModel.model_construct(
        quantum_id=uuid.uuid4(),
        task_label=label,
        data_coordinate=[],
        inputs={},
        outputs={"_config": [_dataset(f"{label}_config", run)]},
        datastore_records={},
    )


def _predicted(
    quantum: Quantum, run: str, upstream: PredictedDatasetModel | None
) -> PredictedQuantumDatasetsModel:
    label, values = quantum.task_label, quantum.data_coordinate
    return PredictedQuantumDatasetsModel.model_construct(
        quantum_id=quantum.quantum_id,
        task_label=label,
        data_coordinate=values,
        inputs={} if upstream is None else {"input": [upstream]},
        outputs={
            "output": [_dataset(f"{label}_output", run, values)],
            "_metadata": [_dataset(f"{label}_metadata", run, values)],
            "_log": [_dataset(f"{label}_log", run, values)],
        },
        datastore_records={},
    )


_LOG_RECORD = ButlerLogRecord(
    name="lsst.isr",
    asctime=datetime.fromisoformat("2025-12-01T00:00:00+00:00"),
    message="Done.",
    levelno=20,
    levelname="INFO",
    filename="isr.py",
    pathname="isr.py",
    lineno=1,
    process=1,
    processName="MainProcess",
    MDC={},
)


def _scan(quantum: Quantum, predicted: PredictedQuantumDatasetsModel) -> ProvenanceQuantumScanData:
    if quantum.is_blocked:
        return ProvenanceQuantumScanData(quantum.quantum_id, ProvenanceQuantumScanStatus.BLOCKED)
    logs = (
        ButlerLogRecords.from_records([_LOG_RECORD], extra=dict(quantum.log_extra))
        if quantum.has_log
        else None
    )
    models = ProvenanceQuantumScanModels.from_metadata_and_logs(predicted, quantum.metadata, logs)
    for dataset_id in predicted.iter_output_dataset_ids():
        models.output_existence.setdefault(dataset_id, False)
    return models.to_scan_data(predicted)


def usage_metadata(
    *,
    peak: int = 3_000_000_000,
    prep_peak: int = 2_000_000_000,
    begin: str = "2025-12-01T00:00:00.000000+00:00",
    seconds: float = 90.5,
    node: str = "node001",
    caveats: int = 0,
    prefixes: Sequence[str] = ("prep", "init", "start", "end"),
    extra: Mapping[str, Any] | None = None,
    rng: random.Random | None = None,
) -> TaskMetadata:
    """Make metadata of the shape and size that v30 stores.

    Parameters
    ----------
    peak, prep_peak : `int`
        Max RSS at the end and before, bytes.
    begin : `str`
        ISO time of the prep instant.
    seconds : `float`
        Wall time from start to end.
    node : `str`
        Host.
    caveats : `int`
        Flags of ``QuantumSuccessCaveats``.
    prefixes : `~collections.abc.Sequence` [ `str` ]
        Instants that were reached.
    extra : `~collections.abc.Mapping`, optional
        More entries of the top level: nested dictionaries.
    rng : `random.Random`, optional
        Makes all other numbers vary, so that blocks compress as real ones do.
    """
    draw = rng.random if rng else lambda: 0.5
    faults, blocks, switches = (int(draw() * 2e6) for _ in range(3))
    begin_at = datetime.fromisoformat(begin)
    cpu_before = 100.98 * (1 + draw())
    offsets = {"prep": 0.0, "init": 0.023, "start": 0.031, "end": 0.031 + seconds}
    section = TaskMetadata()
    section.scalars = {"__version__": 1, "nodeName": node, "caveats": caveats}
    for prefix in prefixes:
        offset = offsets[prefix]
        cpu = cpu_before + 0.9 * offset
        section.arrays.update(
            {
                f"{prefix}Utc": [(begin_at + timedelta(seconds=offset)).isoformat()],
                f"{prefix}CpuTime": [cpu],
                f"{prefix}UserTime": [cpu - 4.3],
                f"{prefix}SystemTime": [4.3],
                f"{prefix}MaxResidentSetSize": [peak if prefix == "end" else prep_peak],
                f"{prefix}MinorPageFaults": [faults + int(offset * 1000)],
                f"{prefix}MajorPageFaults": [int(faults / 1000)],
                f"{prefix}BlockInputs": [blocks],
                f"{prefix}BlockOutputs": [blocks // 2 + int(offset)],
                f"{prefix}VoluntaryContextSwitches": [switches + int(offset)],
                f"{prefix}InvoluntaryContextSwitches": [switches // 100],
            }
        )
    section.metadata["butler_metrics"] = TaskMetadata(
        scalars={
            "time_in_put": 3.55 + draw(),
            "time_in_get": 1.24 + draw(),
            "time_in_ingest": 0.0,
            "n_get": 8 + int(10 * draw()),
            "n_put": 9,
            "n_ingest": 0,
        }
    )
    metadata = TaskMetadata()
    metadata.metadata["task"] = TaskMetadata(
        scalars={
            "__version__": 1,
            "nodeName": node,
            "numAvailStars": int(600 * draw()),
            **{f"statistic{n}": 4000 * draw() for n in range(12)},
        }
    )
    metadata.metadata["quantum"] = section
    metadata.metadata["job"] = TaskMetadata(scalars={"qg_read_time": 4.2, "qg_size": 6})
    for key, value in (extra or {}).items():
        metadata.set_dict(key, value)
    return metadata


def synthetic_quanta(
    count: int, *, seed: int = 1, failed_fraction: float = 0.002
) -> Iterator[Quantum]:
    """Make up ordinary quanta: successes in processes of six, and some failures.

    Parameters
    ----------
    count : `int`
        Quanta.
    seed : `int`
        Of the random numbers.
    failed_fraction : `float`
        Share of quanta with a log that tells an exception, and no metadata.
    """
    rng = random.Random(seed)
    begin = datetime.fromisoformat("2025-12-01T00:00:00+00:00")
    chain: list[str] = []
    for index in range(count):
        if index % 6 == 0:
            chain = []
        label, values = _synthetic_coordinate(index)
        peak = int(rng.lognormvariate(21.5, 0.4))
        metadata = usage_metadata(
            peak=peak,
            prep_peak=min(400_000_000 + rng.randrange(10**9), peak),
            begin=(begin + timedelta(seconds=index, microseconds=rng.randrange(10**6))).isoformat(),
            seconds=rng.lognormvariate(4, 1),
            node=f"node{rng.randrange(200):03}",
            rng=rng,
        )
        extra: dict[str, Any] = {"previous_process_quanta": list(chain)}
        quantum_id = uuid.UUID(int=rng.getrandbits(128), version=4)
        chain.append(str(quantum_id))
        failed = rng.random() < failed_fraction
        if failed:
            extra["exception"] = {"type_name": "lsst.Error", "message": "no", "metadata": {}}
            extra["metadata"] = json.loads(metadata.model_dump_json())
        yield Quantum(
            label, values, None if failed else metadata, log_extra=extra, quantum_id=quantum_id
        )


@functools.cache
def _data_coordinate_keys(label: str) -> tuple[str, ...]:
    return tuple(DimensionUniverse().conform(TASKS[label]).data_coordinate_keys)


def _synthetic_coordinate(index: int) -> tuple[str, list[int | str]]:
    """Give a task and the full values of a data ID that no other index has.

    As in a real stage, nearly all quanta are those of detectors: each visit has
    one of each task for each of `_DETECTORS`, and one that consolidates them.
    """
    number, place = divmod(index, 3 * _DETECTORS + 1)
    detector, position = divmod(place, 3)
    label = "consolidateVisitSummary" if detector == _DETECTORS else _DETECTOR_TASKS[position]
    visit = int(f"{FIRST_NIGHT:%Y%m%d}") * 100_000 + number
    band, physical_filter = "ugrizy"[number % 6], f"{'ugrizy'[number % 6]}_{number % 6}"
    values: dict[str, int | str] = {
        "instrument": "LSSTCam",
        "skymap": "lsst_cells_v1",
        "detector": detector,
        "visit": visit,
        "exposure": visit,
        "band": band,
        "physical_filter": physical_filter,
        "day_obs": int(f"{FIRST_NIGHT:%Y%m%d}"),
        "group": f"{FIRST_NIGHT}T{number}",
        "tract": 9000 + number % 50,
        "patch": detector,
    }
    return label, [values[key] for key in _data_coordinate_keys(label)]


_DETECTORS = 189
_DETECTOR_TASKS = ("isr", "calibrateImage", "makeDirectWarp")
