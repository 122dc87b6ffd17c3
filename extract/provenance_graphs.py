"""Source 2: RUNs whose provenance stands in one graph file, ``run_provenance``.

Streams the blocks of ``quanta.mb`` and ``metadata.mb`` instead of asking the
official reader for one node after the other, and checks what that reader takes
on trust (`extract.graph_files`).  An unknown format is left to the official
reader, with the same rows as a result.
"""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
from lsst.resources import ResourcePath

from extract.documents import (
    Attempt,
    MetadataError,
    Outputs,
    QuantumBlock,
    Usage,
    decode_attempt,
    decode_attempts,
    decode_quantum,
    has_logs,
)
from extract.graph_files import (
    FRAMES_AT_ONCE,
    Addresses,
    AddressFile,
    Decompressor,
    GraphError,
    GraphFile,
    Member,
    integer_type,
    read_directory,
    verified_checksums,
)
from extract.quanta import (
    BATCH_SIZE,
    QuantaBuilder,
    Row,
    data_id_writer,
    dimension_picker,
    is_usage_gathering,
    paused_garbage_collection,
)

from .lake.schema import EXPECTATIONS, REJECTS

if TYPE_CHECKING:
    from uuid import UUID

    from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

__all__ = [
    "GraphCheck",
    "GraphError",
    "GraphInfo",
    "GraphSlice",
    "Sink",
    "SliceResult",
    "TaskDimensions",
    "check_graph",
    "describe_graph",
    "local_graph",
    "plan_slices",
    "read_slice",
]

_KNOWN_VERSIONS = {1}
"""Versions of the format whose blocks are read here; any other is for the official reader."""

_MAX_SLICE = 1_000_000
"""Quanta: the addresses of a slice are held in memory, 64 bytes each."""

_ROWS_PER_SLICE_QUANTUM = 125
"""Each slice looks through all addresses, at some 20 ns a row where a quantum takes 25 us: this
many rows for each of its quanta cost a tenth of its time."""

_MIN_PARTS = 4
"""Parts that a graph may always be cut into."""

_BUCKETS = 4096
"""Places where a graph can be cut into slices."""

_SUCCESSFUL = 1
_STATUSES = {
    _SUCCESSFUL: "successful",
    0: "blocked",
    -1: "failed",
    -2: "aborted_success",
    -3: "unknown",
    -4: "aborted",
}
"""`lsst.pipe.base.QuantumAttemptStatus` by value; -4 exists since 30.0."""

_WITH_METADATA = {"successful", "aborted_success"}

_NEVER_TRIED = Attempt(attempt=None, status=0)
"""What a blocked quantum has instead of attempts."""

_DAMAGED = "write the graph again (butler aggregate-graph) or restore the file"

Document = Usage | MetadataError | None
"""Metadata of an attempt: what it says, why it cannot be read, or that there is none."""

Sink = Callable[[str, pa.RecordBatch], None]
"""Takes the name of a lake table (``quanta`` or ``expectations``) and some of its rows."""


@dataclass(frozen=True)
class TaskDimensions:
    """Names of a task's dimensions."""

    required: tuple[str, ...]
    full: tuple[str, ...]
    """In the order of a full data coordinate's values (``data_coordinate_keys``)."""

    @cached_property
    def pick(self) -> Callable[[Sequence[int | str | None]], tuple[int | str | None, ...]]:
        """Sorts full values into the lake's dimension columns."""
        return dimension_picker(self.full)

    @cached_property
    def data_id(self) -> Callable[[Sequence[int | str]], str]:
        """Writes the canonical data ID of full values."""
        return data_id_writer(self.required, self.full)


@dataclass(frozen=True)
class _Layout:
    """What a worker needs to read blocks."""

    members: Mapping[str, Member]
    int_size: int
    dictionary: bytes = field(repr=False)
    identity: tuple[int, int]
    """Size and time of change (ns) of the file that was checked."""

    cuts: tuple[int, ...] = field(repr=False)
    """Offsets in ``quanta.mb`` where a block begins, ascending; then the member's size."""

    counts: tuple[int, ...] = field(repr=False)
    """Blocks before each cut."""

    address_count: int
    """Rows of ``nodes.addr``, those of datasets included."""


