"""A small real Butler repository, written through the Butler into any registry and datastore.

Two mock tasks run for real, quantum by quantum, so metadata and logs are what
`lsst.pipe.base` writes.  One RUN keeps them as plain files; where the stack can
ingest provenance graphs, a second one has its own in such a graph.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lsst.daf.butler import Butler, Config
from lsst.pipe.base.quantum_graph import (
    PredictedQuantumDatasetsModel,
    PredictedQuantumGraphComponents,
)
from lsst.pipe.base.tests.mocks import (
    DirectButlerRepo,
    DynamicConnectionConfig,
    DynamicTestPipelineTaskConfig,
)

try:  # Graphs can be ingested since 30.2026.400.
    from lsst.pipe.base.quantum_graph.ingest_graph import ingest_graph
except ImportError:
    ingest_graph = None  # type: ignore[assignment]

__all__ = ["FILES_RUN", "GRAPH_RUN", "HAS_GRAPHS", "QUANTA_PER_RUN", "build", "campaigns_text"]

FILES_RUN = "u/stores/stage1/20251201T000000Z"
GRAPH_RUN = "u/stores/stage2/20251202T000000Z"
HAS_GRAPHS = ingest_graph is not None

VISITS = range(1, 5)
DETECTORS = range(4)
QUANTA_PER_RUN = 2 * len(VISITS) * len(DETECTORS)
"""Quanta of each RUN; one of them failed: ``calibrateImage`` of the last visit's first detector."""


def campaigns_text(repository: str | Path) -> str:
    """Write the campaigns file that reads the whole of such a repository."""
    stages = {"stage1": FILES_RUN}
    if HAS_GRAPHS:
        stages["stage2"] = GRAPH_RUN
    listed = "\n".join(f"      {stage}: {run}" for stage, run in stages.items())
    return (
        f"repository: {repository}\n"
        "campaigns:\n  DM-1:\n    release: w_2025_48\n    focus: v30\n    stages:\n" + listed + "\n"
    )


def build(config: Config | str, scratch: Path) -> None:
    """Fill an empty repository.

    Parameters
    ----------
    config : `lsst.daf.butler.Config` or `str`
        What `lsst.daf.butler.Butler.makeRepo` returned, or where it stands.
    scratch : `Path`
        Folder for the graph before it is ingested.
    """
    with _quietly(), Butler.from_config(config, writeable=True) as butler:
        _insert_dimensions(butler)
        _execute(butler, FILES_RUN)
        if ingest_graph is not None:
            graph = scratch / "run_provenance.qg"
            _write_graph(butler, _execute(butler, GRAPH_RUN), graph)
            ingest_graph(config, str(graph), transfer="copy")


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the log of the quantum that fails on purpose off the test's output."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _insert_dimensions(butler: Butler) -> None:
    """Register one instrument with some visits of one night."""
    registry = butler.registry
    camera = "Cam1"
    registry.insertDimensionData(
        "instrument",
        {"name": camera, "visit_max": 100, "exposure_max": 100, "detector_max": 10},
    )
    registry.insertDimensionData(
        "physical_filter", {"instrument": camera, "name": "Cam1-R", "band": "r"}
    )
    registry.insertDimensionData("day_obs", {"instrument": camera, "id": 20251130})
    registry.insertDimensionData(
        "detector",
        *(
            {"instrument": camera, "id": detector, "full_name": f"R{detector}"}
            for detector in DETECTORS
        ),
    )
    registry.insertDimensionData(
        "visit",
        *(
            {
                "instrument": camera,
                "id": visit,
                "name": str(visit),
                "physical_filter": "Cam1-R",
                "day_obs": 20251130,
                "target_name": "COSMOS",
                "exposure_time": 30.0,
            }
            for visit in VISITS
        ),
    )
    registry.insertDimensionData(
        "visit_detector_region",
        *(
            {"instrument": camera, "visit": visit, "detector": detector}
            for visit in VISITS
            for detector in DETECTORS
        ),
    )


def _execute(butler: Butler, run: str) -> PredictedQuantumGraphComponents:
    """Run both tasks for all data IDs; returns the graph that said what to run."""
    mock = DirectButlerRepo(
        butler, input_run=f"{run}/in", input_chain=f"{run}/inputs", data_root=None,
        use_import_collections_as_input=False,
    )  # fmt: skip
    dimensions = ["instrument", "visit", "detector"]
    last = f"visit = {VISITS[-1]} AND detector = {DETECTORS[0]}"
    for label, fail_condition in (("isr", ""), ("calibrateImage", last)):
        config = DynamicTestPipelineTaskConfig()  # type: ignore[no-untyped-call]
        config.fail_condition = fail_condition
        for position, connections in ((0, config.inputs), (1, config.outputs)):
            number = position + (label == "calibrateImage")
            connections["image"] = DynamicConnectionConfig(  # type: ignore[no-untyped-call]
                dataset_type_name=f"image{number}", dimensions=dimensions
            )
        mock.add_task(label, config=config, dimensions=dimensions, inputs={}, outputs={})
    components = mock.make_quantum_graph_builder(output_run=run).finish(
        attach_datastore_records=False
    )
    graph = components.assemble()
    butler.collections.register(run)
    graph.init_output_run(butler)
    quanta = graph.build_execution_quanta()
    executor, _ = mock.make_single_quantum_executor(graph)
    for quantum_id, node in graph.quantum_only_xgraph.nodes(data=True):
        try:
            executor.execute(node["pipeline_node"], quanta[quantum_id], quantum_id)
        except ValueError:
            assert node["task_label"] == "calibrateImage"
    return components


def _write_graph(butler: Butler, predicted: PredictedQuantumGraphComponents, path: Path) -> None:
    """Write the provenance of a RUN as ``butler aggregate-graph`` does."""
    from lsst.pipe.base.log_on_close import LogOnClose
    from lsst.pipe.base.quantum_graph import (
        ProvenanceQuantumGraphWriter,
        ProvenanceQuantumScanModels,
    )

    with ExitStack() as stack:
        writer = ProvenanceQuantumGraphWriter(
            str(path), exit_stack=stack, log_on_close=LogOnClose(logging.debug), predicted=predicted
        )
        writer.write_overall_inputs()
        writer.write_packages()
        writer.write_init_outputs()
        for quantum in predicted.quantum_datasets.values():
            scan = ProvenanceQuantumScanModels.from_metadata_and_logs(
                quantum,
                metadata=_get_output(butler, quantum, f"{quantum.task_label}_metadata"),
                logs=_get_output(butler, quantum, f"{quantum.task_label}_log"),
            )
            # Of a failed quantum only the caller knows that it left no output.
            for output in quantum.iter_output_dataset_ids():
                scan.output_existence.setdefault(output, False)
            writer.write_scan_data(scan.to_scan_data(quantum, compressor=writer.compressor))


def _get_output(butler: Butler, quantum: PredictedQuantumDatasetsModel, name: str) -> Any:  # noqa: ANN401
    """Get an output of a quantum by its dataset type; `None` where there is none."""
    (predicted,) = (
        output
        for outputs in quantum.outputs.values()
        for output in outputs
        if output.dataset_type_name == name
    )
    ref = butler.get_dataset(predicted.dataset_id)
    return butler.get(ref) if ref is not None else None
