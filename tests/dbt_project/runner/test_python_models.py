"""Rows of models in Python."""

from __future__ import annotations

import pyarrow as pa
import pytest

from dbt_project.runner.python_models import table_of

SCHEMA = pa.schema({"task_label": pa.string(), "quanta_count": pa.int64()})


def test_no_rows_have_columns() -> None:
    assert table_of([], SCHEMA).schema == SCHEMA


def test_values_stand_in_the_order_of_the_schema() -> None:
    assert table_of([("isr", 3)], SCHEMA).to_pylist() == [{"task_label": "isr", "quanta_count": 3}]


def test_a_row_with_a_value_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        table_of([("isr",)], SCHEMA)
