"""The numbers of many metadata documents as columns of the lake, in its units.

The hot path of every extraction: nothing here runs Python code for a single
value of an ordinary document.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extract.documents import EMPTY_USAGE, MISSING, RSS_KEY, SECONDS_KEYS, Usage
from extract.schema import COUNTERS, PREFIXES

__all__ = ["UsageColumns"]

_KIB = 1024

_RSS_COLUMNS = {
    prefix: "max_rss_bytes" if prefix == "end" else f"{prefix}_max_rss_bytes" for prefix in PREFIXES
}
_TIMES = [(attrgetter(f"{prefix}Utc"), f"{prefix}_at") for prefix in PREFIXES]

_ARRAYS = [
    (attrgetter(f"{prefix}{key}"), column, kind)
    for prefix in PREFIXES
    for key, column, kind in (
        *((key, f"{prefix}_{column}", float) for key, column in SECONDS_KEYS.items()),
        (RSS_KEY, _RSS_COLUMNS[prefix], int),
        *((key, f"{prefix}_{column}", int) for key, column in COUNTERS.items()),
    )
]
"""Getter, column and type of the numbers that stand in arrays."""

_VERBS = ("get", "put", "ingest")

_SCALARS: list[tuple[Any, list[tuple[Any, str, type]]]] = [
    (
        attrgetter("metadata.quantum.scalars"),
        [(attrgetter("version"), "metadata_version", int)],
    ),
    (
        attrgetter("metadata.job.scalars"),
        [
            (attrgetter("qg_size"), "job_quanta_count", int),
            (attrgetter("qg_read_time"), "graph_read_wall_time_s", float),
        ],
    ),
    (
        attrgetter("metadata.quantum.metadata.butler_metrics.scalars"),
        [
            *((attrgetter(f"time_in_{v}"), f"butler_{v}_wall_time_s", float) for v in _VERBS),
            *((attrgetter(f"n_{v}"), f"butler_{v}_count", int) for v in _VERBS),
        ],
    ),
]
"""The same for numbers that stand singly, with the getter of their section."""

_get_arrays = attrgetter("metadata.quantum.arrays")
_get_node_name = attrgetter("metadata.quantum.scalars.node_name")


class UsageColumns:
    """Collects documents, and gives their columns."""

    _CHUNK = 256
    """Documents that are taken apart at once, while they are still in the processor's caches:
    column after column over thousands of them takes twice as long."""

    def __init__(self) -> None:
        self._pending: list[Usage] = []
        self._numbers: dict[str, list[npt.NDArray[Any]]] = defaultdict(list)
        self._texts: dict[str, list[str | None]] = defaultdict(list)

    def append(self, usage: Usage | None) -> None:
        """Add the document of the next row; `None` where there is none."""
        self._pending.append(EMPTY_USAGE if usage is None else usage)
        if len(self._pending) == self._CHUNK:
            self._take_apart()

    def _take_apart(self) -> None:
        usages, self._pending = self._pending, []
        count = len(usages)
        arrays = list(map(_get_arrays, usages))
        for get, column, kind in _ARRAYS:
            # Every array holds one value: see `extract.documents`.
            values = chain.from_iterable(map(get, arrays))
            self._numbers[column].append(np.fromiter(values, kind, count))
        for get, column in _TIMES:
            self._texts[column] += chain.from_iterable(map(get, arrays))
        for get_section, fields in _SCALARS:
            sections = list(map(get_section, usages))
            for get, column, kind in fields:
                self._numbers[column].append(np.fromiter(map(get, sections), kind, count))
        self._texts["node_name"] += map(_get_node_name, usages)

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
        numbers = {column: np.concatenate(parts) for column, parts in self._numbers.items()}
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
        for _, column in _TIMES:
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