@dataclass(frozen=True)
class GraphCheck:
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

    n_blocks: int | None
    """Quanta that have a block, the others were never scanned by the aggregator; `None` for an
    unknown version."""

    has_packages: bool
    """Whether it notes software versions."""

    layout: _Layout | None = field(repr=False)
    """`None` for an unknown version."""


@dataclass(frozen=True)
class GraphInfo(GraphCheck):
    """What is known of a sound graph before its blocks are read."""

    tasks: Mapping[str, TaskDimensions]
    """Dimensions by task label."""

    packages: Mapping[str, str]
    """Software versions by package; empty where the graph has none."""


@dataclass(frozen=True)
class GraphSlice:
    """A part of a graph for one worker; picklable."""

    path: str
    uri: str
    run: str
    tasks: Mapping[str, TaskDimensions] = field(repr=False)
    n_quanta: int
    """Quanta that have a block in this part."""

    begin: int
    """Offset in ``quanta.mb`` of the first block."""

    end: int
    """Offset behind the last one."""

    layout: _Layout | None = field(repr=False)
    """`None`: the official reader reads the whole graph."""


@dataclass(frozen=True)
class SliceResult:
    """What `read_slice` has to say beside the rows."""

    rejects: pa.Table
    """Rows of `extract.lake.schema.REJECTS`."""

    attempts_count: int
    """Rows of quanta handed to the sink."""

    task_quanta_counts: Mapping[str, int]
    """Quanta seen by task label: what the header promises beyond is unscanned."""


class _Header(msgspec.Struct):
    version: int
    graph_type: str
    output_run: str
    n_quanta: int = 0
    n_task_quanta: dict[str, int] = {}
    int_size: int = 8


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
    with ResourcePath(uri, forceDirectory=False).as_local() as local:
        yield local.ospath


def check_graph(path: str, *, uri: str | None = None) -> GraphCheck:
    """Check a graph file as a whole: checksums, sizes, addresses.

    Parameters
    ----------
    path : `str`
        Local file.
    uri : `str`, optional
        Where it came from, for messages; default ``path``.

    Returns
    -------
    check : `GraphCheck`
        Counts, and where the blocks are.

    Raises
    ------
    GraphError
        If the file is damaged, or is not a provenance graph.
    """
    members = read_directory(path)
    header = _read_header(path, members)
    if header.version in _KNOWN_VERSIONS:
        used = [member for name, member in members.items() if name not in _UNUSED_MEMBERS]
        with verified_checksums(path, used):
            layout, n_blocks = _read_layout(path, members, header)
    else:
        with verified_checksums(path, list(members.values())):
            layout, n_blocks = None, None
    return GraphCheck(
        path=path,
        uri=uri or path,
        run=header.output_run,
        version=header.version,
        n_quanta=header.n_quanta,
        n_task_quanta=header.n_task_quanta,
        n_blocks=n_blocks,
        has_packages="packages.json.zst" in members,
        layout=layout,
    )


def describe_graph(check: GraphCheck) -> GraphInfo:
    """Read dimensions and software versions by means of the official reader.

    Parameters
    ----------
    check : `GraphCheck`
        The graph.

    Returns
    -------
    info : `GraphInfo`
        Counts, dimensions and software versions.

    Raises
    ------
    GraphError
        If the installed stack cannot read them.
    """
    with _official_reader(check.path) as reader:
        tasks = {
            label: TaskDimensions(
                required=tuple(node.dimensions.required),
                full=tuple(node.dimensions.data_coordinate_keys),
            )
            for label, node in reader.pipeline_graph.tasks.items()
        }
        packages = dict(reader.fetch_packages()) if check.has_packages else {}
    return GraphInfo(**vars(check), tasks=tasks, packages=packages)


_UNUSED_MEMBERS = {"datasets.mb", "logs.mb"}
"""Large and not read: of the logs single blocks at most, whose damage would change no number."""

_BLOCK_MEMBERS = ("quanta.mb", "metadata.mb", "logs.mb", "nodes.addr")


