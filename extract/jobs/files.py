"""Jobs that read RUNs of plain metadata files, through the Butler."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from ..butler.repository import FileSlice, Repository, open_repository
from ..butler.stores import StoreGuard
from ..documents.quanta import paused_garbage_collection
from ..sources.metadata_files import read_metadata_files
from .harvest import Collector, Harvest

__all__ = ["close_repositories", "read_files"]

_open_repositories: dict[tuple[str, str], tuple[ExitStack, Repository]] = {}


def _repository(location: str, token: str) -> Repository:
    """Open a repository once for each worker and extraction: that takes half a second."""
    key = (location, token)
    if key not in _open_repositories:
        close_repositories()
        stack = ExitStack()
        _open_repositories[key] = (stack, stack.enter_context(open_repository(location)))
    return _open_repositories[key][1]


def close_repositories() -> None:
    """Close what jobs opened; a worker that ends need not."""
    for stack, _ in _open_repositories.values():
        stack.close()
    _open_repositories.clear()


def read_files(part: FileSlice, threads: tuple[int, int], stem: Path) -> Harvest:
    """Read the metadata files of a slice.

    Parameters
    ----------
    part : `extract.butler.repository.FileSlice`
        Which ones.
    threads : `tuple` [ `int`, `int` ]
        Files that are read at once, on a local disk and on a remote store.
    stem : `pathlib.Path`
        Where parts go, without suffix.

    Returns
    -------
    harvest : `Harvest`
        Sorted parts and counts.
    """
    collector = Collector(stem)
    guard = StoreGuard()
    repository = _repository(part.location, str(stem.parent.parent))
    with paused_garbage_collection():  # The answers of the registry are many small objects, too.
        for batch in repository.file_batches(part):
            columns = (batch.metadata_uris, batch.log_uris)
            uris = (uri for column in columns for uri in column if uri)
            is_remote = "://" in next(uris, "")
            read = read_metadata_files(batch, threads=threads[is_remote], guard=guard)
            for table, rows in (("quanta", read.quanta), ("rejects", read.rejects)):
                for record_batch in rows.to_batches():
                    collector.add(table, record_batch)
    guard.close()
    return collector.finish()
