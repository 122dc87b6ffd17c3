"""Find where the files of registered datasets should be, without a look at the files.

Asking the Butler costs 45 us per dataset, mostly for objects that are only converted
to text. So the datastore's own records are read. The Butler is asked for one dataset
of each page, which gives the root of all their paths.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy
from lsst.daf.butler import Butler, DatasetRef
from lsst.daf.butler.datastores.fileDatastore import FileDatastore
from lsst.resources import ResourcePath
from lsst.utils.iteration import chunk_iterable

__all__ = ["FileLocations", "plain_text"]

_ASKED_AT_ONCE = 1_000
"""Datasets of one query: larger queries are not faster."""

_Select = Callable[[Collection[uuid.UUID]], Sequence[tuple[uuid.UUID, Any]]]

_ordinary_characters = re.compile(r"[\w~-][\w./~-]*", re.ASCII).fullmatch


def _is_ordinary(path: str) -> bool:
    """Say whether a path below the root is the same in a URI, without quoting."""
    return bool(_ordinary_characters(path)) and "//" not in path and "/." not in path


def plain_text(uri: ResourcePath) -> str:
    """Write the URI of a local file as a path, so that readers need no URI."""
    return uri.ospath if uri.isLocal else str(uri)


class FileLocations:
    """Look up where datasets should be.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        Of any kind; a Butler with several datastores, or with none of its own, is
        asked for each dataset.
    """

    def __init__(self, butler: Butler) -> None:
        self._butler = butler
        self._select = _selector(butler, "path")
        self._select_sizes = _selector(butler, "file_size")

    def locate(self, refs: Sequence[DatasetRef]) -> list[str | None]:
        """Find where some datasets should be.

        Parameters
        ----------
        refs : `~collections.abc.Sequence` [ `lsst.daf.butler.DatasetRef` ]
            Datasets; some thousands at once are best.

        Returns
        -------
        uris : `list` [ `str` or `None` ]
            For each an absolute path or a URI; `None` where the datastore has
            no record of it, or has it in several files.
        """
        paths = self._paths(refs)
        root = self._root(refs, paths)
        if root is None:
            return self._ask(refs)
        uris = [None if path is None else root + path for path in paths]
        unknown = [index for index, uri in enumerate(uris) if uri is None]
        answers = self._ask([refs[index] for index in unknown])
        for index, uri in zip(unknown, answers, strict=True):
            uris[index] = uri
        return uris

    def sizes(self, refs: Sequence[DatasetRef]) -> list[int | None]:
        """Get the sizes that the files of some datasets had when they were written.

        Parameters
        ----------
        refs : `~collections.abc.Sequence` [ `lsst.daf.butler.DatasetRef` ]
            Datasets.

        Returns
        -------
        sizes : `list` [ `int` or `None` ]
            For each its bytes; `None` where the datastore has not recorded them.
        """
        found: dict[uuid.UUID, int] = {}
        if self._select_sizes is not None:
            for chunk in chunk_iterable([ref.id for ref in refs], _ASKED_AT_ONCE):
                found.update(self._select_sizes(chunk))
        # The datastore writes -1 for what it does not know.
        return [size if (size := found.get(ref.id, -1)) >= 0 else None for ref in refs]

    def _root(self, refs: Sequence[DatasetRef], paths: Sequence[str | None]) -> str | None:
        """Find the root of all paths; `None` if the Butler's answer does not agree."""
        for ref, path in zip(refs, paths, strict=True):
            if path is not None:
                (uri,) = self._ask([ref])
                if uri is not None and uri.endswith(f"/{path}"):
                    return uri.removesuffix(path)
                break
        return None

    def _paths(self, refs: Sequence[DatasetRef]) -> list[str | None]:
        """Read what the datastore has recorded: `None` for paths that are not ordinary."""
        if self._select is None:
            return [None] * len(refs)
        paths: dict[uuid.UUID, str | None] = {}
        ids = [ref.id for ref in refs]
        for chunk in chunk_iterable(ids, _ASKED_AT_ONCE):
            for dataset_id, path in self._select(chunk):
                is_one_file = dataset_id not in paths
                paths[dataset_id] = path if is_one_file and _is_ordinary(path) else None
        return [paths.get(dataset_id) for dataset_id in ids]

    def _ask(self, refs: Sequence[DatasetRef]) -> list[str | None]:
        """Ask the Butler."""
        uris: list[str | None] = []
        for chunk in chunk_iterable(refs, _ASKED_AT_ONCE):
            # `get_many_uris` raises if the datastore has no record of one dataset. The others
            # must still be found.
            try:
                found = self._butler.get_many_uris(list(chunk))
            except FileNotFoundError:
                found = {}
                for ref in chunk:
                    try:
                        found.update(self._butler.get_many_uris([ref]))
                    except FileNotFoundError:
                        continue
            for ref in chunk:
                located = found.get(ref)
                primary = None if located is None else located.primaryURI
                uris.append(None if primary is None else plain_text(primary))
        return uris


def _selector(butler: Butler, column: str) -> _Select | None:
    """Make a function that selects IDs and a column from the records of a Butler's only datastore.

    These internals are the same from 29.2025.4800 to 30.2026.500 (November 2026).  For a Butler
    without them, the public methods are used.
    """
    datastore = getattr(butler, "_datastore", None)
    if type(datastore) is not FileDatastore:
        return None
    try:
        records: Any = datastore._table
        database, table = records._db, records._table
        columns = sqlalchemy.select(table.c.dataset_id, table.c[column])
    except (AttributeError, KeyError):
        return None

    def select(ids: Collection[uuid.UUID]) -> Sequence[tuple[uuid.UUID, Any]]:
        with database.query(columns.where(table.c.dataset_id.in_(ids))) as result:
            rows: Sequence[tuple[uuid.UUID, Any]] = result.fetchall()
        return rows

    return select
