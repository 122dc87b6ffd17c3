"""Make the rows of ``expectations`` from the header of a graph: counts without data IDs."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from ..documents.quanta import is_usage_gathering
from ..lake.schema import TABLES

__all__ = ["count_rows", "counted"]


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
        One row per task.
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
    """Remove tasks that only gather the resource usage of others, as readers do."""
    return {label: count for label, count in counts.items() if not is_usage_gathering(label)}
