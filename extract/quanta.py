"""From what documents say to rows of the lake's ``quanta``, in its units, and to rejects.

Pure: values in, Arrow out.  Both sources fill the same `QuantaBuilder`, so a
quantum gives the same row whichever way it was recorded.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.documents import EMPTY_USAGE, MISSING, RSS_KEY, SECONDS_KEYS, Usage
from extract.schema import COUNTERS, DIMENSION_COLUMNS, PREFIXES, QUANTA, REJECTS

__all__ = [
    "BATCH_SIZE",
    "QuantaBuilder",
    "Row",
    "canonical_data_id",
    "dimension_picker",
    "paused_garbage_collection",
]

BATCH_SIZE = 5_000
"""Rows that are turned to Arrow at once: larger batches fall out of the processor's caches."""

_KIB = 1024


class Row(NamedTuple):
    """One attempt of a quantum, before its columns are made."""

    task_label: str
    data_id: str
    dimensions: tuple[int | str | None, ...]
    """Values in the order of `DIMENSION_COLUMNS`, from `dimension_picker`."""

    status: str
    quantum_id: str | None = None
    metadata_dataset_id: str | None = None
    attempt: int | None = 0
    is_last_attempt: bool = True
    caveats: int | None = None
    exception_type: str | None = None
    has_metadata: bool | None = None
    has_log: bool | None = None
    previous_process_quanta: Sequence[str] | None = None
    """`None` where unknown; empty for the first quantum of a process."""

    usage: Usage | None = None
    uri: str | None = None
    """Where the metadata is: for rejects alone."""


class _Reject(NamedTuple):
    task_label: str
    data_id: str
    dataset_id: str | None
    uri: str | None
    reason: str


def canonical_data_id(required: Mapping[str, int | str]) -> str:
    """Write the required dimensions of a data ID as the lake's JSON text.

    Parameters
    ----------
    required : `~collections.abc.Mapping`
        Dimension name to value, the required dimensions alone.

    Returns
    -------
    data_id : `str`
        JSON, keys sorted, no spaces: equal for equal data IDs of any source.
    """
    return msgspec.json.encode(dict(sorted(required.items()))).decode()


