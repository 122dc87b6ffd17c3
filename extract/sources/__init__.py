"""Where quanta, and what was expected of them, are recorded: one protocol, one registry.

A new source is a class with the methods of `Source` in a module of its own, and
a line below.  Nothing here imports the Butler or the stack: workers need neither
for most sources.
"""

from __future__ import annotations

from collections.abc import Mapping

from .job_records.source import JobRecords
from .metadata_files import MetadataFiles
from .predicted_graphs import PredictedGraphs
from .protocol import Description, Outcome, Place, Sink, Source
from .provenance.source import ProvenanceGraphs
from .usage_tables import UsageTables

__all__ = [
    "JOB_RECORDS",
    "PREDICTED_GRAPH",
    "SOURCES",
    "Description",
    "Outcome",
    "Place",
    "Sink",
    "Source",
]

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        MetadataFiles(),
        ProvenanceGraphs(),
        UsageTables(),
        PredictedGraphs(),
        JobRecords(),
    )
}
"""Every source by its name."""

PREDICTED_GRAPH = PredictedGraphs.name
"""Name of the source that says what was expected."""

JOB_RECORDS = JobRecords.name
"""Name of the source that says how batch jobs ended."""
