"""Hold what a registry says of RUNs and their datasets, as plain values.

The values are sent to other processes, so nothing here uses a Butler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = [
    "LOG",
    "METADATA",
    "METADATA_FILES",
    "NOTHING",
    "PACKAGES",
    "PROMISED",
    "PROVENANCE",
    "PROVENANCE_GRAPH",
    "RESOURCE_USAGE",
    "USAGE_TABLES",
    "FileBatch",
    "FileSlice",
    "RunContents",
    "UsageTable",
]

METADATA_FILES = "metadata_files"
"""Kind of a RUN with one metadata file per quantum."""

PROVENANCE_GRAPH = "provenance_graph"
"""Kind of a RUN with a provenance graph."""

USAGE_TABLES = "usage_tables"
"""Kind of a RUN with tables of gathered resource usage and without quanta of its own."""

PROMISED = "promised"
"""Kind of a RUN that was aggregated and is not ingested yet (D6)."""

NOTHING = "none"
"""Kind of a RUN with nothing to read."""


METADATA = "_metadata"
"""Suffix of the dataset type of a task's metadata."""

LOG = "_log"
"""Suffix of the dataset type of a task's logs."""

RESOURCE_USAGE = "_resource_usage"
"""Suffix of the dataset type of a task's table of gathered usage (analysis_tools)."""

PACKAGES = "packages"
"""Dataset type of a RUN's software versions."""

PROVENANCE = "run_provenance"
"""Dataset type of a RUN's provenance graph."""


@dataclass(frozen=True)
class UsageTable:
    """A table of gathered resource usage, one row per data ID of a task; picklable."""

    task_label: str
    """Task whose usage it holds."""

    required: Sequence[str] | None
    """Required dimensions of the task, which make ``data_id``; `None` if unknown."""

    uri: str | None
    """Path or URI; `None` if the datastore has no record of it."""


@dataclass(frozen=True)
class RunContents:
    """The content of a RUN collection that an extraction can read."""

    source: str
    """`METADATA_FILES`, `PROVENANCE_GRAPH`, `USAGE_TABLES`, `PROMISED` or `NOTHING`."""

    fingerprint: str
    """Text that changes when the RUN has to be read again."""

    metadata_counts: Mapping[str, int] = field(default_factory=dict)
    """Registered metadata by task label."""

    log_counts: Mapping[str, int] = field(default_factory=dict)
    """Registered logs by task label."""

    graph_uri: str | None = None
    """Where the provenance graph is."""

    usage_tables: Sequence[UsageTable] = ()
    """Tables of gathered resource usage."""

    @property
    def quanta_count(self) -> int:
        """Estimated number of quanta that left a trace, for progress and slices; 0 for graphs."""
        tasks = self.metadata_counts.keys() | self.log_counts.keys()
        return sum(
            max(self.metadata_counts.get(task, 0), self.log_counts.get(task, 0)) for task in tasks
        )


@dataclass(frozen=True)
class FileSlice:
    """A part of the quanta of one RUN of plain files, for one job; picklable."""

    location: str
    """Repository."""

    run: str
    """RUN collection."""

    tasks: Mapping[str, str]
    """Condition on the datasets (Butler expression, may be empty) by task label."""

    kept_logs: frozenset[str]
    """Labels of the tasks whose logs this RUN keeps."""

    quanta_count: int
    """Number of quanta: exact if no task is divided, else an estimate."""


@dataclass(frozen=True)
class FileBatch:
    """What is registered for some quanta of one task in one RUN, as columns of equal length.

    It has columns, not one object per quantum, because a campaign has millions of quanta
    and batches are sent to other processes.
    """

    run: str
    """RUN collection."""

    task_label: str
    """Task label in the pipeline."""

    required: tuple[str, ...]
    """Required dimensions of the task, which make ``data_id``."""

    coordinates: Mapping[str, Sequence[int | str | None]]
    """Dimension name to its values: all required ones, and implied ones where known."""

    metadata_ids: Sequence[str | None]
    """UUID of the registered ``{task}_metadata``; `None` if only a log is registered."""

    metadata_uris: Sequence[str | None]
    """Absolute path or URI of the metadata; `None` if the datastore has no record of it."""

    has_logs: Sequence[bool]
    """Whether ``{task}_log`` is registered."""

    log_uris: Sequence[str | None]
    """Path or URI of the log.  It is needed only if there is no metadata: then the log has the
    exception and the usage of a failed quantum.  Empty: no log is read."""

    keeps_logs: bool
    """Whether the RUN keeps logs for this task at all (D10)."""

    sizes: Sequence[int | None] = ()
    """Bytes of each file as the datastore recorded them, for files on a store.  Empty for local
    files, whose sizes are seen when they are read."""

    def __len__(self) -> int:
        return len(self.metadata_ids)

    @property
    def uris(self) -> list[str | None]:
        """Path or URI that is read for each quantum: its metadata, or the log if there is none."""
        logs = self.log_uris or [None] * len(self)
        return [
            log if dataset_id is None else metadata
            for dataset_id, metadata, log in zip(
                self.metadata_ids, self.metadata_uris, logs, strict=True
            )
        ]
