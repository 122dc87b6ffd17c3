"""What a registry says of RUNs and their datasets, as plain values.

They cross process borders, so nothing here knows a Butler.
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
"""What a RUN is called that has one metadata file a quantum."""

PROVENANCE_GRAPH = "provenance_graph"
"""What a RUN is called that has a provenance graph."""

USAGE_TABLES = "usage_tables"
"""What a RUN is called that holds tables of gathered resource usage, and no quanta of its own."""

PROMISED = "promised"
"""What a RUN is called that was aggregated and not ingested yet (D6)."""

NOTHING = "none"
"""What a RUN is called that holds nothing to read."""


METADATA = "_metadata"
"""How the name of a task's metadata ends."""

LOG = "_log"
"""How the name of a task's logs ends."""

RESOURCE_USAGE = "_resource_usage"
"""How the name of a task's table of gathered resource usage ends (analysis_tools)."""

PACKAGES = "packages"
"""Name of the dataset with a RUN's software versions."""

PROVENANCE = "run_provenance"
"""Name of the dataset that is a RUN's provenance graph."""


@dataclass(frozen=True)
class UsageTable:
    """A table of gathered resource usage: a row for each data ID of a task; picklable."""

    task_label: str
    """Task whose usage it holds."""

    required: Sequence[str] | None
    """Required dimensions of the task: those that make ``data_id``; `None` where nothing tells."""

    uri: str | None
    """Where it is; `None` where the datastore has no record of it."""


@dataclass(frozen=True)
class RunContents:
    """What a RUN collection holds that an extraction can read."""

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
        """Estimate of the quanta that left a trace, for progress and slices; 0 for graphs."""
        tasks = self.metadata_counts.keys() | self.log_counts.keys()
        return sum(
            max(self.metadata_counts.get(task, 0), self.log_counts.get(task, 0)) for task in tasks
        )


@dataclass(frozen=True)
class FileSlice:
    """Some quanta of one RUN of plain files, for one job; picklable."""

    location: str
    """Repository."""

    run: str
    """RUN collection."""

    tasks: Mapping[str, str]
    """Task label to the condition (Butler expression, maybe empty) on its datasets."""

    kept_logs: frozenset[str]
    """Labels of the tasks whose logs this RUN keeps."""

    quanta_count: int
    """About how many quanta: exact when no task is cut."""


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

    sizes: Sequence[int | None] = ()
    """Bytes of each file as the datastore recorded them, where the files are on a store; empty
    where they are local, for who reads them sees how large they are."""

    def __len__(self) -> int:
        return len(self.metadata_ids)

    @property
    def uris(self) -> list[str | None]:
        """What is read of each quantum: its metadata, or the log where there is none."""
        logs = self.log_uris or [None] * len(self)
        return [
            log if dataset_id is None else metadata
            for dataset_id, metadata, log in zip(
                self.metadata_ids, self.metadata_uris, logs, strict=True
            )
        ]
