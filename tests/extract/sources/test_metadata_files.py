"""Metadata files: one row an attempt, a reason for each that cannot be read."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from extract.butler.registered import FileBatch
from extract.lake.schema import QUANTA
from extract.sources.metadata_files import Part, read_metadata_files
from tests.bench.make_graph import usage_metadata

OLD = """
{"scalars": {}, "arrays": {}, "metadata": {"quantum": {
  "scalars": {"nodeName": "old"}, "metadata": {},
  "arrays": {"prepUtc": ["2023-01-01T00:00:00"], "endUtc": ["2023-01-01T01:00:00.5"],
    "prepMaxResidentSetSize": [1000], "endMaxResidentSetSize": [2000, 3000],
    "endCpuTime": [1.5, null]}}}}
"""
"""Metadata version 0: KiB, naive times, several values, no init and start, no metrics."""


def read(
    folder: Path,
    contents: list[str | None],
    *,
    logs: list[str | None] | None = None,
    keeps_logs: bool = True,
    has_logs: bool = True,
    threads: int = 1,
) -> Part:
    """Read files of such content; `None` is a registered file that is gone."""
    paths = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.json"
        if content is not None:
            path.write_text(content)
        paths.append(str(path))
    log_paths = []
    for number, log in enumerate(logs or []):
        path = folder / f"{number}.log"
        if log is not None:
            path.write_text(log)
        log_paths.append(str(path))
    count = len(contents)
    are_failures = logs is not None
    return read_metadata_files(
        FileBatch(
            run="a/run",
            task_label="isr",
            required=("instrument", "visit", "detector"),
            coordinates={
                "instrument": ["LSSTCam"] * count,
                "visit": [7] * count,
                "detector": list(range(count)),
                "band": ["r"] * count,
            },
            metadata_ids=[None if are_failures else str(n) for n in range(count)],
            metadata_uris=paths,
            has_logs=[has_logs] * count,
            log_uris=log_paths,
            keeps_logs=keeps_logs,
        ),
        threads=threads,
    )


def ordinary(**changes: Any) -> str:  # noqa: ANN401
    return str(usage_metadata(**changes).model_dump_json())


def test_a_file_gives_a_row_of_the_lake(tmp_path: Path) -> None:
    part = read(tmp_path, [ordinary(peak=42, caveats=1)])
    assert part.quanta.schema == QUANTA
    assert part.rejects.num_rows == 0
    (row,) = part.quanta.to_pylist()
    expected = {
        "run": "a/run",
        "data_id": '{"detector":0,"instrument":"LSSTCam","visit":7}',
        "band": "r",
        "tract": None,
        "status": "successful",
        "source": "metadata_file",
        "attempt": 0,
        "is_last_attempt": True,
        "caveats": 1,
        "max_rss_bytes": 42,
        "quantum_id": None,
        "process_id": None,
        "prep_at": datetime(2025, 12, 1, tzinfo=UTC),
    }
    assert {name: row[name] for name in expected} == expected


def test_an_old_document_comes_in_todays_units(tmp_path: Path) -> None:
    (row,) = read(tmp_path, [OLD]).quanta.to_pylist()
    expected = {
        "metadata_version": 0,
        "prep_max_rss_bytes": 1000 * 1024,
        "max_rss_bytes": 3000 * 1024,
        "start_max_rss_bytes": None,
        "end_cpu_time_s": None,
        "caveats": None,
        "prep_at": datetime(2023, 1, 1, tzinfo=UTC),
        "end_at": datetime(2023, 1, 1, 1, 0, 0, 500_000, tzinfo=UTC),
        "start_at": None,
        "butler_get_count": None,
        "job_quanta_count": None,
        "node_name": "old",
    }
    assert {name: row[name] for name in expected} == expected


def test_times_with_and_without_offset_are_both_utc_in_one_batch(tmp_path: Path) -> None:
    east = ordinary(begin="2023-01-01T02:00:00+02:00")
    column = read(tmp_path, [OLD, east]).quanta["prep_at"].to_pylist()
    assert column == [datetime(2023, 1, 1, tzinfo=UTC)] * 2


@pytest.mark.parametrize(
    ("has_logs", "keeps_logs", "status"),
    [(True, True, "successful"), (False, False, "successful"), (False, True, "aborted_success")],
)
def test_a_missing_log_tells_only_where_logs_are_kept(
    tmp_path: Path, has_logs: bool, keeps_logs: bool, status: str
) -> None:
    part = read(tmp_path, [ordinary()], has_logs=has_logs, keeps_logs=keeps_logs)
    assert part.quanta["status"].to_pylist() == [status]


def test_what_cannot_be_read_is_a_row_and_a_reject(tmp_path: Path) -> None:
    late = ordinary().replace("2025-12-01T00:00:00+00:00", "yesterday")
    part = read(tmp_path, [None, "{", ordinary(), late, "[1]"])
    statuses = ["unreadable", "unreadable", "successful", "unreadable", "unreadable"]
    assert part.quanta["status"].to_pylist() == statuses
    assert part.quanta["max_rss_bytes"].null_count == 4
    assert part.quanta["end_at"].null_count == 4
    reasons = {row["dataset_id"]: row["reason"] for row in part.rejects.to_pylist()}
    assert set(reasons) == {"0", "1", "3", "4"}
    assert "does not exist" in reasons["0"]
    assert "not JSON" in reasons["1"]
    assert "yesterday" in reasons["3"]
    assert set(part.rejects["dataset_type"].to_pylist()) == {"isr_metadata"}


def test_a_log_alone_is_a_failure_that_tells_what_it_knows(tmp_path: Path) -> None:
    extra = {
        "exception": {"type_name": "lsst.Error", "message": "", "metadata": {}},
        "metadata": json.loads(ordinary(peak=99)),
        "previous_process_quanta": ["first", "second"],
        "previous_attempts": [{"exception": {"type_name": "lsst.Earlier"}}],
    }
    part = read(tmp_path, [None, None], logs=[json.dumps(extra), None])
    assert part.rejects.num_rows == 0
    earlier, last, unknown = part.quanta.to_pylist()
    assert {row["status"] for row in (earlier, last, unknown)} == {"failed"}
    assert (earlier["attempt"], earlier["is_last_attempt"]) == (0, False)
    assert (earlier["exception_type"], earlier["max_rss_bytes"]) == ("lsst.Earlier", None)
    assert (last["attempt"], last["is_last_attempt"]) == (1, True)
    assert (last["exception_type"], last["max_rss_bytes"]) == ("lsst.Error", 99)
    assert last["process_id"] == "first"
    assert (unknown["exception_type"], unknown["has_metadata"]) == (None, False)


def test_a_long_document_is_read_to_its_end(tmp_path: Path) -> None:
    document = json.loads(ordinary(peak=42))
    document["metadata"]["isr"] = {"scalars": {"filler": "x" * 300_000}}
    part = read(tmp_path, [json.dumps(document)])
    assert part.quanta["max_rss_bytes"].to_pylist() == [42]
    assert part.rejects.num_rows == 0


def test_a_folder_in_place_of_a_file_is_a_reject(tmp_path: Path) -> None:
    (tmp_path / "0.json").mkdir()
    part = read(tmp_path, [None])
    assert part.quanta["status"].to_pylist() == ["unreadable"]
    assert "directory" in part.rejects["reason"].to_pylist()[0]


def test_threads_change_nothing(tmp_path: Path) -> None:
    contents = [ordinary(peak=n) if n % 7 else None for n in range(600)]
    alone, together = (read(tmp_path, contents, threads=n) for n in (1, 8))
    assert alone == together
    peaks = [None if not n % 7 else n for n in range(600)]
    assert alone.quanta["max_rss_bytes"].to_pylist() == peaks


def test_no_files_give_empty_tables(tmp_path: Path) -> None:
    part = read(tmp_path, [])
    assert part.quanta.num_rows == part.rejects.num_rows == 0
    assert part.quanta.schema == QUANTA


def test_a_nan_is_absent_and_never_zero(tmp_path: Path) -> None:
    text = ordinary().replace('"time_in_put":4.05', '"time_in_put":NaN')
    assert "NaN" in text
    (row,) = read(tmp_path, [text]).quanta.to_pylist()
    assert row["butler_put_wall_time_s"] is None
    assert math.isclose(row["butler_get_wall_time_s"], 1.74)
