"""Decode the task metadata document of a quantum.

Pure: bytes in, typed values out, in the document's own shape and units.
`extract.documents.usage_columns` makes the columns of the lake.

Task metadata is first decoded with a strict type.  It has the one shape that nearly
all documents have, and only the fields that are kept.  A document that it refuses is
decoded by a slower, lenient function that follows the rules of `TaskMetadata`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from ..errors import MetadataError
from ..lake.schema import COUNTERS, PREFIXES

__all__ = [
    "EMPTY_USAGE",
    "RSS_KEY",
    "SECONDS_KEYS",
    "UNDECODABLE",
    "Flags",
    "Usage",
    "decode_metadata",
    "failure_type",
    "without_constants",
]

_ABSENT_NUMBER = (math.nan,)
_ABSENT_TEXT = (None,)

_LARGEST_COUNT = 2**53 - 1
_LARGEST_MAX_RSS = 2**52
"""4 PiB; a value of version 0 is still multiplied by 1,024."""

# Counts are floats, which are exact up to the limit. Numbers of one width can be copied as a table
# (`extract.documents.usage_columns`, which also checks that they are whole).
_Count = Annotated[float, msgspec.Meta(ge=0, le=_LARGEST_COUNT)]
_MaxRss = Annotated[float, msgspec.Meta(ge=0, le=_LARGEST_MAX_RSS)]
Flags = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_Version = Annotated[float, msgspec.Meta(ge=0, le=1)]

_NO_FLAGS = -1

SECONDS_KEYS = {
    "CpuTime": "cpu_time_s",
    "UserTime": "user_time_s",
    "SystemTime": "system_time_s",
}
RSS_KEY = "MaxResidentSetSize"


def _array_fields() -> Iterator[tuple[str, type, tuple[Any, ...]]]:
    """List key, type and absent value of each array of a quantum section."""
    for prefix in PREFIXES:
        yield f"{prefix}Utc", str, _ABSENT_TEXT
        for key in SECONDS_KEYS:
            yield f"{prefix}{key}", float, _ABSENT_NUMBER
        yield f"{prefix}{RSS_KEY}", _MaxRss, _ABSENT_NUMBER
        for key in COUNTERS:
            yield f"{prefix}{key}", _Count, _ABSENT_NUMBER


_ARRAY_FIELDS = {key: (kind, absent) for key, kind, absent in _array_fields()}

# In the strict types every key is required, is where it is always written, and has one value. A
# default would hide a value at another place. The lenient function reads all other documents.
_Arrays: Any = msgspec.defstruct(
    "_Arrays",
    [(key, tuple.__class_getitem__(kind)) for key, (kind, _) in _ARRAY_FIELDS.items()],
    gc=False,
)
_ABSENT_ARRAYS = _Arrays(*(absent for _, absent in _ARRAY_FIELDS.values()))


class _QuantumScalars(msgspec.Struct, gc=False):
    version: _Version = msgspec.field(name="__version__")
    node_name: str | None = msgspec.field(name="nodeName")
    caveats: Flags


class _ButlerMetrics(msgspec.Struct, gc=False):
    time_in_get: float
    time_in_put: float
    time_in_ingest: float
    n_get: _Count
    n_put: _Count
    n_ingest: _Count


class _ButlerMetricsNode(msgspec.Struct, gc=False):
    scalars: _ButlerMetrics


class _QuantumChildren(msgspec.Struct, gc=False):
    butler_metrics: _ButlerMetricsNode


class _Quantum(msgspec.Struct, gc=False):
    scalars: _QuantumScalars
    arrays: _Arrays
    metadata: _QuantumChildren


class _JobScalars(msgspec.Struct, gc=False):
    qg_size: _Count
    qg_read_time: float


class _Job(msgspec.Struct, gc=False):
    scalars: _JobScalars


_NO_METRICS = _ButlerMetrics(*[math.nan] * len(_ButlerMetrics.__struct_fields__))
_NO_JOB = _Job(_JobScalars(math.nan, math.nan))


class _Sections(msgspec.Struct, gc=False):
    quantum: _Quantum
    job: _Job = msgspec.field(default_factory=lambda: _NO_JOB)


class Usage(msgspec.Struct, gc=False):
    """The part of a metadata document that the lake keeps, in the document's own shape.

    Absent numbers are NaN and absent texts are `None`.  Max RSS is in the document's unit.
    """

    metadata: _Sections

    @property
    def caveats(self) -> int | None:
        """Flags of ``QuantumSuccessCaveats``."""
        caveats: int = self.metadata.quantum.scalars.caveats
        return None if caveats == _NO_FLAGS else caveats


class _LenientNode(msgspec.Struct):
    scalars: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    metadata: msgspec.Raw = msgspec.Raw(b"{}")


class _LenientChildren(msgspec.Struct):
    butler_metrics: _LenientNode | None = None


class _LenientSections(msgspec.Struct):
    quantum: _LenientNode | None = None
    job: _LenientNode | None = None


class _LenientUsage(msgspec.Struct):
    metadata: _LenientSections


EMPTY_USAGE = Usage(
    _Sections(
        _Quantum(
            _QuantumScalars(version=math.nan, node_name=None, caveats=_NO_FLAGS),
            _ABSENT_ARRAYS,
            _QuantumChildren(_ButlerMetricsNode(_NO_METRICS)),
        ),
        _NO_JOB,
    )
)
"""Usage of a quantum without any values."""

_decode_usage = msgspec.json.Decoder(Usage).decode
_decode_lenient = msgspec.json.Decoder(_LenientUsage).decode
_decode_children = msgspec.json.Decoder(_LenientChildren).decode

UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors of msgspec for bytes that are not the expected JSON; text and depth have their own."""

