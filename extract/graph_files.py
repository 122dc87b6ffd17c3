"""The container of a provenance graph: zip members, blocks, addresses, and whether to trust them.

Knows bytes and nothing of quanta.  The official reader trusts what it reads:
it hangs on a truncated address file, and a flipped bit often decompresses to
valid JSON with another content.  Here every byte that is used was checked
against the zip's CRC32, and sizes, prefixes and addresses against each other.

The layout is that of `lsst.pipe.base.quantum_graph`: each block is its size, a
big-endian integer of ``int_size`` bytes, then a zstandard frame; each row of
``nodes.addr`` is a UUID, an index, and offset and size for datasets, quanta,
logs and metadata.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

__all__ = [
    "FRAMES_AT_ONCE",
    "AddressFile",
    "Addresses",
    "Decompressor",
    "GraphError",
    "GraphFile",
    "Member",
    "integer_type",
    "read_directory",
    "verified_checksums",
]

_READ_SIZE = 8 * 2**20
_MAX_FRAME_SIZE = 128 * 2**20
"""Bytes: the largest real documents have a few; a header that claims more is damaged."""

FRAMES_AT_ONCE = 64
"""What they hold stays in the processor's caches until it is decoded."""

_MAX_INTEGER = 2**62
_UUID_SIZE = 16
_ADDRESS_COUNT = 4
_QUANTA, _LOGS, _METADATA = 1, 2, 3
"""Positions among the addresses of a row."""

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
_Frame = bytes | bytearray | memoryview


class GraphError(Exception):
    """A graph file that cannot be trusted: the message names file, member and remedy."""


@dataclass(frozen=True)
class Member:
    """A file inside the zip archive, stored as it is."""

    name: str
    offset: int
    """Of its first byte in the archive."""

    size: int
    """Bytes."""

    crc: int
    """CRC32 that the archive's directory notes."""


def read_directory(path: str) -> dict[str, Member]:
    """List the members of a graph's zip archive.

    Parameters
    ----------
    path : `str`
        Local file.

    Returns
    -------
    members : `dict` [ `str`, `Member` ]
        By name.

    Raises
    ------
    GraphError
        If the file is no zip archive, is cut short, or does not store its
        members uncompressed, each in one piece of its own.
    """
    try:
        size = Path(path).stat().st_size
        with zipfile.ZipFile(path) as archive, Path(path).open("rb") as stream:
            members = [_locate(path, entry, stream) for entry in archive.infolist()]
    except (OSError, zipfile.BadZipFile, NotImplementedError, struct.error) as error:
        raise GraphError(
            f"{path}: not a whole zip archive ({error}); write or transfer the graph again"
        ) from error
    end = 0
    for member in sorted(members, key=lambda member: member.offset):
        if member.offset < end or member.offset + member.size > size:
            raise GraphError(
                f"{path}: member {member.name} overlaps another or the end of the file; "
                "write or transfer the graph again"
            )
        end = member.offset + member.size
    by_name = {member.name: member for member in members}
    if len(by_name) != len(members):
        raise GraphError(f"{path}: two members have the same name; write the graph again")
    return by_name


_LOCAL_HEADER = struct.Struct("<4s22xHH")


