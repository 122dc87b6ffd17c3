"""Read predicted quantum graphs (``.qg``): expected quanta, and what each of them waits for.

Only the header, the pipeline graph and the thin graph are read, which are a small part
of the file.  They are streamed, because the objects of a large stage's thin graph take
gigabytes.  `extract.sources.provenance` reads provenance graphs.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import zstandard
from lsst.resources import ResourcePath

from ..documents.quanta import data_id_writer, is_usage_gathering
from ..errors import HeaderOnlyError, PredictedGraphError
from ..lake.schema import EXPECTATIONS
from ..uris import without_secrets
from ..words import named
from .claims import LARGEST_COUNT, require_file, require_small_members
from .header_counts import counted
from .protocol import Description, Outcome, Place, Sink

if TYPE_CHECKING:
    from ..butler.repository import Repository

__all__ = [
    "PredecessorLists",
    "PredictedGraphs",
    "PredictedHeader",
    "read_expectations",
    "read_predecessors",
    "read_predicted_header",
]

_MEMBER = "thin_graph.json.zst"
_DICTIONARY = "compression_dict"
_READ_BYTES = 1 << 20
_BATCH_QUANTA = 5_000
_LARGEST_PIECE = 16 * 2**20
"""Most bytes that are kept until a quantum is complete; real ones have some hundred."""


class PredictedHeader(msgspec.Struct, frozen=True):
    """Values from the header and the pipeline graph of a predicted graph."""

    run: str
    """``output_run``: the RUN for which the graph was made."""

    task_quanta: Mapping[str, int]
    """Quanta by task label (``n_task_quanta``)."""

    required: Mapping[str, tuple[str, ...]]
    """Required dimensions by task label."""

    full: Mapping[str, tuple[str, ...]]
    """All dimensions by task label, in the order of a data coordinate's values."""


_Index = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _ThinQuantum(msgspec.Struct):
    """A quantum of the thin graph; format 0 has ``quantum_index`` in place of the ID."""

    data_coordinate: list[int | str]
    quantum_id: str | None = None
    quantum_index: _Index | None = None


def read_predicted_header(uri: str) -> PredictedHeader:
    """Read a predicted graph without its quanta.

    Parameters
    ----------
    uri : `str`
        Path or URI of a ``.qg`` file.

    Returns
    -------
    header : `PredictedHeader`
        RUN, counts and dimensions.

    Raises
    ------
    PredictedGraphError
        Raised if the file does not exist, is damaged or is of another kind.
    """
    # pipe_base takes seconds and 100 MB to import, and other workers do not need it.
    from lsst.pipe.base.pipeline_graph import TaskImportMode
    from lsst.pipe.base.quantum_graph import PredictedQuantumGraph

    try:
        require_file(uri)
        with ResourcePath(uri).open("rb") as stream:
            require_small_members(stream, "quanta.addr")
        with PredictedQuantumGraph.open(uri, import_mode=TaskImportMode.DO_NOT_IMPORT) as reader:
            tasks = reader.pipeline_graph.tasks
            for label, count in reader.header.n_task_quanta.items():
                if not 0 <= count <= LARGEST_COUNT:
                    raise ValueError(f"the header promises {count} quanta of {label}")
            return PredictedHeader(
                run=reader.header.output_run,
                task_quanta=dict(reader.header.n_task_quanta),
                required={label: tuple(task.dimensions.required) for label, task in tasks.items()},
                full={
                    label: tuple(task.dimensions.data_coordinate_keys)
                    for label, task in tasks.items()
                },
            )
    # Errors of zip, zstd, pydantic and the store mean the same to the user.
    except Exception as error:
        raise PredictedGraphError(
            f"{uri}: cannot be read as a predicted graph (.qg; older .qgraph files are not "
            "supported): "
            f"{named(error)[:300]}"
        ) from error


class PredecessorLists:
    """Lists the quanta whose outputs each quantum of a graph reads, in 4 bytes per edge.

    Parameters
    ----------
    predecessors, successors : `numpy.ndarray` of `numpy.int32`, shape (N,)
        Numbers of the quanta of N edges: their positions in the thin graph, from 0.
    quanta_count : `int`
        Quanta of the graph.
    """

    def __init__(
        self,
        predecessors: npt.NDArray[np.int32],
        successors: npt.NDArray[np.int32],
        quanta_count: int,
    ) -> None:
        self._numbers = predecessors[np.lexsort((predecessors, successors))]
        self._offsets = np.zeros(quanta_count + 1, dtype=np.int64)
        np.cumsum(np.bincount(successors, minlength=quanta_count), out=self._offsets[1:])

    def lists(self, start: int, stop: int) -> pa.ListArray:
        """Give the lists of some quanta, each in ascending order.

        Parameters
        ----------
        start, stop : `int`
            Number of the first quantum, and of the one after the last.

        Returns
        -------
        lists : `pyarrow.ListArray`
            Numbers of the direct predecessors; an empty list if there are none.
        """
        offsets = self._offsets[start : stop + 1]
        numbers = self._numbers[offsets[0] : offsets[-1]]
        return pa.ListArray.from_arrays(
            pa.array(offsets - offsets[0], pa.int32()), pa.array(numbers, pa.int32())
        )


