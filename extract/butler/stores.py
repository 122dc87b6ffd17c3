"""Check whether the servers of a repository's files answer, once instead of for every RUN."""

from __future__ import annotations

import hashlib
import heapq
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from lsst.resources import ResourcePath

from ..errors import RepositoryError, StoreError, UnreachableError
from .store_errors import Diagnosis, answered, diagnose, explain

__all__ = ["StoreGuard", "Stores", "sample_unread"]

_PATIENCE_S = 3
"""If a store takes longer than this to fail, in wall seconds, it is not asked again."""

_SAMPLE_SIZE = 100
"""Files that are tried again, at most, before all of a RUN is read again."""

_TRIED_AT_ONCE = 16
"""Files on a store that are tried at the same time."""

_T = TypeVar("_T")


def sample_unread(uris: Iterable[str]) -> list[str]:
    """Choose files to try again, spread over all folders; the order of the input has no effect.

    Parameters
    ----------
    uris : `~collections.abc.Iterable` [ `str` ]
        Paths or URIs of files that could not be read.

    Returns
    -------
    sample : `list` [ `str` ]
        At most a hundred.
    """
    return heapq.nsmallest(
        _SAMPLE_SIZE, set(uris), key=lambda uri: hashlib.sha256(uri.encode()).digest()
    )


class Stores:
    """The servers that keep the files of a repository, and what is known of them."""

    def __init__(self) -> None:
        self._silent: dict[str, Diagnosis] = {}
        self._answering: set[str] = set()

    def ask(self, uri: ResourcePath, call: Callable[[], _T]) -> _T:
        """Ask a store something, unless an earlier question waited without an answer.

        Clients try for half a minute before they report that a server is down or not
        trusted.  This must happen once for a repository, not once for each of its RUNs.

        Parameters
        ----------
        uri : `lsst.resources.ResourcePath`
            A file of the store.
        call : `~collections.abc.Callable`
            Asks the store.

        Returns
        -------
        answer : `object`
            What the call returned.

        Raises
        ------
        StoreError
            Raised if the store did not answer before; else what the call raised.
        """
        store = _store_of(uri)
        if store in self._silent:
            raise StoreError(self._silent[store].text)
        begun = time.monotonic()
        try:
            answer = answered(call)
        except Exception as error:
            diagnosis = diagnose(error, str(uri))
            if diagnosis.is_unreachable or time.monotonic() - begun >= _PATIENCE_S:
                self._silent[store] = diagnosis
            else:
                self._answering.add(store)
            raise
        self._answering.add(store)
        return answer

    def require(self, uri: str | None) -> None:
        """Check that the server of a file can be reached.

        It is asked before the first of its files, and again after `doubt`.

        Parameters
        ----------
        uri : `str` or `None`
            Path or URI of a file; nothing is asked for a local one.

        Raises
        ------
        UnreachableError
            Raised if it cannot.
        """
        if uri is None or "://" not in uri:
            return
        resource = ResourcePath(uri)
        store = _store_of(resource)
        if store not in self._answering:
            # A server that refuses, or does not have this file, can be reached: readers report
            # that. The content is not requested, because some stores fetch it from tape.
            with suppress(Exception):
                self.ask(resource, resource.exists)
        silence = self._silent.get(store)
        if silence is not None and silence.is_unreachable:
            raise UnreachableError(f"{store}: {silence.text}")

    def can_read_any(self, uris: Sequence[str]) -> bool:
        """Say whether any of some files that could not be read before can be read now.

        Parameters
        ----------
        uris : `~collections.abc.Sequence` [ `str` ]
            Paths or URIs.

        Returns
        -------
        can : `bool`
            Whether the first byte of one can be read.
        """

        def can_read(uri: str) -> bool:
            resource = ResourcePath(uri)
            with suppress(Exception):
                self.ask(resource, lambda: resource.read(1))
                return True
            return False

        with ThreadPoolExecutor(_TRIED_AT_ONCE) as pool:
            tries = [pool.submit(can_read, uri) for uri in uris]
            if any(attempt.result() for attempt in tries):
                pool.shutdown(cancel_futures=True)
                return True
        return False

    def doubt(self) -> None:
        """Note that a store failed, so that `require` asks it again."""
        self._answering.clear()

    def probe(self, uri: str) -> None:
        """Try to read the first bytes of a file.

        Parameters
        ----------
        uri : `str`
            Path or URI.

        Raises
        ------
        RepositoryError
            Raised if the file cannot be read.
        """
        resource = ResourcePath(uri)
        try:
            self.ask(resource, lambda: resource.read(1))
        except StoreError as error:
            raise RepositoryError(f"{uri}: {error}") from error
        except Exception as error:  # Each store has its own: FileNotFoundError, ValueError, ...
            raise RepositoryError(f"{uri}: {explain(error, uri)}") from error


def _store_of(uri: ResourcePath) -> str:
    """Name the server of a URI."""
    return f"{uri.scheme}://{uri.netloc}"


@dataclass
class StoreGuard:
    """Distinguishes a store that is down, or refuses, from single files that cannot be read.

    One file on a broken disk of the store gives the same error as a store that is down.
    So the store counts as failed after several failures in a row, or if all files failed.
    """

    limit: int = 10
    """Failures in a row after which the store counts as failed."""

    _has_read: bool = False
    _failures: int = 0
    _last: str = ""

    def succeed(self) -> None:
        """Note a file that was read, or that is known not to exist."""
        self._has_read = True
        self._failures = 0

    def fail(self, diagnosis: Diagnosis, uri: str) -> None:
        """Note a file that could not be read.

        Raises
        ------
        StoreError
            Raised after so many failures that the store counts as failed.
        """
        if not diagnosis.is_everywhere:
            self.succeed()
            return
        self._failures += 1
        self._last = f"{uri}: {diagnosis.text}"
        if self._failures >= self.limit:
            raise StoreError(self._last)

    def close(self) -> None:
        """Decide at the end, for RUNs with few files.

        Raises
        ------
        StoreError
            Raised if there were only failures of the store.
        """
        if self._failures and not self._has_read:
            raise StoreError(self._last)
