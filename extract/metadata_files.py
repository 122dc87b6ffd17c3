"""Source 1: RUNs whose metadata is one JSON file per quantum.

Turns the registered metadata (and the logs that stand without metadata) of one
task into rows.  What is registered is the business of `extract.repository`;
what a document means is that of `extract.documents`.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import pyarrow as pa
from lsst.resources import ResourcePath

from extract.documents import (
    FailureLog,
    MetadataError,
    decode_failure_log,
    decode_metadata,
    failure_type,
)
from extract.quanta import (
    BATCH_SIZE,
    QuantaBuilder,
    Row,
    data_id_writer,
    dimension_picker,
)
from extract.schema import QUANTA
from extract.store_errors import Diagnosis, StoreGuard, diagnose

__all__ = ["FileBatch", "Part", "read_metadata_files"]

_READ_BYTES = 64 * 1024
"""Bytes of a file that are asked for at once: nearly all have fewer."""


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

    def __len__(self) -> int:
        return len(self.metadata_ids)


@dataclass(frozen=True)
class Part:
    """Rows of the lake that came from some datasets."""

    quanta: pa.Table
    """Rows of `extract.schema.QUANTA`."""

    rejects: pa.Table
    """Rows of `extract.schema.REJECTS`."""


def read_metadata_files(
    batch: FileBatch, *, threads: int = 1, guard: StoreGuard | None = None
) -> Part:
    """Read the metadata files of some quanta.

    Parameters
    ----------
    batch : `FileBatch`
        What is registered; any length, about 5,000 is best.
    threads : `int`, optional
        Files that are read at the same time, to hide the latency of a remote
        store.
    guard : `extract.store_errors.StoreGuard`, optional
        What is known of the store from earlier batches.

    Returns
    -------
    part : `Part`
        One row for each attempt, and a reject for each dataset that could not
        be read.  Never raises for a dataset.

    Raises
    ------
    StoreError
        Raised when the store as a whole cannot be read.
    """
    guard = guard or StoreGuard()
    builder = QuantaBuilder(batch.run, "metadata_file")
    batches: list[pa.RecordBatch] = []
    uris = [_uri_to_read(batch, index) for index in range(len(batch))]
    found = _map_in_window(_try_read, uris, threads)
    for base, uri, answer in zip(_bases(batch), uris, found, strict=True):
        content = _judge(guard, uri, answer)
        if base.metadata_dataset_id is None:
            _add_failure(builder, base, content)
        else:
            _add_success(builder, base, content)
        if len(builder) >= BATCH_SIZE:
            batches.append(builder.take_batch())
    batches.append(builder.take_batch())
    return Part(pa.Table.from_batches(batches, QUANTA), builder.take_rejects())


def _uri_to_read(batch: FileBatch, index: int) -> str | None:
    if batch.metadata_ids[index] is not None:
        return batch.metadata_uris[index]
    return batch.log_uris[index] if batch.log_uris else None


def _bases(batch: FileBatch) -> Iterator[Row]:
    """Iterate over what is known of each quantum before a file is read."""
    names = list(batch.coordinates)
    write_data_id = data_id_writer(batch.required, names)
    pick = dimension_picker(names)
    coordinates = zip(*batch.coordinates.values(), strict=True) if names else [()] * len(batch)
    for values, dataset_id, has_log, uri in zip(
        coordinates, batch.metadata_ids, batch.has_logs, batch.metadata_uris, strict=True
    ):
        if dataset_id is None:
            status = "failed"
        elif has_log or not batch.keeps_logs:
            status = "successful"
        else:
            status = "aborted_success"
        yield Row(
            task_label=batch.task_label,
            data_id=write_data_id(values),
            dimensions=pick(values),
            status=status,
            metadata_dataset_id=dataset_id,
            has_metadata=dataset_id is not None,
            has_log=has_log,
            uri=uri,
        )


def _add_success(builder: QuantaBuilder, base: Row, content: bytes | str | None) -> None:
    """Add a quantum whose metadata is registered."""
    if content is None:
        content = "registered, but the datastore has no record of a file"
    if isinstance(content, str):
        builder.append_unreadable(base._replace(has_metadata=False), content)
        return
    try:
        usage = decode_metadata(content)
    except MetadataError as error:
        builder.append_unreadable(base, error)
        return
    row = base._replace(
        caveats=usage.caveats, exception_type=failure_type(content, base.task_label)
    )
    builder.append(row, usage)


def _add_failure(builder: QuantaBuilder, base: Row, content: bytes | str | None) -> None:
    """Add the attempts of a quantum that left a log alone."""
    attempts = [FailureLog(None, None, None)]
    if isinstance(content, bytes):
        attempts = decode_failure_log(content)
    for number, attempt in enumerate(attempts):
        row = base._replace(
            attempt=number,
            is_last_attempt=number == len(attempts) - 1,
            exception_type=attempt.exception_type,
            has_metadata=attempt.usage is not None,
            previous_process_quanta=attempt.previous_process_quanta,
        )
        builder.append(row, attempt.usage)


def _try_read(uri: str | None) -> bytes | Diagnosis | None:
    """Read a file: its bytes, or why not; `None` where there is no file to read."""
    if uri is None:
        return None
    try:
        return _read_local(uri) if uri.startswith("/") else ResourcePath(uri).read()
    except Exception as error:
        return diagnose(error, uri)


def _read_local(path: str) -> bytes:
    """Read a small file: a file object and a `pathlib.Path` would take twice as long as this."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = os.read(descriptor, _READ_BYTES)
        while more := os.read(descriptor, _READ_BYTES):
            content += more
    finally:
        os.close(descriptor)
    return content


def _judge(
    guard: StoreGuard, uri: str | None, answer: bytes | Diagnosis | None
) -> bytes | str | None:
    """Turn a failure into the reason of a reject, unless the store itself failed."""
    if isinstance(answer, Diagnosis):
        guard.fail(answer, uri or "")
        return answer.text
    if answer is not None:
        guard.succeed()
    return answer


_T = TypeVar("_T")
_R = TypeVar("_R")


def _map_in_window(
    function: Callable[[_T], _R], values: Iterable[_T], threads: int
) -> Iterator[_R]:
    """Apply a function in threads, in order, with a bounded number of results in memory."""
    if threads <= 1:
        yield from map(function, values)
        return
    pending = iter(values)
    executor = ThreadPoolExecutor(max_workers=threads)
    try:
        window: deque[Future[_R]] = deque(
            executor.submit(function, value) for value in islice(pending, 4 * threads)
        )
        while window:
            result = window.popleft().result()
            for value in islice(pending, 1):
                window.append(executor.submit(function, value))
            yield result
    finally:
        # When a store is down, those that wait would each wait for it in vain.
        executor.shutdown(cancel_futures=True)
