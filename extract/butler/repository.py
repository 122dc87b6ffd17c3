"""Open a Butler repository read-only, and give access to its parts."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy
from lsst.daf.butler import Butler, ButlerConfig

from ..errors import RepositoryError
from ..uris import read_elsewhere
from .collections import Collections
from .contents import Contents
from .file_locations import FileLocations
from .observations import Observations
from .slices import Slices
from .store_errors import ANSWER_LIMIT_S, answered, explain
from .stores import Stores

__all__ = ["CONNECTIONS", "Repository", "open_repository", "repository_of_thread"]

CONNECTIONS = 32
"""Connections to a remote store that are kept open: by default one for each file read at once."""

_SQLITE_FILE = "the registry's SQLite file"
"""The name of a registry in texts of `extract.butler.store_errors`, which has no path."""


class Repository:
    """A Butler repository, read-only.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label, for messages.
    butler : `lsst.daf.butler.Butler`
        Read-only Butler of that repository.
    """

    def __init__(self, location: str, butler: Butler) -> None:
        files = FileLocations(butler)
        self.location = location
        self.collections = Collections(location, butler)
        self.stores = Stores()
        self.contents = Contents(butler, self.collections, files, self.stores)
        self.slices = Slices(location, butler, files)
        self.observations = Observations(butler)


@contextmanager
def open_repository(location: str) -> Iterator[Repository]:
    """Open a repository, read-only.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label.

    Yields
    ------
    repository : `Repository`
        Closed when the context ends.

    Raises
    ------
    RepositoryError
        Raised with one line if it cannot be opened.
    """
    if other := read_elsewhere(location):
        raise RepositoryError(
            f"repository {location}: the Butler would open {other} instead: rename the folder, "
            "or use a symbolic link to it"
        )
    # Set before the first client is made, because clients keep these settings. Each thread needs
    # a connection, and without a limit a dead database server blocks for minutes.
    os.environ.setdefault("LSST_RESOURCES_NUM_WORKERS", str(CONNECTIONS))
    os.environ.setdefault("PGCONNECT_TIMEOUT", str(ANSWER_LIMIT_S))
    try:
        butler = answered(lambda: _open(location))
    # A wrong label, path, password or server: six libraries raise different errors.
    except Exception as error:
        raise RepositoryError(f"repository {location}: {_explain(error, location)}") from error
    try:
        with butler.registry.caching_context():
            yield Repository(location, butler)
    # For example a table without a grant, or a lost server.
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise RepositoryError(f"repository {location}: {_explain(error, location)}") from error
    finally:
        # Older stacks have no close().
        getattr(butler, "close", lambda: None)()


def _explain(error: BaseException, location: str) -> str:
    """Say what is wrong with a repository; names the file of a SQLite registry."""
    text = explain(error, location)
    if _SQLITE_FILE not in text:
        return text
    try:
        config = ButlerConfig(Butler.get_repo_uri(location, return_label=True))
        root = config.configDir.ospath.rstrip("/") if config.configDir else ""
        file = sqlalchemy.make_url(config["registry", "db"].replace("<butlerRoot>", root)).database
    except Exception:  # The configuration itself may be wrong: then the text of the error is used.
        return text
    return text.replace(_SQLITE_FILE, f"{_SQLITE_FILE} {file}", 1)


def _open(location: str) -> Butler:
    """Open a Butler without inferred defaults, which would query every collection."""
    with _silent("lsst.daf.butler"):
        return Butler.from_config(location, writeable=False, inferDefaults=False)


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Stop a library from logging an error that this program reports in one line."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


class _OfThread(threading.local):
    """The repository that a thread has open: a Butler may not be shared between threads."""

    def __init__(self) -> None:
        self.key: tuple[str, Path] | None = None
        self.repository: Repository | None = None
        self.stack = ExitStack()


_of_thread = _OfThread()


def repository_of_thread(location: str, extraction: Path) -> Repository:
    """Open a repository once for each thread and extraction, because it takes half a second.

    It is closed when the thread opens another one, or when the thread ends.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label.
    extraction : `pathlib.Path`
        Folder of the extraction, which identifies it.

    Returns
    -------
    repository : `Repository`
        Open.
    """
    mine, key = _of_thread, (location, extraction)
    if mine.repository is None or mine.key != key:
        mine.stack.close()
        mine.repository = mine.stack.enter_context(open_repository(location))
        mine.key = key
    return mine.repository
