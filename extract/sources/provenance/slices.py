"""Divide a provenance graph into slices for several workers, and read their blocks."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ...documents.graph_blocks import (
    QuantumBlock,
    decode_attempts,
    decode_quantum,
    has_logs,
)
from ...documents.quanta import BATCH_SIZE, paused_garbage_collection
from ...errors import GraphError, MetadataError
from .addresses import Addresses, AddressFile, integer_type
from .check import DAMAGED, GraphInfo, Layout, TaskDimensions
from .container import FRAMES_AT_ONCE, Decompressor, GraphFile
from .official import read_officially
from .rows import Document, QuantumRows, Sink, SliceResult

__all__ = ["GraphSlice", "plan_slices", "read_slice"]

_MAX_SLICE = 250_000
"""Most quanta of a slice.  An address takes 64 bytes of memory, and some are held three times."""

_ROWS_PER_SLICE_QUANTUM = 125
"""Most rows of addresses per quantum of a slice.  Each slice searches all rows (20 ns per row).  To
read a quantum takes 25 us."""

_MIN_PARTS = 4
"""Number of slices that a graph may always have."""


@dataclass(frozen=True)
class GraphSlice:
    """A slice of a graph for one worker; picklable."""

    path: str
    uri: str
    run: str
    tasks: Mapping[str, TaskDimensions] = field(repr=False)
    n_quanta: int
    """Number of quanta that have a block in this slice."""

    begin: int
    """Offset in ``quanta.mb`` of the first block."""

    end: int
    """Offset after the last block."""

    layout: Layout | None = field(repr=False)
    """If `None`, the official reader reads the whole graph."""


def plan_slices(info: GraphInfo, count: int) -> list[GraphSlice]:
    """Divide a graph into slices with about the same number of quanta.

    Parameters
    ----------
    info : `GraphInfo`
        The graph.
    count : `int`
        Number of slices: at least the number of workers.  There are more if a slice
        would need too much memory.  There are fewer if there are fewer quanta, or if
        the search for the addresses of each slice would cost too much.

    Returns
    -------
    slices : `list` [ `GraphSlice` ]
        Slices that together have all quanta, each once.
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
        Raised if blocks contradict each other.  Then the caller must discard the rows
        that the sink received.
    """
    output = QuantumRows(graph_slice.run, graph_slice.uri, graph_slice.tasks, sink)
    with paused_garbage_collection():
        if graph_slice.layout is None:
            read_officially(graph_slice.path, output)
        else:
            _read_blocks(graph_slice, graph_slice.layout, output)
    return output.finish()


def _read_blocks(graph_slice: GraphSlice, layout: Layout, output: QuantumRows) -> None:
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


def _slice_addresses(graph_slice: GraphSlice, layout: Layout, file: GraphFile) -> Addresses:
    """Find the addresses of a slice, and check that there is no gap between its blocks."""
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
            f"{graph_slice.uri}: blocks of member quanta.mb overlap or leave gaps; {DAMAGED}"
        )
    return addresses


_Content = bytes | ValueError | None
"""Content of a frame, the reason why it cannot be decompressed, or `None` if it is absent."""


class _Blocks:
    """Reads the blocks of some quanta."""

    def __init__(self, file: GraphFile, layout: Layout) -> None:
        self._file = file
        self._members = layout.members
        self._int_size = layout.int_size
        self._decompress = Decompressor(layout.dictionary)

    def read(self, graph_slice: GraphSlice, addresses: Addresses, output: QuantumRows) -> None:
        """Add the rows of some consecutive quanta of ``quanta.mb``."""
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
            # This includes errors of msgspec.
            raise GraphError(
                f"{graph_slice.uri}: member quanta.mb: quantum {key}: {error}; {DAMAGED}"
            ) from error
        if block.quantum_id != key:
            raise GraphError(
                f"{graph_slice.uri}: the address of quantum {key} leads to quantum "
                f"{block.quantum_id}; {DAMAGED}"
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
        """Find which attempts of a quantum have a log."""
        sizes = addresses.log_sizes[index : index + 1]
        (frame,) = self._frames("logs.mb", addresses.log_offsets[index : index + 1], sizes)
        if frame is None:
            return ()
        try:
            return has_logs(self._decompress(frame))
        except ValueError:
            # This includes MetadataError. A log that cannot be read is not a reject.
            return None

    def _frames(
        self, name: str, offsets: np.ndarray[Any, Any], sizes: np.ndarray[Any, Any]
    ) -> list[memoryview | None]:
        """Read the frames at some addresses; `None` if the size is 0."""
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
            # The writer uses the same order in both files. If not, blocks are read one by one.
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
                f"{self._file.path}: member {name}: the size of a block differs from its "
                f"address; {DAMAGED}"
            )


_HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)
_UUID_DIGITS = np.delete(np.arange(36), [8, 13, 18, 23])


def _uuid_texts(keys: np.ndarray[Any, Any]) -> list[str]:
    """Write UUIDs, 16 bytes per row, as text; `uuid.UUID` would be slower."""
    nibbles = np.stack([keys >> 4, keys & 15], axis=2).reshape(len(keys), 32)
    texts = np.full((len(keys), 36), ord("-"), np.uint8)
    texts[:, _UUID_DIGITS] = _HEX_DIGITS[nibbles]
    joined = texts.tobytes().decode("ascii")
    return [joined[begin : begin + 36] for begin in range(0, len(joined), 36)]
