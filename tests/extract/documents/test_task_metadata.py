"""What documents say: literal ones for each odd case, and arbitrary ones against TaskMetadata."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsst.pipe.base import TaskMetadata

from extract.documents.graph_blocks import decode_attempts
from extract.documents.logs import decode_failure_log
from extract.documents.task_metadata import Usage, decode_metadata, failure_type
from extract.errors import MetadataError
from tests.bench.make_graph import usage_metadata


def document(**changes: object) -> dict[str, Any]:
    """An ordinary document; a change of `...` removes a key of the quantum section."""
    content: dict[str, Any] = json.loads(usage_metadata().model_dump_json())
    quantum = content["metadata"]["quantum"]
    for key, value in changes.items():
        name = "__version__" if key == "version" else key
        place = "scalars" if name in quantum["scalars"] else "arrays"
        del quantum[place][name]
        if value is not ...:
            quantum["arrays" if isinstance(value, list) else "scalars"][name] = value
    return content


def decode(content: object) -> Usage:
    return decode_metadata(json.dumps(content).encode())


def array(usage: Usage, key: str) -> Any:  # noqa: ANN401
    (value,) = getattr(usage.metadata.quantum.arrays, key)
    return value


def test_an_ordinary_document_gives_all_its_values() -> None:
    usage = decode(document())
    quantum = usage.metadata.quantum
    assert array(usage, "endMaxResidentSetSize") == 3_000_000_000
    assert array(usage, "prepUtc") == "2025-12-01T00:00:00+00:00"
    assert quantum.scalars.node_name == "node001"
    assert quantum.scalars.version == 1
    assert usage.caveats == 0
    assert quantum.metadata.butler_metrics.scalars.n_put == 9
    assert usage.metadata.job.scalars.qg_size == 6


def test_the_last_of_several_values_counts() -> None:
    usage = decode(document(endMaxResidentSetSize=[1, 2, 3], endUtc=["x", "y"]))
    assert array(usage, "endMaxResidentSetSize") == 3
    assert array(usage, "endUtc") == "y"


def test_an_empty_list_is_absent() -> None:
    assert math.isnan(array(decode(document(endMaxResidentSetSize=[])), "endMaxResidentSetSize"))


@pytest.mark.parametrize("constant", ["null", "NaN", "Infinity", "-Infinity"])
def test_null_and_nan_are_absent(constant: str) -> None:
    raw = json.dumps(document(endCpuTime=[7.25], endMajorPageFaults=[777]))
    raw = raw.replace("7.25", constant).replace("777", constant)
    usage = decode_metadata(raw.encode())
    assert math.isnan(array(usage, "endCpuTime"))
    assert math.isnan(array(usage, "endMajorPageFaults"))
    assert array(usage, "endMaxResidentSetSize") == 3_000_000_000


def test_nan_in_a_part_that_is_not_kept_changes_nothing() -> None:
    content = document()
    content["metadata"]["task"]["scalars"]["chi2"] = math.nan
    assert decode(content) == decode(document())


@pytest.mark.parametrize("caveats", [15, 15.0, [15], [0, 15.0]])
def test_caveats_may_be_float_or_list(caveats: object) -> None:
    assert decode(document(caveats=caveats)).caveats == 15


def test_absent_caveats_are_not_zero() -> None:
    assert decode(document(caveats=...)).caveats is None


@pytest.mark.parametrize(("written", "meant"), [(..., 0), (0, 0), (1, 1), (1.0, 1), ([0, 1], 1)])
def test_version_may_be_absent_or_a_list(written: object, meant: int) -> None:
    assert decode(document(version=written)).metadata.quantum.scalars.version == meant


def test_an_unknown_version_is_refused_since_its_unit_is_not_known() -> None:
    with pytest.raises(MetadataError, match="__version__ 2"):
        decode(document(version=2))


def test_no_init_and_start() -> None:
    keys = [key for key in document()["metadata"]["quantum"]["arrays"] if key[0] in "is"]
    usage = decode(document(**dict.fromkeys(keys, ...)))
    assert math.isnan(array(usage, "startMaxResidentSetSize"))
    assert array(usage, "startUtc") is None
    assert math.isnan(array(usage, "initCpuTime"))
    assert array(usage, "endMaxResidentSetSize") == 3_000_000_000


def test_missing_sections() -> None:
    content = document()
    del content["metadata"]["job"]
    del content["metadata"]["quantum"]["metadata"]["butler_metrics"]
    usage = decode(content)
    assert math.isnan(usage.metadata.job.scalars.qg_size)
    assert math.isnan(usage.metadata.quantum.metadata.butler_metrics.scalars.n_get)
    assert array(usage, "endMaxResidentSetSize") == 3_000_000_000


def test_missing_ingest_metrics_leave_the_others() -> None:
    content = document()
    metrics = content["metadata"]["quantum"]["metadata"]["butler_metrics"]["scalars"]
    del metrics["n_ingest"], metrics["time_in_ingest"]
    decoded = decode(content).metadata.quantum.metadata.butler_metrics.scalars
    assert math.isnan(decoded.n_ingest)
    assert math.isnan(decoded.time_in_ingest)
    assert decoded.n_get == metrics["n_get"]


def test_a_document_without_quantum_section_tells_nothing_and_is_no_error() -> None:
    content = document()
    del content["metadata"]["quantum"]
    usage = decode(content)
    assert math.isnan(array(usage, "endMaxResidentSetSize"))
    assert usage.metadata.job.scalars.qg_size == 6


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("endMaxResidentSetSize", [-5]),
        ("endMaxResidentSetSize", ["12"]),
        ("endMaxResidentSetSize", [True]),
        ("endMaxResidentSetSize", [1, None, 2.5]),
        ("endMaxResidentSetSize", [10**30]),
        ("endMaxResidentSetSize", [2**52 + 1]),
        ("endMajorPageFaults", [2**53 + 1]),
        ("endMajorPageFaults", [1e300]),
        ("endCpuTime", ["fast"]),
        ("prepUtc", [20251201]),
        ("nodeName", 7),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(MetadataError, match=key):
        decode(document(**{key: value}))


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"7", b'{"metadata": 7}', b"\xff\xfe", b"NaN", b'{"x":' * 9999]
)
def test_what_is_no_document_is_refused(raw: bytes) -> None:
    with pytest.raises(MetadataError):
        decode_metadata(raw)


def test_attempts_are_told_apart() -> None:
    good = document()
    bad = document(endMaxResidentSetSize=["no"])
    nan = document(endCpuTime=[math.nan])
    raw = json.dumps({"attempts": [None, good, bad, nan]}).encode()
    nothing, usage, error, other = decode_attempts(raw)
    assert nothing is None
    assert usage == decode(good)
    assert isinstance(error, MetadataError)
    assert isinstance(other, Usage)


_PARTIAL = {"failure": {"type": "lsst.Partial", "message": "NaN, or so", "metadata": {"n": 1}}}


def test_a_success_with_partial_outputs_tells_its_exception() -> None:
    raw = usage_metadata(extra={"isr": _PARTIAL}).model_dump_json().encode()
    assert failure_type(raw, "isr") == "lsst.Partial"
    assert failure_type(raw, "other") is None
    assert failure_type(usage_metadata().model_dump_json().encode(), "isr") is None


def _extra(**more: object) -> dict[str, Any]:
    return {
        "exception": {"type_name": "lsst.Error", "message": "no", "metadata": {}},
        "metadata": document(),
        "previous_process_quanta": ["a", "b"],
        **more,
    }


@pytest.mark.parametrize("streamed", [False, True])
def test_a_log_tells_every_failed_attempt(streamed: bool) -> None:
    extra = _extra(previous_attempts=[{**_extra(), "logs": [], "metadata": None}])
    if streamed:
        raw = '{"name": "a"}\n{"name": "b"}\n###EXTRA###\n' + json.dumps(extra)
    else:
        raw = json.dumps({"extended": True, "version": 2, "records": [], **extra})
    first, last = decode_failure_log(raw.encode())
    assert first.usage is None
    assert last.usage == decode(document())
    assert last.exception_type == "lsst.Error"
    assert last.previous_process_quanta == ["a", "b"]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'{"name": "a"}\n{"name": "b"}\n', b"\x00"])
def test_a_log_that_tells_nothing_is_still_one_attempt(raw: bytes) -> None:
    assert decode_failure_log(raw) == [(None, None, None)]


# Arbitrary documents, by the rules of the class that reads them officially.

_KEYS = [
    f"{prefix}{key}"
    for prefix in ("prep", "init", "start", "end")
    for key in ("MaxResidentSetSize", "CpuTime", "Utc", "MajorPageFaults")
]
_COUNTS = st.integers(0, 2**50)
_TIMES = st.just("2025-12-01T00:00:00")


def _values(key: str) -> st.SearchStrategy[Any]:
    if key.endswith("Utc"):
        return _TIMES
    if key.endswith("CpuTime"):
        return st.floats(allow_infinity=False)
    return _COUNTS


@st.composite
def _metadata(draw: st.DrawFn) -> TaskMetadata:
    section = json.loads(usage_metadata().model_dump_json())["metadata"]["quantum"]
    for key in draw(st.lists(st.sampled_from(_KEYS), unique=True)):
        del section["arrays"][key]
        shape = draw(st.sampled_from(["absent", "array", "scalar"]))
        if shape == "array":
            section["arrays"][key] = draw(st.lists(_values(key), max_size=3))
        elif shape == "scalar":
            section["scalars"][key] = draw(_values(key))
    metadata = TaskMetadata()
    metadata.metadata["quantum"] = TaskMetadata.model_validate(section)
    return metadata


@given(_metadata())
def test_every_value_is_what_task_metadata_says(metadata: TaskMetadata) -> None:
    usage = decode_metadata(metadata.model_dump_json().encode())
    for key in _KEYS:
        official = metadata["quantum"].get(key)
        ours = array(usage, key)
        if official is None or official != official:
            assert ours is None or math.isnan(ours)
        else:
            assert ours == official


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["quantum", "arrays", "scalars", "metadata", "x"]), inner)
    ),
    max_leaves=20,
)


@given(_JSON)
def test_arbitrary_json_is_decoded_or_refused(content: object) -> None:
    raw = json.dumps(content).encode()
    with contextlib.suppress(MetadataError):
        decode_metadata(raw)


@given(st.data())
def test_a_damaged_document_is_decoded_or_refused(data: st.DataObject) -> None:
    raw = bytearray(json.dumps(document()).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for damaged in (bytes(raw), bytes(raw[:cut])):
        with contextlib.suppress(MetadataError):
            usage = decode_metadata(damaged)
            assert not array(usage, "endMaxResidentSetSize") < 0
