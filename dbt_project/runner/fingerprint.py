"""Record what a published warehouse was made from, so that a build with nothing new is skipped.

Only files and versions are compared here; `build` decides what to do.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .engine import PROJECT
from .layout import LAKE_TABLES, Layout

__all__ = ["Fingerprint", "Publication", "Remark", "fingerprint", "published", "remember"]

_LARGE_TABLES = ("quanta", "expectations", "rejects")
"""Tables compared by size and time of their files, because extraction only replaces files."""

_VOLATILE_COLUMNS = {"campaigns": ["recorded_at"]}
"""Columns that every extraction changes and that no mart has (a test checks this)."""

_SOURCES = ("*.sql", "*.yml", "*.csv", "*.py")
_OUTPUTS = {"target", "logs", "__pycache__"}
_PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb")


@dataclass(frozen=True)
class Remark:
    """A check that warned; it is printed again if nothing changed.

    Attributes
    ----------
    name, said : `str`
        Name of the check, and its description.
    failures : `int`
        Number of rows that it found.
    """

    name: str
    said: str
    failures: int


@dataclass(frozen=True)
class Fingerprint:
    """Digests of what a warehouse is made from.

    Attributes
    ----------
    project : `str`
        Models and versions of packages.
    focus : `str`
        The campaign in focus: rows of all campaigns say whether they are in focus.
    campaigns : `dict` [ `str`, `str` ]
        Part of the lake of each campaign.
    """

    project: str
    focus: str
    campaigns: Mapping[str, str]


@dataclass(frozen=True)
class Publication:
    """Record of a published warehouse.

    Attributes
    ----------
    fingerprint : `Fingerprint`
        Lake, models and versions that it was made from.
    warehouse : `str`
        Identity of the file, so that another file in its place is recognised.
    remarks : `list` [ `Remark` ]
        Checks that warned.
    """

    fingerprint: Fingerprint
    warehouse: str
    remarks: Sequence[Remark]


def fingerprint(layout: Layout) -> Fingerprint:
    """Make the fingerprint of what a warehouse would be made from.

    Parameters
    ----------
    layout : `Layout`
        Paths of the lake.

    Returns
    -------
    fingerprint : `Fingerprint`
        It is the same if a build would make the same tables.
    """
    campaigns: dict[str, list[str]] = defaultdict(list)
    for campaign, line in _lake(layout):
        campaigns[campaign].append(line)
    return Fingerprint(
        _digest([*_versions(), *_project()]),
        _focus(layout),
        {campaign: _digest(lines) for campaign, lines in campaigns.items()},
    )


def _focus(layout: Layout) -> str:
    """Give the first campaign of the file that has a label of focus, or nothing."""
    labelled = []
    for file in (layout.lake / "campaigns").rglob("*.parquet"):
        try:
            rows = pq.read_table(file, columns=["campaign_position", "focus"], partitioning=None)
        except pa.ArrowInvalid:
            # The build reports the fault.
            continue
        labelled += [
            (row["campaign_position"], _campaign(file.relative_to(layout.lake)))
            for row in rows.to_pylist()
            if row["focus"] is not None
        ]
    return min(labelled)[1] if labelled else ""


def _campaign(place: Path) -> str:
    """Give the campaign of a file such as ``quanta/campaign=DM-1/stage=stage1/run.parquet``."""
    return place.parts[1].partition("=")[2]


def _digest(lines: Iterable[str]) -> str:
    found = hashlib.sha256()
    for line in lines:
        found.update(f"{line}\n".encode())
    return found.hexdigest()


def _versions() -> Iterator[str]:
    for package in _PACKAGES:
        yield f"{package} {version(package)}"


def _project() -> Iterator[str]:
    """List every source file of this project with its content."""
    for pattern in _SOURCES:
        for file in sorted(PROJECT.rglob(pattern)):
            place = file.relative_to(PROJECT)
            if not _OUTPUTS.intersection(place.parts):
                yield f"{place} {hashlib.sha256(file.read_bytes()).hexdigest()}"


def _lake(layout: Layout) -> Iterator[tuple[str, str]]:
    """List the campaign of every file of the lake, and the file with what tells its content.

    Files that every extraction rewrites are listed by content.
    """
    for table in LAKE_TABLES:
        for file in sorted((layout.lake / table).rglob("*.parquet")):
            place = file.relative_to(layout.lake)
            yield _campaign(place), f"{place} {_file(table, file)}"


def _file(table: str, file: Path) -> str:
    if table in _LARGE_TABLES:
        return _identity(file)
    try:
        rows = pq.read_table(file, partitioning=None)
    except pa.ArrowInvalid:
        # The build reports the fault.
        return _identity(file)
    rows = rows.drop_columns(
        [c for c in _VOLATILE_COLUMNS.get(table, ()) if c in rows.schema.names]
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()


def _identity(file: Path) -> str:
    """Identify a file by properties that change when it is replaced or written."""
    found = file.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def published(layout: Layout) -> Publication | None:
    """Read what the published warehouse was made from.

    Parameters
    ----------
    layout : `Layout`
        Paths of the warehouse.

    Returns
    -------
    publication : `Publication` or `None`
        `None` if there is no warehouse, or no record of it.
    """
    try:
        said = json.loads(layout.publication.read_text())
        found = Publication(
            Fingerprint(**said["fingerprint"]),
            said["warehouse"],
            [Remark(**each) for each in said["remarks"]],
        )
        return found if found.warehouse == _identity(layout.warehouse) else None
    except (OSError, ValueError, KeyError, TypeError):
        # The record is of another version, truncated or absent: then a build makes a new one.
        return None


def remember(layout: Layout, made_from: Fingerprint, remarks: Sequence[Remark]) -> None:
    """Write what the warehouse that was just published was made from.

    Parameters
    ----------
    layout : `Layout`
        Where it lies.
    made_from : `Fingerprint`
        The `fingerprint` from before the build, so that changes since then count as new.
    remarks : `~collections.abc.Sequence` [ `Remark` ]
        Checks that warned.
    """
    publication = Publication(made_from, _identity(layout.warehouse), list(remarks))
    layout.publication.write_text(json.dumps(asdict(publication), indent=1) + "\n")
