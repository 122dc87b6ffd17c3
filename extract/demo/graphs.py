"""Make the quantum graphs of a RUN: the predicted graph and the provenance graph.

Both are written by the classes of ``lsst.pipe.base.quantum_graph``; no task is run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import zstandard
from lsst.daf.butler import DimensionDataAttacher, DimensionRecordSet
from lsst.daf.butler.logging import ButlerLogRecord, ButlerLogRecords
from lsst.pipe.base import TaskMetadata
from lsst.pipe.base import automatic_connection_constants as acc
from lsst.pipe.base.log_on_close import LogOnClose
from lsst.pipe.base.pipeline_graph import PipelineGraph
from lsst.pipe.base.quantum_graph import (
    PredictedDatasetModel,
    PredictedQuantumDatasetsModel,
    PredictedQuantumGraphComponents,
    ProvenanceQuantumGraphWriter,
    ProvenanceQuantumScanData,
    ProvenanceQuantumScanModels,
    ProvenanceQuantumScanStatus,
)
from lsst.pipe.base.tests.mocks import (
    DynamicConnectionConfig,
    DynamicTestPipelineTask,
    DynamicTestPipelineTaskConfig,
)
from lsst.utils.packages import Packages

from .documents import log_extra, log_records, metadata_document
from .plan import Campaign, Execution, RunPlan, make_id
from .sky import INSTRUMENT, SKYMAP, Facts, Sky, universe
from .tasks import Task, parent_label, stage_tasks

__all__ = [
    "dimension_values",
    "make_packages",
    "make_predicted",
    "pipeline_graph",
    "write_predicted",
    "write_provenance",
]

_PRODUCT = "product"
_INPUT = "input"
_DICTIONARY_SAMPLES = 512
_DICTIONARY_SIZE = 32768
"""Size of the compression dictionary, and the number of quanta from which there is one."""


def pipeline_graph(campaign: Campaign, stage: str) -> PipelineGraph:
    """Make the pipeline of a campaign's stage from mock tasks with the real labels and dimensions.

    Parameters
    ----------
    campaign : `Campaign`
        Campaign; its release says which tasks there are.
    stage : `str`
        Stage; if its RUNs keep no logs, the tasks have no log output.

    Returns
    -------
    graph : `lsst.pipe.base.pipeline_graph.PipelineGraph`
        Resolved graph; not to be changed.
    """
    tasks = stage_tasks(campaign.release.label, stage)
    return _pipeline_graph(tasks, stage not in campaign.stages_without_logs)


@cache
def _pipeline_graph(tasks: tuple[Task, ...], keeps_logs: bool) -> PipelineGraph:
    """Make a pipeline; releases with the same tasks share one."""
    by_label = {task.label: task for task in tasks}
    graph = PipelineGraph(description="Simulated stage of the LSSTCam data release pipeline")
    for position, task in enumerate(tasks):
        config = DynamicTestPipelineTaskConfig()  # type: ignore[no-untyped-call]
        config.dimensions.extend(task.dimensions)
        config.saveLogOutput = keeps_logs
        config.outputs[_PRODUCT] = _connection(task.label, task.dimensions)
        parent = parent_label(tasks, position)
        if parent is not None:
            config.inputs[_INPUT] = _connection(parent, by_label[parent].dimensions)
        graph.add_task(task.label, DynamicTestPipelineTask, config=config)
    graph.resolve(dimensions=universe(), dataset_types={})
    graph.sort()
    return graph


def _connection(label: str, dimensions: Iterable[str]) -> DynamicConnectionConfig:
    """Describe what a task writes, for this task and for the tasks that read it."""
    config = DynamicConnectionConfig()  # type: ignore[no-untyped-call]
    config.dataset_type_name = f"{label}_{_PRODUCT}"
    config.dimensions.extend(dimensions)
    config.multiple = True
    # A mock storage class would stay in the registry, and official tools do not know it.
    config.mock_storage_class = False
    return config


@cache
def _keys(dimensions: frozenset[str]) -> tuple[str, ...]:
    """Name the values of a data ID of these dimensions, required ones first."""
    return tuple(universe().conform(dimensions).data_coordinate_keys)


def dimension_values(dimensions: Iterable[str], facts: Facts) -> list[int | str]:
    """Give the full values of a data ID in the order of the dimension group."""
    known = {"instrument": INSTRUMENT, "skymap": SKYMAP, **facts}
    return [known[key] for key in _keys(frozenset(dimensions))]


def _dataset(execution: Execution, kind: str, dataset_type: str) -> PredictedDatasetModel:
    """Describe one output of a quantum."""
    quantum = execution.quantum
    return PredictedDatasetModel.model_construct(
        dataset_id=execution.id(kind),
        dataset_type_name=dataset_type,
        data_coordinate=dimension_values(quantum.task.dimensions, quantum.facts),
        run=execution.run,
    )


def make_predicted(plan: RunPlan, sky: Sky) -> PredictedQuantumGraphComponents:
    """Make the predicted graph that the submission of a RUN kept.

    Parameters
    ----------
    plan : `RunPlan`
        The RUN; all its quanta are predicted, also those that failed.
    sky : `Sky`
        Observations, for the dimension records.

    Returns
    -------
    components : `lsst.pipe.base.quantum_graph.PredictedQuantumGraphComponents`
        Complete graph, ready to be written.
    """
    graph = pipeline_graph(plan.campaign, plan.stage)
    components = PredictedQuantumGraphComponents(pipeline_graph=graph)
    header = components.header
    header.inputs = [plan.campaign.chain(plan.stage), "LSSTCam/defaults"]
    header.output = plan.campaign.chain(plan.stage)
    header.output_run = plan.name
    header.user = "simulated"
    header.timestamp = plan.submitted.replace(tzinfo=None)
    header.command = f"pipetask qgraph (simulated) --output-run {plan.name}"
    header.metadata = {"simulated": True}
    header.provenance_dataset_id = make_id(plan.seed, plan.name, "run_provenance")
    here = {id(execution.quantum): execution for execution in plan.executions}
    for execution in plan.executions:
        model = _predicted_quantum(execution, here, plan)
        components.quantum_datasets[model.quantum_id] = model
    components.init_quanta.root = list(_init_quanta(plan, graph))
    components.set_thin_graph()
    components.set_header_counts()
    components.dimension_data = _dimension_data(sky)
    return components


def _predicted_quantum(
    execution: Execution, here: dict[int, Execution], plan: RunPlan
) -> PredictedQuantumDatasetsModel:
    """Describe one quantum; outputs of an earlier RUN are inputs from that RUN."""
    quantum = execution.quantum
    label = quantum.task.label
    outputs = {
        _PRODUCT: [_dataset(execution, _PRODUCT, f"{label}_{_PRODUCT}")],
        acc.METADATA_OUTPUT_CONNECTION_NAME: [_dataset(execution, "metadata", f"{label}_metadata")],
    }
    if plan.keeps_logs:
        outputs[acc.LOG_OUTPUT_CONNECTION_NAME] = [_dataset(execution, "log", f"{label}_log")]
    inputs = {}
    if quantum.parents:
        parents = [here.get(id(p)) or plan.inputs[id(p)] for p in quantum.parents]
        inputs[_INPUT] = [
            _dataset(p, _PRODUCT, f"{p.quantum.task.label}_{_PRODUCT}") for p in parents
        ]
    return PredictedQuantumDatasetsModel.model_construct(
        quantum_id=execution.id("quantum"),
        task_label=label,
        data_coordinate=dimension_values(quantum.task.dimensions, quantum.facts),
        inputs=inputs,
        outputs=outputs,
        datastore_records={},
    )


def _init_quanta(plan: RunPlan, graph: PipelineGraph) -> Iterable[PredictedQuantumDatasetsModel]:
    """Describe the datasets that each RUN writes once: packages, and a configuration per task."""
    pairs = [("", acc.PACKAGES_INIT_OUTPUT_NAME, acc.PACKAGES_INIT_OUTPUT_NAME)]
    pairs += [
        (label, acc.CONFIG_INIT_OUTPUT_CONNECTION_NAME, f"{label}_config") for label in graph.tasks
    ]
    for label, connection, dataset_type in pairs:
        yield PredictedQuantumDatasetsModel.model_construct(
            quantum_id=make_id(plan.seed, plan.name, label, "init"),
            task_label=label,
            outputs={
                connection: [
                    PredictedDatasetModel.model_construct(
                        dataset_id=make_id(plan.seed, plan.name, dataset_type),
                        dataset_type_name=dataset_type,
                        data_coordinate=[],
                        run=plan.name,
                    )
                ]
            },
        )


def _dimension_data(sky: Sky) -> DimensionDataAttacher:
    """Attach the dimension records, as in a real graph."""
    return DimensionDataAttacher(
        records=[
            DimensionRecordSet(universe()[element], records, universe=universe())
            for element, records in sky.records(universe()).items()
        ]
    )


def write_predicted(plan: RunPlan, sky: Sky, path: Path) -> None:
    """Write the predicted graph of a RUN to a ``.qg`` file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    make_predicted(plan, sky).write(str(path))


