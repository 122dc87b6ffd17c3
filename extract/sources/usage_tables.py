"""Source 4: read tables in which analysis_tools gathered the resource usage of a task.

``gatherResourceUsage`` reads the metadata of all quanta of a task and writes
``{task}_resource_usage``: a row for each data ID with its dimensions, ``memory``
(max RSS in bytes), ``init_time`` and ``run_time`` (CPU seconds) and ``wall_time``
(seconds, prep to end).  If the metadata does not exist any more, these rows remain.
They have no instants, node, process or peak at prep.

The rows of a table are written as they are.  The models find quanta that also have
metadata.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from lsst.resources import ResourcePath

from ..butler.registered import METADATA, RESOURCE_USAGE, USAGE_TABLES, UsageTable
from ..butler.store_errors import diagnose
from ..butler.stores import StoreGuard
from ..documents.quanta import (
    BATCH_SIZE,
    QuantaBuilder,
    Row,
    data_id_writer,
    dimension_picker,
    paused_garbage_collection,
)
from ..lake.schema import DIMENSION_COLUMNS, GATHERED_COLUMNS, QUANTA, REJECTS
from ..uris import without_secrets
from .claims import LARGEST_COUNT, LARGEST_TABLE, require_file
from .protocol import Description, Outcome, Place, Sink

if TYPE_CHECKING:
    from ..butler.repository import Repository

__all__ = ["TablePart", "UsageTables"]

_MEMORY = "memory"
_USAGE = (_MEMORY, *GATHERED_COLUMNS)

_DAMAGE = (pa.ArrowException, OSError, ValueError)
"""Errors of pyarrow for bytes that are not Parquet; the file is already in memory here."""


@dataclass(frozen=True)
class TablePart:
    """One table; picklable."""

    run: str
    """RUN collection of the table."""

    table: UsageTable
    """The table."""


class UsageTables:
    """RUNs with tables of gathered resource usage."""

    name = USAGE_TABLES
    header_name = None

    def describe(self, place: Place) -> Description:
        """Return what the registry says; no file is read."""
        return Description(place)

    def slices(
        self, description: Description, repository: Repository | None, count: int
    ) -> list[TablePart]:
        """Make one slice of each table."""
        place = description.place
        assert place.contents is not None
        return [TablePart(place.name, table) for table in place.contents.usage_tables]

    def read(self, part: TablePart, sink: Sink) -> Outcome:
        """Read a table; a table that cannot be read is a reject.

        Raises
        ------
        StoreError
            Raised if the store as a whole cannot be read.
        """
        uri = part.table.uri
        try:
            content = _content(uri)
        except Exception as error:  # Each store has its own errors.
            assert uri is not None, "something was read"
            guard, diagnosis = StoreGuard(), diagnose(error, uri)
            guard.fail(diagnosis, uri)
            guard.close()
            sink("rejects", _reject(part, diagnosis.text))
            return Outcome(unread=[uri])
        opened = content if isinstance(content, str) else _opened(part.table, content)
        if isinstance(opened, str):
            sink("rejects", _reject(part, opened))
            return Outcome()
        with paused_garbage_collection():
            for name, batch in _batches(part, opened):
                sink(name, batch)
        return Outcome()


def _content(uri: str | None) -> bytes | str:
    """Read the file of a table, or give the reason why it cannot be read."""
    if uri is None:
        return "registered, but the datastore has no record of a file"
    path = ResourcePath(uri)
    if path.isLocal:
        try:
            require_file(path.ospath)
        except ValueError as error:
            return str(error)
    if path.size() > LARGEST_TABLE:
        return f"no table of resource usage has more than {LARGEST_TABLE:,} bytes"
    return path.read()


def _opened(table: UsageTable, content: bytes) -> pq.ParquetFile | str:
    """Open a table, or give the reason why it cannot be opened."""
    if table.required is None:
        return f"no dataset type {table.task_label}{METADATA} tells the dimensions of its data IDs"
    try:
        opened = pq.ParquetFile(io.BytesIO(content))
        names = opened.schema_arrow.names
    except _DAMAGE as error:
        return f"the table is not a Parquet file: {error}"
    lacking = sorted({*table.required, _MEMORY} - set(names))
    if lacking:
        return f"the table has no column {', '.join(lacking)}"
    if not table.required and opened.metadata.num_rows > 1:
        return f"{opened.metadata.num_rows:,} rows of a task without dimensions, which has one"
    return opened


def _reject(part: TablePart, reason: str) -> pa.RecordBatch:
    """Make a row of `REJECTS` for a table as a whole."""
    row = {
        "run": part.run,
        "task_label": part.table.task_label,
        "data_id": "{}",
        "dataset_type": part.table.task_label + RESOURCE_USAGE,
        "uri": part.table.uri and without_secrets(part.table.uri),
        "reason": without_secrets(reason),
    }
    return pa.RecordBatch.from_pylist([row], schema=REJECTS)


def _batches(part: TablePart, content: pq.ParquetFile) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Make rows of `QUANTA` from a table; the rest of a damaged table is a reject."""
    required = part.table.required or ()
    names = [name for name in content.schema_arrow.names if name in DIMENSION_COLUMNS]
    names += [name for name in required if name not in names]
    make_data_id, pick = data_id_writer(required, names), dimension_picker(names)
    is_implied = [name not in required for name in names]
    gathered = [name for name in GATHERED_COLUMNS if name in content.schema_arrow.names]
    builder = QuantaBuilder(part.run, "usage_table")
    done_count = 0
    try:
        for batch in content.iter_batches(BATCH_SIZE, columns=[*names, _MEMORY, *gathered]):
            columns = _columns(batch, required)
            for values in zip(*(columns[name] for name in names), strict=True) if names else [()]:
                # The tool writes 0 or "" if a data ID did not have its implied dimensions.
                dimensions = [
                    value or None if implied else value
                    for value, implied in zip(values, is_implied, strict=True)
                ]
                data_id = make_data_id(values)
                row = Row(part.table.task_label, data_id, pick(dimensions), "successful")
                builder.append(row._replace(has_metadata=False))
            rows = _with_usage(builder.take_batch(), columns)
            yield "quanta", rows
            done_count += rows.num_rows
    except _DAMAGE as error:
        reason = f"rows after the first {done_count:,} cannot be read: {error}"
        yield "rejects", _reject(part, reason)


