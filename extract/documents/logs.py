"""Decode what the log of a failed quantum has beside its records.

Pure: bytes in, typed values out.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from ..errors import MetadataError
from .task_metadata import UNDECODABLE, Usage, decode_metadata, without_constants

__all__ = ["ExceptionInfo", "FailureLog", "decode_failure_log"]


class ExceptionInfo(msgspec.Struct):
    """An exception, as a log or a graph records it."""

    type_name: str | None = None


class _LogExtra(msgspec.Struct):
    exception: ExceptionInfo | None = None
    metadata: msgspec.Raw = msgspec.Raw(b"null")
    previous_process_quanta: list[str] | None = None
    previous_attempts: list[_LogExtra] = []


_decode_log_extra = msgspec.json.Decoder(_LogExtra).decode


class FailureLog(NamedTuple):
    """What a log without metadata says about one attempt."""

    exception_type: str | None
    usage: Usage | None
    previous_process_quanta: list[str] | None


_TRAILER = re.compile(rb"(?:^|\n)###EXTRA###\r?\n")


def decode_failure_log(raw: bytes) -> list[FailureLog]:
    """Decode what a ``{task_label}_log`` has beside its records, oldest attempt first.

    Parameters
    ----------
    raw : `bytes`
        A log of `lsst.daf.butler.logging.ButlerLogRecords`: a JSON list of
        records (then nothing else is known), an object with ``records``, or
        lines with a trailer.

    Returns
    -------
    attempts : `list` [ `FailureLog` ]
        At least one entry.  It is empty if the log cannot be read: then only the
        status is known.
    """
    *_, tail = _TRAILER.split(raw, maxsplit=1)
    try:
        extra = _decode_log_extra(without_constants(tail))
    except UNDECODABLE:
        return [FailureLog(None, None, None)]
    return [_failure(entry) for entry in (*extra.previous_attempts, extra)]


def _failure(extra: _LogExtra) -> FailureLog:
    usage = None
    if bytes(extra.metadata) != b"null":
        try:
            usage = decode_metadata(bytes(extra.metadata))
        except MetadataError:
            usage = None
    return FailureLog(
        extra.exception.type_name if extra.exception else None,
        usage,
        extra.previous_process_quanta,
    )
