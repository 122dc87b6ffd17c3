"""Make columns of the lake, in its units, from the numbers of many metadata documents.

Every extraction spends much of its time here.  So no Python code runs for a single
value of an ordinary document.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import add, attrgetter, itemgetter
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from ..lake.schema import COUNTERS, PREFIXES, QUANTA
from .task_metadata import EMPTY_USAGE, RSS_KEY, SECONDS_KEYS, Usage

__all__ = ["UsageColumns"]

_KIB = 1024

_get_arrays = attrgetter("metadata.quantum.arrays")
_get_metrics = attrgetter("metadata.quantum.metadata.butler_metrics.scalars")
_get_job = attrgetter("metadata.job.scalars")
_get_version = attrgetter("metadata.quantum.scalars.version")
_get_node_name = attrgetter("metadata.quantum.scalars.node_name")
_flatten = chain.from_iterable

_NUMBERS = SECONDS_KEYS | {RSS_KEY: "max_rss_bytes"} | COUNTERS
_ARRAY_COLUMNS = {
    f"{prefix}{key}": f"{prefix}_{column}"
    for prefix in PREFIXES
    for key, column in _NUMBERS.items()
} | {f"end{RSS_KEY}": "max_rss_bytes"}
_TIME_COLUMNS = {f"{prefix}Utc": f"{prefix}_at" for prefix in PREFIXES}
_SCALAR_COLUMNS = {
    "time_in_get": "butler_get_wall_time_s",
    "time_in_put": "butler_put_wall_time_s",
    "time_in_ingest": "butler_ingest_wall_time_s",
    "n_get": "butler_get_count",
    "n_put": "butler_put_count",
    "n_ingest": "butler_ingest_count",
    "qg_size": "job_quanta_count",
    "qg_read_time": "graph_read_wall_time_s",
}

_array_fields = _get_arrays(EMPTY_USAGE).__struct_fields__
_pick_numbers = itemgetter(*(_array_fields.index(key) for key in _ARRAY_COLUMNS))
_pick_times = itemgetter(*(_array_fields.index(key) for key in _TIME_COLUMNS))
_scalar_fields = [
    *_get_metrics(EMPTY_USAGE).__struct_fields__,
    *_get_job(EMPTY_USAGE).__struct_fields__,
]

_COLUMNS = (
    *_ARRAY_COLUMNS.values(),
    *(_SCALAR_COLUMNS[field] for field in _scalar_fields),
    "metadata_version",
)
"""Columns of numbers, in the order in which `UsageColumns` holds them."""

_KEYS = (*_ARRAY_COLUMNS, *_scalar_fields, "__version__")
"""Their keys in a document."""

_TYPES = [QUANTA.field(name).type for name in _COLUMNS]
_WHOLE = [index for index, kind in enumerate(_TYPES) if pa.types.is_integer(kind)]
_RSS = [index for index, name in enumerate(_COLUMNS) if name.endswith("max_rss_bytes")]
_VERSION = _COLUMNS.index("metadata_version")

_encode = msgspec.msgpack.Encoder().encode


def _row(count: int, tags: str) -> np.dtype[Any]:
    """Describe how MessagePack writes a tuple of numbers, each after some tags."""
    head = "V1" if count < 16 else "V3"
    return np.dtype([("head", head), ("items", [("tags", tags), ("value", ">f8")], (count,))])


# A float has one tag for any value. A float alone in a tuple has two.
_ARRAY_ROW = _row(len(_ARRAY_COLUMNS), "V2")
_SCALAR_ROW = _row(len(_scalar_fields), "V1")


def _table(tuples: Iterable[tuple[Any, ...]], row: np.dtype[Any]) -> npt.NDArray[np.float64]:
    """Copy tuples of floats into a table, which is faster than one value at a time."""
    rows = list(tuples)
    raw = _encode(rows)
    # The number of rows comes first.
    found = np.frombuffer(raw, row, len(rows), len(raw) - len(rows) * row.itemsize)
    values: npt.NDArray[np.float64] = found["items"]["value"].astype(np.float64)
    return values


class UsageColumns:
    """Collects documents, and makes their columns."""

    _CHUNK = 64
    """Documents that are decoded at once.  They must fit into the processor's caches.  A busy
    machine takes twice as long with thousands of documents, and a tenth more with 256."""

    def __init__(self) -> None:
        self._pending: list[Usage] = []
        self._tables = [np.empty((0, len(_COLUMNS)))]
        self._times: list[str | None] = []
        self._nodes: list[str | None] = []

    def append(self, usage: Usage | None) -> None:
        """Add the document of the next row; `None` if there is none."""
        self._pending.append(EMPTY_USAGE if usage is None else usage)
        if len(self._pending) == self._CHUNK:
            self._take_apart()

    def _take_apart(self) -> None:
        usages, self._pending = self._pending, []
        if not usages:
            return
        arrays = list(map(astuple, map(_get_arrays, usages)))
        scalars = map(
            add, map(astuple, map(_get_metrics, usages)), map(astuple, map(_get_job, usages))
        )
        table = np.empty((len(usages), len(_COLUMNS)))
        table[:, : len(_ARRAY_COLUMNS)] = _table(map(_pick_numbers, arrays), _ARRAY_ROW)
        table[:, len(_ARRAY_COLUMNS) : _VERSION] = _table(scalars, _SCALAR_ROW)
        table[:, _VERSION] = list(map(_get_version, usages))
        self._tables.append(table)
        # Every array holds one value: see `extract.documents.task_metadata`.
        self._times += _flatten(_flatten(map(_pick_times, arrays)))
        self._nodes += map(_get_node_name, usages)

    def finish(self) -> tuple[dict[str, pa.Array], dict[int, str]]:
        """Make the columns.

        Returns
        -------
        columns : `dict` [ `str`, `pyarrow.Array` ]
            One value per document, in the order of `append`; RSS in bytes, times
            in UTC, NULL if absent.
        unreadable : `dict` [ `int`, `str` ]
            Rows with an invalid time or a count that is not whole, and what is
            wrong.  All their columns are NULL.
        """
        self._take_apart()
        numbers = np.concatenate(self._tables)
        unreadable = _find_fractions(numbers)
        columns = self._parse_times(unreadable)
        if unreadable:
            width = len(_TIME_COLUMNS)
            for row in unreadable:
                numbers[row] = np.nan
                self._times[row * width : (row + 1) * width] = [None] * width
                self._nodes[row] = None
            columns = self._parse_times(unreadable)
        numbers[np.ix_(numbers[:, _VERSION] == 0, _RSS)] *= _KIB
        columns |= _columns(numbers)
        columns["node_name"] = pa.array(self._nodes, pa.string())
        return columns, unreadable

    def _parse_times(self, unreadable: dict[int, str]) -> dict[str, pa.Array]:
        return {
            column: _parse_times(self._times[index :: len(_TIME_COLUMNS)], unreadable)
            for index, column in enumerate(_TIME_COLUMNS.values())
        }


def _columns(numbers: npt.NDArray[np.float64]) -> dict[str, pa.Array]:
    """Convert a table to columns of their types, with NULL for NaN."""
    by_column = np.ascontiguousarray(numbers.T)
    absent = np.isnan(by_column)
    masks = [mask if mask.any() else None for mask in absent]
    with np.errstate(invalid="ignore"):
        # The mask hides the integer that NaN becomes.
        return {
            name: pa.array(values.astype(kind.to_pandas_dtype(), copy=False), mask=mask)
            for name, kind, values, mask in zip(_COLUMNS, _TYPES, by_column, masks, strict=True)
        }


def _find_fractions(numbers: npt.NDArray[np.float64]) -> dict[int, str]:
    """Find the rows in which a count is not whole, and describe the fault."""
    counts = numbers[:, _WHOLE]
    return {
        int(row): f"{_KEYS[_WHOLE[column]]} is {counts[row, column]}, not a whole number"
        for row, column in np.argwhere(np.floor(counts) < counts)
    }


_AT = pa.timestamp("us", tz="UTC")
_WITH_OFFSET = r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$"


def _parse_times(texts: list[str | None], unreadable: dict[int, str]) -> pa.Array:
    """Parse ISO times; times without an offset are UTC, too (D4).

    Texts that are not a time are added to ``unreadable``, by their row.
    """
    array = pa.array(texts, pa.string())
    try:
        # This works for nearly all documents and is faster than the code below.
        return array.cast(_AT)
    except pa.ArrowInvalid:
        pass
    is_naive = pc.invert(pc.match_substring_regex(array, _WITH_OFFSET))
    aware = pc.if_else(is_naive, pc.binary_join_element_wise(array, "+00:00", ""), array)
    try:
        return aware.cast(_AT)
    except pa.ArrowInvalid:
        unreadable |= {
            row: f"{str(array[row])!r:.60} is not a time"
            for row, text in enumerate(aware)
            if not _is_time(text)
        }
        return pa.nulls(len(array), _AT)


def _is_time(text: pa.StringScalar) -> bool:
    try:
        text.cast(_AT)
    except pa.ArrowInvalid:
        return False
    return True
