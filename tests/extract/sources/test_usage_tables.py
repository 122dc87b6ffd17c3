"""Tables of gathered resource usage: one row per quantum without metadata."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lsst.daf.butler import (  # type: ignore[attr-defined]
    Butler,
    CollectionType,
    DatasetType,
)

from extract.butler.registered import USAGE_TABLES, UsageTable
from extract.documents.quanta import BATCH_SIZE
from extract.sources.claims import LARGEST_COUNT
from extract.sources.usage_tables import TablePart, UsageTables
from tests.extract.tiny import (
    DETECTORS,
    INSTRUMENT,
    TinyRepository,
    metadata_document,
    read_lake,
    run_extraction,
)

GIB = 1 << 30


def gathered(**columns: list[Any]) -> pd.DataFrame:
    """Make a table as the tool does: dimensions, then usage as floats, 0 where there is none."""
    count = len(columns["detector"])
    usage = {"memory": [2.0 * GIB], "init_time": [0.5], "run_time": [3.0], "wall_time": [4.25]}
    return pd.DataFrame(
        {"instrument": [INSTRUMENT] * count}
        | columns
        | {name: values * count for name, values in usage.items() if name not in columns}
    )


def put_table(repository: TinyRepository, run: str, label: str, table: pd.DataFrame) -> None:
    """Put a table into a RUN through the Butler, with the tool's own metadata beside it."""
    with repository.butler() as butler:
        butler.collections.register(run, CollectionType.RUN)
        contents = {
            f"{label}_resource_usage": (table, "DataFrame"),
            f"{label}_gatherResourceUsage_metadata": (metadata_document(GIB), "TaskMetadata"),
        }
        for name, (content, storage) in contents.items():
            butler.registry.registerDatasetType(DatasetType(name, butler.dimensions.empty, storage))
            butler.put(content, name, run=run)


def forget(root: Path, run: str, dataset_type: str) -> None:
    """Take all datasets of a type out of a RUN, as who needs space does."""
    with Butler.from_config(str(root / "repo"), writeable=True) as butler:
        refs = butler.query_datasets(dataset_type, collections=[run])
        butler.pruneDatasets(refs, disassociate=True, unstore=True, purge=True)


def test_a_table_stands_for_metadata_that_is_gone(tmp_path: Path) -> None:
    repository = TinyRepository(tmp_path)
    repository.add("c/r1", {"isr": DETECTORS})
    put_table(repository, "c/usage", "isr", gathered(detector=list(DETECTORS)))
    repository.chain("c/stage1", "c/usage", "c/r1")
    forget(tmp_path, "c/r1", "isr_metadata")
    forget(tmp_path, "c/r1", "isr_log")
    run_extraction(repository.campaigns({"stage1": "c/stage1"}), tmp_path / "data")
    found = sorted(
        read_lake(tmp_path / "data", "quanta").to_pylist(), key=lambda row: row["data_id"]
    )
    assert [row["data_id"] for row in found] == [
        f'{{"detector":{detector},"instrument":"{INSTRUMENT}"}}' for detector in DETECTORS
    ]
    for row in found:
        assert row["run"] == "c/usage"
        assert row["source"] == "usage_table"
        assert row["status"] == "successful"
        assert row["task_label"] == "isr"
        assert row["max_rss_bytes"] == 2 * GIB
        assert row["gathered_wall_time_s"] == 4.25
        assert (row["gathered_init_cpu_time_s"], row["gathered_run_cpu_time_s"]) == (0.5, 3.0)
        lacking = ("prep_max_rss_bytes", "prep_at", "end_at", "node_name", "process_id", "caveats")
        assert [row[name] for name in lacking] == [None] * len(lacking)
    sources = {
        row["run"]: row["source"] for row in read_lake(tmp_path / "data", "runs").to_pylist()
    }
    assert sources == {"c/usage": USAGE_TABLES, "c/r1": "none"}


def read(
    folder: Path, table: pd.DataFrame | bytes | None, required: tuple[str, ...] | None
) -> dict[str, pa.Table]:
    """Read a table from a file of its own."""
    path = folder / "table.parq"
    if isinstance(table, bytes):
        path.write_bytes(table)
    elif table is not None:
        table.to_parquet(path)
    batches: dict[str, list[pa.RecordBatch]] = {}
    part = TablePart("run", UsageTable("isr", required, str(path)))
    UsageTables().read(part, lambda name, batch: batches.setdefault(name, []).append(batch))
    return {name: pa.Table.from_batches(found) for name, found in batches.items()}


