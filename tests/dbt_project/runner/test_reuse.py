"""A build that keeps rows of unchanged campaigns gives tables and warnings of a full build."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbt_project.runner.build import build
from dbt_project.runner.fingerprint import Fingerprint, Remark, fingerprint, published
from dbt_project.runner.layout import LAKE_TABLES, Layout
from dbt_project.runner.reuse import Campaigns, compare
from tests.dbt_project.runner.test_build import part, rewrite, with_value
from tests.lake_factory import seal

WHEN_MADE = ("built_at", "published_at")
"""Columns that differ between two builds."""

OF_PUBLICATIONS = ("fct_verdict_history", "stg_history__verdicts")
"""What has a row for each publication."""

OF_THE_NOTE = "campaign=DM-54249"
"""A campaign of the published note; a lake of another size differs from it."""


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


def remarks(layout: Layout) -> list[Remark]:
    found = published(layout)
    assert found
    return list(found.remarks)


def without(lake: Path, campaign: str) -> None:
    """Take a campaign out of a lake; a table that has no other rows becomes an empty one."""
    for table in LAKE_TABLES:
        (one, *_) = sorted((lake / table).rglob("*.parquet"))
        empty = pq.read_table(one, partitioning=None).slice(0, 0)
        shutil.rmtree(lake / table / f"campaign={campaign}", ignore_errors=True)
        if not any((lake / table).rglob("*.parquet")):
            nowhere = lake / table / "campaign=__none__" / "stage=__none__"
            nowhere.mkdir(parents=True)
            pq.write_table(empty, nowhere / "empty.parquet")
    seal(lake)


def test_an_added_campaign_gives_the_tables_of_a_full_build(
    sample: Layout, fresh: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(sample.lake, fresh.lake)
    without(fresh.lake, "DM-2")
    build(fresh)
    shutil.rmtree(fresh.lake)
    shutil.copytree(sample.lake, fresh.lake)
    build(fresh, changed_only=True)
    assert "Only DM-2 changed: rows of DM-1, DM-3 are kept" in capsys.readouterr().err
    assert differing(fresh, sample) == []


def test_a_changed_campaign_gives_the_tables_and_warnings_of_a_full_build(
    sample: Layout, fresh: Layout, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(sample.lake, fresh.lake)
    for table in LAKE_TABLES:
        with suppress(FileNotFoundError):
            (fresh.lake / table / "campaign=DM-3").rename(fresh.lake / table / OF_THE_NOTE)
    seal(fresh.lake)
    build(fresh)
    rewrite(part(fresh, "quanta", "DM-1", "stage1"), with_value("max_rss_bytes", 0, 2**33))
    build(fresh, changed_only=True)
    assert "Only DM-1 changed" in capsys.readouterr().err
    full = Layout(tmp_path / "full")
    shutil.copytree(fresh.lake, full.lake)
    build(full)
    assert differing(fresh, full) == []
    # The campaign that was kept differs from the note, and this is said again.
    assert remarks(fresh) == remarks(full)
    assert "assert_our_numbers_match_the_note" in {remark.name for remark in remarks(full)}


@pytest.fixture
def before() -> Fingerprint:
    return Fingerprint("models", "DM-2", {"DM-1": "a", "DM-2": "b", "__none__": "c"})


def test_only_changed_and_new_campaigns_are_made(before: Fingerprint) -> None:
    now = Fingerprint("models", "DM-2", {"DM-1": "a", "DM-2": "x", "DM-3": "y", "__none__": "z"})
    assert compare(before, now) == Campaigns(["DM-2", "DM-3"], ["DM-1"])


@pytest.mark.parametrize(
    "now",
    [
        Fingerprint("other models", "DM-2", {"DM-1": "x", "DM-2": "b"}),
        Fingerprint("models", "DM-1", {"DM-1": "x", "DM-2": "b"}),
        Fingerprint("models", "DM-2", {"DM-1": "x", "DM-2": "x"}),
        Fingerprint("models", "DM-2", {"DM-2": "b"}),
    ],
    ids=["models", "focus", "each campaign", "one left"],
)
def test_all_campaigns_are_made_where_rows_cannot_be_kept(
    before: Fingerprint, now: Fingerprint
) -> None:
    assert compare(before, now) is None


def test_the_focus_is_the_first_campaign_with_a_label(copied: Layout) -> None:
    assert fingerprint(copied).focus == "DM-3"

    def labelled(table: pa.Table) -> pa.Table:
        position = table.schema.get_field_index("focus")
        return table.set_column(position, "focus", pa.array(["v30"], pa.string()))

    rewrite(copied.lake / "campaigns" / "campaign=DM-2" / "part.parquet", labelled)
    assert fingerprint(copied).focus == "DM-2"
