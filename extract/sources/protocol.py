"""Define the protocol of all sources, so that the other packages depend on no single source.

A unit of the lake (a RUN, a predicted graph, a file of job records) is described
once and divided into slices, and each slice is read independently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from ..butler.registered import RunContents

if TYPE_CHECKING:
    from ..butler.repository import Repository

__all__ = ["Description", "Outcome", "Place", "Sink", "Source"]

Sink = Callable[[str, pa.RecordBatch], None]
"""Receives the name of a table of the lake and some of its rows."""


@dataclass(frozen=True)
class Place:
    """Something to read, and its place; picklable."""

    name: str
    """RUN collection, or path or URI of a file."""

    folder: Path
    """Folder of this unit, which all workers see, for copies of remote files."""

    contents: RunContents | None = None
    """What the registry says about it, if it is a RUN."""

    threads: tuple[int, int] = (1, 1)
    """Files that one job reads at once, on a local disk and on a remote store."""


@dataclass(frozen=True)
class Description:
    """What is known before any quantum is read; picklable."""

    place: Place
    quanta_count: int = 0
    """Estimated number of quanta to read, for progress and slices."""

    run: str | None = None
    """Its RUN, as it says itself."""

    uri: str | None = None
    """Its path or URI, if it is one file."""

    header_counts: Mapping[str, int] | None = None
    """Number of quanta in the header, by task label, without tasks that only gather usage."""

    packages: Mapping[str, str] | None = None
    """Software versions by package."""

    detail: Any = field(default=None, repr=False)
    """Data for the source itself."""


@dataclass(frozen=True)
class Outcome:
    """Result of a slice that was read, beside its rows; picklable."""

    warning: str | None = None
    """One line for the user."""

    unread: Sequence[str] = ()
    """Some paths or URIs that could not be read, but perhaps can be later."""


class Source(Protocol):
    """A kind of record of quanta or of expected quanta."""

    @property
    def name(self) -> str:
        """Name of the source, also in the lake's tables and manifest."""

    @property
    def header_name(self) -> str | None:
        """Source of the rows of ``expectations`` that come from its header."""

    def describe(self, place: Place) -> Description:
        """Describe something as a whole.  A worker does this.

        Parameters
        ----------
        place : `Place`
            Something to read.

        Returns
        -------
        description : `Description`
            The description.

        Raises
        ------
        ReadingError
            Raised if it is damaged or contradicts itself.
        """

    def slices(
        self, description: Description, repository: Repository | None, count: int
    ) -> Sequence[Any]:
        """Divide it into slices.  The parent of the workers does this.

        Parameters
        ----------
        description : `Description`
            From `describe`.
        repository : `extract.butler.repository.Repository` or `None`
            Open repository, if it is a RUN.
        count : `int`
            Number of slices.

        Returns
        -------
        slices : `~collections.abc.Sequence`
            Slices that together are the whole; each is picklable.
        """

    def read(self, part: Any, sink: Sink) -> Outcome:  # noqa: ANN401 - the source's own
        """Read a slice.  A worker does this.

        Parameters
        ----------
        part : `object`
            One of the slices.
        sink : `Sink`
            Receives the rows.

        Returns
        -------
        outcome : `Outcome`
            Result of the slice.

        Raises
        ------
        HeaderOnlyError
            Raised if the rows so far must be discarded, and the counts of the header replace them.
        ReadingError
            Raised if it is damaged or contradicts itself.
        """
