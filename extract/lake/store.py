"""Publish complete files in the lake, with its manifest and its lock.

A unit of work (a RUN of a stage, a predicted graph, a stage's visits) is published
in three steps: its entry is removed from the manifest, its files are renamed into
place, and its entry is added again.  If the process is killed at any moment, the
units of the manifest are complete, and the next run removes or overwrites the rest.
The manifest is a contract with the readers of the lake: see docs/lake.md.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import filecmp
import hashlib
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from ..errors import LakeError
from .parquet import write_parquet
from .schema import LAKE_SCHEMA_VERSION, TABLES

__all__ = [
    "DISK_FULL",
    "MANIFEST",
    "Lake",
    "LakeFile",
    "Manifest",
    "Unit",
    "decode_manifest",
    "encode_manifest",
    "move",
    "read_manifest",
    "write_manifest",
    "writing",
]

MANIFEST = "manifest.json"
"""Name of the file that says what a lake holds."""

_LOCK = ".lock"
_SCRATCH = ".scratch-"
_FILE = re.compile(
    r"(?P<table>[a-z_]+)/campaign=[A-Za-z0-9._-]+/(stage=[A-Za-z0-9._-]+/)?[^/\0]+\.parquet"
)
"""Names of the files of a lake."""

UnitKey = tuple[str, str, str, str]

_CHOOSE = "choose another folder (--data)"
_DISK_TROUBLE = {
    errno.ENOSPC: "its disk is full: free some space",
    errno.EDQUOT: "its quota is used up: free some space",
    errno.EROFS: f"its disk is read-only: {_CHOOSE}",
    errno.EACCES: f"you may not: {_CHOOSE}, or ask its owner for permission",
    errno.EPERM: f"you may not: {_CHOOSE}, or ask its owner for permission",
    errno.ENOTDIR: f"a file with its name exists: {_CHOOSE}",
    errno.EEXIST: f"a file with its name exists: {_CHOOSE}",
    errno.ENOLCK: f"its file system has no file locks: {_CHOOSE}",
    errno.EOPNOTSUPP: f"its file system has no file locks: {_CHOOSE}",
    errno.ENOENT: f"a folder of its path does not exist and cannot be made: {_CHOOSE}",
}
"""Reason why a folder cannot be written, and the remedy, by the system's error number."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""Error numbers after which nothing more can be written, for any RUN."""


class Unit(msgspec.Struct, frozen=True):
    """Something that was read as a whole and is in the lake."""

    kind: str
    """``run``, ``predicted_graph`` or ``visits``."""

    campaign: str
    stage: str

    name: str
    """RUN collection, or URI of the graph; empty for visits."""

    fingerprint: str
    """Fingerprint of what was read: if it is the same, the unit is unchanged."""

    files: tuple[str, ...]
    """Its files, relative to the lake."""

    facts: dict[str, Any]
    """Its row of table `runs`."""

    @property
    def key(self) -> UnitKey:
        """Identity of the unit, independent of its content."""
        return (self.kind, self.campaign, self.stage, self.name)


class LakeFile(msgspec.Struct, frozen=True):
    """One Parquet file of the lake as it was written."""

    bytes_count: int
    """Size."""

    sha256: str
    """Digest of its content, hexadecimal."""

    @classmethod
    def of(cls, path: Path) -> LakeFile:
        """Describe a file that is complete.

        Parameters
        ----------
        path : `pathlib.Path`
            The file.

        Returns
        -------
        file : `LakeFile`
            Its size and digest.
        """
        with path.open("rb") as stream:
            return cls(path.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest())


class _ManifestFile(msgspec.Struct):
    """Content of the manifest's file."""

    lake_schema_version: int
    units: list[Unit]
    is_finished: bool = False
    columns: dict[str, dict[str, str]] = {}
    files: dict[str, LakeFile] = {}


