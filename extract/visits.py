"""List the visits and exposures of a stage, with their dimension records.

Their IDs come from the lake's own files, so that all sources are treated equally.
Only the records come from the repository.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .butler.repository import Repository
from .lake.parquet import write_parquet
from .lake.schema import VISITS
from .lake.store import Lake, Unit

__all__ = ["collect_visits"]

_DIMENSIONS = ("visit", "exposure")


def collect_visits(lake: Lake, repository: Repository, stage: tuple[str, str]) -> str | None:
    """Update the visits of a stage from its RUNs.

    Parameters
    ----------
    lake : `extract.lake.store.Lake`
        The lake, which has the stage's RUNs.
    repository : `extract.butler.repository.Repository`
        Repository with the dimension records.
    stage : `tuple` [ `str`, `str` ]
        Campaign and stage.

    Returns
    -------
    warning : `str` or `None`
        One line if records are absent.
    """
    runs = [unit for unit in lake.manifest.of_stage(*stage) if unit.kind == "run"]
    # The time of the reading is part of the fingerprint, so --refresh reads the records again.
    known = sorted(f"{unit.name}\0{unit.facts['extracted_at']}" for unit in runs)
    fingerprint = hashlib.sha256("\n".join(known).encode()).hexdigest()[:16]
    before = lake.manifest.find("visits", *stage)
    if before and before.fingerprint == fingerprint:
        return _warning(before.facts["absent_count"], before.facts["visit_count"])
    files = [lake.root / file for unit in runs for file in unit.files if file.startswith("quanta/")]
    rows, absent = _rows(files, repository)
    staged = lake.scratch / f"{secrets.token_hex(8)}.parquet"
    write_parquet("visits", pa.Table.from_pylist(rows, schema=VISITS), staged)
    facts = {"visit_count": len(rows), "absent_count": absent}
    unit = Unit("visits", *stage, name="", fingerprint=fingerprint, files=(), facts=facts)
    lake.publish(unit, {"visits": [staged]})
    return _warning(absent, len(rows))


def _warning(absent: int, count: int) -> str | None:
    if not absent:
        return None
    return (
        f"{absent:,} of {count:,} visits and exposures have no dimension record in the "
        "repository: their band, night and target stay NULL"
    )


def _touched(files: list[Path]) -> Iterator[tuple[str, str, int]]:
    """List instrument, dimension and ID of all visits and exposures of quanta, with repetitions."""
    columns = ["instrument", *_DIMENSIONS]
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(columns=columns, batch_size=122_880):
            rows = pa.Table.from_batches([batch])
            for dimension in _DIMENSIONS:
                unique = rows.select(["instrument", dimension]).group_by(["instrument", dimension])
                for row in unique.aggregate([]).to_pylist():
                    if row["instrument"] is not None and row[dimension] is not None:
                        yield row["instrument"], dimension, row[dimension]


def _rows(files: list[Path], repository: Repository) -> tuple[list[dict[str, Any]], int]:
    """Make the rows of `extract.lake.schema.VISITS`, and count visits without a record."""
    wanted: dict[tuple[str, str], list[int]] = {}
    for instrument, dimension, identifier in sorted(set(_touched(files))):
        wanted.setdefault((instrument, dimension), []).append(identifier)
    rows: list[dict[str, Any]] = []
    absent = 0
    for (instrument, dimension), ids in wanted.items():
        records = repository.observations.records(instrument, dimension, ids)
        absent += len(ids) - len(records)
        rows.extend(
            {
                "instrument": instrument,
                "dimension": dimension,
                "id": identifier,
                "has_record": identifier in records,
                **records.get(identifier, {}),
            }
            for identifier in ids
        )
    return rows, absent
