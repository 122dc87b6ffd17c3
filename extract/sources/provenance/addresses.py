"""Find the blocks of a provenance graph, from the member ``nodes.addr``.

Each of its rows has a UUID, an index, and the offset and size of datasets, quanta,
logs and metadata.  Sizes and offsets are checked against the members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...errors import GraphError
from .container import READ_SIZE, GraphFile, Member

__all__ = ["AddressFile", "Addresses", "integer_type"]

_MAX_INTEGER = 2**62
_UUID_SIZE = 16
_ADDRESS_COUNT = 4
_QUANTA, _LOGS, _METADATA = 1, 2, 3
"""Positions among the addresses of a row."""

Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Addresses:
    """Addresses of the blocks of some quanta: columns of equal length; sizes include the prefix."""

    keys: Bytes
    """UUIDs of the quanta, 16 bytes a row."""

    quanta_offsets: Integers
    quanta_sizes: Integers
    metadata_offsets: Integers
    metadata_sizes: Integers
    """0 if a quantum has no metadata."""

    log_offsets: Integers
    log_sizes: Integers
    """0 if a quantum has no logs."""

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
        """Concatenate parts."""
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
        Raised if its header contradicts that of the graph, or its size.
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
            raise self._error(f"has {count} addresses in each row, not {_ADDRESS_COUNT}")
        if self._header_size + self._n_rows * self._row.itemsize != self._member.size:
            raise self._error(f"has {self._member.size} bytes, not what {self._n_rows} rows need")

    @property
    def row_count(self) -> int:
        """Number of rows, including those of datasets."""
        return self._n_rows

    def _error(self, what: str) -> GraphError:
        return GraphError(f"{self._file.path}: member nodes.addr {what}; write the graph again")

    def quanta(self, begin: int = 0, end: int = 2**64) -> Iterator[Addresses]:
        """Iterate over the rows of quanta, in the order of their UUIDs.

        Parameters
        ----------
        begin, end : `int`
            Range in ``quanta.mb``; only quanta whose block starts in it are given.

        Yields
        ------
        addresses : `Addresses`
            Some of the rows.

        Raises
        ------
        GraphError
            Raised if an address points beyond its member.
        """
        rows_per_read = READ_SIZE // self._row.itemsize
        for row in range(0, self._n_rows, rows_per_read):
            count = min(rows_per_read, self._n_rows - row)
            offset = self._header_size + row * self._row.itemsize
            data = self._file.read(self._member, offset, count * self._row.itemsize)
            rows = np.frombuffer(data, self._row)
            address = rows["addresses"][:, _QUANTA]
            offsets = address["offset"]
            # Most rows are those of datasets. Their other columns are not read.
            rows = rows[(address["size"] > 0) & (offsets >= begin) & (offsets < end)]
            if len(rows):
                yield self._addresses(rows)

    def _addresses(self, rows: npt.NDArray[np.void]) -> Addresses:
        columns = []
        for index, name in ((_QUANTA, "quanta.mb"), (_METADATA, "metadata.mb"), (_LOGS, "logs.mb")):
            addresses = rows["addresses"][:, index]
            if max(addresses["offset"].max(), addresses["size"].max()) > _MAX_INTEGER:
                raise self._error("has an impossible address")
            offsets = addresses["offset"].astype(np.int64)
            sizes = addresses["size"].astype(np.int64)
            if np.any(offsets + sizes > self._members[name].size):
                raise self._error(f"has an address outside member {name}")
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
        Raised if there is no such type; writers use 8 bytes.
    """
    if size not in (1, 2, 4, 8):
        raise ValueError(f"integers of {size} bytes, not 1, 2, 4 or 8")
    return np.dtype(f">u{size}")