def _locate(path: str, entry: zipfile.ZipInfo, stream: Any) -> Member:  # noqa: ANN401
    """Find the first byte of a member behind its local header."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 0x1:
        raise GraphError(
            f"{path}: member {entry.filename} is compressed or encrypted by zip, "
            "which no graph writer does; write the graph again"
        )
    stream.seek(entry.header_offset)
    signature, name_size, extra_size = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    if signature != b"PK\x03\x04" or stream.read(name_size) != entry.orig_filename.encode():
        raise GraphError(
            f"{path}: the directory points member {entry.filename} at something else; "
            "write or transfer the graph again"
        )
    offset = entry.header_offset + _LOCAL_HEADER.size + name_size + extra_size
    return Member(entry.filename, offset, entry.file_size, entry.CRC)


@contextmanager
def verified_checksums(path: str, members: Sequence[Member]) -> Iterator[None]:
    """Compare members with the CRC32 that the zip's directory notes, while something else is done.

    Parameters
    ----------
    path : `str`
        Local file.
    members : `~collections.abc.Sequence` [ `Member` ]
        Members to read whole, at some GB/s.

    Raises
    ------
    GraphError
        Raised at the end if one differs, also in place of an error that came
        of it.
    """
    # zlib lets go of the interpreter, so threads use all cores.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        sums = [executor.submit(_checksum, path, member) for member in members]
        try:
            yield
        except Exception:
            # Damage explains it better, where there is some.
            with suppress(OSError):
                _compare(path, members, sums)
            raise
        except BaseException:
            executor.shutdown(cancel_futures=True)
            raise
        _compare(path, members, sums)


def _compare(path: str, members: Sequence[Member], sums: Sequence[Future[int]]) -> None:
    for member, future in zip(members, sums, strict=True):
        if (crc := future.result()) != member.crc:
            raise GraphError(
                f"{path}: member {member.name} is damaged (CRC32 {crc:08x}, "
                f"not {member.crc:08x}); write or transfer the graph again"
            )


def _checksum(path: str, member: Member) -> int:
    crc = 0
    with GraphFile(path) as file:
        for offset in range(0, member.size, _READ_SIZE):
            size = min(_READ_SIZE, member.size - offset)
            crc = zlib.crc32(file.read(member, offset, size), crc)
    return crc


class GraphFile:
    """Reads pieces of members, by position.

    Reads instead of mapping: mapped pages count as resident memory, and a file
    that is cut short meanwhile would kill the process.

    Parameters
    ----------
    path : `str`
        Local file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDONLY)

    def __enter__(self) -> GraphFile:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def read(self, member: Member, offset: int, size: int) -> bytes:
        """Read some bytes of a member.

        Raises
        ------
        GraphError
            If they are not there.
        """
        if not 0 <= offset <= offset + size <= member.size:
            raise GraphError(
                f"{self.path}: an address points beyond member {member.name}; write the graph again"
            )
        pieces = []
        position, left = member.offset + offset, size
        while left:
            # One call gives at most 2 GiB.
            piece = os.pread(self._descriptor, left, position)
            if not piece:
                raise GraphError(
                    f"{self.path}: the file became shorter while it was read; read it again"
                )
            pieces.append(piece)
            position += len(piece)
            left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class Decompressor:
    """Decompresses zstandard frames of a known and sane size.

    Parameters
    ----------
    dictionary : `bytes`
        Content of ``compression_dict``; empty when the graph has none.

    Raises
    ------
    ValueError
        If it is no dictionary.
    """

    def __init__(self, dictionary: bytes) -> None:
        # The writer leaves an empty dictionary where there were too few quanta to train one.
        try:
            self._decompressor = zstandard.ZstdDecompressor(
                zstandard.ZstdCompressionDict(dictionary) if dictionary else None
            )
        except zstandard.ZstdError as error:
            raise ValueError(f"compression_dict: {error}") from None

    def __call__(self, frame: _Frame) -> bytes:
        """Decompress a frame.

        Raises
        ------
        ValueError
            If it is no such frame; zstandard's own error becomes one too.
        """
        try:
            size = zstandard.frame_content_size(frame)
            if not 0 <= size <= _MAX_FRAME_SIZE:
                raise ValueError(f"a frame of {size} bytes")
            return self._decompressor.decompress(frame)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None

    def many(self, frames: Sequence[memoryview | None]) -> Iterable[bytes | ValueError | None]:
        """Decompress frames with one call: an eighth less of a reader's time.

        Where that would take too much memory, each is decompressed when it is asked for.

        Parameters
        ----------
        frames : `~collections.abc.Sequence`
            Frames, `FRAMES_AT_ONCE` at most; `None` where there is none.

        Returns
        -------
        contents : `~collections.abc.Iterable` [ `bytes`, `ValueError` or `None` ]
            For each frame what it holds, the error that it alone would give, or
            `None` where there is none.
        """
        present: list[_Frame] = [frame for frame in frames if frame is not None]
        contents = self._together(present)
        if len(present) == len(frames):
            return contents
        rest = iter(contents)
        return (None if frame is None else next(rest) for frame in frames)

    def _together(self, frames: list[_Frame]) -> Iterable[bytes | ValueError]:
        try:
            sizes = list(map(zstandard.frame_content_size, frames))
            if frames and min(sizes) > 0 and sum(sizes) <= _MAX_FRAME_SIZE:
                found = self._decompressor.multi_decompress_to_buffer(frames)
                return [found[index].tobytes() for index in range(len(found))]
        except zstandard.ZstdError:
            pass
        # One of them is at fault, or they are large: the others must not suffer from it.
        return map(self._try, frames)

    def _try(self, frame: _Frame) -> bytes | ValueError:
        try:
            return self(frame)
        except ValueError as error:
            return error


