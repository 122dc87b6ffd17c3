"""Use the official reader for dimensions, and for graphs of an unknown version.

Its import takes seconds and 100 MB, so only the functions that need it import it.
"""

from __future__ import annotations

import io
import platform
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...documents.graph_blocks import Outputs, QuantumBlock, decode_attempt, decode_attempts
from ...documents.quanta import BATCH_SIZE
from ...errors import GraphError, MetadataError
from ...words import named
from ..claims import require_small_members
from .check import GraphCheck, GraphInfo, TaskDimensions
from .rows import Document, QuantumRows

if TYPE_CHECKING:
    from uuid import UUID

    from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

__all__ = ["describe_graph", "read_officially", "reads_members_in_turn"]


def describe_graph(check: GraphCheck) -> GraphInfo:
    """Read dimensions with the official reader.

    Parameters
    ----------
    check : `GraphCheck`
        The graph.

    Returns
    -------
    info : `GraphInfo`
        Counts and dimensions.

    Raises
    ------
    GraphError
        Raised if the installed stack cannot read them.
    """
    with _official_reader(check.path) as reader:
        tasks = {
            label: TaskDimensions(
                required=tuple(node.dimensions.required),
                full=tuple(node.dimensions.data_coordinate_keys),
            )
            for label, node in reader.pipeline_graph.tasks.items()
        }
    return GraphInfo(**vars(check), tasks=tasks)


@contextmanager
def _official_reader(path: str) -> Iterator[ProvenanceQuantumGraphReader]:
    # pipe_base takes seconds and 100 MB to import, and workers do not need it.
    from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

    try:
        with Path(path).open("rb") as stream:
            require_small_members(stream, "nodes.addr")
        with ProvenanceQuantumGraphReader.open(path) as reader:
            yield reader
    except GraphError:
        raise
    except Exception as error:
        # It has no exception of its own: it raises those of pydantic, zipfile, zstandard, Python.
        raise GraphError(
            f"{path}: lsst.pipe.base cannot read this graph "
            f"({named(error)[:200]}); use the stack that wrote it, or a newer one"
        ) from error


@cache
def reads_members_in_turn() -> bool:
    """Test whether this Python correctly reads two members of an uncompressed zip in turn.

    Python 3.12.0 to 3.12.8, 3.13.0 and 3.13.1 give wrong bytes, without an error (CPython issue
    127847).  The reader of the stack reads in this way; ours does not.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("first", "123")
        archive.writestr("second", "456")
    with (
        zipfile.ZipFile(buffer) as archive,
        archive.open("first") as first,
        archive.open("second") as second,
    ):
        first.read(1)
        second.seek(1)
        return second.read(1) == b"5"


def read_officially(path: str, output: QuantumRows) -> None:
    """Read a graph of an unknown version with the stack's reader, and make the same rows.

    Raises
    ------
    GraphError
        Raised if the stack cannot read it, or would read it wrongly with this Python.
    """
    if not reads_members_in_turn():
        raise GraphError(
            f"{path}: only lsst.pipe.base can read this version of the graph, but Python "
            f"{platform.python_version()} gives it wrong bytes (CPython issue 127847): use Python "
            "3.11, or at least 3.12.9 or 3.13.2"
        )
    with _official_reader(path) as reader:
        reader.read_quanta()
        nodes = reader.graph.quantum_only_xgraph.nodes
        for count, quantum_id in enumerate(nodes, start=1):
            info = nodes[quantum_id]
            block = QuantumBlock(
                quantum_id=str(quantum_id),
                task_label=info["task_label"],
                data_coordinate=list(info["data_id"].full_values),
                outputs=Outputs([str(info["metadata_id"])]),
                attempts=[
                    decode_attempt(attempt.model_dump_json().encode())
                    for attempt in info["attempts"]
                ],
            )
            output.add(
                block,
                _official_documents(reader, quantum_id),
                lambda quantum_id=quantum_id: _official_logs(reader, quantum_id),  # type: ignore[misc]
            )
            if count % BATCH_SIZE == 0:
                output.flush()


def _official_documents(
    reader: ProvenanceQuantumGraphReader, quantum_id: UUID
) -> Sequence[Document] | MetadataError:
    try:
        found = reader.fetch_metadata([quantum_id]).get(quantum_id, [])
    except Exception as error:
        return MetadataError(named(error)[:200])
    entries = ["null" if document is None else document.model_dump_json() for document in found]
    return decode_attempts(f'{{"attempts":[{",".join(entries)}]}}'.encode())


def _official_logs(reader: ProvenanceQuantumGraphReader, quantum_id: UUID) -> Sequence[bool] | None:
    try:
        found = reader.fetch_logs([quantum_id]).get(quantum_id, [])
    except Exception:
        return None
    return [records is not None for records in found]
