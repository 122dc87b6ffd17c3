"""Data IDs and columns that do not come from metadata."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from extract.quanta import (
    QuantaBuilder,
    Row,
    canonical_data_id,
    data_id_writer,
    dimension_picker,
)
from extract.schema import DIMENSION_COLUMNS, QUANTA

_VALUES = st.integers(-(2**40), 2**40) | st.text(max_size=8)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), _VALUES, max_size=5))
def test_a_data_id_is_the_same_text_whichever_way_it_is_written(
    required: dict[str, int | str],
) -> None:
    text = canonical_data_id(required)
    assert json.loads(text) == required
    assert list(json.loads(text)) == sorted(required)
    assert data_id_writer(required, list(required))(list(required.values())) == text


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


def test_every_column_of_the_lake_is_made_and_absent_is_null() -> None:
    builder = QuantaBuilder("run", "metadata_file")
    builder.append(Row("isr", "{}", (None,) * len(DIMENSION_COLUMNS), "failed"))
    batch = builder.take_batch()
    assert batch.schema == QUANTA
    given = {"run", "task_label", "data_id", "status", "source", "attempt", "is_last_attempt"}
    assert {name for name in QUANTA.names if batch[name].null_count == 0} == given
