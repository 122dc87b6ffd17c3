"""The numbers of many metadata documents as columns of the lake, in its units.

The hot path of every extraction: nothing here runs Python code for a single
value of an ordinary document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from msgspec.structs import astuple

from extract.documents import EMPTY_USAGE, MISSING, RSS_KEY, SECONDS_KEYS, Usage
from extract.schema import COUNTERS, PREFIXES

__all__ = ["UsageColumns"]

_KIB = 1024

_RSS_COLUMNS = {
    prefix: "max_rss_bytes" if prefix == "end" else f"{prefix}_max_rss_bytes" for prefix in PREFIXES
}
_Arrays = type(EMPTY_USAGE.metadata.quantum.arrays)


class _Group(NamedTuple):
    """Fields of one section and one type, that become columns together."""

    pick: Callable[[tuple[Any, ...]], tuple[Any, ...]]
    """Takes the values of the whole section, gives those of the group."""

    columns: tuple[str, ...]
    kind: type


def _group(section: type, columns: Mapping[str, str], kind: type) -> _Group:
    """Make a group from the names of at least two fields, and those of their columns."""
    positions = [section.__struct_fields__.index(name) for name in columns]  # type: ignore[attr-defined]
    return _Group(itemgetter(*positions), tuple(columns.values()), kind)


_ARRAYS = (
    _group(
        _Arrays,
        {
            f"{prefix}{key}": f"{prefix}_{column}"
            for prefix in PREFIXES
            for key, column in SECONDS_KEYS.items()
        },
        float,
    ),
    _group(
        _Arrays,
        {f"{prefix}{RSS_KEY}": column for prefix, column in _RSS_COLUMNS.items()}
        | {
            f"{prefix}{key}": f"{prefix}_{column}"
            for prefix in PREFIXES
            for key, column in COUNTERS.items()
        },
        int,
    ),
)
"""Numbers that stand in arrays."""

_TIMES = _group(_Arrays, {f"{prefix}Utc": f"{prefix}_at" for prefix in PREFIXES}, str)

_VERBS = ("get", "put", "ingest")
_Metrics = type(EMPTY_USAGE.metadata.quantum.metadata.butler_metrics.scalars)
_METRICS = (
    _group(_Metrics, {f"time_in_{verb}": f"butler_{verb}_wall_time_s" for verb in _VERBS}, float),
    _group(_Metrics, {f"n_{verb}": f"butler_{verb}_count" for verb in _VERBS}, int),
)

_SINGLE = (
    (attrgetter("metadata.quantum.scalars.version"), "metadata_version", int),
    (attrgetter("metadata.job.scalars.qg_size"), "job_quanta_count", int),
    (attrgetter("metadata.job.scalars.qg_read_time"), "graph_read_wall_time_s", float),
)
"""Getter, column and type of numbers that have no others of their type beside them."""

_get_arrays = attrgetter("metadata.quantum.arrays")
_get_metrics = attrgetter("metadata.quantum.metadata.butler_metrics.scalars")
_get_node_name = attrgetter("metadata.quantum.scalars.node_name")
_flatten = chain.from_iterable


class UsageColumns:
    """Collects documents, and gives their columns."""

    _CHUNK = 64
    """Documents that are taken apart at once, while they are still in the processor's caches, of
    which a busy machine leaves little: thousands of them take twice as long, 256 a tenth more."""

    def __init__(self) -> None:
        self._pending: list[Usage] = []
        self._numbers: dict[tuple[str, ...], list[npt.NDArray[Any]]] = defaultdict(list)
        self._texts: dict[str, list[str | None]] = defaultdict(list)

    def append(self, usage: Usage | None) -> None:
        """Add the document of the next row; `None` where there is none."""
        self._pending.append(EMPTY_USAGE if usage is None else usage)
        if len(self._pending) == self._CHUNK:
            self._take_apart()

    def _take_apart(self) -> None:
        usages, self._pending = self._pending, []
        arrays = list(map(astuple, map(_get_arrays, usages)))
        for group in _ARRAYS:
            # Every array holds one value: see `extract.documents`.
            self._add(group.columns, group.kind, _flatten(_flatten(map(group.pick, arrays))))
        texts = list(_flatten(_flatten(map(_TIMES.pick, arrays))))
        for index, column in enumerate(_TIMES.columns):
            self._texts[column] += texts[index :: len(_TIMES.columns)]
        metrics = list(map(astuple, map(_get_metrics, usages)))
        for group in _METRICS:
            self._add(group.columns, group.kind, _flatten(map(group.pick, metrics)))
        for get, column, kind in _SINGLE:
            self._add((column,), kind, map(get, usages))
        self._texts["node_name"] += map(_get_node_name, usages)

    def _add(self, columns: tuple[str, ...], kind: type, values: Iterable[Any]) -> None:
        """Add the values of some columns, document by document."""
        rows: npt.NDArray[Any] = np.fromiter(values, kind).reshape(-1, len(columns))
        self._numbers[columns].append(rows)

    def finish(self) -> tuple[dict[str, pa.Array], dict[int, str]]:
        """Make the columns.

        Returns
        -------
        columns : `dict` [ `str`, `pyarrow.Array` ]
            One value a document, in the order of `append`; RSS in bytes, times
            in UTC, NULL where absent.
        unreadable : `dict` [ `int`, `str` ]
            Rows with a time that is none, and that text.  All their columns
            are NULL.
        """
        self._take_apart()
        numbers = {
            column: values
            for columns, parts in self._numbers.items()
            for column, values in zip(
                columns, np.ascontiguousarray(np.concatenate(parts).T), strict=True
            )
        }
        columns, unreadable = self._parse_times()
        if unreadable:
            bad = list(unreadable)
            for values in numbers.values():
                values[bad] = MISSING if values.dtype.kind == "i" else np.nan
            for texts in self._texts.values():
                for index in bad:
                    texts[index] = None
            columns, _ = self._parse_times()
        factor = np.where(numbers["metadata_version"] == 0, _KIB, 1)
        for column in _RSS_COLUMNS.values():
            values = numbers[column]
            np.multiply(values, factor, out=values, where=values != MISSING)
        for column, values in numbers.items():
            absent = values == MISSING if values.dtype.kind == "i" else ~np.isfinite(values)
            columns[column] = pa.array(values, mask=absent)
        columns["metadata_version"] = columns["metadata_version"].cast(pa.int32())
        columns["node_name"] = pa.array(self._texts["node_name"], pa.string())
        return columns, unreadable

    def _parse_times(self) -> tuple[dict[str, pa.Array], dict[int, str]]:
        columns: dict[str, pa.Array] = {}
        unreadable: dict[int, str] = {}
        for column in _TIMES.columns:
            columns[column] = _parse_times(self._texts[column], unreadable)
        return columns, unreadable


_AT = pa.timestamp("us", tz="UTC")
_WITH_OFFSET = r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$"


def _parse_times(texts: list[str | None], unreadable: dict[int, str]) -> pa.Array:
    """Parse ISO times, of which those without an offset are UTC too (D4).

    Texts that are no time are added to ``unreadable``, by their index.
    """
    array = pa.array(texts, pa.string())
    try:
        # Nearly always right, and ten times as fast as what follows.
        return array.cast(_AT)
    except pa.ArrowInvalid:
        pass
    is_naive = pc.invert(pc.match_substring_regex(array, _WITH_OFFSET))
    aware = pc.if_else(is_naive, pc.binary_join_element_wise(array, "+00:00", ""), array)
    try:
        return aware.cast(_AT)
    except pa.ArrowInvalid:
        unreadable |= {i: str(array[i]) for i, text in enumerate(aware) if not _is_time(text)}
        return pa.nulls(len(array), _AT)


def _is_time(text: pa.StringScalar) -> bool:
    try:
        text.cast(_AT)
    except pa.ArrowInvalid:
        return False
    return True
