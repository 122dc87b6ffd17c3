"""Columns of many documents: every value is in its place, and a bad one affects only its row."""

from __future__ import annotations

import datetime
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.documents.task_metadata import Usage, decode_metadata
from extract.documents.usage_columns import UsageColumns
from extract.lake.schema import QUANTA
from tests.bench.make_graph import usage_metadata

_ORDINARY: dict[str, Any] = json.loads(usage_metadata().model_dump_json())
_COLUMN_KEYS = {
    "end_minor_page_faults_count": "endMinorPageFaults",
    "init_user_time_s": "initUserTime",
    "start_at": "startUtc",
    "prep_max_rss_bytes": "prepMaxResidentSetSize",
}
_COUNT = st.integers(0, 2**53 - 1)
_SECONDS = st.floats(0, 1e9)
_TIME = st.integers(0, 2**40).map(
    lambda us: (
        datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=us)
    )
)


def usage(arrays: dict[str, Any] | None = None, version: int = 1) -> Usage:
    """Decode an ordinary document in which some arrays of the quantum section hold other values."""
    content = json.loads(json.dumps(_ORDINARY))
    quantum = content["metadata"]["quantum"]
    quantum["arrays"] |= {key: [value] for key, value in (arrays or {}).items()}
    quantum["scalars"]["__version__"] = version
    return decode_metadata(json.dumps(content).encode())


def columns_of(*usages: Usage | None) -> tuple[dict[str, list[Any]], dict[int, str]]:
    collected = UsageColumns()
    for one in usages:
        collected.append(one)
    columns, unreadable = collected.finish()
    for name, column in columns.items():
        assert column.type == QUANTA.field(name).type
    return {name: column.to_pylist() for name, column in columns.items()}, unreadable


@settings(max_examples=30)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "endMinorPageFaults": _COUNT | st.none(),
                "initUserTime": _SECONDS | st.none(),
                "startUtc": _TIME | st.none(),
                "prepMaxResidentSetSize": st.integers(0, 2**52),
            }
        ),
        max_size=150,
    )
)
def test_every_value_stands_in_the_row_of_its_document(rows: list[dict[str, Any]]) -> None:
    documents = [
        usage(row | {"startUtc": row["startUtc"] and row["startUtc"].isoformat()}) for row in rows
    ]
    columns, unreadable = columns_of(*documents)
    assert not unreadable
    for name, key in _COLUMN_KEYS.items():
        assert columns[name] == [row[key] for row in rows]
    assert columns["max_rss_bytes"] == [3_000_000_000] * len(rows)
    assert columns["butler_put_count"] == [9] * len(rows)
    assert columns["job_quanta_count"] == [6] * len(rows)
    assert columns["node_name"] == ["node001"] * len(rows)


def test_max_rss_of_version_0_is_in_kibibytes() -> None:
    peak = {"endMaxResidentSetSize": 2**52}
    columns, _ = columns_of(usage(peak, version=0), usage(peak, version=1), None)
    assert columns["max_rss_bytes"] == [2**62, 2**52, None]
    assert columns["metadata_version"] == [0, 1, None]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("endMinorPageFaults", 2.5, "endMinorPageFaults is 2.5, not a whole number"),
        ("startUtc", "yesterday", "'yesterday' is not a time"),
    ],
)
def test_a_bad_value_takes_its_row_and_no_other(key: str, value: object, reason: str) -> None:
    columns, unreadable = columns_of(*[usage()] * 70, usage({key: value}), *[usage()] * 70)
    assert unreadable == {70: reason}
    for name, values in columns.items():
        assert values[70] is None, name
        assert len({*values[:70], *values[71:]}) == 1
        assert values[0] is not None


def test_no_document_leaves_every_column_null() -> None:
    columns, unreadable = columns_of(None)
    assert not unreadable
    assert {name: values for name, values in columns.items() if values != [None]} == {}
    assert math.isnan(usage({"endCpuTime": None}).metadata.quantum.arrays.endCpuTime[0])
