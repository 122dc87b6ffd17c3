"""Extraction against the plain way: bulk ``Butler.get`` of a graph, a decoding loop over files.

Graphs are made once, under ``data/bench``, and kept.
"""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from lsst.daf.butler import (
    Butler,
    DataCoordinate,
    DatasetRef,
    DatasetType,
    FileDataset,
)

from extract.metadata_files import FileBatch, read_metadata_files
from extract.provenance_graphs import GraphSlice, inspect_graph, plan_slices, read_slice
from extract.schema import EXPECTATIONS, QUANTA
from tests.bench.make_graph import RUN, synthetic_quanta, usage_metadata, write_graph

FOLDER = Path("data/bench")
SIZES = (20_000, 300_000)
REPEATS = 3
PEER_QUANTA = 20_000
"""Quanta that the official way reads, in file order from the begin, which suits it best."""

FILES = 20_000


@dataclass
class Result:
    """One measurement and its peer in the same run."""

    what: str
    quanta: int
    ours_per_s: float
    peer: str
    peer_per_s: float
    ratio: float
    worker_max_rss_mib: float


def _write_slice(graph_slice: GraphSlice, stem: str) -> float:
    """Write a slice to Parquet; give the peak of this process in MiB."""
    with (
        pq.ParquetWriter(f"{stem}.quanta.parquet", QUANTA, compression="zstd") as quanta,
        pq.ParquetWriter(f"{stem}.expectations.parquet", EXPECTATIONS) as expectations,
    ):
        writers = {"quanta": quanta, "expectations": expectations}
        read_slice(graph_slice, lambda table, batch: writers[table].write_batch(batch))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _graph(size: int) -> Path:
    path = FOLDER / f"synthetic_{size}.qg"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_graph(path, synthetic_quanta(size))
    return path


def _time_graph(path: Path, executor: ProcessPoolExecutor) -> tuple[float, float]:
    """Give wall seconds of checking, reading and writing a graph, and the peak of a worker."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        slices = plan_slices(inspect_graph(str(path)), 4)
        stems = [f"{folder}/{number}" for number in range(len(slices))]
        peaks = list(executor.map(_write_slice, slices, stems))
        return time.perf_counter() - begin, max(peaks)


def _bulk_get(path: Path) -> float:
    """Give the rate of the official bulk read, quanta/s."""
    ids: list[uuid.UUID] = []

    def note(table: str, batch: object) -> None:
        if table == "quanta":
            ids.extend(uuid.UUID(text) for text in batch["quantum_id"].to_pylist())  # type: ignore[index]

    (whole,) = plan_slices(inspect_graph(str(path)), 1)
    read_slice(whole, note)
    wanted = list(dict.fromkeys(ids))[:PEER_QUANTA]
    with tempfile.TemporaryDirectory() as root:
        Butler.makeRepo(root)
        with Butler.from_config(root, writeable=True) as butler:
            _ingest(butler, path)
            begin = time.perf_counter()
            butler.get("run_provenance.metadata", parameters={"quanta": wanted}, collections=[RUN])
            return len(wanted) / (time.perf_counter() - begin)


def _ingest(butler: Butler, path: Path) -> None:
    from lsst.pipe.base.quantum_graph.formatter import ProvenanceFormatter

    dataset_type = DatasetType("run_provenance", butler.dimensions.empty, "ProvenanceQuantumGraph")
    butler.registry.registerDatasetType(dataset_type)
    butler.collections.register(RUN)
    ref = DatasetRef(dataset_type, DataCoordinate.make_empty(butler.dimensions), run=RUN)
    dataset = FileDataset(refs=[ref], path=str(path.absolute()), formatter=ProvenanceFormatter)
    butler.ingest(dataset, transfer="direct")


def _median(measure: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    runs = [measure() for _ in range(REPEATS)]
    return statistics.median(run[0] for run in runs), max(run[1] for run in runs)


def _graphs() -> list[Result]:
    results = []
    context = multiprocessing.get_context("spawn")
    for size in SIZES:
        path = _graph(size)
        with ProcessPoolExecutor(2, mp_context=context) as executor:
            _time_graph(path, executor)  # start-up: imports, in parent and workers
            seconds, peak = _median(lambda: _time_graph(path, executor))  # noqa: B023
        rate, peer = size / seconds, _bulk_get(path)
        results.append(
            Result("graph to Parquet", size, rate, "bulk Butler.get", peer, rate / peer, peak)
        )
    first, last = results
    growth = (last.quanta / last.ours_per_s) / (first.quanta / first.ours_per_s)
    factor = last.quanta / first.quanta
    results.append(
        Result(
            f"time grows with {factor:g} x the quanta", last.quanta, growth, "", factor,
            growth / factor, last.worker_max_rss_mib,
        )
    )  # fmt: skip
    return results


def _files() -> list[Result]:
    from lsst.pipe.base import TaskMetadata

    with tempfile.TemporaryDirectory() as folder:
        text = usage_metadata().model_dump_json()
        paths = [f"{folder}/{number}.json" for number in range(FILES)]
        for path in paths:
            Path(path).write_text(text)
        batch = FileBatch(
            run="run",
            task_label="isr",
            required=("instrument", "exposure", "detector"),
            coordinates={
                "instrument": ["LSSTCam"] * FILES,
                "exposure": list(range(FILES)),
                "detector": [1] * FILES,
            },
            metadata_ids=paths,
            metadata_uris=paths,
            has_logs=[True] * FILES,
            log_uris=[],
            keeps_logs=True,
        )
        read_metadata_files(batch)

        def measure() -> tuple[float, float]:
            begin = time.perf_counter()
            read_metadata_files(batch)
            seconds = time.perf_counter() - begin
            return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

        seconds, peak = _median(measure)
        begin = time.perf_counter()
        for path in paths[:2000]:
            TaskMetadata.model_validate_json(Path(path).read_bytes())
        peer = 2000 / (time.perf_counter() - begin)
    rate = FILES / seconds
    what = "metadata files to Arrow, one process, URIs known"
    return [Result(what, FILES, rate, "TaskMetadata of each file", peer, rate / peer, peak)]


def run() -> list[Result]:
    """Measure everything."""
    return [*_graphs(), *_files()]
