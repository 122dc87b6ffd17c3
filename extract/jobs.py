"""What one worker does: a slice of a source to sorted parts, or parts to a file.

Every function here can run in another process, on another machine that shares
the lake's file system: arguments and results are small and picklable, and no
Butler crosses a process border.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from lsst.resources import ResourcePath

from extract.metadata_files import read_metadata_files
from extract.parts import Part, Piece, merge_parts, write_part
from extract.predicted_graphs import (
    PredictedGraphError,
    read_expectations,
    read_predecessors,
    read_predicted_header,
)
from extract.provenance_graphs import (
    GraphInfo,
    GraphSlice,
    inspect_graph,
    plan_slices,
    read_slice,
)
from extract.quanta import is_usage_gathering, paused_garbage_collection
from extract.repository import FileSlice, Repository, open_repository
from extract.schema import TABLES
from extract.store_errors import StoreError, StoreGuard, explain

__all__ = [
    "GRAPH_SLICE_QUANTA",
    "Harvest",
    "close_repositories",
    "inspect",
    "merge",
    "prepare_worker",
    "read_files",
    "read_graph",
    "read_predicted",
    "write_counts",
]

GRAPH_SLICE_QUANTA = 100_000
"""Quanta of a provenance graph that one job reads: two seconds of work."""

# Rows that are held before they become a part on disk: what bounds the memory of a worker.
_PART_ROWS = {"quanta": 32_768, "expectations": 100_000, "rejects": 50_000}


@dataclass(frozen=True)
class Harvest:
    """What a job brought in."""

    parts: tuple[Part, ...] = ()
    attempts_count: int = 0
    quanta_count: int = 0
    failed_count: int = 0
    reject_count: int = 0
    expected_count: int = 0
    run: str | None = None
    """RUN that a predicted graph was to fill."""

    warning: str | None = None
    """One line for the user."""


@dataclass
class _Collector:
    """Holds rows until there are enough for a part."""

    stem: Path
    held: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    attempts: int = 0
    quanta: int = 0
    failed: int = 0
    rejects: int = 0

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take some rows."""
        if not batch.num_rows:
            return
        self._count(table, batch)
        self.held.setdefault(table, []).append(batch)
        self.rows[table] = self.rows.get(table, 0) + batch.num_rows
        if self.rows[table] >= _PART_ROWS[table]:
            self._flush(table)

    def _count(self, table: str, batch: pa.RecordBatch) -> None:
        if table == "rejects":
            self.rejects += batch.num_rows
        if table == "quanta":
            is_last = batch["is_last_attempt"]
            is_failed = pc.and_(is_last, pc.equal(batch["status"], "failed"))
            self.attempts += batch.num_rows
            self.quanta += pc.sum(is_last).as_py() or 0
            self.failed += pc.sum(is_failed).as_py() or 0

    def _flush(self, table: str) -> None:
        batches = self.held.pop(table, [])
        self.rows[table] = 0
        if batches:
            path = self.stem.with_name(f"{self.stem.name}.{len(self.parts)}.arrow")
            self.parts.append(write_part(table, batches, path))

    def finish(self) -> Harvest:
        """Leave what is still held on disk."""
        for table in list(self.held):
            self._flush(table)
        return Harvest(
            parts=tuple(self.parts),
            attempts_count=self.attempts,
            quanta_count=self.quanta,
            failed_count=self.failed,
            reject_count=self.rejects,
        )


_open_repositories: dict[tuple[str, str], tuple[ExitStack, Repository]] = {}


def _repository(location: str, token: str) -> Repository:
    """Open a repository once for each worker and extraction: that takes half a second."""
    key = (location, token)
    if key not in _open_repositories:
        close_repositories()
        stack = ExitStack()
        _open_repositories[key] = (stack, stack.enter_context(open_repository(location)))
    return _open_repositories[key][1]


def close_repositories() -> None:
    """Close what jobs opened; a worker that ends need not."""
    for stack, _ in _open_repositories.values():
        stack.close()
    _open_repositories.clear()


def read_files(part: FileSlice, threads: tuple[int, int], stem: Path) -> Harvest:
    """Read the metadata files of a slice.

    Parameters
    ----------
    part : `extract.repository.FileSlice`
        Which ones.
    threads : `tuple` [ `int`, `int` ]
        Files that are read at once, on a local disk and on a remote store.
    stem : `pathlib.Path`
        Where parts go, without suffix.

    Returns
    -------
    harvest : `Harvest`
        Sorted parts and counts.
    """
    collector = _Collector(stem)
    guard = StoreGuard()
    repository = _repository(part.location, str(stem.parent.parent))
    with paused_garbage_collection():  # The answers of the registry are many small objects, too.
        for batch in repository.file_batches(part):
            columns = (batch.metadata_uris, batch.log_uris)
            uris = (uri for column in columns for uri in column if uri)
            is_remote = "://" in next(uris, "")
            read = read_metadata_files(batch, threads=threads[is_remote], guard=guard)
            for table, rows in (("quanta", read.quanta), ("rejects", read.rejects)):
                for record_batch in rows.to_batches():
                    collector.add(table, record_batch)
    guard.close()
    return collector.finish()


