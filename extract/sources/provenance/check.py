"""Check a provenance graph as a whole: header, directory, checksums, sizes and addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from lsst.resources import ResourcePath

from ...documents.quanta import data_id_writer, dimension_picker
from ...errors import GraphError
from ..claims import LARGEST_COUNT
from .addresses import AddressFile, integer_type
from .container import Decompressor, GraphFile, Member, read_directory, verified_checksums

__all__ = [
    "DAMAGED",
    "GraphCheck",
    "GraphInfo",
    "Layout",
    "TaskDimensions",
    "check_graph",
    "local_graph",
]

_KNOWN_VERSIONS = {1}
"""Versions of the format whose blocks are read here; the official reader reads the others."""

_BUCKETS = 4096
"""Number of places where a graph can be divided into slices."""

DAMAGED = "write the graph again (butler aggregate-graph) or restore the file"
"""Remedy for a damaged graph."""


@dataclass(frozen=True)
class TaskDimensions:
    """Names of a task's dimensions."""

    required: tuple[str, ...]
    full: tuple[str, ...]
    """All dimensions in the order of full data coordinates (``data_coordinate_keys``)."""

    @cached_property
    def pick(self) -> Callable[[Sequence[int | str | None]], tuple[int | str | None, ...]]:
        """Puts full values into the lake's dimension columns."""
        return dimension_picker(self.full)

    @cached_property
    def data_id(self) -> Callable[[Sequence[int | str]], str]:
        """Writes the canonical data ID of full values."""
        return data_id_writer(self.required, self.full)


@dataclass(frozen=True)
class Layout:
    """What a worker needs to read blocks."""

    members: Mapping[str, Member]
    int_size: int
    dictionary: bytes = field(repr=False)
    identity: tuple[int, int]
    """Size and time of change (ns) of the file that was checked."""

    cuts: tuple[int, ...] = field(repr=False)
    """Offsets in ``quanta.mb`` where a block begins, ascending; then the member's size."""

    counts: tuple[int, ...] = field(repr=False)
    """Number of blocks before each offset of ``cuts``."""

    address_count: int
    """Rows of ``nodes.addr``, including those of datasets."""


@dataclass(frozen=True)
class GraphCheck:
    """Content of a graph's header and directory, after every check of the file as a whole."""

    path: str
    """Local file."""

    uri: str
    """Original path or URI, for messages and the lake."""

    run: str
    """``output_run`` of the header."""

    version: int
    """Format version of the header."""

    n_quanta: int
    """Number of quanta in the header."""

    n_task_quanta: Mapping[str, int]
    """The same by task label."""

    n_blocks: int | None
    """Quanta that have a block; the aggregator did not scan the others.  `None` for an unknown
    version."""

    packages: Mapping[str, str]
    """Software versions by package; empty if the graph has none that can be read."""

    layout: Layout | None = field(repr=False)
    """`None` for an unknown version."""


@dataclass(frozen=True)
class GraphInfo(GraphCheck):
    """Description of a checked graph before its blocks are read."""

    tasks: Mapping[str, TaskDimensions]
    """Dimensions by task label."""


_Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_COUNT)]


class _Header(msgspec.Struct):
    version: int
    graph_type: str
    output_run: str
    n_quanta: _Count = 0
    n_task_quanta: dict[str, _Count] = {}
    int_size: int = 8


@contextmanager
def local_graph(uri: str) -> Iterator[str]:
    """Give a graph a local path for the time of the context.

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
        Original path or URI, for messages; default ``path``.

    Returns
    -------
    check : `GraphCheck`
        Counts, and the places of the blocks.

    Raises
    ------
    GraphError
        Raised if the file is damaged, or is not a provenance graph.
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
        packages=_read_packages(path, members),
        layout=layout,
    )


_UNUSED_MEMBERS = {"datasets.mb", "logs.mb"}
"""Large members that are not checked: at most single blocks of logs are read, for no number."""

_BLOCK_MEMBERS = ("quanta.mb", "metadata.mb", "logs.mb", "nodes.addr")


def _read_header(path: str, members: Mapping[str, Member]) -> _Header:
    if "header.json.zst" not in members:
        raise GraphError(f"{path}: no member header.json.zst, so this is not a quantum graph")
    with GraphFile(path) as file:
        try:
            raw = _read_single(file, members, "header")
            header = msgspec.json.decode(raw, type=_Header)
        except (ValueError, RecursionError) as error:
            raise GraphError(f"{path}: member header.json.zst: {error}; {DAMAGED}") from error
    if header.graph_type != "provenance":
        raise GraphError(
            f"{path}: a {header.graph_type or 'nameless'} graph, not a provenance graph; "
            "name predicted graphs under quantum_graphs in the campaigns file"
        )
    return header


def _read_packages(path: str, members: Mapping[str, Member]) -> dict[str, str]:
    """Read the software versions; they are optional, so an error does not refuse the graph."""
    if "packages.json.zst" not in members:
        return {}
    with GraphFile(path) as file:
        try:
            raw = _read_single(file, members, "packages")
            return msgspec.json.decode(raw, type=dict[str, str])
        except (ValueError, RecursionError):
            return {}


def _read_single(file: GraphFile, members: Mapping[str, Member], name: str) -> bytes:
    member = members[f"{name}.json.zst"]
    with verified_checksums(file.path, [member]):
        return Decompressor(_dictionary(file, members))(file.read(member, 0, member.size))


def _dictionary(file: GraphFile, members: Mapping[str, Member]) -> bytes:
    member = members.get("compression_dict")
    return file.read(member, 0, member.size) if member else b""


def _read_layout(path: str, members: Mapping[str, Member], header: _Header) -> tuple[Layout, int]:
    """Check sizes and addresses, and find the places where the graph can be divided."""
    for name in _BLOCK_MEMBERS:
        if name not in members:
            raise GraphError(f"{path}: no member {name}; {DAMAGED}")
    try:
        integer_type(header.int_size)
    except ValueError as error:
        raise GraphError(f"{path}: {error}; {DAMAGED}") from None
    with GraphFile(path) as file:
        dictionary = _dictionary(file, members)
        addresses = AddressFile(file, members, header.int_size)
        cuts, counts = _find_cuts(path, members, addresses)
    stat = Path(path).stat()
    layout = Layout(
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
    """Find offsets in ``quanta.mb`` where blocks begin, and count the blocks before each."""
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
                f"which has {members[name].size}; {DAMAGED}"
            )
    filled = count > 0
    cuts = (*first[filled].tolist(), size)
    counts = (0, *np.cumsum(count[filled]).tolist())
    if cuts[0] != 0:
        raise GraphError(f"{path}: member quanta.mb does not begin with a block; {DAMAGED}")
    return cuts, counts
