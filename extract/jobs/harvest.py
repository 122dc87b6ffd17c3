"""What a job brings in, and how its rows become sorted parts on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..lake.parts import Part, write_part

__all__ = ["Collector", "Harvest"]

# Rows that are held before they become a part on disk: what bounds the memory of a worker.
_PART_ROWS = {"quanta": 32_768, "expectations": 100_000, "rejects": 50_000}


@dataclass(frozen=True)
class Harvest:
    """What a job brought in."""

    parts: tuple[Part, ...] = ()
    attempts_count: int = 0
    quanta_count: int = 0
    failed_count: int = 0
    reject_count: int = 0
    expected_count: int = 0
    run: str | None = None
    """RUN that a predicted graph was to fill."""

    warning: str | None = None
    """One line for the user."""


@dataclass
class Collector:
    """Holds rows until there are enough for a part.

    Parameters
    ----------
    stem : `pathlib.Path`
        Where parts go, without suffix.
    """

    stem: Path
    held: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    attempts: int = 0
    quanta: int = 0
    failed: int = 0
    rejects: int = 0

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Take some rows."""
        if not batch.num_rows:
            return
        self._count(table, batch)
        self.held.setdefault(table, []).append(batch)
        self.rows[table] = self.rows.get(table, 0) + batch.num_rows
        if self.rows[table] >= _PART_ROWS[table]:
            self._flush(table)

    def _count(self, table: str, batch: pa.RecordBatch) -> None:
        if table == "rejects":
            self.rejects += batch.num_rows
        if table == "quanta":
            is_last = batch["is_last_attempt"]
            is_failed = pc.and_(is_last, pc.equal(batch["status"], "failed"))
            self.attempts += batch.num_rows
            self.quanta += pc.sum(is_last).as_py() or 0
            self.failed += pc.sum(is_failed).as_py() or 0

    def _flush(self, table: str) -> None:
        batches = self.held.pop(table, [])
        self.rows[table] = 0
        if batches:
            path = self.stem.with_name(f"{self.stem.name}.{len(self.parts)}.arrow")
            self.parts.append(write_part(table, batches, path))

    def finish(self) -> Harvest:
        """Leave what is still held on disk."""
        for table in list(self.held):
            self._flush(table)
        return Harvest(
            parts=tuple(self.parts),
            attempts_count=self.attempts,
            quanta_count=self.quanta,
            failed_count=self.failed,
            reject_count=self.rejects,
        )
