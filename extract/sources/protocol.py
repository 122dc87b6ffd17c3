"""What every source can do, so that the rest of the program names none of them.

A unit of the lake (a RUN, a predicted graph, a file of job records) is described
once, cut into slices, and each slice is read on its own.
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
"""Takes the name of a table of the lake and some of its rows."""


@dataclass(frozen=True)
class Place:
    """Something to read, and where; picklable."""

    name: str
    """RUN collection, or path or URI of a file."""

    folder: Path
    """Folder of its own, which all workers see, for copies of remote files."""

    contents: RunContents | None = None
    """What the registry says of it, where it is a RUN."""

    threads: tuple[int, int] = (1, 1)
    """Files that one job reads at once, on a local disk and on a remote store."""


@dataclass(frozen=True)
class Description:
    """What is known before any quantum is read; picklable."""

    place: Place
    quanta_count: int = 0
    """About how many quanta there are to read: for progress and slices."""

    run: str | None = None
    """RUN that it says it is of."""

    uri: str | None = None
    """Where it is, if it is one file."""

    header_counts: Mapping[str, int] | None = None
    """Quanta by task label that a header promises, tasks that only gather usage left out."""

    packages: Mapping[str, str] | None = None
    """Software versions by package."""

    detail: Any = field(default=None, repr=False)
    """What the source itself wants to remember."""


@dataclass(frozen=True)
class Outcome:
    """What is told of a slice that was read; picklable."""

    warning: str | None = None
    """One line for the user."""

    unread: Sequence[str] = ()
    """Some paths or URIs that could not be read, and may be another time."""


class Source(Protocol):
    """A way in which quanta, or what is expected of them, are recorded."""

    @property
    def name(self) -> str:
        """What it is called, in the lake's tables and manifest too."""

    @property
    def header_name(self) -> str | None:
        """What rows of ``expectations`` are called that come from its header."""

    def describe(self, place: Place) -> Description:
        """Look at something as a whole.  A worker does this.

        Parameters
        ----------
        place : `Place`
            What and where.

        Returns
        -------
        description : `Description`
            What is known of it.

        Raises
        ------
        ReadingError
            Raised if it cannot be trusted.
        """

    def slices(
        self, description: Description, repository: Repository | None, count: int
    ) -> Sequence[Any]:
        """Cut it into slices.  The parent of the workers does this.

        Parameters
        ----------
        description : `Description`
            From `describe`.
        repository : `extract.butler.repository.Repository` or `None`
            Open repository, where it is a RUN.
        count : `int`
            Slices wanted.

        Returns
        -------
        slices : `~collections.abc.Sequence`
            Together all of it; each is picklable.
        """

    def read(self, part: Any, sink: Sink) -> Outcome:  # noqa: ANN401 - the source's own
        """Read a slice.  A worker does this.

        Parameters
        ----------
        part : `object`
            One of the slices.
        sink : `Sink`
            Takes the rows.

        Returns
        -------
        outcome : `Outcome`
            What is told of it.

        Raises
        ------
        HeaderOnlyError
            Raised if the rows so far are to be thrown away, and the header stands for them.
        ReadingError
            Raised if it cannot be trusted.
        """
