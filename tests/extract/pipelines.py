"""A small pipeline of mock tasks, run by the real tools: repositories in every state of D6.

One execution goes through all states of a RUN: plain files, promised, ingested
graph.  Building takes half a minute, so tests copy what a session built once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import yaml
import zstandard
from lsst.daf.butler import Butler, CollectionType  # type: ignore[attr-defined]
from lsst.pipe.base import NoWorkFound
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.tests.mocks import (
    DirectButlerRepo,
    DynamicConnectionConfig,
    DynamicTestPipelineTaskConfig,
)

CHAIN = "demo/stage1"
RUN = "demo/stage1/20260101T000000Z"
FAILED_DETECTOR = 2
NO_WORK_DETECTOR = 3


@dataclass(frozen=True)
class Executed:
    """A repository in which a pipeline ran, and what the submission kept."""

    root: Path

    @property
    def repository(self) -> Path:
        """The Butler repository."""
        return self.root / "repo"

    @property
    def predicted(self) -> Path:
        """The predicted graph."""
        return self.root / "predicted.qg"

    @property
    def provenance(self) -> Path:
        """The aggregated graph, until it is ingested."""
        return self.root / "provenance.qg"

    def copy(self, root: Path) -> Executed:
        """Copy everything, so that a test can do as it likes."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Executed(root)

    def predict(self, helper: DirectButlerRepo) -> None:
        """Write the predicted graph of the tasks that were added."""
        builder = helper.make_quantum_graph_builder(
            output_run=RUN, register_output_dataset_types=False
        )
        built = builder.finish(output=CHAIN, attach_datastore_records=True)
        built.write(str(self.predicted))

    def predicted_quanta(self) -> dict[str, tuple[str, int]]:
        """Give task label and detector by quantum ID, of a graph whose quanta all have one."""
        with PredictedQuantumGraph.open(str(self.predicted)) as reader:
            reader.read_thin_graph()
            nodes = reader.finish().quantum_only_xgraph.nodes.items()
            return {
                str(quantum_id): (info["task_label"], info["data_id"]["detector"])
                for quantum_id, info in nodes
            }

    def aggregate(self, *options: str) -> None:
        """Register what the pipeline wrote, with the real tool."""
        call(
            "butler", "aggregate-graph", str(self.predicted), str(self.repository),
            "--mock-storage-classes", "--register-dataset-types", *options,
        )  # fmt: skip
        with Butler.from_config(str(self.repository), writeable=True) as butler:
            butler.collections.register(CHAIN, CollectionType.CHAINED)
            if RUN not in butler.collections.get_info(CHAIN).children:
                butler.collections.prepend_chain(CHAIN, RUN)

    def ingest(self) -> None:
        """Put the provenance graph into the repository, with the real tool."""
        call("butler", "ingest-graph", str(self.repository), str(self.provenance))

    def write_campaigns(self, **stage: object) -> Path:
        """Write a campaigns file with one stage."""
        path = self.root / "campaigns.yaml"
        content = {
            "repository": "repo",
            "campaigns": {
                "DM-1": {
                    "release": "w_2026_05",
                    "focus": "v30",
                    "stages": {"stage1": {"collections": CHAIN, **stage}},
                }
            },
        }
        path.write_text(yaml.safe_dump(content))
        return path


def call(program: str, *arguments: str) -> None:
    """Run one of the stack's programs as a user does."""
    path = Path(sys.executable).parent / program
    # The mock tasks are importable anywhere, and one thread is enough for four quanta.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    # Linux keeps the high-water mark of the process that calls exec, so a program that a large
    # test process starts itself would begin with the mark of the tests. A shell between is small.
    fork = ["/bin/sh", "-c", '"$0" "$@"; exit $?']
    done = subprocess.run(
        [*fork, path, *arguments], capture_output=True, text=True, check=False, env=environment
    )
    # A failing quantum makes run-qbb fail; its caller decides whether that was meant.
    if done.returncode and program == "butler":
        raise RuntimeError(f"{program} {arguments[0]}: {done.stderr[-3000:]}")


def execute(root: Path) -> Executed:
    """Make a repository and run the pipeline in it; nothing is registered yet.

    Three tasks by detector, where one quantum fails and so blocks another, and
    one finds no work.
    """
    executed = Executed(root)
    root.mkdir(parents=True, exist_ok=True)
    Butler.makeRepo(str(executed.repository))
    with Butler.from_config(str(executed.repository), writeable=True) as butler:
        helper = DirectButlerRepo(butler, "base.yaml")
        helper.add_task("isr", dimensions=["detector"])
        helper.add_task(
            "calibrateImage",
            dimensions=["detector"],
            config=_failing(f"detector = {FAILED_DETECTOR}", "builtins.ValueError"),
        )
        no_work = f"{NoWorkFound.__module__}.{NoWorkFound.__name__}"
        helper.add_task(
            "makeSource",
            dimensions=["detector"],
            config=_failing(f"detector = {NO_WORK_DETECTOR}", no_work),
        )
        helper.add_task(
            "consolidate",
            dimensions=["instrument"],
            inputs={
                "input_connection": DynamicConnectionConfig(  # type: ignore[no-untyped-call]
                    dataset_type_name="dataset_auto2", dimensions=["detector"], multiple=True
                )
            },
        )
        executed.predict(helper)
    for step in ("pre-exec-init-qbb", "run-qbb"):
        call("pipetask", step, str(executed.repository), str(executed.predicted))
    return executed


def write_as_format_0(graph: Path, target: Path) -> None:
    """Rewrite a predicted graph as older stacks wrote it, with indices in place of IDs."""
    with PredictedQuantumGraph.open(str(graph)) as reader:
        reader.address_reader.read_all()
        index_of = {str(key): row.index for key, row in reader.address_reader.rows.items()}
    compressor, decompressor = zstandard.ZstdCompressor(), zstandard.ZstdDecompressor()
    with zipfile.ZipFile(graph) as source, zipfile.ZipFile(target, "w") as archive:
        trained = (
            source.read("compression_dict") if "compression_dict" in source.namelist() else b""
        )
        if trained:
            decompressor = zstandard.ZstdDecompressor(
                dict_data=zstandard.ZstdCompressionDict(trained)
            )
        for name in source.namelist():
            raw = source.read(name)
            if name in ("header.json.zst", "thin_graph.json.zst"):
                content = json.loads(decompressor.decompress(raw))
                if name == "header.json.zst":
                    content["version"] = 0
                else:
                    for quanta in content["quanta"].values():
                        for quantum in quanta:
                            quantum["quantum_index"] = index_of[quantum.pop("quantum_id")]
                    content["edges"] = [[index_of[x] for x in edge] for edge in content["edges"]]
                text = json.dumps(content, separators=(",", ":"))
                raw = compressor.compress(text.encode())
            archive.writestr(name, raw)


def _failing(condition: str, exception: str) -> DynamicTestPipelineTaskConfig:
    config = DynamicTestPipelineTaskConfig()  # type: ignore[no-untyped-call]
    config.fail_condition = condition
    config.fail_exception = exception
    return config
