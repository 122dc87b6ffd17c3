"""Provenance graphs of millions of quanta: the blocks of a smaller one, night after night.

The real writer (`tests.bench.make_graph`) takes a millisecond and several kilobytes of memory a
quantum.  `repeat_graph` takes its blocks, gives them other IDs, visits and times, and writes them
again in the same format.  Only quanta and metadata are repeated, which is what extraction reads;
the logs and datasets of all nights are those of the first.
"""

from __future__ import annotations

import datetime
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

from tests.bench.make_graph import FIRST_NIGHT, synthetic_quanta, write_graph

__all__ = ["repeat_graph", "write_large_graph"]

_REPEATED = {1: "quanta.mb", 3: "metadata.mb"}
"""Members that are repeated, by their position among the addresses of a row."""

_INT_SIZE = 8
_ADDRESS_HEADER = 1 + 2 * _INT_SIZE
_ROW = np.dtype(
    [
        ("key", np.uint8, (16,)),
        ("index", ">u8"),
        ("addresses", [("offset", ">u8"), ("size", ">u8")], (4,)),
    ]
)
_QUANTA_A_NIGHT = 50_000
_ROWS_AT_ONCE = 10_000

_END_OF_UUID = re.compile(rb'(?<=-[0-9a-f]{8})[0-9a-f]{4}(?=")')
_DATE = re.compile(rb"\b20\d\d-\d\d-\d\d(?=T)")


def write_large_graph(path: Path, quanta: int) -> None:
    """Write a graph of any number of ordinary quanta.

    Parameters
    ----------
    path : `pathlib.Path`
        File to write, ``.qg``.
    quanta : `int`
        Quanta at least; each night has at most 50,000 of them, and all nights have as many.
    """
    nights = -(-quanta // _QUANTA_A_NIGHT)
    night = path.with_suffix(".night.qg")
    write_graph(night, synthetic_quanta(-(-quanta // nights)))
    repeat_graph(night, path, nights)
    night.unlink()


def repeat_graph(source: Path, target: Path, copies: int) -> None:
    """Write the quanta of a graph several times, each time as those of another night.

    Parameters
    ----------
    source : `pathlib.Path`
        A graph of `tests.bench.make_graph.synthetic_quanta`.
    target : `pathlib.Path`
        File to write.
    copies : `int`
        How often, 1 to 65,535.
    """
    with (
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as new,
    ):
        dictionary = zstandard.ZstdCompressionDict(old.read("compression_dict"))
        decompress = zstandard.ZstdDecompressor(dictionary).decompress
        compress = zstandard.ZstdCompressor(level=3, dict_data=dictionary).compress
        raw = old.read("nodes.addr")
        rows = np.frombuffer(raw[_ADDRESS_HEADER:], _ROW)
        for name in old.namelist():
            if name in _REPEATED.values() or name == "nodes.addr":
                continue
            content = old.read(name)
            if name == "header.json.zst":
                header = _repeated_header(json.loads(decompress(content)), copies)
                content = compress(json.dumps(header).encode())
            new.writestr(name, content)
        nights = [_night(number) for number in range(copies)]
        addresses = {
            column: _repeat_blocks(
                old, new, name, rows["addresses"][:, column], nights, decompress, compress
            )
            for column, name in _REPEATED.items()
        }
        with new.open(zipfile.ZipInfo("nodes.addr"), "w", force_zip64=True) as stream:
            count = len(rows) * copies
            stream.write(raw[:1] + count.to_bytes(_INT_SIZE) + raw[1 + _INT_SIZE : _ADDRESS_HEADER])
            for part in _repeated_rows(rows, addresses, copies):
                stream.write(part.tobytes())


def _repeated_header(header: dict[str, Any], copies: int) -> dict[str, Any]:
    """Multiply all counts."""
    header["n_quanta"] *= copies
    header["n_datasets"] *= copies
    header["n_task_quanta"] = {
        label: count * copies for label, count in header["n_task_quanta"].items()
    }
    return header


def _night(number: int) -> Callable[[bytes], bytes]:
    """Make what turns a block of the first night into one of a later night."""
    shift = datetime.timedelta(days=number)
    day_obs = f"{FIRST_NIGHT:%Y%m%d}".encode()
    other_day_obs = f"{FIRST_NIGHT + shift:%Y%m%d}".encode()
    end = f"{number:04x}".encode()

    def other_date(match: re.Match[bytes]) -> bytes:
        return f"{datetime.date.fromisoformat(match[0].decode()) + shift}".encode()

    def other(block: bytes) -> bytes:
        block = _END_OF_UUID.sub(end, block.replace(day_obs, other_day_obs))
        return _DATE.sub(other_date, block) if number else block

    return other


def _repeat_blocks(
    old: zipfile.ZipFile,
    new: zipfile.ZipFile,
    name: str,
    addresses: npt.NDArray[np.void],
    nights: list[Callable[[bytes], bytes]],
    decompress: Callable[[bytes], bytes],
    compress: Callable[[bytes], bytes],
) -> npt.NDArray[np.uint64]:
    """Write the blocks of a member for all nights.

    Returns
    -------
    addresses : `numpy.ndarray`
        Offset and size by night and row; 0 where a row has no block.
    """
    has_block = addresses["size"] > 0
    # Metadata are found by the ID of the quantum and by that of the dataset.
    offsets, first, which = np.unique(
        addresses["offset"][has_block], return_index=True, return_inverse=True
    )
    sizes = addresses["size"][has_block][first]
    repeated = np.zeros((len(nights), len(addresses), 2), np.uint64)
    member = old.read(name)
    position = 0
    with new.open(zipfile.ZipInfo(name), "w", force_zip64=True) as stream:
        for number, night in enumerate(nights):
            written = np.empty((len(offsets), 2), np.uint64)
            for block, (offset, size) in enumerate(
                zip(offsets.tolist(), sizes.tolist(), strict=True)
            ):
                content = compress(night(decompress(member[offset + _INT_SIZE : offset + size])))
                stream.write(len(content).to_bytes(_INT_SIZE))
                stream.write(content)
                written[block] = position, len(content) + _INT_SIZE
                position += len(content) + _INT_SIZE
            repeated[number, has_block] = written[which]
    return repeated


def _repeated_rows(
    rows: npt.NDArray[np.void], addresses: dict[int, npt.NDArray[np.uint64]], copies: int
) -> Iterator[npt.NDArray[np.void]]:
    """Give the addresses of all nights, in the order of their UUIDs: the copies of a row follow."""
    for begin in range(0, len(rows), _ROWS_AT_ONCE):
        some = slice(begin, begin + _ROWS_AT_ONCE)
        part = np.repeat(rows[some], copies).reshape(-1, copies)
        numbers = np.arange(copies, dtype=">u2")
        part["key"][:, :, 14:] = numbers.view(np.uint8).reshape(copies, 2)
        part["index"] = np.arange(begin * copies, begin * copies + part.size).reshape(part.shape)
        for column, repeated in addresses.items():
            part["addresses"]["offset"][:, :, column] = repeated[:, some, 0].T
            part["addresses"]["size"][:, :, column] = repeated[:, some, 1].T
        yield part