def _columns(batch: pa.RecordBatch, required: Sequence[str]) -> dict[str, list[Any]]:
    """Get the values of each column, in the types of the lake.

    Raises
    ------
    ValueError
        Raised if a column has another type, or a row has no value of a required dimension.
    """
    columns = {}
    for name in batch.schema.names:
        values = batch[name]
        if name in required and values.null_count:
            raise ValueError(f"{values.null_count:,} of {len(values):,} rows have no {name}")
        kind = DIMENSION_COLUMNS.get(name, pa.float64() if name in _USAGE else None)
        try:
            columns[name] = (values if kind is None else values.cast(kind)).to_pylist()
        except pa.ArrowException as error:
            raise ValueError(f"column {name} holds no {kind}: {error}") from error
    return columns


def _with_usage(batch: pa.RecordBatch, columns: Mapping[str, Sequence[Any]]) -> pa.RecordBatch:
    """Add the gathered values; a row without a peak means metadata without usage."""
    peaks = [_number(value) or None for value in columns[_MEMORY]]
    filled: dict[str, list[Any]] = {
        "max_rss_bytes": [None if peak is None else _bytes(peak) for peak in peaks]
    }
    for name, column in GATHERED_COLUMNS.items():
        if name in columns:
            filled[column] = [
                None if peak is None else _number(value)
                for peak, value in zip(peaks, columns[name], strict=True)
            ]
    arrays = {name: batch[name] for name in QUANTA.names}
    arrays |= {name: pa.array(values, QUANTA.field(name).type) for name, values in filled.items()}
    return pa.RecordBatch.from_arrays(list(arrays.values()), schema=QUANTA)


def _number(value: float | None) -> float | None:
    """Give a number; anything else counts as absent."""
    return None if value is None or not math.isfinite(value) else value


def _bytes(peak: float) -> int:
    """Round a peak.  It must only fit into the column; the models flag impossible values."""
    return max(-LARGEST_COUNT, min(LARGEST_COUNT, round(peak)))
