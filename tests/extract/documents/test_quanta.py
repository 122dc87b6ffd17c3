"""Data IDs and columns that do not come from metadata."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.documents.quanta import (
    QuantaBuilder,
    Row,
    data_id_writer,
    dimension_picker,
)
from extract.documents.task_metadata import Usage, decode_metadata
from extract.lake.schema import DIMENSION_COLUMNS, QUANTA
from tests.bench.make_graph import usage_metadata

_VALUES = st.integers(-(2**40), 2**40) | st.text(max_size=8)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), _VALUES, max_size=5))
def test_a_data_id_is_the_same_text_whichever_way_it_is_written(
    required: dict[str, int | str],
) -> None:
    text = data_id_writer(required, list(required))(list(required.values()))
    backwards = list(reversed(required))
    assert data_id_writer(backwards, backwards)([required[key] for key in backwards]) == text
    assert json.loads(text) == required
    assert list(json.loads(text)) == sorted(required)
    assert text == msgspec.json.encode(required, order="sorted").decode()


def test_only_required_dimensions_make_the_data_id() -> None:
    write = data_id_writer(["visit", "instrument"], ["instrument", "visit", "band"])
    assert write(["LSSTCam", 7, "r"]) == '{"instrument":"LSSTCam","visit":7}'


def test_a_dimension_without_column_is_left_to_the_data_id() -> None:
    picked = dimension_picker(["htm9", "visit"])([5, 7])
    columns = dict(zip(DIMENSION_COLUMNS, picked, strict=True))
    assert columns.pop("visit") == 7
    assert set(columns.values()) == {None}


def test_an_empty_list_of_earlier_quanta_is_not_an_unknown_one() -> None:
    builder = QuantaBuilder("run", "provenance_graph")
    nothing = (None,) * len(DIMENSION_COLUMNS)
    for before in (None, [], ["a", "b"]):
        builder.append(Row("isr", "{}", nothing, "failed", "me", previous_process_quanta=before))
    batch = builder.take_batch()
    assert batch["previous_process_quanta"].to_pylist() == [None, [], ["a", "b"]]
    assert batch["process_id"].to_pylist() == [None, "me", "a"]
    assert builder.take_batch().num_rows == 0


def test_a_log_with_a_value_that_cannot_be_right_is_no_reject() -> None:
    builder = QuantaBuilder("run", "metadata_file")
    nothing = (None,) * len(DIMENSION_COLUMNS)
    failure = Row("isr", "{}", nothing, "failed", exception_type="MemoryError", has_metadata=True)
    for key, value in (("endMinorPageFaults", 2.5), ("startUtc", "yesterday")):
        builder.append(failure, _usage(key, value))
    for row in builder.take_batch().to_pylist():
        assert (row["status"], row["has_metadata"]) == ("failed", False)
        assert (row["exception_type"], row["max_rss_bytes"]) == ("MemoryError", None)
    assert builder.take_rejects().num_rows == 0


@pytest.mark.parametrize(
    ("source", "left"),
    [("metadata_file", (None, None)), ("provenance_graph", (3, "MemoryError"))],
)
def test_what_a_document_said_goes_with_it_and_what_a_graph_said_stays(
    source: str, left: tuple[int | None, str | None]
) -> None:
    builder = QuantaBuilder("run", source)
    row = Row(
        "isr", "{}", (None,) * len(DIMENSION_COLUMNS), "successful", uri="x",
        caveats=3, exception_type="MemoryError",
    )  # fmt: skip
    builder.append(row, _usage("endMinorPageFaults", 2.5))
    (found,) = builder.take_batch().to_pylist()
    assert (found["status"], found["max_rss_bytes"]) == ("unreadable", None)
    assert (found["caveats"], found["exception_type"]) == left
    (reject,) = builder.take_rejects().to_pylist()
    assert (reject["uri"], reject["reason"]) == (
        "x",
        "endMinorPageFaults is 2.5, not a whole number",
    )


def _usage(key: str, value: object) -> Usage:
    content = json.loads(usage_metadata().model_dump_json())
    content["metadata"]["quantum"]["arrays"][key] = [value]
    return decode_metadata(json.dumps(content).encode())


def test_every_column_of_the_lake_is_made_and_absent_is_null() -> None:
    builder = QuantaBuilder("run", "metadata_file")
    builder.append(Row("isr", "{}", (None,) * len(DIMENSION_COLUMNS), "failed"))
    batch = builder.take_batch()
    assert batch.schema == QUANTA
    given = {"run", "task_label", "data_id", "status", "source", "attempt", "is_last_attempt"}
    assert {name for name in QUANTA.names if batch[name].null_count == 0} == given