@dataclass
class Manifest:
    """Every unit that was written into the lake, and every file."""

    units: list[Unit] = field(default_factory=list)

    files: dict[str, LakeFile] = field(default_factory=dict)
    """Every file by its path relative to the lake."""

    is_finished: bool = False
    """Whether the last extraction finished, so that the tables are consistent."""

    damages: dict[UnitKey, str] = field(default_factory=dict)
    """Damage of the files of a unit since they were written, in words, by `Unit.key`."""

    def find(self, kind: str, campaign: str, stage: str, name: str = "") -> Unit | None:
        """Find a unit; `None` if the lake does not have it."""
        key = (kind, campaign, stage, name)
        return next((unit for unit in self.units if unit.key == key), None)

    def of_stage(self, campaign: str, stage: str) -> list[Unit]:
        """List the units of a stage, without visits."""
        return [
            unit
            for unit in self.units
            if (unit.campaign, unit.stage) == (campaign, stage) and unit.kind != "visits"
        ]


def read_manifest(root: Path) -> Manifest:
    """Read the manifest of a lake.

    Parameters
    ----------
    root : `pathlib.Path`
        Folder of the lake; it need not exist.

    Returns
    -------
    manifest : `Manifest`
        Without units if there is no lake.

    Raises
    ------
    LakeError
        Raised if the lake was written by another version of the schema, or its
        manifest is damaged.

    Notes
    -----
    Names and sizes of files are checked, not their content.  A file that does not
    exist or has another size counts as damaged.
    """
    path = root / MANIFEST
    remedy = f"remove {root} (or choose another --data) and extract again"
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return Manifest()
    except OSError as error:
        raise LakeError(f"{path}: cannot be read: {error.strerror}: {_CHOOSE}") from error
    manifest = decode_manifest(raw, str(root), remedy)
    manifest.damages = {
        unit.key: damage
        for unit in manifest.units
        if (damage := _damage(root, unit, manifest.files))
    }
    return manifest


def decode_manifest(raw: bytes, where: str, remedy: str) -> Manifest:
    """Decode the manifest of a lake, local or on a store.

    Parameters
    ----------
    raw : `bytes`
        Content of its file.
    where : `str`
        Folder of the lake, for messages.
    remedy : `str`
        What to do when it cannot be used.

    Returns
    -------
    manifest : `Manifest`
        Its content; no file is checked.

    Raises
    ------
    LakeError
        Raised if another version wrote it, if it is damaged, or if it names files that
        are not files of a lake.
    """
    path = f"{where.rstrip('/')}/{MANIFEST}"
    try:
        # The version first: the rest of an older manifest may look different.
        version = msgspec.json.decode(raw, type=dict[str, Any]).get("lake_schema_version")
        if isinstance(version, int) and version > LAKE_SCHEMA_VERSION:
            raise LakeError(
                f"{where}: this lake has schema version {version}, of a newer version of this "
                f"program; this version writes {LAKE_SCHEMA_VERSION}: update this program, or "
                "choose another --data"
            )
        if version != LAKE_SCHEMA_VERSION:
            raise LakeError(
                f"{where}: this lake has schema version {version}, "
                f"this program writes {LAKE_SCHEMA_VERSION}: {remedy}"
            )
        content = msgspec.json.decode(raw, type=_ManifestFile)
    except msgspec.MsgspecError as error:
        raise LakeError(f"{path}: is damaged ({error}): {remedy}") from error
    names = {*content.files, *(file for unit in content.units for file in unit.files)}
    for name in sorted(names):
        if not _is_file_of_lake(name):
            raise LakeError(f"{path}: lists {name!r}, which is not a file of a lake: {remedy}")
    return Manifest(content.units, content.files, content.is_finished)


def _is_file_of_lake(name: str) -> bool:
    """Say whether a manifest may name a file; the program may later remove files that it names."""
    found = _FILE.fullmatch(name)
    return found is not None and found["table"] in TABLES


def encode_manifest(manifest: Manifest) -> bytes:
    """Encode the manifest of a lake.

    Parameters
    ----------
    manifest : `Manifest`
        Its content.

    Returns
    -------
    raw : `bytes`
        Content of its file.
    """
    columns = {
        table: {column.name: str(column.type) for column in schema}
        for table, schema in TABLES.items()
    }
    content = _ManifestFile(
        LAKE_SCHEMA_VERSION, manifest.units, manifest.is_finished, columns, manifest.files
    )
    return msgspec.json.format(msgspec.json.encode(content), indent=1)


