"""A build that keeps rows of unchanged campaigns makes the tables of a full build."""

from __future__ import annotations

import shutil

import duckdb
import pyarrow.parquet as pq
import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import LAKE_TABLES, Layout
from tests.lake_factory import seal

WHEN_MADE = ("built_at", "published_at")
"""Columns that differ between two builds."""

OF_PUBLICATIONS = ("fct_verdict_history", "stg_history__verdicts")
"""What has a row for each publication."""


def differing(ours: Layout, theirs: Layout) -> list[str]:
    """List the relations of two warehouses that do not have the same rows."""
    found = []
    with duckdb.connect() as connection:
        for name, layout in {"ours": ours, "theirs": theirs}.items():
            connection.execute(f"attach '{layout.warehouse}' as {name} (read_only)")
        columns = connection.execute(
            """
            select table_schema, table_name, string_agg('"' || column_name || '"', ', ')
            from information_schema.columns
            where table_catalog = 'theirs' and not list_contains($1, column_name)
                and not list_contains($2, table_name)
            group by all order by all
            """,
            [WHEN_MADE, OF_PUBLICATIONS],
        ).fetchall()
        assert len(columns) > 150
        for schema, table, names in columns:
            for one, other in (("ours", "theirs"), ("theirs", "ours")):
                rows = connection.execute(
                    f"select {names} from {one}.{schema}.{table} "
                    f"except all select {names} from {other}.{schema}.{table} limit 1"
                ).fetchall()
                if rows:
                    found.append(f"{table}: {one} has {rows[0]}")
    return found


@pytest.mark.parametrize("added", ["DM-1", "DM-2"])
def test_an_added_campaign_gives_the_tables_of_a_full_build(
    sample: Layout, fresh: Layout, added: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(sample.lake, fresh.lake)
    for table in LAKE_TABLES:
        (one, *_) = sorted((fresh.lake / table).rglob("*.parquet"))
        empty = pq.read_table(one, partitioning=None).slice(0, 0)
        shutil.rmtree(fresh.lake / table / f"campaign={added}", ignore_errors=True)
        if not any((fresh.lake / table).rglob("*.parquet")):
            nowhere = fresh.lake / table / "campaign=__none__" / "stage=__none__"
            nowhere.mkdir(parents=True)
            pq.write_table(empty, nowhere / "empty.parquet")
    seal(fresh.lake)
    build(fresh)
    shutil.rmtree(fresh.lake)
    shutil.copytree(sample.lake, fresh.lake, copy_function=shutil.copy2)
    build(fresh, changed_only=True)
    assert f"Only {added} changed" in capsys.readouterr().err
    assert differing(fresh, sample) == []
