"""Write the rows of a slice into its own files, and describe them for the parent process."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..lake.parquet import SortedFile

__all__ = ["SliceWriter", "WrittenSlice"]


@dataclass(frozen=True)
class WrittenSlice:
    """Files and counts that a job wrote; small and picklable."""

    files: Mapping[str, Path] = field(default_factory=dict)
    """Complete files by table of the lake; tables without rows are absent."""

    attempts_count: int = 0
    quanta_count: int = 0
    failed_count: int = 0
    reject_count: int = 0
    jobs_count: int = 0
    """Tries of batch jobs."""

    warning: str | None = None
    """One line for the user."""

    unread: Sequence[str] = ()
    """Some paths or URIs that could not be read, but perhaps can be later."""


class SliceWriter:
    """Writes the rows of one slice, one file per table.

    Parameters
    ----------
    stem : `pathlib.Path`
        Path of the files, without suffix.

    Notes
    -----
    Each writer has its own files, also if the same slice is read again.  So a worker
    that was declared lost but still runs cannot overwrite files of another worker.
    """

    def __init__(self, stem: Path) -> None:
        self._stem = stem.with_name(f"{stem.name}-{secrets.token_hex(4)}")
        self._files: dict[str, SortedFile] = {}
        self._attempts = self._quanta = self._failed = self._rejects = self._jobs = 0

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Add some rows."""
        if not batch.num_rows:
            return
        self._count(table, batch)
        if table not in self._files:
            path = self._stem.with_name(f"{self._stem.name}.{table}.parquet")
            self._files[table] = SortedFile(table, path)
        self._files[table].add(batch)

    def _count(self, table: str, batch: pa.RecordBatch) -> None:
        if table == "rejects":
            self._rejects += batch.num_rows
        if table == "jobs":
            self._jobs += batch.num_rows
        if table == "quanta":
            is_last = batch["is_last_attempt"]
            is_failed = pc.and_(is_last, pc.equal(batch["status"], "failed"))
            self._attempts += batch.num_rows
            self._quanta += pc.sum(is_last).as_py() or 0
            self._failed += pc.sum(is_failed).as_py() or 0

    def finish(self) -> WrittenSlice:
        """Finish the files, and return their description."""
        for file in self._files.values():
            file.close()
        return WrittenSlice(
            files={table: file.path for table, file in self._files.items()},
            attempts_count=self._attempts,
            quanta_count=self._quanta,
            failed_count=self._failed,
            reject_count=self._rejects,
            jobs_count=self._jobs,
        )
