"""Rows of the lake as the stack's own reader and `TaskMetadata` would have them, column by column.

Slow, and written without a line of the extractor: what ours is compared with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from lsst.daf.butler import DataCoordinate
from lsst.pipe.base import TaskMetadata
from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

from extract.lake.schema import GATHERED_COLUMNS
from extract.sources.provenance.official import reads_members_in_turn

__all__ = ["SOUND_READER", "data_id_text", "dimensions_of", "rows_of_graph", "usage_of"]

SOUND_READER = pytest.mark.skipif(
    not reads_members_in_turn(),
    reason="this Python's zipfile gives the official reader wrong bytes (CPython issue 127847)",
)
"""Tests that compare with the official reader where it reads what was written."""

_DIMENSIONS = (
    "instrument", "skymap", "visit", "exposure", "detector", "tract", "patch", "band",
    "physical_filter", "day_obs", "group", "subfilter", "healpix3", "htm7",
)  # fmt: skip

_USAGE = {
    "CpuTime": "cpu_time_s",
    "UserTime": "user_time_s",
    "SystemTime": "system_time_s",
    "MaxResidentSetSize": "max_rss_bytes",
    "MinorPageFaults": "minor_page_faults_count",
    "MajorPageFaults": "major_page_faults_count",
    "BlockInputs": "block_inputs_count",
    "BlockOutputs": "block_outputs_count",
    "VoluntaryContextSwitches": "voluntary_context_switches_count",
    "InvoluntaryContextSwitches": "involuntary_context_switches_count",
}


def data_id_text(data_id: DataCoordinate) -> str:
    """Write the required dimensions as the lake does."""
    return json.dumps(dict(sorted(data_id.required.items())), separators=(",", ":"))


def dimensions_of(data_id: DataCoordinate) -> dict[str, Any]:
    """Give every dimension column, implied ones among them."""
    return {"data_id": data_id_text(data_id)} | {
        name: data_id.mapping.get(name) if name in data_id.dimensions.names else None
        for name in _DIMENSIONS
    }


def usage_of(metadata: TaskMetadata | None) -> dict[str, Any]:
    """Give every column that a metadata document fills; version 1, whose peaks are bytes."""
    empty = TaskMetadata()
    metadata = empty if metadata is None else metadata
    quantum = metadata.get("quantum", empty)
    metrics = quantum.get("butler_metrics", empty)
    job = metadata.get("job", empty)
    columns: dict[str, Any] = {
        "metadata_version": quantum.get("__version__"),
        "node_name": quantum.get("nodeName"),
        "job_quanta_count": job.get("qg_size"),
        "graph_read_wall_time_s": job.get("qg_read_time"),
        **dict.fromkeys(GATHERED_COLUMNS.values()),
    }
    for prefix in ("prep", "init", "start", "end"):
        text = quantum.get(f"{prefix}Utc")
        at = None if text is None else datetime.fromisoformat(text)
        columns[f"{prefix}_at"] = at.replace(tzinfo=at.tzinfo or UTC) if at else None
        for key, name in _USAGE.items():
            is_peak = (prefix, key) == ("end", "MaxResidentSetSize")
            columns[name if is_peak else f"{prefix}_{name}"] = quantum.get(f"{prefix}{key}")
    for verb in ("get", "put", "ingest"):
        columns[f"butler_{verb}_count"] = metrics.get(f"n_{verb}")
        columns[f"butler_{verb}_wall_time_s"] = metrics.get(f"time_in_{verb}")
    return columns


def rows_of_graph(reader: ProvenanceQuantumGraphReader, run: str) -> Iterator[dict[str, Any]]:
    """Give the row of each quantum of a graph in which none was tried twice."""
    reader.read_quanta()
    nodes = reader.graph.quantum_only_xgraph.nodes
    for quantum_id, info in nodes.items():
        attempts = info["attempts"]
        assert len(attempts) < 2
        attempt = attempts[0] if attempts else None
        (metadata,) = reader.fetch_metadata([quantum_id]).get(quantum_id, []) or [None]
        (logs,) = reader.fetch_logs([quantum_id]).get(quantum_id, []) or [None]
        before = [str(other) for other in attempt.previous_process_quanta] if attempt else None
        yield {
            "run": run,
            "task_label": info["task_label"],
            **dimensions_of(info["data_id"]),
            "quantum_id": str(quantum_id),
            "metadata_dataset_id": (
                str(info["metadata_id"]) if info["status"].name == "SUCCESSFUL" else None
            ),
            "attempt": attempt.attempt if attempt else None,
            "is_last_attempt": True,
            "status": info["status"].name.lower(),
            "caveats": None if info["caveats"] is None else info["caveats"].value,
            "exception_type": info["exception"].type_name if info["exception"] else None,
            "source": "provenance_graph",
            "has_metadata": metadata is not None,
            "has_log": logs is not None,
            "previous_process_quanta": before,
            "process_id": None if before is None else [*before, str(quantum_id)][0],
            **usage_of(metadata),
        }
