"""Copy a lake to a store (S3, WebDAV, another folder) and back.

Extraction and transform use only the local lake.  A copy is made file by file.  Its
manifest always lists the files that are complete: so an interrupted copy can continue,
and readers refuse a copy that is not finished.  A file is copied only if its size and
digest are those of the manifest.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from lsst.resources import ResourcePath
from lsst.utils.iteration import chunk_iterable

from .butler.store_errors import explain
from .errors import LakeError
from .lake.store import (
    MANIFEST,
    Lake,
    LakeFile,
    Manifest,
    decode_manifest,
    encode_manifest,
    move,
    write_manifest,
)
from .uris import read_elsewhere, without_secrets

__all__ = ["Copied", "Copy", "pull", "push"]

_AT_ONCE = 8
"""Files that are transferred at once."""

_BETWEEN_NOTES = 32
"""Files between two manifests of an unfinished copy; at most these are transferred twice."""


@dataclass(frozen=True)
class Copied:
    """Files and bytes of a copy."""

    copied_count: int
    copied_bytes: int
    kept_count: int
    """Files that the target already had."""

    removed_count: int


class Copy(Protocol):
    """A direction of a copy: `push` or `pull`."""

    def __call__(
        self, root: Path, uri: str, *, may_replace: bool, say: Callable[[str], None]
    ) -> Copied:
        """Copy a lake."""


class _Place(Protocol):
    """The place of a lake."""

    @property
    def name(self) -> str:
        """Name of the place in messages."""

    def read(self) -> Manifest:
        """Read its manifest; an empty one if there is no lake."""

    def write(self, manifest: Manifest) -> None:
        """Write its manifest."""

    def size(self, file: str) -> int | None:
        """Get the size of a file in bytes; `None` if it does not exist."""

    def remove(self, file: str) -> None:
        """Remove a file."""


class _Local:
    """A lake in a folder of this machine, which this process has locked."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    @property
    def name(self) -> str:
        """How messages name it."""
        return str(self._lake.root)

    def read(self) -> Manifest:
        """Read its manifest."""
        return self._lake.manifest

    def write(self, manifest: Manifest) -> None:
        """Write its manifest."""
        write_manifest(self._lake.root, manifest, self._lake.scratch / MANIFEST)

    def size(self, file: str) -> int | None:
        """Tell the size of a file."""
        path = self._lake.root / file
        return path.stat().st_size if path.is_file() else None

    def remove(self, file: str) -> None:
        """Remove a file."""
        (self._lake.root / file).unlink(missing_ok=True)


class _Store:
    """A lake on a store."""

    def __init__(self, uri: str) -> None:
        self.root = ResourcePath(uri, forceDirectory=True)

    @property
    def name(self) -> str:
        """How messages name it."""
        return without_secrets(str(self.root))

    def read(self) -> Manifest:
        """Read its manifest."""
        manifest = self.root.join(MANIFEST)
        with self.telling(MANIFEST):
            if not manifest.exists():
                return Manifest()
            raw = manifest.read()
        return decode_manifest(raw, self.name, "remove it, or choose another URI")

    def write(self, manifest: Manifest) -> None:
        """Write its manifest."""
        with self.telling(MANIFEST):
            self.root.join(MANIFEST).write(encode_manifest(manifest), overwrite=True)

    def size(self, file: str) -> int | None:
        """Tell the size of a file."""
        uri = self.root.join(file)
        with self.telling(file):
            return uri.size() if uri.exists() else None

    def remove(self, file: str) -> None:
        """Remove a file."""
        with self.telling(file):
            self.root.join(file).remove()

    @contextmanager
    def telling(self, file: str) -> Iterator[None]:
        """Report an error of a store in one line."""
        try:
            yield
        except LakeError:
            raise
        except Exception as error:  # Each store has its own errors.
            uri = f"{self.name}{file}"
            text = without_secrets(explain(error, uri))
            raise LakeError(f"{uri}: {text}; run again to continue") from error