@dataclass(frozen=True)
class Addresses:
    """Where the blocks of some quanta are: columns of equal length, sizes with their prefix."""

    keys: Bytes
    """UUIDs of the quanta, 16 bytes a row."""

    quanta_offsets: Integers
    quanta_sizes: Integers
    metadata_offsets: Integers
    metadata_sizes: Integers
    """0 where a quantum has no metadata."""

    log_offsets: Integers
    log_sizes: Integers
    """0 where a quantum has no logs."""

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, rows: npt.NDArray[Any] | slice) -> Addresses:
        """Select rows."""
        return Addresses(*(column[rows] for column in vars(self).values()))

    @staticmethod
    def empty() -> Addresses:
        """Make addresses of no quanta."""
        none = np.empty(0, np.int64)
        return Addresses(np.empty((0, _UUID_SIZE), np.uint8), none, none, none, none, none, none)

    @staticmethod
    def concatenate(parts: Sequence[Addresses]) -> Addresses:
        """Put parts one after the other."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return Addresses(*map(np.concatenate, columns))


class AddressFile:
    """The member ``nodes.addr``.

    Parameters
    ----------
    file : `GraphFile`
        The graph.
    members : `~collections.abc.Mapping` [ `str`, `Member` ]
        Its members.
    int_size : `int`
        Bytes of an integer, as the graph's header says (`integer_type`).

    Raises
    ------
    GraphError
        If its own header contradicts the graph's, or its size.
    """

    def __init__(self, file: GraphFile, members: Mapping[str, Member], int_size: int) -> None:
        self._file = file
        self._members = members
        self._int_size = int_size
        self._member = members["nodes.addr"]
        integer = integer_type(int_size)
        self._row = np.dtype(
            [
                ("key", np.uint8, (_UUID_SIZE,)),
                ("index", integer),
                ("addresses", [("offset", integer), ("size", integer)], (_ADDRESS_COUNT,)),
            ]
        )
        self._header_size = 1 + 2 * int_size
        if self._member.size < self._header_size:
            raise self._error("is cut short")
        header = file.read(self._member, 0, self._header_size)
        self._n_rows = int.from_bytes(header[1 : 1 + int_size], "big")
        if header[0] != int_size:
            raise self._error(f"has integers of {header[0]} bytes, the header of {int_size}")
        if (count := int.from_bytes(header[1 + int_size :], "big")) != _ADDRESS_COUNT:
            raise self._error(f"has {count} addresses a row, not {_ADDRESS_COUNT}")
        if self._header_size + self._n_rows * self._row.itemsize != self._member.size:
            raise self._error(f"has {self._member.size} bytes, not what {self._n_rows} rows need")

    @property
    def row_count(self) -> int:
        """Rows in all, those of datasets included."""
        return self._n_rows

    def _error(self, what: str) -> GraphError:
        return GraphError(f"{self._file.path}: member nodes.addr {what}; write the graph again")

    def quanta(self, begin: int = 0, end: int = 2**64) -> Iterator[Addresses]:
        """Iterate over the rows of quanta, in the order of their UUIDs.

        Parameters
        ----------
        begin, end : `int`
            Take only quanta whose block starts there in ``quanta.mb``.

        Yields
        ------
        addresses : `Addresses`
            Some of the rows.

        Raises
        ------
        GraphError
            If an address points beyond its member.
        """
        rows_per_read = _READ_SIZE // self._row.itemsize
        for row in range(0, self._n_rows, rows_per_read):
            count = min(rows_per_read, self._n_rows - row)
            offset = self._header_size + row * self._row.itemsize
            data = self._file.read(self._member, offset, count * self._row.itemsize)
            rows = np.frombuffer(data, self._row)
            address = rows["addresses"][:, _QUANTA]
            offsets = address["offset"]
            # Most rows are those of datasets: nothing else of them is looked at.
            rows = rows[(address["size"] > 0) & (offsets >= begin) & (offsets < end)]
            if len(rows):
                yield self._addresses(rows)

    def _addresses(self, rows: npt.NDArray[np.void]) -> Addresses:
        columns = []
        for index, name in ((_QUANTA, "quanta.mb"), (_METADATA, "metadata.mb"), (_LOGS, "logs.mb")):
            addresses = rows["addresses"][:, index]
            if max(addresses["offset"].max(), addresses["size"].max()) > _MAX_INTEGER:
                raise self._error("has an absurd address")
            offsets = addresses["offset"].astype(np.int64)
            sizes = addresses["size"].astype(np.int64)
            if np.any(offsets + sizes > self._members[name].size):
                raise self._error(f"points beyond member {name}")
            if np.any((sizes > 0) & (sizes <= self._int_size)):
                raise self._error(f"has an empty block in member {name}")
            columns += [offsets, sizes]
        return Addresses(np.ascontiguousarray(rows["key"]), *columns)


def integer_type(size: int) -> np.dtype[Any]:
    """Give the type of a graph's integers.

    Parameters
    ----------
    size : `int`
        Bytes of an integer, as the graph's header says.

    Returns
    -------
    integer : `numpy.dtype`
        Unsigned, big-endian.

    Raises
    ------
    ValueError
        Raised if there is no such type: writers use 8 bytes.
    """
    if size not in (1, 2, 4, 8):
        raise ValueError(f"integers of {size} bytes, not 1, 2, 4 or 8")
    return np.dtype(f">u{size}")
