"""Write rows to a Parquet file of the lake: sorted, and with bounded memory.

A job writes the rows of its slice into its own files, so that any worker can finish a
slice alone.  No process holds more than one row group of a table.  Rows are sorted by
task and start within a row group, and a slice is about as large as a row group.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .schema import DIMENSION_COLUMNS, TABLES

__all__ = ["ROW_GROUP_ROWS", "SortedFile", "write_parquet"]

ROW_GROUP_ROWS = 122_880
"""Rows of a row group: DuckDB's own unit of parallel work."""

# Sort keys of each table. No query selects a range of data IDs, and sorting by them would take
# longer than all other work on expectations. Rejects are few.
_ORDER = {
    "quanta": ("task_label", "start_at"),
    "expectations": ("task_label",),
    "rejects": ("task_label",),
    "jobs": ("label", "started_at"),
}

# Integers with few distinct values. Texts always have a dictionary: DuckDB 2.0.0 reads all values
# of a page as NULL if it has no dictionary, one distinct value and some NULLs (November 2026).
_DICTIONARY_INTEGERS = frozenset(DIMENSION_COLUMNS) | {
    "attempt",
    "caveats",
    "metadata_version",
    "job_quanta_count",
}

_DICTIONARY_BYTES = 64 * 1024
"""Size limit of a dictionary, so that distinct texts cost no more than without one."""


def _writer(table: str, path: Path) -> pq.ParquetWriter:
    """Open a file of a table for writing."""
    schema = TABLES[table]
    dictionaries = [
        field.name
        for field in schema
        if pa.types.is_string(field.type) or field.name in _DICTIONARY_INTEGERS
    ]
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=dictionaries,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
    )


def write_parquet(table: str, rows: pa.Table, path: Path) -> None:
    """Write a small file of the lake in one step.

    Parameters
    ----------
    table : `str`
        Name of the lake's table.
    rows : `pyarrow.Table`
        All its rows.
    path : `pathlib.Path`
        File to write.
    """
    with _writer(table, path) as writer:
        writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)


class SortedFile:
    """A file of the lake that takes rows in any order and writes each row group sorted.

    Parameters
    ----------
    table : `str`
        Name of the lake's table.
    path : `pathlib.Path`
        File to write; made with the first row group.
    """

    def __init__(self, table: str, path: Path) -> None:
        self.path = path
        self._table = table
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Add some rows."""
        self._held.append(batch)
        self._held_rows += batch.num_rows
        if self._held_rows >= ROW_GROUP_ROWS:
            self._write_row_group()

    def close(self) -> None:
        """Write the remaining rows, and finish the file."""
        if self._held_rows:
            self._write_row_group()
        if self._writer is not None:
            self._writer.close()

    def _write_row_group(self) -> None:
        if self._writer is None:
            self._writer = _writer(self._table, self.path)
        rows = self._sorted()
        self._writer.write_table(rows, row_group_size=rows.num_rows)

    def _sorted(self) -> pa.Table:
        """Sort the rows that are held, and release them."""
        schema = TABLES[self._table]
        rows = pa.Table.from_batches(self._held, schema=schema)
        keys = [(name, "ascending") for name in _ORDER[self._table]]
        order = pc.sort_indices(rows, sort_keys=keys)
        columns = rows.columns
        self._held, self._held_rows = [], 0
        del rows
        # Column by column, and each is released immediately: a sorted copy beside all rows would
        # need twice the memory.
        for number in range(len(columns)):
            columns[number] = columns[number].take(order)
        return pa.Table.from_arrays(columns, schema=schema)
