"""Sorted parts of a RUN on local disk, and their merge into few sorted Parquet files.

Jobs run in any order on any worker, yet the lake shall hold few, large files,
sorted by task and start, and no process may hold a RUN in memory.  So each job
leaves one small sorted part in Arrow's own format, which costs next to nothing
to write and to map, and the merge cuts all parts at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .schema import DIMENSION_COLUMNS, TABLES

__all__ = ["Part", "Piece", "merge_parts", "plan_merge", "write_parquet", "write_part"]

ROW_GROUP_ROWS = 122_880
"""Rows of a row group: DuckDB's own vector of parallel work."""

PIECE_ROWS = 32_768
"""Rows that a merge sorts at once."""

BATCH_ROWS = 1_024
"""Rows of a batch in a part: each part that is merged has one batch in memory."""

FILE_ROWS = 2_000_000
"""Rows of a file before another one is begun."""

SHARED_MERGE_ROWS = 100_000
"""Rows from which several workers share the merge, each with a file of its own."""

# What a table is sorted by within a task. Nobody asks for a range of data IDs, whose order would
# take longer than all else that is done with expectations; rejects are few.
_ORDER = {"quanta": "start_at"}

# Integers with few distinct values. Texts have a dictionary, always: on a page without one where
# all values are equal and some are NULL, DuckDB 2.0.0 takes them all for NULL (November 2026).
_DICTIONARY_INTEGERS = frozenset(DIMENSION_COLUMNS) | {
    "attempt",
    "caveats",
    "metadata_version",
    "job_quanta_count",
}

_DICTIONARY_BYTES = 64 * 1024
"""Size at which a dictionary is given up: distinct texts then cost no more than without one."""


_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Part:
    """A sorted part of one table; picklable."""

    table: str
    """Name of the lake's table."""

    path: str
    """File in Arrow's IPC format."""

    task_rows: Mapping[str, tuple[int, int]]
    """Task label to the first of its rows and the one past its last."""

    row_count: int
    """Rows in all."""


@dataclass(frozen=True)
class Piece:
    """Rows of several parts that belong together in the order of the whole; picklable."""

    ranges: tuple[tuple[int, int, int], ...]
    """Index of a part, first row, one past the last row."""

    @property
    def row_count(self) -> int:
        """Rows in all."""
        return sum(stop - start for _, start, stop in self.ranges)


def write_part(table: str, batches: Sequence[pa.RecordBatch], path: Path) -> Part:
    """Sort rows by task and within it, and leave them on disk.

    Parameters
    ----------
    table : `str`
        Name of the lake's table.
    batches : `~collections.abc.Sequence` [ `pyarrow.RecordBatch` ]
        Its rows, in any order; at most some 100,000, for they are copied.
    path : `pathlib.Path`
        File to write.

    Returns
    -------
    part : `Part`
        Where the rows are.
    """
    rows = pa.Table.from_batches(batches, schema=TABLES[table])
    by = [("task_label", "ascending")]
    if table in _ORDER:
        by.append((_ORDER[table], "ascending"))
    rows = rows.take(pc.sort_indices(rows, sort_keys=by)).combine_chunks()
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=BATCH_ROWS)
    task_rows = {}
    start = 0
    # The rows are sorted, so runs of equal labels are whole tasks.
    for chunk in pc.run_end_encode(rows["task_label"]).chunks:
        for label, end in zip(chunk.values.to_pylist(), chunk.run_ends.to_pylist(), strict=True):
            task_rows[label] = (start, end)
            start = end
    return Part(table, str(path), task_rows, rows.num_rows)


class _Reader:
    """Reads ranges of a part: not mapped into memory, where all of it would count as resident.

    Ranges are asked for in order, so a batch that two of them share is the last one read.
    """

    def __init__(self, part: Part, stack: ExitStack, column: str | None = None) -> None:
        schema = TABLES[part.table]
        fields = None if column is None else [schema.get_field_index(column)]
        source = stack.enter_context(pa.OSFile(part.path))
        options = pa.ipc.IpcReadOptions(included_fields=fields)
        self._file = stack.enter_context(pa.ipc.open_file(source, options=options))
        self._last: tuple[int, pa.RecordBatch | None] = (-1, None)

    def read(self, start: int, stop: int) -> pa.Table:
        """Read some rows, from the first to one past the last."""
        batches = []
        first, last = start // BATCH_ROWS, (stop - 1) // BATCH_ROWS
        for number in range(first, last + 1):
            if self._last[0] != number:
                self._last = (number, self._file.get_batch(number))
            batches.append(self._last[1])
        return pa.Table.from_batches(batches).slice(start - first * BATCH_ROWS, stop - start)


def _keys(part: Part, order: str, start: int, stop: int) -> npt.NDArray[np.int64]:
    """Take the instants that a task's rows are sorted by."""
    with ExitStack() as stack:
        column = _Reader(part, stack, order).read(start, stop)[order]
    # Sorting puts NULL last.
    keys: npt.NDArray[np.int64] = column.cast(pa.int64()).fill_null(_LAST).to_numpy()
    return keys