def dimension_picker(
    names: Sequence[str],
) -> Callable[[Sequence[int | str | None]], tuple[int | str | None, ...]]:
    """Make a function that sorts the values of a data ID into the lake's dimension columns.

    Parameters
    ----------
    names : `~collections.abc.Sequence` [ `str` ]
        Dimensions, in the order of the values to come.

    Returns
    -------
    pick : `~collections.abc.Callable`
        Takes the values, gives one for each of `DIMENSION_COLUMNS`: `None` for
        those that the data ID does not have.
    """
    position = {name: index for index, name in enumerate(names)}
    # The value that is appended below stands for every dimension that is not there.
    pick = itemgetter(*(position.get(name, len(names)) for name in DIMENSION_COLUMNS))
    return lambda values: pick((*values, None))


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """Keep the cyclic garbage collector from looking through millions of young, acyclic objects.

    It takes more than half of the time of a reader otherwise.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class QuantaBuilder:
    """Collects rows and turns them into a record batch.

    Parameters
    ----------
    run : `str`
        RUN collection of all rows.
    source : `str`
        ``metadata_file`` or ``provenance_graph``.
    """

    def __init__(self, run: str, source: str) -> None:
        self._run = run
        self._source = source
        self._rows: list[Row] = []
        self._rejects: list[_Reject] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: Row) -> None:
        """Add an attempt."""
        self._rows.append(row)

    def append_unreadable(self, row: Row, reason: object) -> None:
        """Add an attempt whose metadata should be there and cannot be read.

        Parameters
        ----------
        row : `Row`
            What is known; its status becomes ``unreadable``.
        reason : `object`
            Printed into the reject.
        """
        self._rows.append(row._replace(status="unreadable", usage=None))
        self._reject(row, reason)

    def _reject(self, row: Row, reason: object) -> None:
        self._rejects.append(
            _Reject(row.task_label, row.data_id, row.metadata_dataset_id, row.uri, str(reason))
        )

    def take_batch(self) -> pa.RecordBatch:
        """Turn the rows so far into Arrow, and forget them.

        Returns
        -------
        batch : `pyarrow.RecordBatch`
            Rows of `QUANTA`.

        Raises
        ------
        pyarrow.ArrowException, OverflowError
            If a dimension's value is not of its column's type.
        """
        rows, self._rows = self._rows, []
        try:
            return _to_batch(self._run, self._source, rows)
        except _UnreadableTimes as error:
            for index, text in error.texts.items():
                self._reject(rows[index], f"{text!r:.60} is not a time")
                rows[index] = rows[index]._replace(status="unreadable", usage=None)
            return _to_batch(self._run, self._source, rows)

    def take_rejects(self) -> pa.Table:
        """Turn the rejects so far into Arrow, and forget them.

        Returns
        -------
        rejects : `pyarrow.Table`
            Rows of `REJECTS`.
        """
        rejects, self._rejects = self._rejects, []
        return pa.Table.from_pylist(
            [
                reject._asdict()
                | {"run": self._run, "dataset_type": f"{reject.task_label}_metadata"}
                for reject in rejects
            ],
            schema=REJECTS,
        )


class _UnreadableTimes(Exception):  # noqa: N818 - carries data, is no error to anyone outside
    """Time texts that are none, by the number of their row."""

    def __init__(self, texts: dict[int, str]) -> None:
        super().__init__()
        self.texts = texts


def _to_batch(run: str, source: str, rows: Sequence[Row]) -> pa.RecordBatch:
    if not rows:
        return pa.RecordBatch.from_pylist([], schema=QUANTA)
    by_name = dict(zip(Row._fields, zip(*rows, strict=True), strict=True))
    usages = [EMPTY_USAGE if usage is None else usage for usage in by_name.pop("usage")]
    previous = by_name.pop("previous_process_quanta")
    columns: dict[str, pa.Array] = {
        "run": _constant(run, len(rows)),
        "source": _constant(source, len(rows)),
        "process_id": _process_ids(by_name["quantum_id"], previous),
        "previous_process_quanta": _lists(previous),
    }
    for name, values in zip(
        DIMENSION_COLUMNS, zip(*by_name.pop("dimensions"), strict=True), strict=True
    ):
        columns[name] = pa.array(values, DIMENSION_COLUMNS[name])
    del by_name["uri"]
    for name, values in by_name.items():
        columns[name] = pa.array(values, QUANTA.field(name).type)
    columns |= _usage_columns(usages)
    return pa.RecordBatch.from_arrays([columns[name] for name in QUANTA.names], schema=QUANTA)


def _constant(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _process_ids(
    quantum_ids: Sequence[str | None], previous: Sequence[Sequence[str] | None]
) -> pa.Array:
    """Name each process after its first quantum."""
    return pa.array(
        [
            None if before is None else before[0] if before else quantum_id
            for quantum_id, before in zip(quantum_ids, previous, strict=True)
        ],
        pa.string(),
    )


def _lists(lists: Sequence[Sequence[str] | None]) -> pa.Array:
    count = len(lists)
    lengths = np.fromiter((len(x) if x else 0 for x in lists), np.int64, count)
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    values = pa.array(list(chain.from_iterable(x for x in lists if x)), pa.string())
    absent = np.fromiter((x is None for x in lists), bool, count)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(absent))


def _usage_columns(usages: Sequence[Usage]) -> dict[str, pa.Array]:
    """Make the columns that come from metadata."""
    count = len(usages)
    quanta = [usage.metadata.quantum for usage in usages]
    scalars = list(map(attrgetter("scalars"), quanta))
    arrays = list(map(attrgetter("arrays"), quanta))
    version = np.fromiter(map(attrgetter("version"), scalars), np.int64, count)
    to_bytes = np.where(version == 0, _KIB, 1)
    columns = {
        "metadata_version": _integers(version).cast(pa.int32()),
        "node_name": pa.array([s.node_name for s in scalars], pa.string()),
    }
    unreadable: dict[int, str] = {}
    for prefix in PREFIXES:
        texts = list(_only_values(arrays, f"{prefix}Utc"))
        columns[f"{prefix}_at"] = _times(texts, unreadable)
        for key, column in SECONDS_KEYS.items():
            values = np.fromiter(_only_values(arrays, f"{prefix}{key}"), np.float64, count)
            columns[f"{prefix}_{column}"] = _seconds(values)
        rss = np.fromiter(_only_values(arrays, f"{prefix}{RSS_KEY}"), np.int64, count)
        name = "max_rss_bytes" if prefix == "end" else f"{prefix}_max_rss_bytes"
        columns[name] = _integers(np.where(rss == MISSING, MISSING, rss * to_bytes))
        for key, column in COUNTERS.items():
            values = np.fromiter(_only_values(arrays, f"{prefix}{key}"), np.int64, count)
            columns[f"{prefix}_{column}"] = _integers(values)
    if unreadable:
        raise _UnreadableTimes(unreadable)
    return columns | _butler_columns(usages)


def _only_values(arrays: Sequence[Any], key: str) -> Iterable[Any]:
    """Iterate over the one value that each of the arrays of that key holds, without Python code."""
    return chain.from_iterable(map(attrgetter(key), arrays))


def _butler_columns(usages: Sequence[Usage]) -> dict[str, pa.Array]:
    count = len(usages)
    metrics = [usage.metadata.quantum.metadata.butler_metrics.scalars for usage in usages]
    jobs = [usage.metadata.job.scalars for usage in usages]
    columns = {
        "job_quanta_count": _integers(
            np.fromiter(map(attrgetter("qg_size"), jobs), np.int64, count)
        ),
        "graph_read_wall_time_s": _seconds(
            np.fromiter(map(attrgetter("qg_read_time"), jobs), np.float64, count)
        ),
    }
    for verb in ("get", "put", "ingest"):
        columns[f"butler_{verb}_wall_time_s"] = _seconds(
            np.fromiter(map(attrgetter(f"time_in_{verb}"), metrics), np.float64, count)
        )
        columns[f"butler_{verb}_count"] = _integers(
            np.fromiter(map(attrgetter(f"n_{verb}"), metrics), np.int64, count)
        )
    return columns


def _integers(values: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(values, pa.int64(), mask=values == MISSING)


def _seconds(values: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(values, pa.float64(), mask=~np.isfinite(values))


_AT = pa.timestamp("us", tz="UTC")
_OFFSET = r"[T ].*(?:Z|[+-]\d\d(?::?\d\d)?)$"


def _times(texts: Sequence[str | None], unreadable: dict[int, str]) -> pa.Array:
    """Parse ISO times, of which those without an offset are UTC too (D4).

    Texts that are no time go to ``unreadable``, by their index.
    """
    array = pa.array(texts, pa.string())
    try:
        # Nearly always right, and ten times as fast as what follows.
        return array.cast(_AT)
    except pa.ArrowInvalid:
        pass
    is_naive = pc.invert(pc.match_substring_regex(array, _OFFSET))
    aware = pc.if_else(is_naive, pc.binary_join_element_wise(array, "+00:00", ""), array)
    try:
        return aware.cast(_AT)
    except pa.ArrowInvalid:
        bad = {i: str(array[i]) for i, text in enumerate(aware) if not _is_time(text)}
        unreadable.update(bad)
        return pa.nulls(len(array), _AT)


def _is_time(text: pa.StringScalar) -> bool:
    try:
        text.cast(_AT)
    except pa.ArrowInvalid:
        return False
    return True
