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
from .slices import SliceWriter, WrittenSlice

__all__ = ["count_rows", "counted", "read_predicted"]


def count_rows(run: str, counts: Mapping[str, int], source: str, uri: str) -> pa.RecordBatch:
    """Make the rows of `extract.lake.schema.EXPECTATIONS` that a graph's header gives.

    Parameters
    ----------
    run : `str`
        RUN collection.
    counts : `~collections.abc.Mapping` [ `str`, `int` ]
        Quanta by task label, from `counted`.
    source : `str`
        ``predicted_header`` or ``provenance_header``.
    uri : `str`
        The graph.

    Returns
    -------
    rows : `pyarrow.RecordBatch`
        One row a task.
    """
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


def counted(counts: Mapping[str, int]) -> dict[str, int]:
    """Leave tasks out that only gather the resource usage of others, as readers do."""
    return {label: count for label, count in counts.items() if not is_usage_gathering(label)}


def read_predicted(uri: str, stem: Path) -> WrittenSlice:
    """Read what a predicted graph expected.

    Parameters
    ----------
    uri : `str`
        Path or URI.
    stem : `pathlib.Path`
        Where files go, without suffix.

    Returns
    -------
    written : `WrittenSlice`
        Its file and counts; the header alone, with a warning, where data
        IDs are not to be had.
    """
    header = read_predicted_header(uri)
    counts = counted(header.task_quanta)
    rows = count_rows(header.run, counts, "predicted_header", uri)
    writer = SliceWriter(stem)
    writer.add("expectations", rows)
    warning = predecessors = None
    try:
        predecessors = read_predecessors(uri)
    except PredictedGraphError as error:
        warning = f"{error}; what a failed quantum blocked will count as missing"
    try:
        read_expectations(
            uri, header, lambda batch: writer.add("expectations", batch), predecessors
        )
    except PredictedGraphError as error:
        writer = SliceWriter(stem)
        writer.add("expectations", rows)
        warning = f"{error}; only the counts of its header are used"
    return replace(
        writer.finish(), expected_count=sum(counts.values()), run=header.run, warning=warning
    )
