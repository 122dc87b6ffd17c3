"""A build with nothing new is quick, repeats all messages and equals a full refresh."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbt_project.runner import build as builder
from dbt_project.runner.build import build
from dbt_project.runner.engine import PROJECT
from dbt_project.runner.fingerprint import fingerprint, remember
from dbt_project.runner.layout import Layout
from tests.dbt_project.runner.test_build import part, remove, rewrite, with_value


@pytest.fixture
def published(copied: Layout) -> Layout:
    """The sample as it is after its build: lake, warehouse and what is remembered of it."""
    copied.dbt.mkdir()
    # Of the models as they are now: they may be edited while tests run.
    remember(copied, fingerprint(copied), [])
    return copied


def is_unchanged(layout: Layout, capsys: pytest.CaptureFixture[str]) -> bool:
    capsys.readouterr()
    build(layout)
    return "Unchanged" in capsys.readouterr().err


def recorded_later(table: pa.Table) -> pa.Table:
    position = table.schema.get_field_index("recorded_at")
    later = [at.replace(year=2099) for at in table["recorded_at"].to_pylist()]
    field = table.schema.field(position)
    return table.set_column(position, field, pa.array(later, field.type))


def differing_tables(one: Path, other: Path) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        tables = connection.execute("""
            select table_name from duckdb_tables()
            where database_name = 'one' and schema_name = 'main'
            and table_name != 'fct_verdict_history' order by all
        """).fetchall()
        assert len(tables) > 15
        return [
            name
            for (name,) in tables
            if connection.execute(f"""
                (from one.main.{name} except all from other.main.{name})
                union all (from other.main.{name} except all from one.main.{name})
            """).fetchall()
        ]


def test_an_extraction_with_nothing_new_rebuilds_nothing(
    published: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    before = published.warehouse.stat()
    for file in (published.lake / "campaigns").rglob("*.parquet"):
        rewrite(file, recorded_later)
    rewrite(part(published, "runs", "DM-3", "stage1"), lambda table: table)
    assert is_unchanged(published, capsys)
    assert published.warehouse.stat().st_mtime_ns == before.st_mtime_ns


def test_an_unchanged_warehouse_is_what_a_full_refresh_makes(
    sample: Layout, published: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (published.lake / "campaigns").rglob("*.parquet"):
        rewrite(file, recorded_later)
    assert build(published, full_refresh=True)
    assert "Unchanged" not in capsys.readouterr().err
    assert differing_tables(sample.warehouse, published.warehouse) == []


def test_whatever_a_mart_could_tell_apart_changes_the_fingerprint(published: Layout) -> None:
    seen = {str(fingerprint(published))}
    rewrite(part(published, "runs", "DM-3", "stage1"), with_value("chain_position", 0, 7))
    seen.add(str(fingerprint(published)))
    rewrite(part(published, "quanta", "DM-3", "stage1"), with_value("max_rss_bytes", 0, 2**33))
    seen.add(str(fingerprint(published)))
    remove(part(published, "quanta", "DM-3", "stage4"))
    seen.add(str(fingerprint(published)))
    campaign = published.lake / "campaigns" / "campaign=DM-1" / "part.parquet"
    rewrite(campaign, with_value("threshold_gib", 0, 4))
    seen.add(str(fingerprint(published)))
    assert len(seen) == 5


def test_a_warehouse_that_was_replaced_or_is_gone_is_built(
    published: Layout, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []

    def note(layout: Layout, *_: object) -> bool:
        built.append(layout.warehouse)
        return True

    monkeypatch.setattr(builder, "_publish", note)
    assert is_unchanged(published, capsys)
    shutil.copy(published.warehouse, published.root / "other")
    (published.root / "other").replace(published.warehouse)
    assert not is_unchanged(published, capsys)
    published.warehouse.unlink()
    assert not is_unchanged(published, capsys)
    published.publication.write_text("cut sho")
    assert not is_unchanged(published, capsys)
    assert len(built) == 3


def test_no_mart_holds_what_the_fingerprint_passes_over() -> None:
    for layer in ("intermediate", "marts"):
        for file in (PROJECT / "models" / layer).rglob("*.sql"):
            assert "recorded_at" not in file.read_text(), file.name


def test_the_time_of_a_small_table_does_not_matter(published: Layout) -> None:
    before = fingerprint(published)
    file = part(published, "stages", "DM-1", "stage1")
    pq.write_table(pq.read_table(file, partitioning=None), file)
    assert fingerprint(published) == before
