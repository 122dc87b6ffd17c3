"""Decode the blocks of a provenance graph: quanta, and metadata and logs of their attempts.

Pure: bytes in, typed values out.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..errors import MetadataError
from .logs import ExceptionInfo
from .task_metadata import UNDECODABLE, Flags, Usage, decode_metadata, without_constants

__all__ = [
    "Attempt",
    "Outputs",
    "QuantumBlock",
    "decode_attempt",
    "decode_attempts",
    "decode_quantum",
    "has_logs",
]


class _Attempts(msgspec.Struct, gc=False):
    """A block of a graph's ``metadata.mb``."""

    attempts: list[Usage | None]


class _RawAttempts(msgspec.Struct):
    attempts: list[msgspec.Raw]


_decode_attempts = msgspec.json.Decoder(_Attempts).decode
_decode_raw_attempts = msgspec.json.Decoder(_RawAttempts).decode


def decode_attempts(raw: bytes) -> Sequence[Usage | MetadataError | None]:
    """Decode a block of a graph's ``metadata.mb``: the documents of a quantum's attempts.

    Parameters
    ----------
    raw : `bytes`
        JSON of `lsst.pipe.base.quantum_graph.ProvenanceTaskMetadataModel`.

    Returns
    -------
    attempts : `~collections.abc.Sequence`
        Per entry, what the lake keeps, `None` for an attempt without metadata,
        or the error that its document gives.

    Raises
    ------
    MetadataError
        If the block as a whole cannot be read.
    """
    try:
        attempts: list[Usage | None] = _decode_attempts(raw).attempts
    except UNDECODABLE:
        pass
    else:
        return attempts
    try:
        entries = _decode_raw_attempts(without_constants(raw)).attempts
    except UNDECODABLE as error:
        raise MetadataError(f"not a list of attempts: {error}") from None
    return [_try_decode(bytes(entry)) for entry in entries]


def _try_decode(entry: bytes) -> Usage | MetadataError | None:
    if entry == b"null":
        return None
    try:
        return decode_metadata(entry)
    except MetadataError as error:
        return error


class _Presence(msgspec.Struct, gc=False):
    """Something that exists; its content is not decoded."""


class Outputs(msgspec.Struct, gc=False):
    """Dataset IDs by connection; of a quantum's predicted outputs, only the one that is kept."""

    metadata: list[str] = msgspec.field(default_factory=list, name="_metadata")


class Attempt(msgspec.Struct, gc=False):
    """An entry of a quantum block's attempts (`ProvenanceQuantumAttemptModel`)."""

    attempt: int | None
    status: int
    caveats: Flags | None = None
    exception: ExceptionInfo | None = None
    resource_usage: _Presence | None = None
    previous_process_quanta: list[str] | None = None


class QuantumBlock(msgspec.Struct, gc=False):
    """A block of a graph's ``quanta.mb`` (`ProvenanceQuantumModel`)."""

    quantum_id: str
    task_label: str
    data_coordinate: list[int | str]
    outputs: Outputs
    attempts: list[Attempt]


decode_attempt = msgspec.json.Decoder(Attempt).decode
"""Decode one attempt of such a block; raises `msgspec.DecodeError`."""

decode_quantum = msgspec.json.Decoder(QuantumBlock).decode
"""Decode a block of ``quanta.mb``; raises `msgspec.DecodeError`."""


class _LogAttempts(msgspec.Struct):
    attempts: list[list[_Presence] | None]


def has_logs(raw: bytes) -> list[bool]:
    """Find which attempts have a log, from a block of a graph's ``logs.mb``.

    Parameters
    ----------
    raw : `bytes`
        JSON of `ProvenanceLogRecordsModel`.

    Returns
    -------
    has_logs : `list` [ `bool` ]
        Per entry.

    Raises
    ------
    MetadataError
        If the block cannot be read.
    """
    try:
        block = msgspec.json.decode(without_constants(raw), type=_LogAttempts)
    except UNDECODABLE as error:
        raise MetadataError(f"not a list of logs: {error}") from None
    return [entry is not None for entry in block.attempts]