_CONSTANT = re.compile(rb"(?<=[:,\[\s])(?:NaN|-?Infinity)(?=[,\]}\s])")
"""JSON has no NaN, but pydantic and Python write it.  In a string, the pattern matches only such a
word between punctuation; no string that is kept has one."""


def decode_metadata(raw: bytes) -> Usage:
    """Decode one ``{task_label}_metadata`` document.

    Parameters
    ----------
    raw : `bytes`
        JSON of a `lsst.pipe.base.TaskMetadata`.

    Returns
    -------
    usage : `Usage`
        What the lake keeps of it.

    Raises
    ------
    MetadataError
        Raised if it is not such a document, or if a value that the lake keeps is
        of another type or impossible.
    """
    try:
        usage: Usage = _decode_usage(raw)
    except msgspec.ValidationError:
        return _decode_leniently(without_constants(raw))
    except UNDECODABLE as error:
        if (cleaned := without_constants(raw)) == raw:
            raise MetadataError(f"not JSON: {error}") from None
    else:
        return usage
    return decode_metadata(cleaned)


def without_constants(raw: bytes) -> bytes:
    """Write NaN and infinities as null: both mean no value."""
    # The pattern is slow, and most documents have none.
    if b"NaN" not in raw and b"Infinity" not in raw:
        return raw
    return _CONSTANT.sub(b"null", raw)


def _decode_leniently(raw: bytes) -> Usage:
    """Decode a document of an unusual shape by the rules of `TaskMetadata`."""
    try:
        sections = _decode_lenient(raw).metadata
        quantum = sections.quantum
        if quantum is None:
            section = EMPTY_USAGE.metadata.quantum
        else:
            children = _decode_children(quantum.metadata)
            section = _Quantum(
                _QuantumScalars(
                    _version(quantum),
                    _text(quantum, "nodeName"),
                    _flags(quantum),
                ),
                _Arrays(*(_array(quantum, key) for key in _ARRAY_FIELDS)),
                _QuantumChildren(_ButlerMetricsNode(_metrics(children.butler_metrics))),
            )
        return Usage(_Sections(section, _job(sections.job)))
    except UNDECODABLE as error:
        raise MetadataError(f"not task metadata: {error}") from None