class _ThinGraph:
    """Parses ``{"quanta":{label:[{...},...],...},"edges":[[id,id],...]}`` as a stream.

    The writer (pydantic) writes no spaces, and writes ``edges`` last.  A separator is
    inside a text if the part before it is not valid JSON.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._buffer = bytearray()
        self._decoder = msgspec.json.Decoder(list[_ThinQuantum])

    def _fill(self) -> None:
        piece = next(self._pieces, b"")
        if not piece:
            raise ValueError("the thin graph ends too early")
        if len(self._buffer) > _LARGEST_PIECE:
            raise ValueError(f"the thin graph has a quantum of more than {_LARGEST_PIECE:,} bytes")
        self._buffer.extend(piece)

    def _expect(self, *choices: bytes) -> bytes:
        while len(self._buffer) < max(map(len, choices)):
            self._fill()
        for choice in choices:
            if self._buffer.startswith(choice):
                del self._buffer[: len(choice)]
                return choice
        raise ValueError(f"the thin graph has {bytes(self._buffer[:20])!r} for {choices!r}")

    def quanta(self) -> Iterator[tuple[str, list[_ThinQuantum]]]:
        """Yield the quanta, some at a time, with the label of their task."""
        self._expect(b'{"quanta":{')
        if self._expect(b"}", b'"') == b"}":
            return
        self._buffer[:0] = b'"'
        while True:
            while (end := self._buffer.find(b'":[')) < 0:
                self._fill()
            label = msgspec.json.decode(bytes(self._buffer[: end + 1]), type=str)
            del self._buffer[: end + 3]
            while True:
                quanta, is_last = self._take_quanta()
                if quanta:
                    yield label, quanta
                if is_last:
                    break
            if self._expect(b",", b"}") == b"}":
                return

    def _take_quanta(self) -> tuple[list[_ThinQuantum], bool]:
        """Take the next quanta of a task from the buffer, and say whether they are its last."""
        buffer = self._buffer
        while True:
            if buffer[:1] == b"]":
                del buffer[:1]
                return [], True
            last = buffer.find(b"}]")
            while last >= 0:
                try:
                    quanta = self._decoder.decode(b"[" + buffer[: last + 1] + b"]")
                except msgspec.DecodeError:
                    last = buffer.find(b"}]", last + 1)
                    continue
                del buffer[: last + 2]
                return quanta, True
            cut = buffer.rfind(b"},{")
            while cut >= 0:
                try:
                    quanta = self._decoder.decode(b"[" + buffer[: cut + 1] + b"]")
                except msgspec.DecodeError:
                    cut = buffer.rfind(b"},{", 0, cut)
                    continue
                del buffer[: cut + 2]
                return quanta, False
            self._fill()

    def edges(self) -> Iterator[npt.NDArray[np.uint64]]:
        """Yield the edges, some at a time, after all quanta.

        Each edge has the packed IDs of a predecessor and its successor: an array of shape
        (N, 2, 2).
        """
        self._expect(b',"edges":[')
        start = self._expect(b"]", b'["', b"[")
        if start == b"]":
            return
        self._buffer[:0] = start
        yield from self._edges_of_ids() if start == b'["' else self._edges_of_indices()

    def _edges_of_indices(self) -> Iterator[npt.NDArray[np.uint64]]:
        """Yield edges of format 0: pairs of integers."""
        decode = msgspec.json.Decoder(list[tuple[_Index, _Index]]).decode
        is_last = False
        while not is_last:
            end = self._buffer.find(b"]]")
            is_last = end >= 0
            if not is_last and (end := self._buffer.rfind(b"],[")) < 0:
                self._fill()
                continue
            pairs = np.array(decode(b"[" + self._buffer[: end + 1] + b"]"), np.uint64)
            del self._buffer[: end + 2]
            yield _padded(pairs)

    def _edges_of_ids(self) -> Iterator[npt.NDArray[np.uint64]]:
        """Yield edges of format 1: pairs of UUIDs, all of the same length."""
        size = len(_EDGE)
        is_last = False
        while not is_last:
            while len(self._buffer) < size:
                self._fill()
            length = len(self._buffer) // size * size
            rows = np.frombuffer(bytes(self._buffer[:length]), np.uint8).reshape(-1, size)
            del self._buffer[:length]
            # All edges have the same length, and the last is followed by ] instead of a comma.
            is_last = bytes(rows[-1, -1:]) == b"]"
            marks = rows[:, _EDGE_MARKS] == np.frombuffer(_EDGE, np.uint8)[_EDGE_MARKS]
            marks[-1, -1] |= is_last
            if not marks.all():
                raise ValueError("the edges of the thin graph are no pairs of UUIDs")
            yield np.stack([_packed(rows[:, 2:38]), _packed(rows[:, 41:77])], axis=1)


_EDGE = b'["' + b"x" * 36 + b'","' + b"x" * 36 + b'"],'
_EDGE_MARKS = np.flatnonzero(np.frombuffer(_EDGE, np.uint8) != ord("x"))
_UUID_DIGITS = np.delete(np.arange(36), [8, 13, 18, 23])
_DIGITS = np.full(256, 255, np.uint8)
_DIGITS[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)


def _packed(texts: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Pack the texts of UUIDs, shape (N, 36), into two numbers each, shape (N, 2)."""
    digits = _DIGITS[texts[:, _UUID_DIGITS]]
    if digits.size and digits.max() > 15:
        raise ValueError("the thin graph has an ID that is no UUID")
    packed = np.ascontiguousarray(digits[:, ::2] << 4 | digits[:, 1::2])
    return packed.view(np.uint64)