def _read_header(path: str, members: Mapping[str, Member]) -> _Header:
    if "header.json.zst" not in members:
        raise GraphError(f"{path}: no member header.json.zst, so this is no quantum graph")
    with GraphFile(path) as file:
        try:
            raw = _read_single(file, members, "header")
            header = msgspec.json.decode(raw, type=_Header)
        except (ValueError, RecursionError) as error:
            raise GraphError(f"{path}: member header.json.zst: {error}; {_DAMAGED}") from error
    if header.graph_type != "provenance":
        raise GraphError(
            f"{path}: a {header.graph_type or 'nameless'} graph, not a provenance graph; "
            "list predicted graphs under quantum_graphs in the campaigns file"
        )
    return header


def _read_single(file: GraphFile, members: Mapping[str, Member], name: str) -> bytes:
    member = members[f"{name}.json.zst"]
    with verified_checksums(file.path, [member]):
        return Decompressor(_dictionary(file, members))(file.read(member, 0, member.size))


def _dictionary(file: GraphFile, members: Mapping[str, Member]) -> bytes:
    member = members.get("compression_dict")
    return file.read(member, 0, member.size) if member else b""


def _read_layout(path: str, members: Mapping[str, Member], header: _Header) -> tuple[_Layout, int]:
    """Check sizes and addresses, and find the places where the graph can be cut."""
    for name in _BLOCK_MEMBERS:
        if name not in members:
            raise GraphError(f"{path}: no member {name}; {_DAMAGED}")
    try:
        integer_type(header.int_size)
    except ValueError as error:
        raise GraphError(f"{path}: {error}; {_DAMAGED}") from None
    with GraphFile(path) as file:
        dictionary = _dictionary(file, members)
        addresses = AddressFile(file, members, header.int_size)
        cuts, counts = _find_cuts(path, members, addresses)
    stat = Path(path).stat()
    layout = _Layout(
        members=members,
        int_size=header.int_size,
        dictionary=dictionary,
        identity=(stat.st_size, stat.st_mtime_ns),
        cuts=cuts,
        counts=counts,
        address_count=addresses.row_count,
    )
    return layout, counts[-1]