def write_manifest(root: Path, manifest: Manifest, staged: Path) -> None:
    """Write the manifest of a lake; after an interruption it is complete or unchanged.

    Parameters
    ----------
    root : `pathlib.Path`
        Folder of the lake.
    manifest : `Manifest`
        Its content.
    staged : `pathlib.Path`
        File to write first, on the same file system.
    """
    staged.write_bytes(encode_manifest(manifest))
    move(staged, root / MANIFEST)


def move(staged: Path, target: Path) -> None:
    """Move a complete file to its place, so that it is complete even after a loss of power.

    Parameters
    ----------
    staged : `pathlib.Path`
        The file, on the same file system.
    target : `pathlib.Path`
        Its place; an existing file is replaced.
    """
    _sync(staged)
    staged.replace(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _damage(root: Path, unit: Unit, files: Mapping[str, LakeFile]) -> str | None:
    """Describe the damage of the files of a unit."""
    for file in unit.files:
        path = root / file
        if not path.is_file():
            return f"{file} does not exist"
        if file not in files:
            return f"{file} was written by a version that recorded no digest"
        found, written = path.stat().st_size, files[file].bytes_count
        if found != written:
            return f"{file} has {found:,} bytes, but was written with {written:,}"
    return None


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Report in one line why a folder cannot be written.

    Parameters
    ----------
    folder : `pathlib.Path`
        Folder that is written inside the context.

    Raises
    ------
    LakeError
        Raised in place of errors of the disk: full, read-only, not permitted.
    """
    try:
        yield
    except OSError as error:
        trouble = _DISK_TROUBLE.get(error.errno or 0)
        if trouble is None:
            raise
        raise LakeError(f"{folder}: cannot be written: {trouble}, then run again") from error


class Lake:
    """A lake that only this process writes.

    Parameters
    ----------
    root : `pathlib.Path`
        Folder of the lake.

    Notes
    -----
    Use `Lake.locked` to make one.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = read_manifest(root)
        self.scratch = root / f"{_SCRATCH}{os.getpid()}-{secrets.token_hex(4)}"
        self._known: set[Path] = set()

    @classmethod
    @contextlib.contextmanager
    def locked(cls, root: Path) -> Iterator[Lake]:
        """Lock the lake for the time of the context.

        Parameters
        ----------
        root : `pathlib.Path`
            Folder of the lake; it is made if needed.

        Yields
        ------
        lake : `Lake`
            The lake, with an empty scratch folder.

        Raises
        ------
        LakeError
            Raised if another process has the lock; the message names that process.  Also
            raised, at any time in the context, if the lake cannot be written.
        """
        with contextlib.ExitStack() as stack:
            stack.enter_context(writing(root))
            root.mkdir(parents=True, exist_ok=True)
            # The kernel releases the lock when the process ends, in every case.
            stream = stack.enter_context((root / _LOCK).open("a+", encoding="utf-8"))
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.seek(0)
                holder = stream.read().strip() or "an unknown process"
                raise LakeError(
                    f"{root}: another extraction is writing this lake: {holder}; "
                    "wait for it, or stop it"
                ) from None
            stream.truncate(0)
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            stream.write(f"process {os.getpid()} on {socket.gethostname()}, since {now}\n")
            stream.flush()
            lake = cls(root)
            for remains in root.glob(f"{_SCRATCH}*"):
                shutil.rmtree(remains, ignore_errors=True)
            lake.scratch.mkdir()
            try:
                yield lake
            finally:
                shutil.rmtree(lake.scratch, ignore_errors=True)
                stream.truncate(0)

    def folder(self, table: str, campaign: str, stage: str | None) -> Path:
        """Get the folder of a table's files of a stage (or campaign)."""
        path = self.root / table / f"campaign={campaign}"
        return path if stage is None else path / f"stage={stage}"

    def publish(self, unit: Unit, staged: Mapping[str, Sequence[Path]]) -> None:
        """Replace a unit's files with new ones.

        Parameters
        ----------
        unit : `Unit`
            The unit; this method fills in its ``files``.
        staged : `~collections.abc.Mapping` [ `str`, `~collections.abc.Sequence` ]
            Table name to complete files in the scratch folder.
        """
        self.retire(unit.key)
        written = {}
        for table, paths in staged.items():
            folder = self.folder(table, unit.campaign, unit.stage)
            folder.mkdir(parents=True, exist_ok=True)
            for number, path in enumerate(paths):
                suffix = f".{number}" if len(paths) > 1 else ""
                target = folder / f"{_stem(unit)}{suffix}.parquet"
                written[str(target.relative_to(self.root))] = LakeFile.of(path)
                move(path, target)
        self.manifest.files |= written
        self.manifest.units.append(msgspec.structs.replace(unit, files=tuple(written)))
        self._write_manifest()

    def retire(self, key: UnitKey) -> None:
        """Remove a unit from the lake, if it is there.

        Parameters
        ----------
        key : `tuple`
            `Unit.key`.
        """
        gone = [unit for unit in self.manifest.units if unit.key == key]
        if not gone:
            return
        self.manifest.units = [unit for unit in self.manifest.units if unit.key != key]
        for unit in gone:
            for file in unit.files:
                self.manifest.files.pop(file, None)
        self._write_manifest()
        for unit in gone:
            for file in unit.files:
                (self.root / file).unlink(missing_ok=True)

    def write_table(
        self, table: str, rows: pa.Table, *, campaign: str, stage: str | None = None
    ) -> None:
        """Write the only file of a small table for a stage (or campaign).

        Parameters
        ----------
        table : `str`
            Name of the table.
        rows : `pyarrow.Table`
            All its rows there.
        campaign : `str`
            Partition.
        stage : `str`, optional
            Partition; tables of campaigns have none.
        """
        folder = self.folder(table, campaign, stage)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{table}.parquet"
        staged = self.scratch / f"{secrets.token_hex(8)}.parquet"
        write_parquet(table, rows, staged)
        if self.manifest.is_finished:
            self._write_manifest()
        self.manifest.files[str(target.relative_to(self.root))] = LakeFile.of(staged)
        # An unchanged file keeps its time, so that readers of the lake see that nothing is new.
        if target.exists() and filecmp.cmp(staged, target, shallow=False):
            staged.unlink()
        else:
            move(staged, target)
        self._known.add(target)

    def write_empty_tables(self) -> None:
        """Make a file for each table that has none: in SQL a glob without a match is an error."""
        for table in TABLES:
            stage = None if table == "campaigns" else "__none__"
            self.write_table(table, TABLES[table].empty_table(), campaign="__none__", stage=stage)

    def keep_tables(self, campaign: str, stage: str, tables: Sequence[str]) -> None:
        """Keep the small files of a stage that this run did not write.

        Parameters
        ----------
        campaign, stage : `str`
            Partition.
        tables : `~collections.abc.Sequence` [ `str` ]
            Names of the tables.
        """
        self._known |= {
            self.folder(table, campaign, stage) / f"{table}.parquet" for table in tables
        }

    def finish(self) -> None:
        """Remove all files that are not of the manifest or of this run, and mark the lake finished.

        Readers refuse a lake that an extraction began to change and did not finish.
        """
        self._sweep()
        self._write_manifest(is_finished=True)

    def _sweep(self) -> None:
        known = {self.root / file for unit in self.manifest.units for file in unit.files}
        known |= self._known
        for table in TABLES:
            for path in (self.root / table).rglob("*.parquet"):
                if path not in known:
                    path.unlink()
                    self.manifest.files.pop(str(path.relative_to(self.root)), None)
            # Deepest first, so that a folder can be removed after the folders in it.
            for folder in sorted((self.root / table).glob("**/"), reverse=True):
                if not any(folder.iterdir()):
                    folder.rmdir()

    def _write_manifest(self, *, is_finished: bool = False) -> None:
        self.manifest.is_finished = is_finished
        write_manifest(self.root, self.manifest, self.scratch / MANIFEST)


def _stem(unit: Unit) -> str:
    """Make a name for a unit's files that is readable and unique."""
    if unit.kind == "visits":
        return "visits"
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", unit.name)[-80:].lstrip("._-")
    digest = hashlib.sha256("\0".join(unit.key).encode()).hexdigest()[:8]
    return f"{readable}-{digest}"