def _version(node: _LenientNode) -> float:
    version = _count(node, "__version__")
    if version > 1:
        # The unit of max RSS depends on it: a guess could give a wrong row.
        raise MetadataError(
            f"__version__ {version:.0f} of the quantum section is not known (0 or 1)"
        )
    return 0 if math.isnan(version) else version


def _flags(node: _LenientNode) -> int:
    flags = _count(node, "caveats")
    return _NO_FLAGS if math.isnan(flags) else int(flags)


def _array(node: _LenientNode, key: str) -> tuple[Any]:
    kind, _ = _ARRAY_FIELDS[key]
    if kind is str:
        return (_text(node, key),)
    if kind is float:
        return (_number(node, key),)
    return (_count(node, key, _LARGEST_MAX_RSS if kind is _MaxRss else _LARGEST_COUNT),)


def _metrics(node: _LenientNode | None) -> _ButlerMetrics:
    if node is None:
        return _NO_METRICS
    return _ButlerMetrics(
        _number(node, "time_in_get"),
        _number(node, "time_in_put"),
        _number(node, "time_in_ingest"),
        _count(node, "n_get"),
        _count(node, "n_put"),
        _count(node, "n_ingest"),
    )


def _job(node: _LenientNode | None) -> _Job:
    if node is None:
        return _NO_JOB
    return _Job(_JobScalars(_count(node, "qg_size"), _number(node, "qg_read_time")))


def _last(node: _LenientNode, key: str) -> Any:  # noqa: ANN401 - any JSON value
    """Give the value of a key as ``TaskMetadata[key]`` does: the last of several; `None` if absent.

    In documents of early v30 releases null means NaN, and NaN means absent.
    """
    if key in node.scalars:
        value = node.scalars[key]
    else:
        values = node.arrays.get(key)
        value = values[-1] if isinstance(values, list) and values else None
        if values is not None and not isinstance(values, list):
            raise MetadataError(f"{key} is {values!r:.40}, not a list")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _text(node: _LenientNode, key: str) -> str | None:
    value = _last(node, key)
    if value is None or isinstance(value, str):
        return value
    raise MetadataError(f"{key} is {value!r:.40}, not text")


def _number(node: _LenientNode, key: str) -> float:
    value = _last(node, key)
    if value is None:
        return math.nan
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _finite(value)
    raise MetadataError(f"{key} is {value!r:.40}, not a number")


def _finite(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.nan


def _count(node: _LenientNode, key: str, limit: int = _LARGEST_COUNT) -> float:
    value = _last(node, key)
    if value is None:
        return math.nan
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value):
        if 0 <= value <= limit:
            return float(value)
        raise MetadataError(f"{key} is {value!r:.40}, out of range")
    raise MetadataError(f"{key} is {value!r:.40}, not a whole number")


class _FailureScalars(msgspec.Struct):
    type: str | None = None


class _FailureNode(msgspec.Struct):
    scalars: _FailureScalars = msgspec.field(default_factory=_FailureScalars)


class _FailureChildren(msgspec.Struct):
    failure: _FailureNode | None = None


class _FailureSection(msgspec.Struct):
    metadata: _FailureChildren = msgspec.field(default_factory=_FailureChildren)


class _FailureDocument(msgspec.Struct):
    metadata: dict[str, msgspec.Raw] = {}


def failure_type(raw: bytes, task_label: str) -> str | None:
    """Get the exception that a *successful* quantum recorded: partial outputs with an error.

    Parameters
    ----------
    raw : `bytes`
        The metadata document.
    task_label : `str`
        Task; the failure is in its section (`AnnotatedPartialOutputsError`).

    Returns
    -------
    type_name : `str` or `None`
        Qualified name of the exception's type.
    """
    if b'"failure"' not in raw:
        return None
    try:
        document = msgspec.json.decode(without_constants(raw), type=_FailureDocument)
        section = msgspec.json.decode(
            document.metadata.get(task_label, b"{}"), type=_FailureSection
        )
    except UNDECODABLE:
        return None
    failure = section.metadata.failure
    return failure.scalars.type if failure else None