def _find_cuts(
    path: str, members: Mapping[str, Member], addresses: AddressFile
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find offsets in ``quanta.mb`` where blocks begin, and how many blocks stand before each."""
    size = members["quanta.mb"].size
    width = max(size // _BUCKETS, 1)
    buckets = size // width + 1
    first = np.full(buckets, size, np.int64)
    count = np.zeros(buckets, np.int64)
    quanta_size = metadata_size = 0
    for part in addresses.quanta():
        quanta_size += int(part.quanta_sizes.sum())
        metadata_size += int(part.metadata_sizes.sum())
        bucket = part.quanta_offsets // width
        np.minimum.at(first, bucket, part.quanta_offsets)
        count += np.bincount(bucket, minlength=buckets)
    for name, total in (("quanta.mb", quanta_size), ("metadata.mb", metadata_size)):
        if total != members[name].size:
            raise GraphError(
                f"{path}: the addresses account for {total} bytes of member {name}, "
                f"which has {members[name].size}; {_DAMAGED}"
            )
    filled = count > 0
    cuts = (*first[filled].tolist(), size)
    counts = (0, *np.cumsum(count[filled]).tolist())
    if cuts[0] != 0:
        raise GraphError(f"{path}: member quanta.mb does not begin with a block; {_DAMAGED}")
    return cuts, counts


@contextmanager
def _official_reader(path: str) -> Iterator[ProvenanceQuantumGraphReader]:
    # pipe_base takes seconds and 100 MB to import, and workers do not need it.
    from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

    try:
        with ProvenanceQuantumGraphReader.open(path) as reader:
            yield reader
    except GraphError:
        raise
    except Exception as error:
        # It has no exception of its own: pydantic, zipfile, zstandard and LookupError come through.
        raise GraphError(
            f"{path}: lsst.pipe.base cannot read this graph "
            f"({type(error).__name__}: {str(error)[:200]}); use the stack that wrote it, or newer"
        ) from error


def plan_slices(info: GraphInfo, count: int) -> list[GraphSlice]:
    """Cut a graph into parts of about the same number of quanta.

    Parameters
    ----------
    info : `GraphInfo`
        The graph.
    count : `int`
        Parts wanted: at least the number of workers.  There are more when a
        part would need too much memory, and fewer when there are fewer quanta,
        or when the search for each part's addresses would cost too much.

    Returns
    -------
    slices : `list` [ `GraphSlice` ]
        Together all quanta, each once.
    """

    def make(begin: int, end: int, n_quanta: int) -> GraphSlice:
        return GraphSlice(
            info.path, info.uri, info.run, info.tasks, n_quanta, begin, end, info.layout
        )

    layout = info.layout
    if layout is None:
        return [make(0, 0, info.n_quanta)]
    total = layout.counts[-1]
    affordable = _ROWS_PER_SLICE_QUANTUM * total // max(layout.address_count, 1)
    parts = max(min(count, max(affordable, _MIN_PARTS)), -(-total // _MAX_SLICE))
    chosen = {bisect.bisect_left(layout.counts, total * part // parts) for part in range(parts)}
    ends = sorted(chosen | {len(layout.cuts) - 1})
    return [
        make(layout.cuts[i], layout.cuts[j], layout.counts[j] - layout.counts[i])
        for i, j in pairwise(ends)
    ]


def read_slice(graph_slice: GraphSlice, sink: Sink) -> SliceResult:
    """Stream the rows of a slice.

    Parameters
    ----------
    graph_slice : `GraphSlice`
        From `plan_slices`.
    sink : `~collections.abc.Callable`
        Called with a table's name and a record batch of some thousand rows.

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
    output = _Output(graph_slice, sink)
    with paused_garbage_collection():
        if graph_slice.layout is None:
            _read_officially(graph_slice, output)
        else:
            _read_blocks(graph_slice, graph_slice.layout, output)
    return output.finish()


class _Output:
    """Turns quanta into rows, hands them to the sink, and counts."""

    def __init__(self, graph_slice: GraphSlice, sink: Sink) -> None:
        self._slice = graph_slice
        self._sink = sink
        self._builder = QuantaBuilder(graph_slice.run, "provenance_graph")
        self._rejects: list[pa.Table] = []
        self._attempts_count = 0
        self._counts: Counter[str] = Counter()
        self._left_out = frozenset(filter(is_usage_gathering, graph_slice.tasks))

    def add(
        self,
        block: QuantumBlock,
        documents: Sequence[Document] | MetadataError,
        find_logs: Callable[[], Sequence[bool] | None],
    ) -> None:
        """Add the rows of a quantum.

        Parameters
        ----------
        block : `QuantumBlock`
            What the graph says about it.
        documents : `~collections.abc.Sequence` or `MetadataError`
            Its metadata, oldest first, or why there is none to be read.
        find_logs : `~collections.abc.Callable`
            Tells which attempts have a log; called only where nothing else
            tells it; `None` where that cannot be read.
        """
        task = self._slice.tasks.get(block.task_label)
        values = block.data_coordinate
        if task is None or len(values) != len(task.full):
            raise GraphError(
                f"{self._slice.uri}: quantum {block.quantum_id} of task {block.task_label!r} with "
                f"{len(values)} dimension values does not fit the pipeline graph; {_DAMAGED}"
            )
        self._counts[block.task_label] += 1
        if block.task_label in self._left_out:
            return
        what = block, task.data_id(values), task.pick(values), self._slice.uri
        if len(block.attempts) == 1 and isinstance(documents, list) and len(documents) == 1:
            (attempt,), (usage,) = block.attempts, documents
            if attempt.status == _SUCCESSFUL and isinstance(usage, Usage):
                # So it is with nearly every quantum, and this takes half the time.
                self._builder.append(_row(*what, "successful", attempt, True, True, True), usage)
                return
        if not block.attempts:
            self._builder.append(_row(*what, "blocked"))
        for index, attempt in enumerate(block.attempts):
            is_last = index == len(block.attempts) - 1
            document = (
                documents
                if isinstance(documents, MetadataError)
                else _paired(documents, index, is_last=is_last)
            )
            status = _STATUSES.get(attempt.status)
            if status is None:
                raise GraphError(
                    f"{self._slice.uri}: quantum {block.quantum_id} has status {attempt.status}, "
                    "which is not known; use a newer version of this program"
                )
            has_document = document is not None
            if document is None and is_last and status in _WITH_METADATA:
                document = MetadataError("the graph holds no metadata of a successful attempt")
            has_log = _has_log(status, attempt)
            if has_log is None:
                logs = find_logs()
                has_log = None if logs is None else bool(_paired(logs, index, is_last=is_last))
            row = _row(*what, status, attempt, has_document, is_last, has_log)
            if isinstance(document, MetadataError):
                self._builder.append_unreadable(row, document)
            else:
                self._builder.append(row, document)

    def flush(self) -> None:
        """Hand the rows so far to the sink."""
        if not len(self._builder):
            return
        try:
            batch = self._builder.take_batch()
        except (pa.ArrowException, OverflowError) as error:
            raise GraphError(
                f"{self._slice.uri}: a data ID has a value of a wrong type ({error}); {_DAMAGED}"
            ) from error
        self._rejects.append(self._builder.take_rejects())
        self._attempts_count += len(batch)
        self._sink("quanta", batch)
        self._sink("expectations", _expectations(batch, self._slice.uri))

    def finish(self) -> SliceResult:
        """Hand over the last rows, and sum up."""
        self.flush()
        return SliceResult(
            rejects=pa.concat_tables([REJECTS.empty_table(), *self._rejects]),
            attempts_count=self._attempts_count,
            task_quanta_counts=dict(self._counts),
        )


def _row(
    block: QuantumBlock,
    data_id: str,
    dimensions: tuple[int | str | None, ...],
    uri: str,
    status: str,
    attempt: Attempt = _NEVER_TRIED,
    has_metadata: bool = False,
    is_last: bool = True,
    has_log: bool | None = False,
) -> Row:
    """Make the row of an attempt; all by position, since keywords take as long as all else here."""
    # The Butler has the dataset of the last attempt alone, and only if it succeeded.
    is_registered = is_last and status in _WITH_METADATA and block.outputs.metadata
    return Row(
        block.task_label,
        data_id,
        dimensions,
        status,
        block.quantum_id,
        block.outputs.metadata[0] if is_registered else None,
        attempt.attempt,
        is_last,
        attempt.caveats,
        attempt.exception.type_name if attempt.exception else None,
        has_metadata,
        has_log,
        # Only a log tells what the process ran before: without one, empty means unknown.
        attempt.previous_process_quanta if has_log else None,
        uri,
    )


def _has_log(status: str, attempt: Attempt) -> bool | None:
    """Tell whether an attempt left a log; `None` if only the log file can tell."""
    if status == "successful":
        return True
    if status in ("aborted_success", "blocked"):
        return False
    if attempt.exception is not None or attempt.resource_usage is not None:
        # An attempt without metadata of its own can have told that in its log alone.
        return True
    return None


def _paired(entries: Sequence[Any], index: int, *, is_last: bool) -> Any:  # noqa: ANN401
    """Give the entry of an attempt: the last belongs to the last, the others go by number (D7).

    There is one entry too many when the last attempt left metadata both in its
    log and in a dataset of its own.
    """
    if is_last:
        return entries[-1] if entries else None
    return entries[index] if index < len(entries) - 1 else None


def _expectations(batch: pa.RecordBatch, uri: str) -> pa.RecordBatch:
    """Make one row a quantum: what the graph held, whatever came of it."""
    quanta = batch.select([name for name in EXPECTATIONS.names if name in batch.schema.names])
    is_last = batch["is_last_attempt"]
    if is_last.true_count < len(batch):
        quanta = quanta.filter(is_last)
    count = len(quanta)
    constants = {
        "source": pa.repeat(pa.scalar("provenance_graph", pa.string()), count),
        "quanta_count": pa.repeat(pa.scalar(1, pa.int64()), count),
        "graph_uri": pa.repeat(pa.scalar(uri, pa.string()), count),
    }
    columns = [
        constants[field.name]
        if field.name in constants
        # What only a predicted graph tells is NULL.
        else quanta[field.name]
        if field.name in quanta.schema.names
        else pa.nulls(count, field.type)
        for field in EXPECTATIONS
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EXPECTATIONS)


def _read_blocks(graph_slice: GraphSlice, layout: _Layout, output: _Output) -> None:
    """Stream the blocks of a slice, in the order of the file."""
    stat = Path(graph_slice.path).stat()
    if (stat.st_size, stat.st_mtime_ns) != layout.identity:
        raise GraphError(f"{graph_slice.uri}: the file changed since it was checked; run again")
    with GraphFile(graph_slice.path) as file:
        addresses = _slice_addresses(graph_slice, layout, file)
        blocks = _Blocks(file, layout)
        for begin in range(0, len(addresses), BATCH_SIZE):
            part = addresses.take(slice(begin, begin + BATCH_SIZE))
            blocks.read(graph_slice, part, output)
            output.flush()


def _slice_addresses(graph_slice: GraphSlice, layout: _Layout, file: GraphFile) -> Addresses:
    """Find the addresses of a slice, and see that its blocks follow each other without a gap."""
    parts = list(
        AddressFile(file, layout.members, layout.int_size).quanta(
            graph_slice.begin, graph_slice.end
        )
    )
    if not parts:
        return Addresses.empty()
    addresses = Addresses.concatenate(parts)
    addresses = addresses.take(np.argsort(addresses.quanta_offsets))
    ends = addresses.quanta_offsets + addresses.quanta_sizes
    starts = np.append(addresses.quanta_offsets, graph_slice.end)
    if starts[0] != graph_slice.begin or not np.array_equal(starts[1:], ends):
        raise GraphError(
            f"{graph_slice.uri}: blocks of member quanta.mb overlap or leave gaps; {_DAMAGED}"
        )
    return addresses


_Content = bytes | ValueError | None
"""What a frame holds, why it cannot be decompressed, or that there is none."""


class _Blocks:
    """Reads the blocks of some quanta."""

    def __init__(self, file: GraphFile, layout: _Layout) -> None:
        self._file = file
        self._members = layout.members
        self._int_size = layout.int_size
        self._decompress = Decompressor(layout.dictionary)

    def read(self, graph_slice: GraphSlice, addresses: Addresses, output: _Output) -> None:
        """Add the rows of some quanta that follow each other in ``quanta.mb``."""
        quanta = self._frames("quanta.mb", addresses.quanta_offsets, addresses.quanta_sizes)
        metadata = self._frames("metadata.mb", addresses.metadata_offsets, addresses.metadata_sizes)
        keys = _uuid_texts(addresses.keys)
        for begin in range(0, len(keys), FRAMES_AT_ONCE):
            some = slice(begin, begin + FRAMES_AT_ONCE)
            contents = self._decompress.many(quanta[some])
            documents = self._decompress.many(metadata[some])
            for index, (content, document) in enumerate(
                zip(contents, documents, strict=True), start=begin
            ):
                output.add(
                    self._quantum(graph_slice, keys[index], content),
                    self._documents(document),
                    partial(self._logs, addresses, index),
                )

    def _quantum(self, graph_slice: GraphSlice, key: str, content: _Content) -> QuantumBlock:
        try:
            if isinstance(content, ValueError):
                raise content
            block = decode_quantum(content or b"")
        except (ValueError, RecursionError) as error:
            # msgspec's errors are among them.
            raise GraphError(
                f"{graph_slice.uri}: member quanta.mb: quantum {key}: {error}; {_DAMAGED}"
            ) from error
        if block.quantum_id != key:
            raise GraphError(
                f"{graph_slice.uri}: the address of quantum {key} leads to quantum "
                f"{block.quantum_id}; {_DAMAGED}"
            )
        return block

    def _documents(self, content: _Content) -> Sequence[Document] | MetadataError:
        if content is None:
            return ()
        if isinstance(content, ValueError):
            return MetadataError(f"cannot be decompressed: {content}")
        try:
            return decode_attempts(content)
        except MetadataError as error:
            return error

    def _logs(self, addresses: Addresses, index: int) -> Sequence[bool] | None:
        """Tell which attempts of a quantum have a log."""
        sizes = addresses.log_sizes[index : index + 1]
        (frame,) = self._frames("logs.mb", addresses.log_offsets[index : index + 1], sizes)
        if frame is None:
            return ()
        try:
            return has_logs(self._decompress(frame))
        except ValueError:
            # MetadataError is one of them; a log that cannot be read is no reject.
            return None

    def _frames(
        self, name: str, offsets: np.ndarray[Any, Any], sizes: np.ndarray[Any, Any]
    ) -> list[memoryview | None]:
        """Read the frames at some addresses; `None` where the size is 0."""
        frames: list[memoryview | None] = [None] * len(sizes)
        (present,) = np.nonzero(sizes)
        if not len(present):
            return frames
        offsets, sizes = offsets[present], sizes[present]
        begin, end = int(offsets.min()), int((offsets + sizes).max())
        member = self._members[name]
        if end - begin <= 2 * int(sizes.sum()) + 2**20:
            data = self._file.read(member, begin, end - begin)
            offsets = offsets - begin
        else:
            # The writer keeps both files in one order; should one not, blocks are read singly.
            pairs = zip(offsets.tolist(), sizes.tolist(), strict=True)
            data = b"".join(self._file.read(member, *pair) for pair in pairs)
            offsets = np.cumsum(sizes) - sizes
        self._check_prefixes(name, data, offsets, sizes)
        view = memoryview(data)
        begins = (offsets + self._int_size).tolist()
        ends = (offsets + sizes).tolist()
        for index, begin, end in zip(present.tolist(), begins, ends, strict=True):
            frames[index] = view[begin:end]
        return frames

    def _check_prefixes(
        self, name: str, data: bytes, offsets: np.ndarray[Any, Any], sizes: np.ndarray[Any, Any]
    ) -> None:
        digits = np.frombuffer(data, np.uint8)[offsets[:, None] + np.arange(self._int_size)]
        prefixes = digits.view(integer_type(self._int_size)).ravel()
        if not np.array_equal(prefixes, sizes - self._int_size):
            raise GraphError(
                f"{self._file.path}: member {name}: a block's own size is not that of its "
                f"address; {_DAMAGED}"
            )


_HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_UUID_DIGITS = np.delete(np.arange(36), [8, 13, 18, 23])


def _uuid_texts(keys: np.ndarray[Any, Any]) -> list[str]:
    """Write UUIDs, 16 bytes a row, as text: `uuid.UUID` takes ten times as long."""
    nibbles = np.stack([keys >> 4, keys & 15], axis=2).reshape(len(keys), 32)
    texts = np.full((len(keys), 36), ord("-"), np.uint8)
    texts[:, _UUID_DIGITS] = _HEX_DIGITS[nibbles]
    joined = texts.tobytes().decode("ascii")
    return [joined[begin : begin + 36] for begin in range(0, len(joined), 36)]


def _read_officially(graph_slice: GraphSlice, output: _Output) -> None:
    """Read a graph of an unknown version with the reader of the stack, and make the same rows."""
    with _official_reader(graph_slice.path) as reader:
        reader.read_quanta()
        nodes = reader.graph.quantum_only_xgraph.nodes
        for count, quantum_id in enumerate(nodes, start=1):
            info = nodes[quantum_id]
            block = QuantumBlock(
                quantum_id=str(quantum_id),
                task_label=info["task_label"],
                data_coordinate=list(info["data_id"].full_values),
                outputs=Outputs([str(info["metadata_id"])]),
                attempts=[
                    decode_attempt(attempt.model_dump_json().encode())
                    for attempt in info["attempts"]
                ],
            )
            output.add(
                block,
                _official_documents(reader, quantum_id),
                lambda quantum_id=quantum_id: _official_logs(reader, quantum_id),  # type: ignore[misc]
            )
            if count % BATCH_SIZE == 0:
                output.flush()


def _official_documents(
    reader: ProvenanceQuantumGraphReader, quantum_id: UUID
) -> Sequence[Document] | MetadataError:
    try:
        found = reader.fetch_metadata([quantum_id]).get(quantum_id, [])
    except Exception as error:
        return MetadataError(f"{type(error).__name__}: {str(error)[:200]}")
    entries = ["null" if document is None else document.model_dump_json() for document in found]
    return decode_attempts(f'{{"attempts":[{",".join(entries)}]}}'.encode())


def _official_logs(reader: ProvenanceQuantumGraphReader, quantum_id: UUID) -> Sequence[bool] | None:
    try:
        found = reader.fetch_logs([quantum_id]).get(quantum_id, [])
    except Exception:
        return None
    return [records is not None for records in found]
