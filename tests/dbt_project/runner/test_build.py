"""Publishing: what a gap, a broken lake, a failed check and a killed build leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dbt_project.runner import build as builder
from dbt_project.runner.build import build
from dbt_project.runner.errors import TransformError
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import Rows, open_reader, query
from tests.lake_factory import seal

Table = Callable[[pa.Table], pa.Table]


def part(layout: Layout, table: str, campaign: str, stage: str) -> Path:
    return layout.lake / table / f"campaign={campaign}" / f"stage={stage}" / "part.parquet"


def lake_of(path: Path) -> Path:
    return next(folder for folder in path.parents if folder.name == "lake")


def rewrite(path: Path, change: Table) -> None:
    """Let extraction have written a file otherwise."""
    pq.write_table(change(pq.read_table(path, partitioning=None)), path)
    seal(lake_of(path))


def remove(path: Path) -> None:
    """Let extraction not have written a file."""
    path.unlink()
    seal(lake_of(path))


def without(task: str, data_id: str) -> Table:
    return lambda table: table.filter(
        pc.invert(pc.and_(pc.equal(table["task_label"], task), pc.equal(table["data_id"], data_id)))
    )


def with_value(column: str, row: int, value: int) -> Table:
    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[row] = value
        position = table.schema.get_field_index(column)
        field = table.schema.field(column)
        return table.set_column(position, field, pa.array(values, field.type))

    return change


def with_unexpected_row(table: pa.Table) -> pa.Table:
    extra = table.slice(0, 1).to_pylist()[0] | {"data_id": '{"skymap":"elsewhere","tract":1}'}
    return pa.concat_tables([table, pa.Table.from_pylist([extra], schema=table.schema)])


def with_run_set_aside(table: pa.Table) -> pa.Table:
    aside = table.to_pylist()[0] | {"run": "runs/input", "set_aside_for_stage": "stage1"}
    return pa.Table.from_pylist([*table.to_pylist(), aside], schema=table.schema)


def first_quantum(layout: Layout, stage: str) -> tuple[str, str]:
    row = pq.read_table(part(layout, "quanta", "DM-3", stage), partitioning=None).slice(0, 1)
    return row["task_label"][0].as_py(), row["data_id"][0].as_py()


def stays(layout: Layout) -> Callable[[], bool]:
    before = layout.warehouse.stat().st_mtime_ns, layout.warehouse.stat().st_ino
    return lambda: before == (layout.warehouse.stat().st_mtime_ns, layout.warehouse.stat().st_ino)


def leftovers(layout: Layout) -> list[Path]:
    return list(layout.root.glob("warehouse.duckdb.*"))


def test_a_declared_gap_is_published_with_a_warning(
    sample: Layout, rows: Callable[[str], Rows]
) -> None:
    assert rows("""
        select campaign, stage, completeness_verdict, gap_count from fct_stage_usage
        where completeness_verdict != 'complete' order by all
    """) == [("DM-1", "stage4", "declared", 6), ("DM-2", "stage4", "unverified", 0)]
    assert not leftovers(sample)


def test_every_kind_of_gap_fails_and_is_published_and_named_as_long_as_it_is_there(
    copied: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    task, data_id = first_quantum(copied, "stage1")
    rewrite(part(copied, "quanta", "DM-3", "stage1"), without(task, data_id))
    remove(part(copied, "quanta", "DM-3", "stage4"))
    rewrite(part(copied, "quanta", "DM-3", "stage3"), with_unexpected_row)
    # DuckDB 2.0.0 takes text for NULL in such a file; another writer of lakes may make one.
    runs = part(copied, "runs", "DM-2", "stage3")
    table = with_run_set_aside(pq.read_table(runs, partitioning=None))
    pq.write_table(table, runs, use_dictionary=False)
    seal(copied.lake)

    assert not build(copied)

    run_count = "select run_count from fct_stage_usage where campaign = 'DM-2' and stage = 'stage3'"
    assert query(copied.warehouse, run_count) == [(1,)]
    said = capsys.readouterr().err
    assert "DM-3, stage1: 1 of " in said
    assert f"{task}: 1 (missing)" in said
    assert data_id in said
    assert "DM-3, stage4: 6 of 6 expected quanta" in said
    assert "assembleDeepCoadd: 1 quantum beyond" in said
    assert query(
        copied.warehouse,
        "select task_label, data_id from fct_missing_quanta "
        "where campaign = 'DM-3' and stage = 'stage1' and is_gap",
    ) == [(task, data_id)]
    assert query(
        copied.warehouse,
        "select stage, completeness_verdict from fct_stage_usage "
        "where campaign = 'DM-3' order by stage",
    ) == [("stage1", "incomplete"), ("stage3", "unverified"), ("stage4", "incomplete")]

    # Nothing is built again, and all messages are repeated.
    assert not build(copied)
    again = capsys.readouterr().err.splitlines()
    assert again.pop().startswith("Unchanged: ")
    assert again
    assert set(again) <= set(said.splitlines())
    assert {line for line in said.splitlines() if line.startswith("Error: ")} <= set(again)


def test_a_failed_check_keeps_the_old_warehouse_and_says_which_rows(copied: Layout) -> None:
    path = part(copied, "quanta", "DM-3", "stage3")
    rewrite(path, lambda table: pa.concat_tables([table, table.slice(0, 1)]))
    rewrite(part(copied, "quanta", "DM-2", "stage3"), with_value("max_rss_bytes", 0, 1000))
    rewrite(part(copied, "quanta", "DM-1", "stage3"), with_value("max_rss_bytes", 0, 2**60))
    kept = stays(copied)

    with pytest.raises(TransformError) as caught:
        build(copied)

    said = str(caught.value)
    assert "unique_combination_fct_quanta" in said
    assert "campaign=DM-3, stage=stage3" in said
    # Values that cannot be are a matter of the data: they fail no check.
    assert "a_high_water_mark_never_falls" not in said
    assert "peaks_lie_between_1_byte_and_64_tib" not in said
    assert kept()
    assert not leftovers(copied)


def test_a_model_that_fails_keeps_the_old_warehouse_and_is_named(copied: Layout) -> None:
    # A type that extraction never writes: the models cannot compare it.
    path = part(copied, "quanta", "DM-3", "stage3")
    pq.write_table(pa.table({"run": pa.array([{"a": 1}])}), path)
    seal(copied.lake)
    kept = stays(copied)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builder, "check_content", lambda *_: None)
        with pytest.raises(TransformError, match=r"(?s)models failed.*quanta"):
            build(copied)
    assert kept()


def test_a_missing_lake_is_one_clear_message(tmp_path: Path) -> None:
    with pytest.raises(TransformError, match=r"there is no lake in .*make extract"):
        build(Layout(tmp_path))


def test_an_open_reader_neither_blocks_nor_changes(copied: Layout) -> None:
    before = "select count(*) from fct_quanta"
    with open_reader(copied.warehouse) as reader:
        count = reader.execute(before).fetchall()
        rewrite(part(copied, "quanta", "DM-2", "stage4"), lambda table: table.slice(1))
        assert build(copied)
        assert reader.execute(before).fetchall() == count
    assert query(copied.warehouse, before) == [(count[0][0] - 1,)]


def test_a_killed_build_leaves_the_old_warehouse_and_the_next_one_cleans_up(
    copied: Layout,
) -> None:
    kept = stays(copied)
    command = [sys.executable, "-m", "dbt_project", "build", "--data", str(copied.root)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not leftovers(copied) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert leftovers(copied)
        with pytest.raises(TransformError, match=rf"another transform .* {process.pid}"):
            build(copied)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert kept()
    assert leftovers(copied)
    part(copied, "quanta", "DM-3", "stage3").write_bytes(b"broken, so that this build ends early")
    seal(copied.lake)
    with pytest.raises(TransformError):
        build(copied)
    assert not leftovers(copied)
