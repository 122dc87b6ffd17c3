"""Jobs that read RUNs of plain metadata files, through the Butler."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

from ..butler.registered import FileSlice
from ..butler.repository import Repository, open_repository
from ..butler.stores import StoreGuard
from ..documents.quanta import paused_garbage_collection
from ..sources.metadata_files import read_metadata_files
from .slices import SliceWriter, WrittenSlice

__all__ = ["read_files"]


class _OfThread(threading.local):
    """The repository that a thread has open: a Butler may not be shared between threads."""

    def __init__(self) -> None:
        self.key: tuple[str, Path] | None = None
        self.repository: Repository | None = None
        self.stack = ExitStack()


_of_thread = _OfThread()


def _repository(location: str, extraction: Path) -> Repository:
    """Open a repository once for each thread and extraction: that takes half a second.

    What is open is closed for another one, or when its thread ends.
    """
    mine, key = _of_thread, (location, extraction)
    if mine.repository is None or mine.key != key:
        mine.stack.close()
        mine.repository = mine.stack.enter_context(open_repository(location))
        mine.key = key
    return mine.repository


def read_files(part: FileSlice, threads: tuple[int, int], stem: Path) -> WrittenSlice:
    """Read the metadata files of a slice.

    Parameters
    ----------
    part : `extract.butler.registered.FileSlice`
        Which ones.
    threads : `tuple` [ `int`, `int` ]
        Files that are read at once, on a local disk and on a remote store.
    stem : `pathlib.Path`
        Where files go, without suffix.

    Returns
    -------
    written : `WrittenSlice`
        Its files and counts.
    """
    writer = SliceWriter(stem)
    guard = StoreGuard()
    repository = _repository(part.location, stem.parent.parent)
    with paused_garbage_collection():  # The answers of the registry are many small objects, too.
        for batch in repository.slices.batches(part):
            columns = (batch.metadata_uris, batch.log_uris)
            uris = (uri for column in columns for uri in column if uri)
            is_remote = "://" in next(uris, "")
            read = read_metadata_files(batch, threads=threads[is_remote], guard=guard)
            for table, rows in (("quanta", read.quanta), ("rejects", read.rejects)):
                for record_batch in rows.to_batches():
                    writer.add(table, record_batch)
    guard.close()
    return writer.finish()
