"""Source 2: RUNs whose provenance stands in one graph file, ``run_provenance``.

Streams the blocks of ``quanta.mb`` and ``metadata.mb`` instead of asking the
official reader for one node after the other, and checks what that reader takes
on trust (`lsst.pipe.base.quantum_graph`).  An unknown format is left to the
official reader, with the same rows as a result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

__all__ = [
    "GraphError",
    "GraphInfo",
    "GraphSlice",
    "SliceResult",
    "TaskDimensions",
    "inspect_graph",
    "local_graph",
    "plan_slices",
    "read_slice",
]


class GraphError(Exception):
    """A graph file that cannot be trusted: the message names file, member and remedy."""


@dataclass(frozen=True)
class TaskDimensions:
    """Names of a task's dimensions, in the order of a full data coordinate's values."""

    required: tuple[str, ...]
    full: tuple[str, ...]


@dataclass(frozen=True)
class GraphInfo:
    """What a graph's header and directory say, after every check of the file as a whole."""

    path: str
    """Local file."""

    uri: str
    """Where it came from: for messages and the lake."""

    run: str
    """``output_run`` of the header."""

    version: int
    """Format version of the header."""

    n_quanta: int
    """Quanta that the header promises."""

    n_task_quanta: Mapping[str, int]
    """The same by task label."""

    n_blocks: int
    """Quanta that have a block; the others were never scanned by the aggregator."""

    tasks: Mapping[str, TaskDimensions]
    """Dimensions by task label."""

    packages: Mapping[str, str]
    """Software versions by package; empty where the graph has none."""


@dataclass(frozen=True)
class GraphSlice:
    """A part of a graph for one worker; picklable."""

    path: str
    n_quanta: int


@dataclass(frozen=True)
class SliceResult:
    """What `read_slice` has to say beside the rows."""

    rejects: pa.Table
    """Rows of `extract.schema.REJECTS`."""

    attempts_count: int
    """Rows of quanta handed to the sink."""

    task_quanta_counts: Mapping[str, int]
    """Quanta seen by task label: what the header promises beyond is unscanned."""


Sink = Callable[[str, pa.RecordBatch], None]
"""Takes the name of a lake table (``quanta`` or ``expectations``) and some of its rows."""


@contextmanager
def local_graph(uri: str) -> Iterator[str]:
    """Give a graph a local path for as long as the context lasts.

    Parameters
    ----------
    uri : `str`
        Path or URI; a remote file is copied to a temporary one, once.

    Yields
    ------
    path : `str`
        Local path.
    """
    raise NotImplementedError
    yield ""


def inspect_graph(path: str, *, uri: str | None = None) -> GraphInfo:
    """Check a graph file as a whole, and read all that is not a block.

    Parameters
    ----------
    path : `str`
        Local file.
    uri : `str`, optional
        Where it came from, for messages; default ``path``.

    Returns
    -------
    info : `GraphInfo`
        Counts, dimensions and software versions.

    Raises
    ------
    GraphError
        If the file is damaged, or is not a provenance graph.
    """
    raise NotImplementedError


def plan_slices(info: GraphInfo, count: int) -> list[GraphSlice]:
    """Cut a graph into parts of about the same number of quanta.

    Parameters
    ----------
    info : `GraphInfo`
        The graph.
    count : `int`
        Parts wanted: the number of workers.  There are more when a part would
        need too much memory, and fewer when there are fewer quanta.

    Returns
    -------
    slices : `list` [ `GraphSlice` ]
        Together all quanta, each once.
    """
    raise NotImplementedError


def read_slice(graph_slice: GraphSlice, sink: Sink) -> SliceResult:
    """Stream the rows of a slice.

    Parameters
    ----------
    graph_slice : `GraphSlice`
        From `plan_slices`.
    sink : `~collections.abc.Callable`
        Called with a table's name and a record batch of about 5,000 rows.

    Returns
    -------
    result : `SliceResult`
        Rejects and counts.

    Raises
    ------
    GraphError
        If blocks contradict each other: rows that were already handed out must
        be thrown away.
    """
    raise NotImplementedError
