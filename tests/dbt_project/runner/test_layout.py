"""Paths under DATA, also those that globs, quotes and format strings would read otherwise."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dbt_project.runner.errors import TransformError
from dbt_project.runner.layout import Layout
from tests.lake_factory import SyntheticLake


def test_a_folder_with_odd_characters_is_read_as_it_is_named(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "o'dd {name} [1]*?")
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30")
    lake.write(layout.lake)
    location = f"read_parquet('{layout.lake_pattern}/{{name}}/**/*.parquet')".format_map(
        {"name": "campaigns"}
    )
    assert duckdb.connect().execute(f"select count(*) from {location}").fetchall() == [(1,)]


def test_a_lake_that_lacks_a_table_is_refused_by_its_name(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30")
    lake.write(layout.lake)
    layout.require_lake()
    for file in (layout.lake / "rejects").rglob("*.parquet"):
        file.unlink()
    with pytest.raises(TransformError, match=r"lacks rejects"):
        layout.require_lake()
