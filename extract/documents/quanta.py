"""Make rows of the lake's ``quanta``, in its units, and rejects from decoded documents.

Pure: values in, Arrow out.  All sources fill the same `QuantaBuilder`, so a quantum
gives the same row from every source.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from ..lake.schema import DIMENSION_COLUMNS, GATHERED_COLUMNS, QUANTA, REJECTS
from ..uris import without_secrets
from .task_metadata import Usage
from .usage_columns import UsageColumns

__all__ = [
    "BATCH_SIZE",
    "QuantaBuilder",
    "Row",
    "data_id_writer",
    "dimension_picker",
    "is_usage_gathering",
    "paused_garbage_collection",
]

BATCH_SIZE = 2_048
"""Rows that are converted to Arrow at once; more do not fit into the processor's caches."""

_encode = msgspec.json.Encoder().encode

# Tools of analysis_tools that gather resource usage from metadata. They process no observations,
# and their own metadata would count the measurement as work.
_USAGE_GATHERING = ("gatherResourceUsage", "consolidateResourceUsage")


def is_usage_gathering(task_label: str) -> bool:
    """Say whether a task only gathers the resource usage of others.

    Parameters
    ----------
    task_label : `str`
        Label of the task in the pipeline.

    Returns
    -------
    is_usage_gathering : `bool`
        Whether its quanta are left out of the census, for every source.
    """
    return task_label.endswith(_USAGE_GATHERING)


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

    uri: str | None = None
    """Path or URI of the metadata, for rejects; `None` if only a log can have information."""


class _Reject(NamedTuple):
    task_label: str
    data_id: str
    dataset_id: str | None
    uri: str | None
    reason: str


def data_id_writer(
    required: Iterable[str], names: Sequence[str]
) -> Callable[[Sequence[int | str]], str]:
    """Make a function that writes canonical data IDs of one task.

    Parameters
    ----------
    required : `~collections.abc.Iterable` [ `str` ]
        Required dimensions of the task.
    names : `~collections.abc.Sequence` [ `str` ]
        Dimensions, in the order of the values to come.

    Returns
    -------
    write : `~collections.abc.Callable`
        Takes the values and gives JSON of the required ones, keys sorted, without
        spaces.  The text is equal for equal data IDs of any source.
    """
    keys = sorted(required)
    if not keys:
        return lambda _: "{}"
    fields = [f"value_{index}" for index in range(len(keys))]
    # Making and writing a struct takes half the time of a dictionary.
    data_id = msgspec.defstruct("DataId", fields, rename=dict(zip(fields, keys, strict=True)))
    pick = itemgetter(*(names.index(key) for key in keys))
    if len(keys) == 1:
        # A getter of one item does not give a tuple.
        return lambda values: _encode(data_id(pick(values))).decode()
    return lambda values: _encode(data_id(*pick(values))).decode()


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
        Takes the values and gives one for each of `DIMENSION_COLUMNS`; `None` for
        dimensions that the data ID does not have.
    """
    position = {name: index for index, name in enumerate(names)}
    # The value that is appended below is used for every dimension that is absent.
    pick = itemgetter(*(position.get(name, len(names)) for name in DIMENSION_COLUMNS))
    return lambda values: pick((*values, None))


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """Pause the cyclic garbage collector, which would examine millions of new, acyclic objects.

    Otherwise it takes more than half of the time of a reader.
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
        ``metadata_file``, ``provenance_graph`` or ``usage_table``.
    """

    def __init__(self, run: str, source: str) -> None:
        self._run = run
        self._source = source
        self._rows: list[Row] = []
        self._usages = UsageColumns()
        self._rejects: list[_Reject] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: Row, usage: Usage | None = None) -> None:
        """Add an attempt, with the content of its metadata if it has any."""
        self._rows.append(row)
        self._usages.append(usage)

    def append_unreadable(self, row: Row, reason: object) -> None:
        """Add an attempt whose metadata is expected and cannot be read.

        Parameters
        ----------
        row : `Row`
            What is known; its status becomes ``unreadable``.
        reason : `object`
            Text of the reject.
        """
        self.append(row._replace(status="unreadable"))
        self._reject(row, reason)

    def _reject(self, row: Row, reason: object) -> None:
        uri = row.uri and without_secrets(row.uri)
        message = without_secrets(str(reason))
        self._rejects.append(
            _Reject(row.task_label, row.data_id, row.metadata_dataset_id, uri, message)
        )

    def take_batch(self) -> pa.RecordBatch:
        """Convert the rows so far to Arrow, and remove them from the builder.

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
        usages, self._usages = self._usages, UsageColumns()
        columns, unreadable = usages.finish()
        for index, reason in unreadable.items():
            rows[index] = self._without_document(rows[index], reason)
        columns |= _row_columns(rows)
        count = len(rows)
        # Metadata has instants; only a table of gathered usage has durations.
        columns |= {name: pa.nulls(count, pa.float64()) for name in GATHERED_COLUMNS.values()}
        columns["run"] = pa.repeat(pa.scalar(self._run, pa.string()), count)
        columns["source"] = pa.repeat(pa.scalar(self._source, pa.string()), count)
        return pa.RecordBatch.from_arrays([columns[name] for name in QUANTA.names], schema=QUANTA)

    def _without_document(self, row: Row, reason: str) -> Row:
        """Remove the values of a document that cannot be read after all."""
        if row.uri is None:
            # It was in the log of a failure, whose status is known: this is not a reject.
            return row._replace(has_metadata=False)
        self._reject(row, reason)
        if self._source == "metadata_file":
            row = row._replace(caveats=None, exception_type=None)
        return row._replace(status="unreadable")

    def take_rejects(self) -> pa.Table:
        """Convert the rejects so far to Arrow, and remove them from the builder.

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


def _row_columns(rows: Sequence[Row]) -> dict[str, pa.Array]:
    """Make the columns that do not come from metadata."""
    by_name: dict[str, Sequence[Any]] = dict.fromkeys(Row._fields, ())
    if rows:
        by_name |= zip(Row._fields, zip(*rows, strict=True), strict=True)
    dimensions = zip(*by_name["dimensions"], strict=True) if rows else [()] * len(DIMENSION_COLUMNS)
    previous = by_name["previous_process_quanta"]
    columns = {
        "process_id": _process_ids(by_name["quantum_id"], previous),
        "previous_process_quanta": _lists(previous),
    }
    for name, values in zip(DIMENSION_COLUMNS, dimensions, strict=True):
        columns[name] = pa.array(values, DIMENSION_COLUMNS[name])
    for name in _PLAIN_FIELDS:
        columns[name] = pa.array(by_name[name], QUANTA.field(name).type)
    return columns


_PLAIN_FIELDS = [
    name for name in Row._fields if name in QUANTA.names and name != "previous_process_quanta"
]


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
