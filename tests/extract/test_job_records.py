"""Job records on their way into the lake: what the campaigns file names, resumes, what left."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from extract.campaigns import load_campaigns
from extract.errors import CampaignsError
from extract.lake.store import read_manifest
from tests.extract.sources.job_records.test_panda import FAILED, FINISHED
from tests.extract.sources.job_records.test_slurm import HEADER, line
from tests.extract.tiny import TinyRepository, read_lake, run_extraction

RUN = "a/stage1/20260101T000000Z"


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    repository = TinyRepository(tmp_path / "tiny")
    repository.add(RUN, {"isr": [1]})
    repository.chain("a/stage1", RUN)
    return repository


@pytest.fixture
def folder(repository: TinyRepository) -> Path:
    """Records beside the campaigns file: one good file, one with a damaged line."""
    folder = repository.root / "records"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps([FINISHED, FAILED]))
    (folder / "b.txt.gz").write_bytes(
        gzip.compress("\n".join([HEADER, line("1"), "damaged", line("2")]).encode())
    )
    return folder


def campaigns(repository: TinyRepository, records: object, **more: object) -> Path:
    stage = {"collections": "a/stage1", "job_records": records}
    return repository.campaigns({"stage1": stage if records else "a/stage1"}, **more)


def jobs(data: Path) -> list[tuple[str, str, str]]:
    rows = read_lake(data, "jobs").to_pylist()
    return sorted((row["stage"], Path(row["file"]).name, row["job_id"]) for row in rows)


ALL = [
    ("stage1", "a.json", "90286630"),
    ("stage1", "a.json", "90286631"),
    ("stage1", "b.txt.gz", "1"),
    ("stage1", "b.txt.gz", "2"),
]


def test_records_of_a_stage_become_rows_and_rejects(
    repository: TinyRepository, folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    summary = run_extraction(campaigns(repository, "records/*"), data)
    assert jobs(data) == ALL
    assert (summary.records_read, summary.jobs, summary.rejects) == (2, 4, 1)
    [reject] = read_lake(data, "rejects").to_pylist()
    assert reject["uri"] == str(folder / "b.txt.gz")
    assert reject["reason"] == "record 3: has 1 fields where the first line names 13"
    assert reject["dataset_type"] == "job_record"
    [stage] = [row for row in read_lake(data, "stages").to_pylist() if row["stage"] == "stage1"]
    assert stage["job_records"] == ["records/*"]


def test_what_is_unchanged_is_not_read_again_and_what_changed_is(
    repository: TinyRepository, folder: Path, tmp_path: Path
) -> None:
    data, file = tmp_path / "data", campaigns(repository, ["records/*"])
    run_extraction(file, data)
    again = run_extraction(file, data)
    assert (again.records_read, again.rejects) == (0, 1)
    assert jobs(data) == ALL
    (folder / "a.json").write_text(json.dumps([FINISHED]))
    changed = run_extraction(file, data)
    assert changed.records_read == 1
    assert jobs(data) == ALL[1:]


def test_what_was_damaged_in_the_lake_is_read_again(
    repository: TinyRepository, folder: Path, tmp_path: Path
) -> None:
    data, file = tmp_path / "data", campaigns(repository, "records/a.json")
    run_extraction(file, data)
    [unit] = [unit for unit in read_manifest(data / "lake").units if unit.kind == "job_records"]
    (data / "lake" / unit.files[0]).unlink()
    summary = run_extraction(file, data)
    assert summary.records_read == 1
    assert "read again" in summary.warnings[0]
    assert jobs(data) == ALL[:2]


def test_records_that_left_the_file_leave_the_lake(
    repository: TinyRepository, folder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    run_extraction(campaigns(repository, "records/*"), data)
    run_extraction(campaigns(repository, None), data)
    assert jobs(data) == []
    assert read_lake(data, "rejects").num_rows == 0


def test_records_of_a_whole_campaign_stand_under_no_stage(
    repository: TinyRepository, folder: Path, tmp_path: Path
) -> None:
    data, path = tmp_path / "data", campaigns(repository, None)
    text = path.read_text()
    assert "stages:" in text
    path.write_text(text.replace("stages:", "job_records: records/a.json\n    stages:", 1))
    run_extraction(path, data)
    assert {row[0] for row in jobs(data)} == {"__campaign__"}
    run_extraction(path, data)
    assert len(jobs(data)) == 2
    path.write_text(text)
    run_extraction(path, data)
    assert jobs(data) == []


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ("records/nothing*", "there is no file .*correct 'job_records'"),
        ("records", "is a folder: name the files"),
        ("s3://bucket/a.json", "must be files on a file system"),
        ("tiny.yaml", "is not a file of job records|has no job records|there is no file"),
    ],
)
def test_records_that_cannot_be_are_one_clear_error(
    repository: TinyRepository, folder: Path, tmp_path: Path, records: str, said: str
) -> None:
    with pytest.raises(CampaignsError, match=f"stage1: .*({said})"):
        run_extraction(campaigns(repository, records), tmp_path / "data")
    assert not (tmp_path / "data" / "lake").exists()


def test_names_with_brackets_and_relative_folders_are_found(
    repository: TinyRepository, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.json").rename(folder / "a[1].json")
    file = campaigns(repository, "records/a[1].json")
    monkeypatch.chdir(file.parent.parent)
    loaded = load_campaigns(Path(os.path.relpath(file)), tmp_path / "data")
    assert loaded.records_of(next(iter(loaded.campaigns)), "stage1") == [str(folder / "a[1].json")]
    run_extraction(file, tmp_path / "data")
    assert len(jobs(tmp_path / "data")) == 2
