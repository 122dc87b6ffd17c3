"""Make rows of the lake's ``jobs`` and ``rejects`` from job records."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from ...lake.schema import TABLES
from .detect import read_records
from .model import BadRecord, JobRecord

__all__ = ["record_batches"]

_BATCH = 5_000
"""Records that are converted to Arrow at once."""

_FIELDS = JobRecord.__struct_fields__


def record_batches(path: Path) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Read a file of job records.

    Parameters
    ----------
    path : `pathlib.Path`
        The file.

    Yields
    ------
    table : `str`
        ``jobs`` or ``rejects``.
    batch : `pyarrow.RecordBatch`
        Rows of that table.

    Raises
    ------
    RecordsError
        Raised if the file cannot be read at all; the message names it.
    """
    records = read_records(path)
    while batch := list(islice(records, _BATCH)):
        good = [record for record in batch if isinstance(record, JobRecord)]
        bad = [record for record in batch if isinstance(record, BadRecord)]
        if good:
            yield "jobs", _job_rows(good, str(path))
        if bad:
            yield "rejects", _reject_rows(bad, str(path))


def _job_rows(records: list[JobRecord], file: str) -> pa.RecordBatch:
    """Make rows of `extract.lake.schema.JOBS`."""
    schema = TABLES["jobs"]
    columns: dict[str, pa.Array] = {
        name: pa.array([getattr(record, name) for record in records], schema.field(name).type)
        for name in _FIELDS
    }
    columns["file"] = pa.repeat(pa.scalar(file, pa.string()), len(records))
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _reject_rows(records: list[BadRecord], file: str) -> pa.RecordBatch:
    """Make rows of `extract.lake.schema.REJECTS`; a record has no RUN, task or data ID."""
    count = len(records)
    return pa.record_batch(
        {
            "run": [""] * count,
            "task_label": [""] * count,
            "data_id": ["{}"] * count,
            "dataset_id": [None] * count,
            "dataset_type": ["job_record"] * count,
            "uri": [file] * count,
            "reason": [f"record {bad.record_number}: {bad.reason}" for bad in records],
        },
        schema=TABLES["rejects"],
    )