def _cut_task(
    parts: Sequence[Part], bounds: Sequence[tuple[int, int, int]], order: str | None
) -> Iterator[Piece]:
    """Cut a task's rows into pieces that fit into memory, in order if they have one."""
    total = sum(stop - start for _, start, stop in bounds)
    if total <= PIECE_ROWS or order is None:
        yield from _cut_anywhere(Piece(tuple(bounds)))
        return
    keys = [_keys(parts[index], order, start, stop) for index, start, stop in bounds]
    count = -(-total // PIECE_ROWS)
    everything = np.sort(np.concatenate(keys))
    edges = np.unique(everything[[total * n // count for n in range(1, count)]])
    # Equal keys become pieces of their own: a million NULL starts may be cut anywhere.
    edges = np.unique(np.concatenate([edges, edges[edges < _LAST] + 1]))
    cuts = [np.append(np.searchsorted(own, edges), len(own)) for own in keys]
    begin = [0] * len(bounds)
    for n in range(len(edges) + 1):
        ranges = []
        for position, (index, start, _) in enumerate(bounds):
            end = int(cuts[position][n])
            if end > begin[position]:
                ranges.append((index, start + begin[position], start + end))
            begin[position] = end
        yield from _cut_anywhere(Piece(tuple(ranges)))


def _cut_anywhere(piece: Piece) -> Iterator[Piece]:
    """Cut a piece that is far too large in any place: its rows have no order among them."""
    if piece.row_count <= 2 * PIECE_ROWS:
        yield from [piece] if piece.ranges else []
        return
    for index, start, stop in piece.ranges:
        for begin in range(start, stop, PIECE_ROWS):
            yield Piece(((index, begin, min(begin + PIECE_ROWS, stop)),))


def plan_merge(parts: Sequence[Part], workers: int) -> list[list[Piece]]:
    """Plan the files that some parts become, one list of pieces for each file.

    Parameters
    ----------
    parts : `~collections.abc.Sequence` [ `Part` ]
        All parts of one table of one RUN.
    workers : `int`
        Workers that may share the writing.

    Returns
    -------
    files : `list` [ `list` [ `Piece` ] ]
        The rows of each file, in order, the files in order too.
    """
    total = sum(part.row_count for part in parts)
    if not total:
        return []
    order = _ORDER.get(parts[0].table)
    pieces: list[Piece] = []
    for label in sorted({label for part in parts for label in part.task_rows}):
        bounds = [
            (index, *part.task_rows[label])
            for index, part in enumerate(parts)
            if label in part.task_rows
        ]
        pieces.extend(_cut_task(parts, bounds, order))
    count = max(-(-total // FILE_ROWS), workers if total >= SHARED_MERGE_ROWS else 1)
    files: list[list[Piece]] = [[] for _ in range(count)]
    done = 0
    for piece in pieces:
        # The middle of a piece decides, so that files come out about equal.
        files[min((done + piece.row_count // 2) * count // total, count - 1)].append(piece)
        done += piece.row_count
    return [file for file in files if file]


def merge_parts(parts: Sequence[Part], pieces: Sequence[Piece], path: Path) -> int:
    """Write one file of the lake from pieces of sorted parts.

    Parameters
    ----------
    parts : `~collections.abc.Sequence` [ `Part` ]
        All parts of one table of one RUN, as `plan_merge` got them.
    pieces : `~collections.abc.Sequence` [ `Piece` ]
        One list of what it returned.
    path : `pathlib.Path`
        File to write.

    Returns
    -------
    row_count : `int`
        Rows written.
    """
    table = parts[0].table
    order = _ORDER.get(table)
    with ExitStack() as stack:
        readers = [_Reader(part, stack) for part in parts]

        def rows_in_order() -> Iterator[pa.Table]:
            for piece in pieces:
                slices = [readers[i].read(start, stop) for i, start, stop in piece.ranges]
                rows = pa.concat_tables(slices)
                if len(slices) > 1 and order is not None:
                    rows = rows.take(pc.sort_indices(rows, sort_keys=[(order, "ascending")]))
                yield rows

        return write_parquet(table, rows_in_order(), path)


def write_parquet(table: str, rows: Iterator[pa.Table], path: Path) -> int:
    """Write a file of the lake, in row groups of even size.

    Parameters
    ----------
    table : `str`
        Name of the lake's table.
    rows : `~collections.abc.Iterator` [ `pyarrow.Table` ]
        Its rows in order; no more than a row group and one item are held.
    path : `pathlib.Path`
        File to write.

    Returns
    -------
    row_count : `int`
        Rows written.
    """
    schema = TABLES[table]
    dictionaries = [
        field.name
        for field in schema
        if pa.types.is_string(field.type) or field.name in _DICTIONARY_INTEGERS
    ]
    written = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=dictionaries,
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
    ) as writer:
        held: list[pa.Table] = []
        count = 0
        for item in rows:
            held.append(item)
            count += item.num_rows
            if count >= ROW_GROUP_ROWS:
                whole = pa.concat_tables(held)
                keep = count - count % ROW_GROUP_ROWS
                writer.write_table(whole.slice(0, keep), row_group_size=ROW_GROUP_ROWS)
                written += keep
                held = [whole.slice(keep)]
                count -= keep
        if count or not written:
            writer.write_table(
                pa.concat_tables([schema.empty_table(), *held]), row_group_size=ROW_GROUP_ROWS
            )
            written += count
    return written
