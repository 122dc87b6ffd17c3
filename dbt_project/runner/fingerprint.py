"""What a published warehouse was made from, so that a build with nothing new can be told at once.

Only files and versions are looked at here; `build` decides what follows from them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .engine import PROJECT
from .layout import LAKE_TABLES, Layout

__all__ = ["Publication", "Remark", "fingerprint", "published", "remember"]

_LARGE_TABLES = ("quanta", "expectations", "rejects")
"""Told by size and time of their files, which extraction replaces and never changes in place."""

_VOLATILE_COLUMNS = {"campaigns": ["recorded_at"]}
"""Columns that every extraction writes anew and that no mart holds (a test looks)."""

_SOURCES = ("*.sql", "*.yml", "*.csv", "*.py")
_OUTPUTS = {"target", "logs", "__pycache__"}
_PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")


@dataclass(frozen=True)
class Remark:
    """A check that warned, as it is told again while nothing changes.

    Attributes
    ----------
    name, said : `str`
        Name of the check, and what it promises.
    failures : `int`
        Rows that it found.
    """

    name: str
    said: str
    failures: int


@dataclass(frozen=True)
class Publication:
    """What is remembered of a published warehouse.

    Attributes
    ----------
    fingerprint : `str`
        Lake, models and versions that it was made from.
    warehouse : `str`
        Which file it is: another one in its place was not made from them.
    remarks : `list` [ `Remark` ]
        Checks that warned.
    """

    fingerprint: str
    warehouse: str
    remarks: Sequence[Remark]


def fingerprint(layout: Layout) -> str:
    """Tell what a warehouse would be made from.

    Parameters
    ----------
    layout : `Layout`
        Where the lake lies.

    Returns
    -------
    fingerprint : `str`
        The same as long as a build would make the same tables.
    """
    found = hashlib.sha256()
    for line in (*_versions(), *_project(), *_lake(layout)):
        found.update(f"{line}\n".encode())
    return found.hexdigest()


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        yield f"{package} {version(package)}"


def _project() -> Iterator[str]:
    """Give every source of this project with its content."""
    for pattern in _SOURCES:
        for file in sorted(PROJECT.rglob(pattern)):
            place = file.relative_to(PROJECT)
            if not _OUTPUTS.intersection(place.parts):
                yield f"{place} {hashlib.sha256(file.read_bytes()).hexdigest()}"


def _lake(layout: Layout) -> Iterator[str]:
    """Give every file of the lake: what every extraction writes anew, by its content."""
    for table in LAKE_TABLES:
        for file in sorted((layout.lake / table).rglob("*.parquet")):
            yield f"{file.relative_to(layout.lake)} {_file(table, file)}"


def _file(table: str, file: Path) -> str:
    if table in _LARGE_TABLES:
        return _identity(file)
    try:
        rows = pq.read_table(file, partitioning=None)
    except pa.ArrowInvalid:
        # The build will say what is wrong with it.
        return _identity(file)
    rows = rows.drop_columns(
        [c for c in _VOLATILE_COLUMNS.get(table, ()) if c in rows.schema.names]
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _identity(file: Path) -> str:
    """Tell a file by what changes when it is replaced or written."""
    found = file.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def published(layout: Layout) -> Publication | None:
    """Recall what the published warehouse was made from.

    Parameters
    ----------
    layout : `Layout`
        Where it lies.

    Returns
    -------
    publication : `Publication` or `None`
        `None` when there is no warehouse, or one that this program does not remember.
    """
    try:
        said = json.loads(layout.publication.read_text())
        found = Publication(
            said["fingerprint"], said["warehouse"], [Remark(**each) for each in said["remarks"]]
        )
        return found if found.warehouse == _identity(layout.warehouse) else None
    except (OSError, ValueError, KeyError, TypeError):
        # Written by another version, cut short, or not there: a build makes it anew.
        return None


def remember(layout: Layout, made_from: str, remarks: Sequence[Remark]) -> None:
    """Write down what the warehouse that was just published was made from.

    Parameters
    ----------
    layout : `Layout`
        Where it lies.
    made_from : `str`
        The `fingerprint` from before the build: what changed since then is new.
    remarks : `~collections.abc.Sequence` [ `Remark` ]
        Checks that warned.
    """
    publication = Publication(made_from, _identity(layout.warehouse), list(remarks))
    layout.publication.write_text(json.dumps(asdict(publication), indent=1) + "\n")
