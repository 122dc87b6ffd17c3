"""Read and check the container of a provenance graph: zip members and frames.

This module reads bytes and does not know quanta.  The official reader does not check:
it hangs on a truncated address file, and a flipped bit often decompresses to valid
JSON with another content.  Here every byte that is used is checked against the zip's
CRC32, and sizes, prefixes and addresses are checked against each other.

The layout is that of `lsst.pipe.base.quantum_graph`: each block is its size, a
big-endian integer of ``int_size`` bytes, then a zstandard frame.
"""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from ...errors import GraphError
from ..claims import LARGEST_FRAME, require_file

__all__ = [
    "FRAMES_AT_ONCE",
    "READ_SIZE",
    "Decompressor",
    "GraphFile",
    "Member",
    "read_directory",
    "verified_checksums",
]

READ_SIZE = 8 * 2**20
FRAMES_AT_ONCE = 64
"""Limits so that the content stays in the processor's caches until it is decoded."""

_Frame = bytes | bytearray | memoryview


@dataclass(frozen=True)
class Member:
    """A file inside the zip archive, stored uncompressed."""

    name: str
    offset: int
    """Offset of its first byte in the archive."""

    size: int
    """Bytes."""

    crc: int
    """CRC32 in the archive's directory."""


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
        Raised if the file is not a zip archive, is truncated, or does not store
        each member uncompressed and in one piece.
    """
    try:
        require_file(path)
    except ValueError as error:
        raise GraphError(f"{path}: {error}; correct its entry in the repository") from None
    try:
        size = Path(path).stat().st_size
        with zipfile.ZipFile(path) as archive, Path(path).open("rb") as stream:
            members = [_locate(path, entry, stream) for entry in archive.infolist()]
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, struct.error) as error:
        raise GraphError(
            f"{path}: not a whole zip archive ({error}); write or transfer the graph again"
        ) from error
    end = 0
    for member in sorted(members, key=lambda member: member.offset):
        if member.offset < end or member.offset + member.size > size:
            raise GraphError(
                f"{path}: member {member.name} overlaps another member or the end of the file; "
                "write or transfer the graph again"
            )
        end = member.offset + member.size
    by_name = {member.name: member for member in members}
    if len(by_name) != len(members):
        raise GraphError(f"{path}: two members have the same name; write the graph again")
    return by_name


_LOCAL_HEADER = struct.Struct("<4s22xHH")


def _locate(path: str, entry: zipfile.ZipInfo, stream: Any) -> Member:  # noqa: ANN401
    """Find the first byte of a member after its local header."""
    if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 0x1:
        raise GraphError(
            f"{path}: member {entry.filename} is compressed or encrypted by zip, "
            "which no writer of graphs does; write the graph again"
        )
    stream.seek(entry.header_offset)
    signature, name_size, extra_size = _LOCAL_HEADER.unpack(stream.read(_LOCAL_HEADER.size))
    if signature != b"PK\x03\x04" or stream.read(name_size) != entry.orig_filename.encode():
        raise GraphError(
            f"{path}: the zip directory has a wrong position of member {entry.filename}; "
            "write or transfer the graph again"
        )
    offset = entry.header_offset + _LOCAL_HEADER.size + name_size + extra_size
    return Member(entry.filename, offset, entry.file_size, entry.CRC)


@contextmanager
def verified_checksums(path: str, members: Sequence[Member]) -> Iterator[None]:
    """Compare members with the CRC32 of the zip's directory, in the background of the context.

    Parameters
    ----------
    path : `str`
        Local file.
    members : `~collections.abc.Sequence` [ `Member` ]
        Members to read completely.

    Raises
    ------
    GraphError
        Raised at the end if one differs, also in place of an error that it
        caused.
    """
    # zlib releases the interpreter lock, so threads use all cores.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        sums = [executor.submit(_checksum, path, member) for member in members]
        try:
            yield
        except Exception:
            # If there is damage, it explains the error better.
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
        for offset in range(0, member.size, READ_SIZE):
            size = min(READ_SIZE, member.size - offset)
            crc = zlib.crc32(file.read(member, offset, size), crc)
    return crc


class GraphFile:
    """Reads pieces of members, by position.

    The file is read and not mapped: mapped pages count as resident memory, and a file
    that is truncated in the meantime would kill the process.

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
            Raised if they do not exist.
        """
        if not 0 <= offset <= offset + size <= member.size:
            raise GraphError(
                f"{self.path}: an address lies outside member {member.name}; write the graph again"
            )
        pieces = []
        position, left = member.offset + offset, size
        while left:
            # One call returns at most 2 GiB.
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
    """Decompresses zstandard frames of a known and plausible size.

    Parameters
    ----------
    dictionary : `bytes`
        Content of ``compression_dict``; empty if the graph has none.

    Raises
    ------
    ValueError
        Raised if it is not a dictionary.
    """

    def __init__(self, dictionary: bytes) -> None:
        # The writer writes an empty dictionary if there were too few quanta to train one.
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
            Raised if it is not such a frame, also in place of zstandard's own error.
        """
        try:
            size = zstandard.frame_content_size(frame)
            if not 0 <= size <= LARGEST_FRAME:
                raise ValueError(f"a frame of {size} bytes")
            return self._decompressor.decompress(frame)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None

    def many(self, frames: Sequence[memoryview | None]) -> Iterable[bytes | ValueError | None]:
        """Decompress frames with one call, which saves an eighth of a reader's time.

        If that would need too much memory, each frame is decompressed when it is used.

        Parameters
        ----------
        frames : `~collections.abc.Sequence`
            At most `FRAMES_AT_ONCE` frames; `None` for an absent one.

        Returns
        -------
        contents : `~collections.abc.Iterable` [ `bytes`, `ValueError` or `None` ]
            For each frame its content, the error that it alone would give, or
            `None` for an absent one.
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
            if frames and min(sizes) > 0 and sum(sizes) <= LARGEST_FRAME:
                found = self._decompressor.multi_decompress_to_buffer(frames)
                return [found[index].tobytes() for index in range(len(found))]
        except zstandard.ZstdError:
            pass
        # One frame is damaged, or they are large. The others must still be decompressed.
        return map(self._try, frames)

    def _try(self, frame: _Frame) -> bytes | ValueError:
        try:
            return self(frame)
        except ValueError as error:
            return error