def inspect(uri: str, folder: Path, workers: int) -> tuple[GraphInfo, list[GraphSlice]]:
    """Check a provenance graph as a whole and cut it into slices.

    Parameters
    ----------
    uri : `str`
        Path or URI.
    folder : `pathlib.Path`
        Where a remote graph is copied to, once, for all slices.
    workers : `int`
        Workers that may share it.

    Returns
    -------
    info : `extract.provenance_graphs.GraphInfo`
        Counts, versions, packages.
    slices : `list` [ `extract.provenance_graphs.GraphSlice` ]
        Together all its quanta.

    Raises
    ------
    StoreError
        Raised if a remote graph cannot be copied.
    """
    path = uri
    if "://" in uri:
        path = str(folder / "graph.qg")
        try:
            ResourcePath(path).transfer_from(ResourcePath(uri), transfer="copy")
        except Exception as error:  # Each store has its own.
            raise StoreError(f"{uri}: {explain(error, uri)}") from error
    info = inspect_graph(path, uri=uri)
    # The same number for each worker: else some would wait while others read the last ones.
    rounds = max(-(-info.n_quanta // (GRAPH_SLICE_QUANTA * workers)), 1)
    return info, plan_slices(info, rounds * workers)


def read_graph(graph_slice: GraphSlice, stem: Path) -> Harvest:
    """Read a slice of a provenance graph.

    Parameters
    ----------
    graph_slice : `extract.provenance_graphs.GraphSlice`
        Which quanta.
    stem : `pathlib.Path`
        Where parts go, without suffix.

    Returns
    -------
    harvest : `Harvest`
        Sorted parts and counts.
    """
    collector = _Collector(stem)
    result = read_slice(graph_slice, collector.add)
    for batch in result.rejects.to_batches():
        collector.add("rejects", batch)
    return collector.finish()


def _count_rows(run: str, counts: Mapping[str, int], source: str, uri: str) -> pa.RecordBatch:
    """Make the rows of `extract.schema.EXPECTATIONS` that a graph's header gives."""
    size = len(counts)
    return pa.record_batch(
        {
            "run": [run] * size,
            "task_label": list(counts),
            "data_id": [None] * size,
            "quantum_id": [None] * size,
            "source": [source] * size,
            "quanta_count": list(counts.values()),
            "graph_uri": [uri] * size,
            "quantum_number": [None] * size,
            "predecessor_numbers": [None] * size,
        },
        schema=TABLES["expectations"],
    )


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    """Leave tasks out that only gather the resource usage of others, as readers do."""
    return {label: count for label, count in counts.items() if not is_usage_gathering(label)}


def write_counts(run: str, counts: Mapping[str, int], source: str, uri: str, stem: Path) -> Harvest:
    """Leave the counts of a graph's header as a part, without tasks that only gather usage.

    Parameters
    ----------
    run : `str`
        RUN collection.
    counts : `~collections.abc.Mapping` [ `str`, `int` ]
        Quanta by task label.
    source : `str`
        ``predicted_header`` or ``provenance_header``.
    uri : `str`
        The graph.
    stem : `pathlib.Path`
        Where the part goes, without suffix.

    Returns
    -------
    harvest : `Harvest`
        One row a task, and the sum of the counts.
    """
    collector = _Collector(stem)
    counted = _counted(counts)
    collector.add("expectations", _count_rows(run, counted, source, uri))
    done = collector.finish()
    return replace(done, expected_count=sum(counted.values()))


def read_predicted(uri: str, stem: Path) -> Harvest:
    """Read what a predicted graph expected.

    Parameters
    ----------
    uri : `str`
        Path or URI.
    stem : `pathlib.Path`
        Where parts go, without suffix.

    Returns
    -------
    harvest : `Harvest`
        Sorted parts and counts; the header alone, with a warning, where data
        IDs are not to be had.
    """
    header = read_predicted_header(uri)
    counted = _counted(header.task_quanta)
    counts = _count_rows(header.run, counted, "predicted_header", uri)
    collector = _Collector(stem)
    collector.add("expectations", counts)
    warning = predecessors = None
    try:
        predecessors = read_predecessors(uri)
    except PredictedGraphError as error:
        warning = f"{error}; what a failed quantum blocked will count as missing"
    try:
        read_expectations(
            uri, header, lambda batch: collector.add("expectations", batch), predecessors
        )
    except PredictedGraphError as error:
        collector = _Collector(stem)
        collector.add("expectations", counts)
        warning = f"{error}; only the counts of its header are used"
    done = collector.finish()
    return Harvest(
        parts=done.parts,
        expected_count=sum(counted.values()),
        run=header.run,
        warning=warning,
    )


def merge(parts: Sequence[Part], pieces: Sequence[Piece], path: Path) -> int:
    """Write one file of the lake; see `extract.parts.merge_parts`."""
    return merge_parts(parts, pieces, path)


def prepare_worker() -> None:
    """Make a process a good worker: it stays small, and ends when its parent does.

    Arrow's own allocators keep 100 MB that the system's gives back, and are no
    faster here.  Workers of a pool wait for work for ever, also when the process
    that started them died of SIGKILL: nobody else tells them.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
