"""Source 1: RUNs whose metadata is one JSON file per quantum.

Turns the registered metadata (and the logs that stand without metadata) of one
task into rows.  What is registered is the business of `extract.repository`;
what a document means is that of `extract.quanta`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

__all__ = ["FileBatch", "Part", "read_metadata_files"]


@dataclass(frozen=True)
class FileBatch:
    """What is registered for some quanta of one task in one RUN, as columns of equal length.

    Columns, not one object a quantum: a campaign has millions, and batches
    cross process borders.
    """

    run: str
    """RUN collection."""

    task_label: str
    """Task label in the pipeline."""

    required: tuple[str, ...]
    """Required dimensions of the task: those that make ``data_id``."""

    coordinates: Mapping[str, Sequence[int | str | None]]
    """Dimension name to its values: all required ones, and implied ones where known."""

    metadata_ids: Sequence[str | None]
    """UUID of the registered ``{task}_metadata``; `None` where only a log is registered."""

    metadata_uris: Sequence[str | None]
    """Where the metadata should be: an absolute path or a URI; `None` where the datastore has no
    record of it."""

    has_logs: Sequence[bool]
    """Whether ``{task}_log`` is registered."""

    log_uris: Sequence[str | None]
    """Where the log is; needed only where there is no metadata, since such logs tell the exception
    and the usage of a failed quantum. Empty: no log is read."""

    keeps_logs: bool
    """Whether the RUN keeps logs for this task at all (D10)."""

    def __len__(self) -> int:
        return len(self.metadata_ids)


@dataclass(frozen=True)
class Part:
    """Rows of the lake that came from some datasets."""

    quanta: pa.Table
    """Rows of `extract.schema.QUANTA`."""

    rejects: pa.Table
    """Rows of `extract.schema.REJECTS`."""


def read_metadata_files(batch: FileBatch, *, threads: int = 1) -> Part:
    """Read the metadata files of some quanta.

    Parameters
    ----------
    batch : `FileBatch`
        What is registered; any length, about 5,000 is best.
    threads : `int`, optional
        Files that are read at the same time, to hide the latency of a remote
        store.

    Returns
    -------
    part : `Part`
        One row for each attempt, and a reject for each dataset that could not
        be read.  Never raises for a dataset.
    """
    raise NotImplementedError
