from __future__ import annotations

import datetime
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from extract.lake import parquet
from extract.lake.parquet import SortedFile, write_parquet
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


@pytest.mark.parametrize("ties", [False, True], ids=["distinct starts", "only absent starts"])
def test_a_file_holds_every_row_once_and_each_row_group_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ties: bool
) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 128)
    rows = [row for seed in range(4) for row in _rows(100, seed, ties)]
    file = SortedFile("quanta", tmp_path / "rows.parquet")
    for batch in pa.Table.from_pylist(rows, schema=QUANTA).to_batches(max_chunksize=50):
        file.add(batch)
    file.close()
    written = pq.ParquetFile(file.path)
    last = START + datetime.timedelta(days=1)
    sizes, found = [], []
    for number in range(written.num_row_groups):
        group = written.read_row_group(number).to_pylist()
        keys = [(row["task_label"], row["start_at"] or last) for row in group]
        assert keys == sorted(keys)
        sizes.append(len(group))
        found += group
    assert sizes == [150, 150, 100]  # a row group is written with the batch that fills it
    by_data_id = {row["data_id"]: dict.fromkeys(QUANTA.names) | row for row in rows}
    assert len(found) == len(rows)
    assert {row["data_id"]: row for row in found} == by_data_id


def test_a_file_without_rows_is_not_made(tmp_path: Path) -> None:
    file = SortedFile("quanta", tmp_path / "rows.parquet")
    file.close()
    assert not file.path.exists()


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
        write_parquet(table, rows, path)
    for text in texts:
        (found,) = duckdb.execute(
            f'select count(*) from read_parquet(?) where "{text}" is null', [str(path)]
        ).fetchall()
        assert found == (2,), text
