"""Find which batch system wrote a file of records, from its content and not from its name."""

from __future__ import annotations

import datetime
import enum
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ...errors import RecordsError
from . import htcondor, panda, slurm
from .model import BadRecord, JobRecord
from .streams import json_items, lines, opened

__all__ = ["Kind", "detect_kind", "read_records"]

_HEAD = 4096


class Kind(enum.StrEnum):
    """Kind of a file of records."""

    PANDA = "PanDA job records (JSON)"
    SLURM_TEXT = "Slurm accounting (sacct --parsable2)"
    SLURM_JSON = "Slurm accounting (sacct --json)"
    HTCONDOR_LOG = "HTCondor event log"
    HTCONDOR_JSON = "HTCondor history (condor_history -json)"
    EMPTY = "an empty file"


_JSON_KINDS: tuple[tuple[Kind, Callable[[object], bool]], ...] = (
    (Kind.PANDA, panda.is_record),
    (Kind.SLURM_JSON, slurm.is_record),
    (Kind.HTCONDOR_JSON, htcondor.is_record),
)
_PATHS = panda.PATHS + tuple(path for path in slurm.PATHS if path not in panda.PATHS)

_MOST_BAD_AT_START = 100
"""Most damaged records at the start of a file before a good one."""

_EXPECTED = (
    "expected PanDA job records as JSON, the output of 'sacct --parsable2' or 'sacct --json', an "
    "HTCondor event log or the output of 'condor_history -json'"
)


def detect_kind(path: Path) -> Kind:
    """Find the kind of a file of records.

    Parameters
    ----------
    path : `pathlib.Path`
        The file, compressed or not.

    Returns
    -------
    kind : `Kind`
        Kind of its content.

    Raises
    ------
    RecordsError
        Raised if it cannot be opened or is of no known kind; the message names the file.
    """
    with opened(path) as stream:
        head = b""
        for item in lines(stream):
            if isinstance(item, BadRecord):
                raise RecordsError(f"{path}: {item.reason}")
            head = item[1][:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
            if head:
                break
        else:
            return Kind.EMPTY
    if htcondor.is_log(head):
        return Kind.HTCONDOR_LOG
    if slurm.is_header(head):
        return Kind.SLURM_TEXT
    if head[:1] not in (b"{", b"["):
        raise RecordsError(f"{path}: is not a file of job records: {_EXPECTED}")
    first: object = None
    with opened(path) as stream:
        for found in itertools.islice(json_items(stream, _PATHS), _MOST_BAD_AT_START):
            if isinstance(found, BadRecord):
                continue
            first = found[1]
            for kind, is_of_kind in _JSON_KINDS:
                if is_of_kind(first):
                    return kind
        if first is None and head[:1] == b"[" and not head[1:].strip().removeprefix(b"]"):
            return Kind.EMPTY
    raise RecordsError(f"{path}: is JSON, but has no job records: {_EXPECTED}")


def read_records(
    path: Path, zone: datetime.tzinfo | None = None
) -> Iterator[JobRecord | BadRecord]:
    """Read the records of a file of any batch system.

    Parameters
    ----------
    path : `pathlib.Path`
        The file; plain, gzip, zstd or xz.
    zone : `datetime.tzinfo`, optional
        Zone of the times of Slurm's text, which name none; `None` is the zone of this machine.

    Yields
    ------
    record : `JobRecord` or `BadRecord`
        The rows, and the records that could not be read, in the order of the file.

    Raises
    ------
    RecordsError
        Raised if the file cannot be read at all; the message names it.
    """
    kind = detect_kind(path)
    if kind is Kind.EMPTY:
        return
    with opened(path) as stream:
        try:
            match kind:
                case Kind.PANDA:
                    yield from _converted(json_items(stream, panda.PATHS), _one(panda.convert))
                case Kind.SLURM_JSON:
                    yield from _converted(json_items(stream, slurm.PATHS), _one(slurm.convert))
                case Kind.HTCONDOR_JSON:
                    yield from _converted(json_items(stream, htcondor.PATHS), htcondor.convert)
                case Kind.SLURM_TEXT:
                    yield from slurm.from_lines(lines(stream), zone)
                case Kind.HTCONDOR_LOG:
                    yield from htcondor.from_log(path, stream)
        except RecordsError as error:
            message = str(error)
            raise RecordsError(message if str(path) in message else f"{path}: {message}") from None


_Convert = Callable[[int, Any], Iterable[JobRecord]]


def _one(convert: Callable[[int, Any], JobRecord]) -> _Convert:
    return lambda number, value: (convert(number, value),)


def _converted(
    items: Iterable[tuple[int, Any] | BadRecord], convert: _Convert
) -> Iterator[JobRecord | BadRecord]:
    """Make rows of records, and report invalid ones."""
    for item in items:
        if isinstance(item, BadRecord):
            yield item
            continue
        number, value = item
        try:
            # Either all rows of a record are used, or none.
            rows = list(convert(number, value))
        except msgspec.ValidationError as error:
            yield BadRecord(number, f"is no such record: {error}")
        except ValueError as error:
            yield BadRecord(number, str(error))
        else:
            yield from rows
