"""Make rows of the lake from the quanta of a provenance graph, for both readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from ...documents.graph_blocks import Attempt, QuantumBlock
from ...documents.quanta import QuantaBuilder, Row, is_usage_gathering
from ...documents.task_metadata import Usage
from ...errors import GraphError, MetadataError
from ...lake.schema import EXPECTATIONS, REJECTS
from .check import DAMAGED, TaskDimensions

__all__ = ["Document", "QuantumRows", "Sink", "SliceResult"]

_SUCCESSFUL = 1
_STATUSES = {
    _SUCCESSFUL: "successful",
    0: "blocked",
    -1: "failed",
    -2: "aborted_success",
    -3: "unknown",
    -4: "aborted",
}
"""`lsst.pipe.base.QuantumAttemptStatus` by value; -4 exists since 30.0."""

_WITH_METADATA = {"successful", "aborted_success"}

_NEVER_TRIED = Attempt(attempt=None, status=0)
"""Placeholder for the attempts of a blocked quantum."""

Document = Usage | MetadataError | None
"""Metadata of an attempt: its content, the reason why it cannot be read, or `None`."""

Sink = Callable[[str, pa.RecordBatch], None]
"""Receives the name of a lake table (``quanta`` or ``expectations``) and some of its rows."""


@dataclass(frozen=True)
class SliceResult:
    """Result of `read_slice` beside the rows."""

    rejects: pa.Table
    """Rows of `extract.lake.schema.REJECTS`."""

    attempts_count: int
    """Number of rows of ``quanta`` that the sink received."""

    task_quanta_counts: Mapping[str, int]
    """Number of quanta by task label; the header may have more, which were not scanned."""


class QuantumRows:
    """Makes rows of quanta, gives them to the sink, and counts them.

    Parameters
    ----------
    run : `str`
        RUN collection of all rows.
    uri : `str`
        The graph, for messages and the lake.
    tasks : `~collections.abc.Mapping` [ `str`, `TaskDimensions` ]
        Dimensions by task label.
    sink : `~collections.abc.Callable`
        Receives a table's name and some rows.
    """

    def __init__(self, run: str, uri: str, tasks: Mapping[str, TaskDimensions], sink: Sink) -> None:
        self._uri = uri
        self._tasks = tasks
        self._sink = sink
        self._builder = QuantaBuilder(run, "provenance_graph")
        self._rejects: list[pa.Table] = []
        self._attempts_count = 0
        self._counts: Counter[str] = Counter()
        self._left_out = frozenset(filter(is_usage_gathering, tasks))

    def add(
        self,
        block: QuantumBlock,
        documents: Sequence[Document] | MetadataError,
        find_logs: Callable[[], Sequence[bool] | None],
    ) -> None:
        """Add the rows of a quantum.

        Parameters
        ----------
        block : `QuantumBlock`
            The quantum in the graph.
        documents : `~collections.abc.Sequence` or `MetadataError`
            Its metadata, oldest first, or the reason why it cannot be read.
        find_logs : `~collections.abc.Callable`
            Says which attempts have a log; `None` if that cannot be read.  Called
            only if nothing else says it.
        """
        task = self._tasks.get(block.task_label)
        values = block.data_coordinate
        if task is None or len(values) != len(task.full):
            raise GraphError(
                f"{self._uri}: quantum {block.quantum_id} of task {block.task_label!r} with "
                f"{len(values)} dimension values does not fit the pipeline graph; {DAMAGED}"
            )
        self._counts[block.task_label] += 1
        if block.task_label in self._left_out:
            return
        key = block, task.data_id(values), task.pick(values), self._uri
        if len(block.attempts) == 1 and isinstance(documents, list) and len(documents) == 1:
            (attempt,), (usage,) = block.attempts, documents
            if attempt.status == _SUCCESSFUL and isinstance(usage, Usage):
                # Nearly every quantum has one attempt. This branch takes half the time.
                self._builder.append(_row(*key, "successful", attempt, True, True, True), usage)
                return
        if not block.attempts:
            self._builder.append(_row(*key, "blocked"))
        for index, attempt in enumerate(block.attempts):
            is_last = index == len(block.attempts) - 1
            document = (
                documents
                if isinstance(documents, MetadataError)
                else _paired(documents, index, is_last=is_last)
            )
            status = _STATUSES.get(attempt.status)
            if status is None:
                raise GraphError(
                    f"{self._uri}: quantum {block.quantum_id} has status {attempt.status}, "
                    "which is not known; use a newer version of this program"
                )
            has_document = document is not None
            if document is None and is_last and status in _WITH_METADATA:
                document = MetadataError("the graph holds no metadata of a successful attempt")
            has_log = _has_log(status, attempt)
            if has_log is None:
                logs = find_logs()
                has_log = None if logs is None else bool(_paired(logs, index, is_last=is_last))
            row = _row(*key, status, attempt, has_document, is_last, has_log)
            if isinstance(document, MetadataError):
                self._builder.append_unreadable(row, document)
            else:
                self._builder.append(row, document)

    def flush(self) -> None:
        """Give the rows so far to the sink."""
        if not len(self._builder):
            return
        try:
            batch = self._builder.take_batch()
        except (pa.ArrowException, OverflowError) as error:
            raise GraphError(
                f"{self._uri}: a data ID has a value of the wrong type ({error}); {DAMAGED}"
            ) from error
        self._rejects.append(self._builder.take_rejects())
        self._attempts_count += len(batch)
        self._sink("quanta", batch)
        self._sink("expectations", _expectations(batch, self._uri))

    def finish(self) -> SliceResult:
        """Give the last rows to the sink, and return the result."""
        self.flush()
        return SliceResult(
            rejects=pa.concat_tables([REJECTS.empty_table(), *self._rejects]),
            attempts_count=self._attempts_count,
            task_quanta_counts=dict(self._counts),
        )


def _row(
    block: QuantumBlock,
    data_id: str,
    dimensions: tuple[int | str | None, ...],
    uri: str,
    status: str,
    attempt: Attempt = _NEVER_TRIED,
    has_metadata: bool = False,
    is_last: bool = True,
    has_log: bool | None = False,
) -> Row:
    """Make the row of an attempt, by position, because keywords would double the time."""
    # The Butler has only the dataset of the last attempt, and only if it succeeded.
    is_registered = is_last and status in _WITH_METADATA and block.outputs.metadata
    return Row(
        block.task_label,
        data_id,
        dimensions,
        status,
        block.quantum_id,
        block.outputs.metadata[0] if is_registered else None,
        attempt.attempt,
        is_last,
        attempt.caveats,
        attempt.exception.type_name if attempt.exception else None,
        has_metadata,
        has_log,
        # Only a log says what the process ran before: without a log, empty means unknown.
        attempt.previous_process_quanta if has_log else None,
        uri,
    )


def _has_log(status: str, attempt: Attempt) -> bool | None:
    """Say whether an attempt left a log; `None` if only the log file says it."""
    if status == "successful":
        return True
    if status in ("aborted_success", "blocked"):
        return False
    if attempt.exception is not None or attempt.resource_usage is not None:
        # For an attempt without its own metadata, only its log can have this.
        return True
    return None


def _paired(entries: Sequence[Any], index: int, *, is_last: bool) -> Any:  # noqa: ANN401
    """Get the entry of an attempt: the last entry for the last attempt, else by number (D7).

    There is one entry too many if the last attempt left metadata both in its log and
    in its own dataset.
    """
    if is_last:
        return entries[-1] if entries else None
    return entries[index] if index < len(entries) - 1 else None


def _expectations(batch: pa.RecordBatch, uri: str) -> pa.RecordBatch:
    """Make one row per quantum of the graph, for every outcome."""
    quanta = batch.select([name for name in EXPECTATIONS.names if name in batch.schema.names])
    is_last = batch["is_last_attempt"]
    if is_last.true_count < len(batch):
        quanta = quanta.filter(is_last)
    count = len(quanta)
    constants = {
        "source": pa.repeat(pa.scalar("provenance_graph", pa.string()), count),
        "quanta_count": pa.repeat(pa.scalar(1, pa.int64()), count),
        "graph_uri": pa.repeat(pa.scalar(uri, pa.string()), count),
    }
    columns = [
        constants[field.name]
        if field.name in constants
        # Columns that only a predicted graph fills are NULL.
        else quanta[field.name]
        if field.name in quanta.schema.names
        else pa.nulls(count, field.type)
        for field in EXPECTATIONS
    ]
    return pa.RecordBatch.from_arrays(columns, schema=EXPECTATIONS)
