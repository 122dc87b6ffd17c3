"""Register the sources of quanta and of expected quanta, which share one protocol.

A new source is a class with the methods of `Source` in its own module, and a line
below.  Nothing here imports the Butler or the stack, because workers need neither for
most sources.
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