def _padded(indices: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Pack the IDs of format 0, which are integers, in the same way as UUIDs."""
    return np.stack([np.zeros_like(indices), indices], axis=-1)


def _ids(quanta: Sequence[_ThinQuantum]) -> npt.NDArray[np.uint64]:
    """Pack the IDs of some quanta, shape (N, 2)."""
    texts = [quantum.quantum_id for quantum in quanta if quantum.quantum_id is not None]
    if len(texts) == len(quanta):
        return _packed(np.frombuffer("".join(texts).encode(), np.uint8).reshape(-1, 36))
    indices = [quantum.quantum_index for quantum in quanta if quantum.quantum_index is not None]
    if len(indices) < len(quanta):
        raise ValueError("the thin graph has a quantum without an ID")
    return _padded(np.array(indices, np.uint64))


@contextmanager
def _opened(uri: str) -> Iterator[_ThinGraph]:
    """Open the thin graph of a file; an error says in one line why it cannot be read."""
    try:
        with (
            ResourcePath(uri).open("rb") as file,
            zipfile.ZipFile(file) as archive,
            archive.open(_MEMBER) as member,
        ):
            trained = None
            if _DICTIONARY in archive.namelist() and (content := archive.read(_DICTIONARY)):
                trained = zstandard.ZstdCompressionDict(content)
            decompressor = zstandard.ZstdDecompressor(dict_data=trained)
            with decompressor.stream_reader(member, read_across_frames=True) as reader:
                yield _ThinGraph(iter(lambda: reader.read(_READ_BYTES), b""))
    except Exception as error:
        raise PredictedGraphError(
            f"{uri}: the thin graph cannot be read: {named(error)[:300]}"
        ) from error


def read_predecessors(uri: str) -> PredecessorLists:
    """Read the predecessors of the quanta of a predicted graph.

    Parameters
    ----------
    uri : `str`
        Path or URI of a ``.qg`` file.

    Returns
    -------
    predecessors : `PredecessorLists`
        Predecessors of every quantum, for both formats of the graph.

    Raises
    ------
    PredictedGraphError
        Raised if the thin graph cannot be read.
    """
    with _opened(uri) as thin:
        ids = [_ids(quanta) for _, quanta in thin.quanta()]
        numbers = _Numbers(np.concatenate([np.empty((0, 2), np.uint64), *ids]))
        pairs = np.concatenate(
            [np.empty((0, 2), np.int32), *(numbers.of(edges) for edges in thin.edges())]
        )
    return PredecessorLists(pairs[:, 0], pairs[:, 1], len(numbers.ids))


class _Numbers:
    """Finds the numbers of quanta by their IDs, in 28 bytes per quantum."""

    def __init__(self, ids: npt.NDArray[np.uint64]) -> None:
        self.ids = ids
        keys = self._keys(ids)
        self._order = np.argsort(keys).astype(np.int32)
        self._sorted = keys[self._order]

    @staticmethod
    def _keys(ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        # A search for one number is faster than for two. The number combines both halves, because
        # in some versions of UUID one half hardly changes.
        keys: npt.NDArray[np.uint64] = ids[..., 0] * np.uint64(0x9E3779B97F4A7C15) + ids[..., 1]
        return keys

    def of(self, ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.int32]:
        """Get the numbers of some IDs; two quanta with the same key are an error."""
        if not len(self.ids):
            raise ValueError("the thin graph has edges and no quanta")
        places = np.searchsorted(self._sorted, self._keys(ids))
        found = self._order[np.minimum(places, len(self._order) - 1)]
        if (self.ids[found] != ids).any():
            raise ValueError("an edge names a quantum that the thin graph does not hold")
        return found


def read_expectations(
    uri: str,
    header: PredictedHeader,
    sink: Callable[[pa.RecordBatch], None],
    predecessors: PredecessorLists | None = None,
) -> int:
    """Stream the quanta that a predicted graph expected.

    Parameters
    ----------
    uri : `str`
        Path or URI of a ``.qg`` file.
    header : `PredictedHeader`
        From `read_predicted_header`.
    sink : `~collections.abc.Callable`
        Called with batches of rows of `extract.lake.schema.EXPECTATIONS`, one row per
        quantum.  Quanta that only gather resource usage are left out.
    predecessors : `PredecessorLists`, optional
        From `read_predecessors`, if they are known.

    Returns
    -------
    quanta_count : `int`
        Quanta read.

    Raises
    ------
    PredictedGraphError
        Raised if the thin graph cannot be read or contradicts the header.  Then the
        caller must discard the rows that the sink received.
    """
    counts = dict.fromkeys(header.task_quanta, 0)
    number = 0
    with _opened(uri) as thin:
        for label, quanta in thin.quanta():
            counts[label] = counts.get(label, 0) + len(quanta)
            for start in range(0, len(quanta), _BATCH_QUANTA):
                some = quanta[start : start + _BATCH_QUANTA]
                if not is_usage_gathering(label):
                    sink(_batch(uri, header, label, some, number, predecessors))
                number += len(some)
    if counts != {label: header.task_quanta.get(label, 0) for label in counts}:
        raise PredictedGraphError(
            f"{uri}: the thin graph holds {sum(counts.values())} quanta, "
            f"the header {sum(header.task_quanta.values())}"
        )
    return sum(counts.values())


def _batch(
    uri: str,
    header: PredictedHeader,
    label: str,
    quanta: Sequence[_ThinQuantum],
    number: int,
    predecessors: PredecessorLists | None,
) -> pa.RecordBatch:
    """Make rows of `extract.lake.schema.EXPECTATIONS` of quanta of one task, with numbers."""
    write_data_id = data_id_writer(header.required[label], header.full[label])
    count = len(quanta)
    lists: Any = [None] * count
    if predecessors is not None:
        lists = predecessors.lists(number, number + count)
    return pa.record_batch(
        {
            "run": [header.run] * count,
            "task_label": [label] * count,
            "data_id": [write_data_id(quantum.data_coordinate) for quantum in quanta],
            "quantum_id": [quantum.quantum_id for quantum in quanta],
            "source": ["predicted_graph"] * count,
            "quanta_count": [1] * count,
            "graph_uri": [without_secrets(uri)] * count,
            "quantum_number": range(number, number + count),
            "predecessor_numbers": lists,
        },
        schema=EXPECTATIONS,
    )


class PredictedGraphs:
    """Predicted graphs as a source of expected quanta."""

    name = "predicted_graph"
    header_name = "predicted_header"

    def describe(self, place: Place) -> Description:
        """Read the graph without its quanta."""
        header = read_predicted_header(place.name)
        return Description(
            place,
            run=header.run,
            uri=without_secrets(place.name),
            header_counts=counted(header.task_quanta),
            detail=header,
        )

    def slices(
        self, description: Description, repository: Repository | None, count: int
    ) -> list[tuple[str, PredictedHeader]]:
        """Return the whole graph, because a thin graph can only be read from its start."""
        return [(description.place.name, description.detail)]

    def read(self, part: tuple[str, PredictedHeader], sink: Sink) -> Outcome:
        """Stream the quanta, and what each waits for if that can be read."""
        uri, header = part
        warning = predecessors = None
        try:
            predecessors = read_predecessors(uri)
        except PredictedGraphError as error:
            warning = f"{error}; what a failed quantum blocked will count as missing"
        try:
            read_expectations(uri, header, partial(sink, "expectations"), predecessors)
        except PredictedGraphError as error:
            raise HeaderOnlyError(str(error)) from error
        return Outcome(warning)
