"""Check what a file claims before it is read, to limit memory and time of its readers.

A header of a few bytes can claim 2^60 rows, and a frame of 100 KiB can claim nine GiB.
A pipe in place of a file never ends.  Real files are far below each limit here.
"""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path
from typing import IO, Any

import zstandard

__all__ = [
    "LARGEST_COUNT",
    "LARGEST_DOCUMENT",
    "LARGEST_FRAME",
    "LARGEST_TABLE",
    "require_file",
    "require_small_members",
]

LARGEST_FRAME = 128 * 2**20
"""Most bytes of a decompressed block; the largest real ones have a few million."""

LARGEST_DOCUMENT = 128 * 2**20
"""Most bytes of a metadata document or log; real ones have some thousand."""

LARGEST_TABLE = 2**30
"""Most bytes of a table of gathered resource usage; a real row has some tens of bytes."""

LARGEST_COUNT = 2**62
"""Largest number of quanta or bytes, so that sums of some still fit into 64 bits."""

_FRAME_HEADER = 32
"""Bytes at the start of a member that contain the size of its frame."""


def require_file(path: str) -> None:
    """Check that a local path is not a pipe, device or folder.

    Parameters
    ----------
    path : `str`
        Path.  A URI, or a path that does not exist, is not checked: its reader raises.

    Raises
    ------
    ValueError
        Raised if it is a pipe, device or folder.
    """
    if "://" in path or not Path(path).exists():
        return
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - the mode of what a link names
        raise ValueError("it is no regular file (a folder, a pipe or a device)")


def require_small_members(stream: Any, addresses: str) -> None:  # noqa: ANN401
    """Check the sizes that the official reader of graphs trusts when it opens a file.

    Parameters
    ----------
    stream : `object`
        The graph, readable and seekable, as `zipfile.ZipFile` takes it.
    addresses : `str`
        Name of the member with addresses.

    Raises
    ------
    ValueError
        Raised if a block would be larger than `LARGEST_FRAME`, or if there are fewer bytes
        than addresses.
    zipfile.BadZipFile
        Raised if it is not a zip archive.
    """
    with zipfile.ZipFile(stream) as archive:
        members = {entry.filename: entry for entry in archive.infolist()}
        frames = ("header.json.zst", "pipeline_graph.json.zst", "packages.json.zst")
        for name in (*frames, "compression_dict", addresses):
            if name in members and members[name].compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"member {name} is compressed by zip, as no writer of graphs does")
        for name in frames:
            if name in members:
                with archive.open(name) as member:
                    _require_small_frame(name, member.read(_FRAME_HEADER))
        if addresses in members:
            with archive.open(addresses) as member:
                _require_rows(addresses, member, members[addresses].file_size)


def _require_small_frame(name: str, begin: bytes) -> None:
    try:
        size = zstandard.frame_content_size(begin)
    except zstandard.ZstdError as error:
        raise ValueError(f"member {name}: {error}") from None
    if not 0 <= size <= LARGEST_FRAME:
        raise ValueError(f"member {name} claims a block of {size:,} bytes")


def _require_rows(name: str, member: IO[bytes], size: int) -> None:
    """Check the layout of `lsst.pipe.base.quantum_graph`: a size, two integers, rows."""
    width = member.read(1)[:1]
    int_size = width[0] if width else 0
    row_count = int.from_bytes(member.read(int_size), "big")
    address_count = int.from_bytes(member.read(int_size), "big")
    row_size = 16 + int_size + 2 * int_size * address_count
    if 1 + 2 * int_size + row_count * row_size > size:
        raise ValueError(f"member {name} claims {row_count:,} rows, and has {size:,} bytes")
