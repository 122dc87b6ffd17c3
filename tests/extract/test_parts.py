from __future__ import annotations

import datetime
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract.lake import parts as parts_module
from extract.lake.parts import Part, merge_parts, plan_merge, write_parquet, write_part
from extract.lake.schema import QUANTA, TABLES

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def _rows(count: int, seed: int, ties: bool = False) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        {
            "run": "r",
            "task_label": chance.choice(["isr", "calibrateImage", "makeWarp"]),
            "data_id": f'{{"visit":{seed * 10_000 + number}}}',
            "is_last_attempt": True,
            "status": "successful",
            "source": "metadata_file",
            "start_at": None
            if ties or number % 7 == 0
            else START + datetime.timedelta(seconds=chance.randrange(1000)),
        }
        for number in range(count)
    ]


def _write(rows: list[dict[str, Any]], path: Path) -> Part:
    return write_part("quanta", pa.Table.from_pylist(rows, schema=QUANTA).to_batches(), path)


@pytest.mark.parametrize("ties", [False, True], ids=["distinct starts", "only absent starts"])
@pytest.mark.parametrize("workers", [1, 3])
def test_merged_files_hold_every_row_once_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, ties: bool
) -> None:
    monkeypatch.setattr(parts_module, "PIECE_ROWS", 50)
    monkeypatch.setattr(parts_module, "BATCH_ROWS", 16)
    monkeypatch.setattr(parts_module, "SHARED_MERGE_ROWS", 100)
    rows = [_rows(200, seed, ties) for seed in range(4)]
    parts = [_write(some, tmp_path / f"{n}.arrow") for n, some in enumerate(rows)]
    plan = plan_merge(parts, workers)
    assert len(plan) == workers
    merged = []
    for number, pieces in enumerate(plan):
        assert max(piece.row_count for piece in pieces) <= 100  # what a merge holds at once
        path = tmp_path / f"{number}.parquet"
        merge_parts(parts, pieces, path)
        merged += pq.read_table(path).select(["task_label", "start_at", "data_id"]).to_pylist()
    last = START + datetime.timedelta(days=1)
    keys = [(row["task_label"], row["start_at"] or last) for row in merged]
    assert keys == sorted(keys)
    expected = sorted(row["data_id"] for some in rows for row in some)
    assert sorted(row["data_id"] for row in merged) == expected


def test_row_groups_are_of_even_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "ROW_GROUP_ROWS", 64)
    parts = [_write(_rows(200, seed), tmp_path / f"{seed}.arrow") for seed in range(2)]
    (pieces,) = plan_merge(parts, 1)
    path = tmp_path / "whole.parquet"
    merge_parts(parts, pieces, path)
    metadata = pq.read_metadata(path)
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert sizes == [64] * 6 + [16]


def test_parts_without_rows_make_no_file() -> None:
    assert plan_merge([], 2) == []


@pytest.mark.parametrize("table", sorted(TABLES))
def test_duckdb_tells_a_lone_text_from_the_nulls_beside_it(tmp_path: Path, table: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the stacks of older releases have no DuckDB")
    texts = [field.name for field in TABLES[table] if pa.types.is_string(field.type)]
    rows = pa.Table.from_pylist(
        [dict.fromkeys(texts, "a"), {}, {}],
        schema=pa.schema([field.with_nullable(True) for field in TABLES[table]]),
    )
    path = tmp_path / "rows.parquet"
    schema = rows.schema
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TABLES, table, schema)
        write_parquet(table, iter([rows]), path)
    for text in texts:
        (found,) = duckdb.execute(
            f'select count(*) from read_parquet(?) where "{text}" is null', [str(path)]
        ).fetchall()
        assert found == (2,), text
