"""A Butler repository, opened read-only, and what is asked of it."""

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
"""Connections to a remote store that are kept open: as many as files read at once by default."""

_SQLITE_FILE = "the registry's SQLite file"
"""How `extract.butler.store_errors` speaks of it, without knowing where it is."""


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
    # Before the first client is made, which remembers them: threads that read at once need as
    # many connections, and a dead database server would be waited for for minutes.
    os.environ.setdefault("LSST_RESOURCES_NUM_WORKERS", str(CONNECTIONS))
    os.environ.setdefault("PGCONNECT_TIMEOUT", str(ANSWER_LIMIT_S))
    try:
        butler = answered(lambda: _open(location))
    except Exception as error:  # Wrong label, path, password, server: six libraries, one line.
        raise RepositoryError(f"repository {location}: {_explain(error, location)}") from error
    try:
        with butler.registry.caching_context():
            yield Repository(location, butler)
    except (
        sqlalchemy.exc.SQLAlchemyError
    ) as error:  # A table without a grant, a server that went away.
        raise RepositoryError(f"repository {location}: {_explain(error, location)}") from error
    finally:
        # Older stacks have no close().
        getattr(butler, "close", lambda: None)()


def _explain(error: BaseException, location: str) -> str:
    """Say what is wrong with a repository; a registry that is a file is named."""
    text = explain(error, location)
    if _SQLITE_FILE not in text:
        return text
    try:
        config = ButlerConfig(Butler.get_repo_uri(location, return_label=True))
        root = config.configDir.ospath.rstrip("/") if config.configDir else ""
        file = sqlalchemy.make_url(config["registry", "db"].replace("<butlerRoot>", root)).database
    except Exception:  # The configuration may be what is amiss: then the text must do.
        return text
    return text.replace(_SQLITE_FILE, f"{_SQLITE_FILE} {file}", 1)


def _open(location: str) -> Butler:
    """Open a Butler; defaults are not inferred: that would query every collection named."""
    with _silent("lsst.daf.butler"):
        return Butler.from_config(location, writeable=False, inferDefaults=False)


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a library from logging the error that we tell in one line ourselves."""
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
    """Open a repository once for each thread and extraction: that takes half a second.

    What is open is closed for another one, or when its thread ends.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label.
    extraction : `pathlib.Path`
        Folder of the extraction, to tell one from the next.

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
