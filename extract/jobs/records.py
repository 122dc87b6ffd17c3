"""Jobs that read the batch system's own records."""

from __future__ import annotations

from pathlib import Path

from ..sources.job_records.rows import record_batches
from .slices import SliceWriter, WrittenSlice

__all__ = ["read_records"]


def read_records(path: str, stem: Path) -> WrittenSlice:
    """Read a file of job records.

    Parameters
    ----------
    path : `str`
        The file, of any of the kinds that `extract.sources.job_records` knows.
    stem : `pathlib.Path`
        Where files go, without suffix.

    Returns
    -------
    written : `WrittenSlice`
        Tries of jobs, and records that could not be read.

    Raises
    ------
    RecordsError
        Raised if the file cannot be read at all.
    """
    writer = SliceWriter(stem)
    for table, batch in record_batches(Path(path)):
        writer.add(table, batch)
    return writer.finish()