def make_packages(plan: RunPlan) -> Packages:
    """Make the software versions that the RUN claims to have run on."""
    version = plan.campaign.release.version
    names = (
        "lsst_distrib",
        "pipe_base",
        "daf_butler",
        "ctrl_mpexec",
        "drp_pipe",
        "meas_algorithms",
    )
    return Packages(
        {**dict.fromkeys(names, version), "python": "3.13.9", "numpy": "2.3.5", "astropy": "7.2.0"}
    )


class _Writer(ProvenanceQuantumGraphWriter):
    """The official writer, with the software versions of the release instead of this machine's."""

    packages: Packages

    def write_packages(self) -> None:
        """Write the packages that were set."""
        self._base_writer.write_single_block("packages", self.packages.toBytes("json"))


def write_provenance(plan: RunPlan, predicted: PredictedQuantumGraphComponents, path: Path) -> None:
    """Write the provenance graph of a RUN, as ``butler aggregate-graph`` would.

    Parameters
    ----------
    plan : `RunPlan`
        The RUN.
    predicted : `lsst.pipe.base.quantum_graph.PredictedQuantumGraphComponents`
        Its predicted graph.
    path : `~pathlib.Path`
        File to write.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    log = logging.getLogger(__name__)
    with ExitStack() as stack:
        writer = _Writer(
            str(path),
            exit_stack=stack,
            log_on_close=LogOnClose(log.log),
            predicted=predicted,
            cdict_data=_train_dictionary(plan, predicted),
        )
        writer.packages = make_packages(plan)
        writer.write_packages()
        writer.write_overall_inputs()
        writer.write_init_outputs()
        for execution in plan.executions:
            model = predicted.quantum_datasets[execution.id("quantum")]
            scan = _scan(execution, model, plan)
            writer.write_scan_data(scan)


def _train_dictionary(plan: RunPlan, predicted: PredictedQuantumGraphComponents) -> bytes | None:
    """Train a compression dictionary if there are enough quanta, as the aggregator does."""
    if len(plan.executions) < _DICTIONARY_SAMPLES:
        return None
    step = len(plan.executions) // _DICTIONARY_SAMPLES
    samples: list[bytes | bytearray | memoryview] = []
    for execution in plan.executions[::step]:
        scan = _scan(execution, predicted.quantum_datasets[execution.id("quantum")], plan)
        samples += [part for part in (scan.quantum, scan.metadata, scan.logs) if part]
    dictionary: bytes = zstandard.train_dictionary(_DICTIONARY_SIZE, samples, level=10).as_bytes()
    return dictionary


def _scan(
    execution: Execution, model: PredictedQuantumDatasetsModel, plan: RunPlan
) -> ProvenanceQuantumScanData:
    """Describe the outcome of one quantum."""
    if execution.state == "blocked":
        return ProvenanceQuantumScanData(model.quantum_id, ProvenanceQuantumScanStatus.BLOCKED)
    release = plan.campaign.release
    metadata = logs = None
    if execution.state == "successful":
        metadata = TaskMetadata.model_validate(
            metadata_document(execution, execution.attempts[-1], release)
        )
    if execution.state != "killed":
        records = log_records(execution, execution.attempts[-1])
        logs = ButlerLogRecords.from_records(
            [ButlerLogRecord.model_validate(record) for record in records],
            extra=log_extra(execution, release),
        )
    found = ProvenanceQuantumScanModels.from_metadata_and_logs(model, metadata, logs)
    for dataset_id in model.iter_output_dataset_ids():
        found.output_existence.setdefault(dataset_id, False)
    return found.to_scan_data(model)
