"""Source 1: read RUNs whose metadata is one JSON file per quantum.

This module makes rows of the registered metadata of one task, and of the logs
without metadata.  `extract.butler` finds what is registered, and `extract.documents`
decodes the documents.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
from lsst.resources import ResourcePath

from ..butler.registered import METADATA_FILES, FileBatch, FileSlice
from ..butler.store_errors import Diagnosis, diagnose
from ..butler.stores import StoreGuard, sample_unread
from ..documents.logs import FailureLog, decode_failure_log
from ..documents.quanta import (
    BATCH_SIZE,
    QuantaBuilder,
    Row,
    data_id_writer,
    dimension_picker,
    paused_garbage_collection,
)
from ..documents.task_metadata import decode_metadata, failure_type
from ..errors import MetadataError
from ..lake.schema import QUANTA
from .claims import LARGEST_DOCUMENT
from .protocol import Description, Outcome, Place, Sink

__all__ = ["FilesPart", "MetadataFiles", "Part", "read_metadata_files"]

if TYPE_CHECKING:
    from ..butler.repository import Repository

_READ_BYTES = 64 * 1024
"""Bytes of a file that are read at once; nearly all files are smaller."""


@dataclass(frozen=True)
class FilesPart:
    """A part of the quanta of one RUN, and how they are read; picklable."""

    registered: FileSlice
    threads: tuple[int, int]
    """Files that are read at once, on a local disk and on a remote store."""

    extraction: Path
    """Folder of the extraction."""


class MetadataFiles:
    """RUNs whose metadata is one file per quantum."""

    name = METADATA_FILES
    header_name = None

    def describe(self, place: Place) -> Description:
        """Return what the registry says; no file is read."""
        assert place.contents is not None
        return Description(place, quanta_count=place.contents.quanta_count)

    def slices(
        self, description: Description, repository: Repository | None, count: int
    ) -> list[FilesPart]:
        """Divide the RUN by what is registered."""
        place = description.place
        assert place.contents is not None
        assert repository is not None
        return [
            FilesPart(registered, place.threads, place.folder.parent)
            for registered in repository.slices.cut(place.name, place.contents, parts=count)
        ]

    def read(self, part: FilesPart, sink: Sink) -> Outcome:
        """Read the files of a slice, with the Butler of this thread."""
        from ..butler.repository import repository_of_thread

        guard, unread = StoreGuard(), list[str]()
        repository = repository_of_thread(part.registered.location, part.extraction)
        # The results of the registry are also many small objects.
        with paused_garbage_collection():
            for batch in repository.slices.batches(part.registered):
                columns = (batch.metadata_uris, batch.log_uris)
                uris = (uri for column in columns for uri in column if uri)
                is_remote = "://" in next(uris, "")
                read = read_metadata_files(batch, threads=part.threads[is_remote], guard=guard)
                for table, rows in (("quanta", read.quanta), ("rejects", read.rejects)):
                    for record_batch in rows.to_batches():
                        sink(table, record_batch)
                unread = sample_unread([*unread, *read.unread])
        guard.close()
        return Outcome(unread=unread)


@dataclass(frozen=True)
class Part:
    """Rows of the lake from some datasets."""

    quanta: pa.Table
    """Rows of `extract.lake.schema.QUANTA`."""

    rejects: pa.Table
    """Rows of `extract.lake.schema.REJECTS`."""

    unread: Sequence[str] = ()
    """Metadata and logs that could not be read now, but perhaps can be later."""


def read_metadata_files(
    batch: FileBatch, *, threads: int = 1, guard: StoreGuard | None = None
) -> Part:
    """Read the metadata files of some quanta.

    Parameters
    ----------
    batch : `extract.butler.registered.FileBatch`
        What is registered; any length, about 5,000 is best.
    threads : `int`, optional
        Files that are read at the same time, because a remote store has
        latency.
    guard : `extract.butler.stores.StoreGuard`, optional
        Failures of the store in earlier batches.

    Returns
    -------
    part : `Part`
        One row for each attempt, and a reject for each dataset that could not
        be read.  A single dataset raises no error.

    Raises
    ------
    StoreError
        Raised if the store as a whole cannot be read.
    """
    guard = guard or StoreGuard()
    builder = QuantaBuilder(batch.run, "metadata_file")
    batches: list[pa.RecordBatch] = []
    unread: list[str] = []
    make_row = _row_maker(batch)
    uris = batch.uris
    sizes = batch.sizes or [None] * len(batch)
    found = _map_in_window(_try_read, zip(uris, sizes, strict=True), threads)
    for number, (dataset_id, uri, answer) in enumerate(
        zip(batch.metadata_ids, uris, found, strict=True)
    ):
        content = _judge(guard, uri, answer)
        if uri is not None and isinstance(answer, Diagnosis):
            unread.append(uri)
        if dataset_id is None:
            _add_failure(builder, make_row, number, content)
        elif isinstance(content, bytes):
            _add_success(builder, make_row, number, content, batch.task_label)
        else:
            row = make_row(number, has_metadata=False)
            reason = content or "registered, but the datastore has no record of a file"
            builder.append_unreadable(row, reason)
        if len(builder) >= BATCH_SIZE:
            batches.append(builder.take_batch())
    batches.append(builder.take_batch())
    return Part(pa.Table.from_batches(batches, QUANTA), builder.take_rejects(), unread)


def _row_maker(batch: FileBatch) -> Callable[..., Row]:
    """Make a function that makes the row of a quantum, from its number in the batch.

    It is called after the file is read, because changing a row takes as long as making one.
    """
    names = list(batch.coordinates)
    write_data_id = data_id_writer(batch.required, names)
    pick = dimension_picker(names)
    columns = batch.coordinates.values()
    coordinates = list(zip(*columns, strict=True)) if names else [()] * len(batch)

    def make(
        number: int,
        *,
        attempt: int = 0,
        is_last_attempt: bool = True,
        caveats: int | None = None,
        exception_type: str | None = None,
        has_metadata: bool = True,
        previous_process_quanta: list[str] | None = None,
    ) -> Row:
        values, dataset_id = coordinates[number], batch.metadata_ids[number]
        has_log = batch.has_logs[number]
        if dataset_id is None:
            status = "failed"
        elif has_log or not batch.keeps_logs:
            status = "successful"
        else:
            status = "aborted_success"
        return Row(
            task_label=batch.task_label,
            data_id=write_data_id(values),
            dimensions=pick(values),
            status=status,
            metadata_dataset_id=dataset_id,
            attempt=attempt,
            is_last_attempt=is_last_attempt,
            caveats=caveats,
            exception_type=exception_type,
            has_metadata=has_metadata,
            has_log=has_log,
            previous_process_quanta=previous_process_quanta,
            uri=batch.metadata_uris[number],
        )

    return make


def _add_success(
    builder: QuantaBuilder,
    make_row: Callable[..., Row],
    number: int,
    content: bytes,
    task_label: str,
) -> None:
    """Add a quantum whose metadata was read."""
    try:
        usage = decode_metadata(content)
    except MetadataError as error:
        builder.append_unreadable(make_row(number), error)
        return
    row = make_row(number, caveats=usage.caveats, exception_type=failure_type(content, task_label))
    builder.append(row, usage)


def _add_failure(
    builder: QuantaBuilder,
    make_row: Callable[..., Row],
    number: int,
    content: bytes | str | None,
) -> None:
    """Add the attempts of a quantum that left only a log."""
    attempts = [FailureLog(None, None, None)]
    if isinstance(content, bytes):
        attempts = decode_failure_log(content)
    for attempt, told in enumerate(attempts):
        row = make_row(
            number,
            attempt=attempt,
            is_last_attempt=attempt == len(attempts) - 1,
            exception_type=told.exception_type,
            has_metadata=told.usage is not None,
            previous_process_quanta=told.previous_process_quanta,
        )
        builder.append(row, told.usage)


def _try_read(file: tuple[str | None, int | None]) -> bytes | str | Diagnosis | None:
    """Read a file: its bytes, or the reason why not; `None` if there is no file to read.

    A text describes a fault of the file itself, which is not tried again.
    """
    uri, size = file
    if uri is None:
        return None
    try:
        if uri.startswith("/"):
            return _read_local(uri)
        # A store sends the whole file at once, so the recorded size is checked first.
        if size is not None and size > LARGEST_DOCUMENT:
            return _too_large()
        content = ResourcePath(uri).read()
        return content if len(content) <= LARGEST_DOCUMENT else _too_large()
    except Exception as error:
        return diagnose(error, uri)


def _read_local(path: str) -> bytes | str:
    """Read a small file; a file object and a `pathlib.Path` would take twice as long."""
    # Without O_NONBLOCK, a pipe in place of a file would block for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        content = os.read(descriptor, _READ_BYTES)
        more = os.read(descriptor, _READ_BYTES)
        if not more:
            return content
        pieces, size = [content], len(content)
        while more and size <= LARGEST_DOCUMENT:
            pieces.append(more)
            size += len(more)
            more = os.read(descriptor, _READ_BYTES)
        if not more:
            return b"".join(pieces)
    finally:
        os.close(descriptor)
    return _too_large()


def _too_large() -> str:
    return f"no document has more than {LARGEST_DOCUMENT:,} bytes: this is no file of metadata"


def _judge(
    guard: StoreGuard, uri: str | None, answer: bytes | str | Diagnosis | None
) -> bytes | str | None:
    """Give the reason of a reject for a failure, unless the store itself failed."""
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
    """Apply a function in threads, in order, with a limited number of results in memory."""
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
        # When a store is down, each waiting call would wait for it.
        executor.shutdown(cancel_futures=True)