def test_zeros_of_what_is_not_there_are_null(tmp_path: Path) -> None:
    table = gathered(
        detector=[0, 1, 2],
        visit=[7, 0, 0],
        band=["r", "", ""],
        memory=[0.0, float("nan"), 5.0],
        run_time=[0.0, 0.0, 0.0],
    )
    (quanta,) = read(tmp_path, table, ("instrument", "detector")).values()
    assert quanta["max_rss_bytes"].to_pylist() == [None, None, 5]
    # Without work the task took no time; without usage nobody knows.
    assert quanta["gathered_run_cpu_time_s"].to_pylist() == [None, None, 0.0]
    assert quanta["detector"].to_pylist() == [0, 1, 2]
    assert quanta["visit"].to_pylist() == [7, None, None]
    assert quanta["band"].to_pylist() == ["r", None, None]


@pytest.mark.parametrize(
    ("table", "required", "reason"),
    [
        (b"no Parquet", ("detector",), "the table is not a Parquet file: "),
        (None, ("detector",), "it is registered, but the file does not exist"),
        (gathered(detector=[1]), ("detector", "visit"), "the table has no column visit"),
        (
            gathered(detector=[1]).drop(columns="memory"),
            ("detector",),
            "the table has no column memory",
        ),
        (gathered(detector=[1]), None, "no dataset type isr_metadata tells the dimensions"),
        (gathered(detector=[1, 2]), (), "2 rows of a task without dimensions, which has one"),
        (
            gathered(detector=[1, None]),
            ("detector",),
            "rows after the first 0 cannot be read: 1 of 2 rows have no detector",
        ),
        (
            gathered(detector=["x"]),
            ("detector",),
            "rows after the first 0 cannot be read: column detector holds no int64",
        ),
        (
            gathered(detector=[1], memory=["much"]),
            ("detector",),
            "rows after the first 0 cannot be read: column memory holds no double",
        ),
        (b"PAR1" + b"x" * 40 + b"PAR1", ("detector",), "the table is not a Parquet file: "),
    ],
)
def test_a_table_that_cannot_be_used_is_a_reject(
    tmp_path: Path,
    table: pd.DataFrame | bytes | None,
    required: tuple[str, ...] | None,
    reason: str,
) -> None:
    found = read(tmp_path, table, required)
    assert set(found) == {"rejects"}
    (reject,) = found["rejects"].to_pylist()
    assert reject["dataset_type"] == "isr_resource_usage"
    assert reject["reason"].startswith(reason)


def test_rows_before_the_damage_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "whole.parq"
    count = 3 * BATCH_SIZE
    gathered(detector=list(range(count))).to_parquet(path, row_group_size=BATCH_SIZE)
    content = bytearray(path.read_bytes())
    last = pq.ParquetFile(path).metadata.row_group(2)
    for index in range(last.num_columns):
        column = last.column(index)
        begin = column.dictionary_page_offset or column.data_page_offset
        content[begin : begin + 20] = b"\xff" * 20
    found = read(tmp_path, bytes(content), ("detector",))
    assert found["quanta"]["detector"].to_pylist() == list(range(2 * BATCH_SIZE))
    [reject] = found["rejects"].to_pylist()
    assert reject["reason"].startswith("rows after the first 4,096 cannot be read: ")


def test_whole_numbers_are_read_from_floats_and_categories(tmp_path: Path) -> None:
    table = gathered(detector=[1.0, 2.0], band=pd.Categorical(["r", None]))
    (quanta,) = read(tmp_path, table, ("detector",)).values()
    assert quanta["data_id"].to_pylist() == ['{"detector":1}', '{"detector":2}']
    assert quanta["band"].to_pylist() == ["r", None]


def test_a_peak_beyond_all_integers_is_left_to_the_models(tmp_path: Path) -> None:
    table = gathered(detector=[1, 2], memory=[1e300, -1e300])
    (quanta,) = read(tmp_path, table, ("detector",)).values()
    assert quanta["max_rss_bytes"].to_pylist() == [LARGEST_COUNT, -LARGEST_COUNT]


def test_a_task_without_dimensions_has_one_row(tmp_path: Path) -> None:
    (quanta,) = read(tmp_path, gathered(detector=[1]), ()).values()
    assert quanta["data_id"].to_pylist() == ["{}"]


def test_a_file_that_no_table_has_the_size_of_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.sources.usage_tables.LARGEST_TABLE", 100)
    found = read(tmp_path, gathered(detector=[1]), ("detector",))
    [reject] = found["rejects"].to_pylist()
    assert reject["reason"] == "no table of resource usage has more than 100 bytes"


def test_a_pipe_in_the_place_of_a_table_is_a_reject(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "table.parq")
    found = read(tmp_path, None, ("detector",))
    [reject] = found["rejects"].to_pylist()
    assert reject["reason"].startswith("it is no regular file")
