"""Jobs that write down what graphs say was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from ..documents.quanta import is_usage_gathering
from ..lake.schema import TABLES
from ..sources.predicted_graphs import (
    PredictedGraphError,
    read_expectations,
    read_predecessors,
    read_predicted_header,
)
from .harvest import Collector, Harvest

__all__ = ["read_predicted", "write_counts"]


def _count_rows(run: str, counts: Mapping[str, int], source: str, uri: str) -> pa.RecordBatch:
    """Make the rows of `extract.lake.schema.EXPECTATIONS` that a graph's header gives."""
    size = len(counts)
    return pa.record_batch(
        {
            "run": [run] * size,
            "task_label": list(counts),
            "data_id": [None] * size,
            "quantum_id": [None] * size,
            "source": [source] * size,
            "quanta_count": list(counts.values()),
            "graph_uri": [uri] * size,
            "quantum_number": [None] * size,
            "predecessor_numbers": [None] * size,
        },
        schema=TABLES["expectations"],
    )


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    """Leave tasks out that only gather the resource usage of others, as readers do."""
    return {label: count for label, count in counts.items() if not is_usage_gathering(label)}


def write_counts(run: str, counts: Mapping[str, int], source: str, uri: str, stem: Path) -> Harvest:
    """Leave the counts of a graph's header as a part, without tasks that only gather usage.

    Parameters
    ----------
    run : `str`
        RUN collection.
    counts : `~collections.abc.Mapping` [ `str`, `int` ]
        Quanta by task label.
    source : `str`
        ``predicted_header`` or ``provenance_header``.
    uri : `str`
        The graph.
    stem : `pathlib.Path`
        Where the part goes, without suffix.

    Returns
    -------
    harvest : `Harvest`
        One row a task, and the sum of the counts.
    """
    collector = Collector(stem)
    counted = _counted(counts)
    collector.add("expectations", _count_rows(run, counted, source, uri))
    return replace(collector.finish(), expected_count=sum(counted.values()))


def read_predicted(uri: str, stem: Path) -> Harvest:
    """Read what a predicted graph expected.

    Parameters
    ----------
    uri : `str`
        Path or URI.
    stem : `pathlib.Path`
        Where parts go, without suffix.

    Returns
    -------
    harvest : `Harvest`
        Sorted parts and counts; the header alone, with a warning, where data
        IDs are not to be had.
    """
    header = read_predicted_header(uri)
    counted = _counted(header.task_quanta)
    counts = _count_rows(header.run, counted, "predicted_header", uri)
    collector = Collector(stem)
    collector.add("expectations", counts)
    warning = predecessors = None
    try:
        predecessors = read_predecessors(uri)
    except PredictedGraphError as error:
        warning = f"{error}; what a failed quantum blocked will count as missing"
    try:
        read_expectations(
            uri, header, lambda batch: collector.add("expectations", batch), predecessors
        )
    except PredictedGraphError as error:
        collector = Collector(stem)
        collector.add("expectations", counts)
        warning = f"{error}; only the counts of its header are used"
    return replace(
        collector.finish(),
        expected_count=sum(counted.values()),
        run=header.run,
        warning=warning,
    )
