"""Check that an extraction wrote and finished the lake: compare its manifest with its files.

The manifest is the contract with extraction (docs/lake.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quanta_census.entrance import command

from .errors import TransformError
from .layout import LAKE_TABLES, Layout

__all__ = ["LakeManifest", "check_content", "read_manifest"]

_SHOWN_FILES = 5


@dataclass(frozen=True)
class LakeManifest:
    """The files of a lake as extraction wrote them.

    Attributes
    ----------
    columns : `dict` [ `str`, `dict` [ `str`, `str` ] ]
        Table to column to Arrow type.
    sizes : `dict` [ `str`, `int` ]
        Bytes of each file, by its path relative to the lake.
    digests : `dict` [ `str`, `str` ]
        SHA-256 of each file, hexadecimal.
    """

    columns: Mapping[str, Mapping[str, str]]
    sizes: Mapping[str, int]
    digests: Mapping[str, str]


def read_manifest(layout: Layout, schema_version: int) -> LakeManifest:
    """Read the manifest, and compare names and sizes of the lake's files with it.

    Parameters
    ----------
    layout : `Layout`
        Paths of the lake.
    schema_version : `int`
        Version of the lake's schema that the models read.

    Returns
    -------
    manifest : `LakeManifest`
        The files of a finished extraction.

    Raises
    ------
    TransformError
        Raised if there is no lake, if an extraction did not finish or still runs, if another
        version wrote it, or if a file is missing, unknown or of another size.
    """
    path = layout.lake / "manifest.json"
    try:
        content = json.loads(path.read_bytes())
        version, is_finished = content["lake_schema_version"], content.get("is_finished", False)
    except FileNotFoundError:
        layout.require_lake()
        raise _unfinished(layout) from None
    except OSError as error:
        raise TransformError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _damaged(layout, path) from None
    _require_version(layout, version, schema_version)
    if is_finished is not True:
        raise _unfinished(layout)
    try:
        manifest = LakeManifest(
            columns={
                str(table): {str(name): str(kind) for name, kind in columns.items()}
                for table, columns in content["columns"].items()
            },
            sizes={str(name): int(file["bytes_count"]) for name, file in content["files"].items()},
            digests={str(name): str(file["sha256"]) for name, file in content["files"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise _damaged(layout, path) from None
    _require_files(layout, manifest)
    layout.require_lake()
    return manifest


def _require_version(layout: Layout, found: object, ours: int) -> None:
    """Refuse a lake of another schema version, with the same remedy as extraction."""
    if found == ours:
        return
    said = f"the lake in {layout.lake} has schema version {found}"
    if isinstance(found, int) and found > ours:
        raise TransformError(
            f"{said}, of a newer version of this program; this version reads {ours}: update this "
            "program, or choose another DATA"
        )
    raise TransformError(
        f"{said}, this program reads {ours}: remove {layout.lake} (or choose another DATA) and run "
        + command("extract")
    )


def _unfinished(layout: Layout) -> TransformError:
    """Say whether an extraction still runs or was ended."""
    try:
        with (layout.lake / ".lock").open(encoding="utf-8", errors="replace") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return TransformError(
            f"an extraction is writing the lake in {layout.lake}: wait until it has ended"
        )
    except OSError:
        pass
    return TransformError(
        f"the last extraction into {layout.lake} did not finish: run {command('extract')} again"
    )


def _damaged(layout: Layout, path: Path) -> TransformError:
    return TransformError(f"{path} is damaged: remove {layout.lake} and run {command('extract')}")


def _require_files(layout: Layout, manifest: LakeManifest) -> None:
    """Compare the names and sizes of all files with the manifest."""
    found = {
        str(file.relative_to(layout.lake)): file.stat().st_size
        for table in LAKE_TABLES
        for file in (layout.lake / table).rglob("*.parquet")
    }
    troubles = [f"{name} does not exist" for name in sorted(manifest.sizes.keys() - found.keys())]
    troubles += [
        f"{name} has {found[name]:,} bytes, but was written with {size:,}"
        for name, size in sorted(manifest.sizes.items())
        if name in found and found[name] != size
    ]
    troubles += [
        f"{name} was not written by the extraction"
        for name in sorted(found.keys() - manifest.sizes.keys())
    ]
    _refuse(layout, troubles, f"run {command('extract')} again, which repairs this")


def check_content(layout: Layout, manifest: LakeManifest) -> None:
    """Read every file, and compare its content and its columns with the manifest.

    Parameters
    ----------
    layout : `Layout`
        Paths of the lake.
    manifest : `LakeManifest`
        From `read_manifest`.

    Raises
    ------
    TransformError
        Raised with the names of files that changed since they were written, or that lack columns.
    """
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        changed = sorted(
            name for name in pool.map(_changed(layout, manifest), manifest.digests) if name
        )
    _refuse(
        layout,
        [f"{name} has changed since it was written (another SHA-256)" for name in changed],
        "remove "
        + ("this file" if len(changed) == 1 else "these files")
        + " and run "
        + f"{command('extract')} again",
    )
    _refuse(
        layout, list(_wrong_columns(layout, manifest)), "run `census-extract run` with --refresh"
    )


def _changed(layout: Layout, manifest: LakeManifest) -> Callable[[str], str | None]:
    """Give a function that says whether the file of a name changed."""

    def changed(name: str) -> str | None:
        try:
            with (layout.lake / name).open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise TransformError(f"{layout.lake / name} cannot be read: {error.strerror}") from None
        return None if found == manifest.digests[name] else name

    return changed


def _wrong_columns(layout: Layout, manifest: LakeManifest) -> Iterator[str]:
    """Compare the columns of each file with those of its table in the manifest."""
    for name in sorted(manifest.sizes):
        of_table = manifest.columns.get(Path(name).parts[0], {})
        promised = {column: _without_item_names(kind) for column, kind in of_table.items()}
        try:
            schema = pq.read_schema(layout.lake / name)
        except (pa.ArrowException, OSError) as error:
            yield f"{name} is not a Parquet file ({str(error).splitlines()[0]})"
            continue
        found = {column.name: _without_item_names(str(column.type)) for column in schema}
        if found != promised:
            differing = sorted(
                column
                for column in found.keys() | promised.keys()
                if found.get(column) != promised.get(column)
            )
            yield f"{name} does not have the columns of its table: {', '.join(differing)}"


def _without_item_names(kind: str) -> str:
    """Remove the name of a list's items, because Parquet and Arrow use different names."""
    return re.sub(r"list<\w+: ", "list<", kind)


def _refuse(layout: Layout, troubles: Iterable[str], remedy: str) -> None:
    """Raise one error for all files in which something is wrong."""
    troubles = list(troubles)
    if not troubles:
        return
    shown = troubles[:_SHOWN_FILES]
    if len(troubles) > len(shown):
        shown.append(f"and {len(troubles) - len(shown)} more")
    raise TransformError(
        f"the lake in {layout.lake} differs from what extraction wrote: {'; '.join(shown)}: "
        f"{remedy}"
    )