def push(root: Path, uri: str, *, may_replace: bool, say: Callable[[str], None]) -> Copied:
    """Copy a lake to a store.

    Parameters
    ----------
    root : `pathlib.Path`
        Folder of the lake.
    uri : `str`
        Folder of the copy: ``s3://``, ``davs://``, ``https://``, ``file://`` or a path.
    may_replace : `bool`
        Whether campaigns that the lake does not have may leave the copy.
    say : `~collections.abc.Callable`
        Told how it goes on, in lines.

    Returns
    -------
    copied : `Copied`
        What it took.

    Raises
    ------
    LakeError
        Raised if the lake is not finished or damaged, or if the store cannot be used.
    """
    if not (root / MANIFEST).is_file():
        raise LakeError(f"{root}: there is no lake: run census-extract run first")
    _require_plain(str(root), uri)
    with Lake.locked(root) as lake:
        local, store = _Local(lake), _Store(uri)

        def send(file: str, written: LakeFile) -> None:
            if LakeFile.of(root / file) != written:
                raise LakeError(
                    f"{root / file}: is damaged: remove it, run census-extract run, and push again"
                )
            there = store.root.join(file)
            with store.telling(file):
                there.transfer_from(ResourcePath(str(root / file)), "copy", overwrite=True)
                if (size := there.size()) != written.bytes_count:
                    raise LakeError(
                        f"{store.name}{file}: has {size:,} bytes, but {written.bytes_count:,} "
                        "bytes were sent: push again"
                    )

        return _copy(local, store, send, may_replace=may_replace, say=say)


def pull(root: Path, uri: str, *, may_replace: bool, say: Callable[[str], None]) -> Copied:
    """Copy a lake from a store.

    Parameters
    ----------
    root : `pathlib.Path`
        Folder of the lake; made if need be.
    uri : `str`
        Folder of the copy.
    may_replace : `bool`
        Whether campaigns that the copy does not have may leave the lake.
    say : `~collections.abc.Callable`
        Told how it goes on, in lines.

    Returns
    -------
    copied : `Copied`
        What it took.

    Raises
    ------
    LakeError
        Raised if the copy is not finished or damaged, or if the store cannot be used.
    """
    _require_plain(str(root), uri)
    store = _Store(uri)
    if not store.read().files:
        raise LakeError(f"{store.name}: there is no lake: push one first, or correct the URI")
    with Lake.locked(root) as lake:

        def fetch(file: str, written: LakeFile) -> None:
            staged = lake.scratch / f"{secrets.token_hex(8)}.parquet"
            with store.telling(file):
                ResourcePath(str(staged)).transfer_from(store.root.join(file), "copy")
            if LakeFile.of(staged) != written:
                raise LakeError(
                    f"{store.name}{file}: its content is not what was pushed: push it again"
                )
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            move(staged, root / file)

        return _copy(store, _Local(lake), fetch, may_replace=may_replace, say=say)


def _require_plain(*places: str) -> None:
    """Refuse places whose files would be looked for elsewhere."""
    for place in places:
        path = place if "://" in place else str(Path(place).absolute())
        if other := read_elsewhere(path):
            raise LakeError(
                f"{place}: the files would be copied to or from {other}: choose another folder"
            )


def _copy(
    source: _Place,
    target: _Place,
    transfer: Callable[[str, LakeFile], None],
    *,
    may_replace: bool,
    say: Callable[[str], None],
) -> Copied:
    """Make the target equal to the source: files first, manifest last."""
    wanted, held = source.read(), target.read()
    if not wanted.is_finished:
        raise LakeError(
            f"{source.name}: is incomplete: an extraction or a copy was interrupted: run it again"
        )
    left = _campaigns(held) - _campaigns(wanted)
    if left and not may_replace:
        raise LakeError(
            f"{target.name}: has campaigns that {source.name} does not have "
            f"({', '.join(sorted(left))}): choose another folder, or give --replace to remove "
            "them from it"
        )
    same = [file for file, written in wanted.files.items() if held.files.get(file) == written]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = zip(same, pool.map(target.size, same), strict=True)
        done = {
            file: wanted.files[file]
            for file, size in sizes
            if size == wanted.files[file].bytes_count
        }
        missing = {file: wanted.files[file] for file in wanted.files.keys() - done.keys()}
        gone = sorted(held.files.keys() - wanted.files.keys())
        kept = len(done)
        if missing or gone or not held.is_finished or held.units != wanted.units:
            target.write(Manifest(files=dict(done)))
            for files in chunk_iterable(sorted(missing), _BETWEEN_NOTES):
                for _ in pool.map(lambda file: transfer(file, missing[file]), files):
                    pass
                done |= {file: missing[file] for file in files}
                target.write(Manifest(files=dict(done)))
                say(f"{len(done):,} of {len(wanted.files):,} files")
            target.write(replace(wanted, damages={}))
            for file in gone:
                target.remove(file)
    sent = sum(written.bytes_count for written in missing.values())
    return Copied(len(missing), sent, kept, len(gone))


def _campaigns(manifest: Manifest) -> set[str]:
    """Name the campaigns of which a lake has files."""
    parts = {part for file in manifest.files for part in file.split("/")}
    names = {part.removeprefix("campaign=") for part in parts if part.startswith("campaign=")}
    return names - {"__none__"}
