from __future__ import annotations

import datetime
import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from lsst.daf.butler import CollectionType, DatasetType  # type: ignore[attr-defined]
from lsst.utils.packages import Packages

from extract.campaigns import load_campaigns
from extract.errors import CampaignsError, LakeError, RepositoryError, StoreError, WorkerError
from extract.jobs.workers import prepare_worker
from extract.lake.schema import LAKE_SCHEMA_VERSION, TABLES
from extract.lake.store import Lake, read_manifest
from extract.run import Settings, extract
from tests.extract import tiny
from tests.extract.stores.servers import dead_address
from tests.extract.tiny import TinyRepository, read_lake, rows_of, run_extraction, whole_lake

OLD, NEW = "a/stage1/20260101T000000Z", "a/stage1/20260102T000000Z"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a chain of two RUNs, where the newer one repeats some quanta."""
    root = tmp_path_factory.mktemp("tiny")
    repository = TinyRepository(root)
    repository.add(OLD, {"isr": [1, 2, 3, 4], "calibrateImage": [1, 2, 3]})
    repository.add(OLD, {"calibrateImage": [4]}, kinds=["log"])
    repository.add(NEW, {"calibrateImage": [4], "isr": [1]})
    repository.chain("a/stage1", NEW, OLD)
    return root


@pytest.fixture
def repository(built: Path, tmp_path: Path) -> TinyRepository:
    """A copy that a test may change."""
    shutil.copytree(built, tmp_path / "tiny")
    copied = TinyRepository.__new__(TinyRepository)
    copied.root = tmp_path / "tiny"
    return copied


def test_a_chain_of_plain_files_becomes_rows(repository: TinyRepository, tmp_path: Path) -> None:
    run_extraction(repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data")
    quanta = read_lake(tmp_path / "data", "quanta").to_pylist()
    found = {(row["run"], row["task_label"], row["data_id"]): row["status"] for row in quanta}
    data_id = '{"detector":4,"instrument":"Cam1"}'
    assert len(found) == len(quanta) == 10
    assert found[OLD, "calibrateImage", data_id] == "failed"
    assert found[NEW, "calibrateImage", data_id] == "successful"
    assert {row["detector"] for row in quanta} == {1, 2, 3, 4}
    runs = read_lake(tmp_path / "data", "runs").to_pylist()
    assert [(row["run"], row["chain_position"], row["quanta_count"]) for row in runs] == [
        (NEW, 0, 2),
        (OLD, 1, 8),
    ]
    assert [row["failed_count"] for row in runs] == [0, 1]


def test_every_table_exists_even_without_rows(repository: TinyRepository, tmp_path: Path) -> None:
    repository.chain("a/empty")
    run_extraction(repository.campaigns({"stage1": "a/empty"}), tmp_path / "data")
    for table, schema in TABLES.items():
        rows = read_lake(tmp_path / "data", table).drop_columns(["campaign", "stage"])
        assert rows.schema.equals(schema), table
    assert read_lake(tmp_path / "data", "stages").num_rows == 1
    assert read_lake(tmp_path / "data", "quanta").num_rows == 0


def test_a_second_run_reads_only_what_changed_and_says_so(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    first = run_extraction(campaigns, data)
    again = run_extraction(campaigns, data)
    assert (first.read_runs, again.read_runs, again.kept_runs) == (2, 0, 2)
    repository.add(NEW, {"calibrateImage": [1]})
    changed = run_extraction(campaigns, data)
    assert (changed.reread_runs, changed.kept_runs) == (1, 1)
    assert len(read_lake(data, "quanta")) == 11
    assert run_extraction(campaigns, data, refresh=True).reread_runs == 2


def test_a_dataset_that_took_the_place_of_another_is_read(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    with repository.butler() as butler:
        old = butler.query_datasets("isr_metadata", OLD, where="detector = 2 and instrument != ''")
        butler.pruneDatasets(old, disassociate=True, unstore=True, purge=True)
    repository.add(OLD, {"isr": [2]}, kinds=["metadata"], peak_bytes=7 << 30)
    assert run_extraction(campaigns, data).reread_runs == 1
    assert 7 << 30 in read_lake(data, "quanta")["max_rss_bytes"].to_pylist()


def test_a_second_run_leaves_files_that_say_the_same_untouched(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, lake = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data" / "lake"

    def times() -> dict[Path, int]:
        return {
            path: path.stat().st_mtime_ns
            for path in lake.rglob("*.parquet")
            if path.parent.name != "campaign=DM-1"  # says when it was recorded
        }

    run_extraction(campaigns, tmp_path / "data")
    before = times()
    run_extraction(campaigns, tmp_path / "data")
    assert len(before) >= len(TABLES)
    assert times() == before


def test_campaigns_are_rewritten_when_nothing_is_new(
    repository: TinyRepository, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    run_extraction(repository.campaigns({"stage1": "a/stage1"}), data)
    run_extraction(repository.campaigns({"stage1": "a/stage1"}, threshold_gib=8), data)
    assert read_lake(data, "campaigns")["threshold_gib"].to_pylist() == [8]


def test_positions_follow_the_chain_without_reading_again(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    repository.chain("a/stage1", OLD, NEW)
    assert run_extraction(campaigns, data).kept_runs == 2
    runs = read_lake(data, "runs").to_pylist()
    assert {row["run"]: row["chain_position"] for row in runs} == {OLD: 0, NEW: 1}


def test_globs_come_newest_first_and_lists_as_written(
    repository: TinyRepository, tmp_path: Path
) -> None:
    for collections, first in (("a/stage1/*", NEW), ([OLD, NEW], OLD)):
        run_extraction(repository.campaigns({"stage1": collections}), tmp_path / "data")
        runs = read_lake(tmp_path / "data", "runs").to_pylist()
        assert min(runs, key=lambda row: row["chain_position"])["run"] == first


def test_what_leaves_the_chain_or_the_file_leaves_the_lake(
    repository: TinyRepository, tmp_path: Path
) -> None:
    repository.add("a/stage2/1", {"makeWarp": [1]})
    data = tmp_path / "data"
    run_extraction(repository.campaigns({"stage1": "a/stage1", "stage2": "a/stage2/1"}), data)
    repository.chain("a/stage1", OLD)
    summary = run_extraction(repository.campaigns({"stage1": "a/stage1"}), data)
    assert sorted(summary.retired) == [f"DM-1 stage1: {NEW}", "DM-1 stage2: a/stage2/1"]
    assert set(read_lake(data, "quanta")["run"].to_pylist()) == {OLD}
    assert read_lake(data, "stages")["stage"].to_pylist() == ["stage1"]


def test_runs_of_an_earlier_stage_are_set_aside_as_inputs(
    repository: TinyRepository, tmp_path: Path
) -> None:
    repository.add("a/stage10/1", {"makeWarp": [1]})
    repository.add("b/inputs", {"raw": [1]})
    repository.chain("a/stage10", "a/stage10/1", NEW, OLD, "b/inputs")
    repository.chain("a/stage1", NEW, OLD)
    campaigns = repository.campaigns({"stage1": "a/stage1", "stage10": "a/stage10"})
    summary = run_extraction(campaigns, tmp_path / "data")
    assert summary.inputs == [
        "DM-1 stage10: 3 inputs set aside: 2 of stage1; 1 of no stage of the file (name those to "
        "read): b/inputs"
    ]
    owned = {
        (row["stage"], row["run"]): row["set_aside_for_stage"]
        for row in read_lake(tmp_path / "data", "runs").to_pylist()
    }
    assert owned == {
        ("stage1", NEW): None,
        ("stage1", OLD): None,
        ("stage10", "a/stage10/1"): None,
        ("stage10", NEW): "stage1",
        ("stage10", OLD): "stage1",
        ("stage10", "b/inputs"): "no stage of the file",
    }
    assert len(read_lake(tmp_path / "data", "quanta")) == 11


def test_runs_of_stages_that_the_file_does_not_name_are_inputs(
    repository: TinyRepository, tmp_path: Path
) -> None:
    repository.add("a/stage10/1", {"makeWarp": [1]})
    repository.chain("a/stage10", "a/stage10/1", NEW, OLD)
    for number, name in enumerate(("a/stage10", "*/stage10", ["a/stage10/1", "a/stage10"])):
        data = tmp_path / str(number)
        run_extraction(repository.campaigns({"stage10": name}), data)
        assert set(read_lake(data, "quanta")["run"].to_pylist()) == {"a/stage10/1"}, name
        assert read_lake(data, "runs").num_rows == 3, "inputs are listed"


def test_a_chain_whose_name_fits_no_run_is_read_as_it_stands(
    repository: TinyRepository, tmp_path: Path
) -> None:
    repository.add("b/run", {"makeWarp": [1]})
    repository.chain("odd", "b/run", NEW)
    data = tmp_path / "data"
    summary = run_extraction(repository.campaigns({"stage1": "odd"}), data)
    assert set(read_lake(data, "quanta")["run"].to_pylist()) == {"b/run", NEW}
    assert summary.inputs == []
    (warning,) = [text for text in summary.warnings if "outside its collections" in text]
    assert f"DM-1 stage1: 2 RUNs outside its collections (b/run, {NEW})" in warning


def extract_two_stages(repository: TinyRepository, tmp_path: Path) -> tuple[Path, Path]:
    """Extract two stages; give the campaigns file and DATA."""
    repository.add("a/stage2/1", {"makeWarp": [1]})
    campaigns = repository.campaigns({"stage1": "a/stage1", "stage2": "a/stage2/1"})
    data = tmp_path / "data"
    run_extraction(campaigns, data)
    return campaigns, data


def test_one_campaign_or_stage_leaves_the_others_alone(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = extract_two_stages(repository, tmp_path)
    before = whole_lake(data)
    run_extraction(campaigns, data, stage="stage2", refresh=True)
    assert whole_lake(data) == before


@pytest.mark.parametrize("damage", ["truncated", "gone"])
def test_an_unreadable_file_is_a_reject_and_stands_in_quanta(
    repository: TinyRepository, tmp_path: Path, damage: str
) -> None:
    path = repository.file_of(OLD, "isr", 2)
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100])
    summary = run_extraction(repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data")
    assert summary.rejects == 1
    assert not summary.failures
    (reject,) = read_lake(tmp_path / "data", "rejects").to_pylist()
    assert (reject["run"], reject["task_label"]) == (OLD, "isr")
    assert reject["data_id"] == '{"detector":2,"instrument":"Cam1"}'
    unreadable = [
        row["data_id"]
        for row in read_lake(tmp_path / "data", "quanta").to_pylist()
        if row["status"] == "unreadable"
    ]
    assert unreadable == [reject["data_id"]]


def test_what_could_not_be_read_is_tried_again_and_read_once_it_can_be(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    path = repository.file_of(OLD, "isr", 2)
    path.rename(tmp_path / "away")
    title = f"DM-1 stage1: {OLD}"
    first = run_extraction(campaigns, data)
    assert (first.rejects, first.unread_runs) == (1, [title])
    still = run_extraction(campaigns, data)
    assert (still.kept_runs, still.rejects, still.unread_runs) == (2, 1, [title])
    (tmp_path / "away").rename(path)
    healed = run_extraction(campaigns, data)
    assert (healed.reread_runs, healed.kept_runs) == (1, 1)
    assert (healed.rejects, healed.unread_runs) == (0, [])
    assert run_extraction(campaigns, data).kept_runs == 2
    run_extraction(campaigns, tmp_path / "undisturbed")
    assert whole_lake(data) == whole_lake(tmp_path / "undisturbed")


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_errors_of_a_disk_that_pass_leave_nothing_behind(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    bad = {
        str(repository.file_of(NEW, "isr", 1)),
        str(repository.file_of(OLD, "calibrateImage", 4, "log")),
    }
    really_open = os.open

    def open_or_fail(path: str, *arguments: int, **named: Any) -> int:  # noqa: ANN401
        if str(path) in bad:
            raise OSError(number, os.strerror(number), path)
        return really_open(path, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", open_or_fail)
        broken = run_extraction(campaigns, data)
    assert len(broken.unread_runs) == 2
    assert run_extraction(campaigns, data).reread_runs == 2
    run_extraction(campaigns, tmp_path / "undisturbed")
    assert whole_lake(data) == whole_lake(tmp_path / "undisturbed")


def test_large_tasks_are_cut_without_loss(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1"})
    run_extraction(campaigns, tmp_path / "whole")
    monkeypatch.setattr("extract.butler.slices.FILE_SLICE_QUANTA", 2)
    run_extraction(campaigns, tmp_path / "cut")
    assert whole_lake(tmp_path / "cut") == whole_lake(tmp_path / "whole")


def test_failures_are_found_by_data_id_as_they_are_among_all_logs(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.add("a/failed", {"isr": [1, 2, 3, 4]}, kinds=["log"])
    repository.add("a/failed", {"isr": [2, 4]}, kinds=["metadata"])
    campaigns = repository.campaigns({"stage1": "a/failed"})
    run_extraction(campaigns, tmp_path / "few")
    monkeypatch.setattr("extract.butler.slices._FEW", 0)
    run_extraction(campaigns, tmp_path / "all")
    rows = read_lake(tmp_path / "few", "quanta").to_pylist()
    assert sorted(row["detector"] for row in rows if row["status"] == "failed") == [1, 3]
    assert whole_lake(tmp_path / "few") == whole_lake(tmp_path / "all")


def test_a_missing_collection_is_an_error_before_anything_is_written(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1", "stage2": "a/gone"})
    with pytest.raises(RepositoryError, match=r"DM-1, stage2: .*no collection 'a/gone'"):
        run_extraction(campaigns, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_missing_collection_of_a_declared_gap_is_an_empty_stage(
    repository: TinyRepository, tmp_path: Path
) -> None:
    lost = {"collections": "a/gone", "incomplete": "The disk broke."}
    campaigns = repository.campaigns({"stage1": "a/stage1", "stage2": lost})
    run_extraction(campaigns, tmp_path / "data")
    reasons = read_lake(tmp_path / "data", "stages").to_pylist()
    assert {row["stage"]: row["incomplete_reason"] for row in reasons} == {
        "stage1": None,
        "stage2": "The disk broke.",
    }


@pytest.mark.parametrize(
    ("graphs", "said"),
    [
        ("submit/*.qg", "there is no predicted graph"),
        ("submit/a.qg", "there is no predicted graph"),
        ("repo", r"repo is a folder: name the predicted graphs in it, such as .*repo/\*\.qg"),
        ("nowhere://a.qg", "No URI support"),
    ],
)
def test_a_predicted_graph_that_is_not_there_is_an_error(
    repository: TinyRepository, tmp_path: Path, graphs: str, said: str
) -> None:
    stage = {"collections": "a/stage1", "quantum_graphs": graphs}
    with pytest.raises(CampaignsError, match=said):
        run_extraction(repository.campaigns({"stage1": stage}), tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_predicted_graph_on_a_server_that_is_down_is_told(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not less: the limit is that of the local repository, too, on a busy machine.
    monkeypatch.setattr("extract.butler.store_errors.ANSWER_LIMIT_S", 5)
    stage = {"collections": "a/stage1", "quantum_graphs": f"http://{dead_address()}/a.qg"}
    with pytest.raises(
        CampaignsError, match=r"DM-1: http://.*a\.qg: (no answer|connection refused)"
    ):
        run_extraction(repository.campaigns({"stage1": stage}), tmp_path / "data")


def test_a_folder_that_is_no_repository_is_one_clear_line(tmp_path: Path) -> None:
    repository = TinyRepository.__new__(TinyRepository)
    repository.root = tmp_path
    with pytest.raises(RepositoryError) as caught:
        run_extraction(repository.campaigns({"stage1": "a"}), tmp_path / "data")
    assert "neither a path nor a registered label" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_lake_of_another_schema_is_refused_with_a_remedy(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    manifest = data / "lake" / "manifest.json"
    text = manifest.read_text()
    version = f'"lake_schema_version": {LAKE_SCHEMA_VERSION}'
    assert version in text
    manifest.write_text(text.replace(version, '"lake_schema_version": 1'))
    with pytest.raises(LakeError, match=r"schema version 1, .*remove .*lake"):
        run_extraction(campaigns, data)
    # What a younger program wrote is not to be thrown away.
    manifest.write_text(text.replace(version, '"lake_schema_version": 99'))
    with pytest.raises(LakeError, match=r"schema version 99, .* update this program") as caught:
        run_extraction(campaigns, data)
    assert "remove" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", f'{{"lake_schema_version": {LAKE_SCHEMA_VERSION}, "units": [{{}}]}}', "é"],
)
def test_a_damaged_manifest_is_told_with_a_remedy(
    repository: TinyRepository, tmp_path: Path, text: str
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    (data / "lake").mkdir(parents=True)
    (data / "lake" / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(LakeError, match=r"manifest\.json: is damaged .*: remove .*lake"):
        run_extraction(campaigns, data)


@pytest.mark.parametrize(
    "place", ["extract.jobs.slices.SortedFile.close", "extract.lake.store.write_parquet"]
)
def test_a_full_disk_is_told_and_the_next_run_goes_on(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"

    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "Error writing bytes to file. Detail: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(place, fill)
        with pytest.raises(LakeError, match="its disk is full: free some space, then run again"):
            run_extraction(campaigns, data)
    run_extraction(campaigns, data)
    run_extraction(campaigns, tmp_path / "undisturbed")
    assert whole_lake(data) == whole_lake(tmp_path / "undisturbed")


def test_a_file_in_the_place_of_the_data_folder_is_told(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1"})
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match=r"file/lake.* choose another folder"):
        run_extraction(campaigns, tmp_path / "file")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lake").write_text("")
    with pytest.raises(LakeError, match=r"data/lake.* choose another folder"):
        run_extraction(campaigns, tmp_path / "data")


def test_two_runs_at_once_are_refused_naming_the_first(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    with (
        Lake.locked(data / "lake"),
        pytest.raises(LakeError, match=rf"another extraction .* process {os.getpid()} on "),
    ):
        run_extraction(campaigns, data)
    assert run_extraction(campaigns, data).read_runs == 2


def test_a_file_system_without_locks_is_not_taken_for_another_run(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("extract.lake.store.fcntl.flock", refuse)
    campaigns = repository.campaigns({"stage1": "a/stage1"})
    with pytest.raises(LakeError, match=r"cannot be written: its file system has no file locks"):
        run_extraction(campaigns, tmp_path / "data")


def test_a_clock_that_goes_wrong_makes_no_run_read_again(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(datetime.datetime):
        """A clock that stands in 1970."""

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Wrong:
            return cls.fromtimestamp(0, tz)

    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    with monkeypatch.context() as patch:
        patch.setattr("extract.run.datetime.datetime", Wrong)
        run_extraction(campaigns, data)
    (year,) = {at.year for at in read_lake(data, "runs")["extracted_at"].to_pylist()}
    assert year == 1970
    assert run_extraction(campaigns, data).kept_runs == 2
    for path in repository.root.rglob("*.json"):
        os.utime(path, (2**32, 2**32))
    assert run_extraction(campaigns, data).kept_runs == 2


def test_remains_of_a_killed_run_are_swept(repository: TinyRepository, tmp_path: Path) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    before = whole_lake(data)
    (file,) = [file for file in (data / "lake/quanta").rglob("*.parquet") if "0101T" in file.name]
    shutil.copy(file, file.with_name("orphan.parquet"))
    (data / "lake" / ".scratch-1-dead").mkdir()
    run_extraction(campaigns, data)
    assert whole_lake(data) == before
    assert not list((data / "lake").glob(".scratch-*"))


def test_killed_at_any_moment_and_run_again_gives_the_same_rows(
    repository: TinyRepository, tmp_path: Path
) -> None:
    for number in range(6):
        repository.add(f"a/stage1/3{number}", {"isr": [1, 2], "makeWarp": [3]})
    campaigns = repository.campaigns({"stage1": "a/stage1/*"})
    run_extraction(campaigns, tmp_path / "undisturbed")
    expected = whole_lake(tmp_path / "undisturbed")
    chance = random.Random(1)
    for attempt, moment in enumerate(chance.sample(range(1, 26), 3)):
        data = tmp_path / f"killed{attempt}"
        process = _start_suicidal(campaigns, data, after=moment)
        process.wait(timeout=100)
        assert process.returncode == -signal.SIGKILL
        run_extraction(campaigns, data)
        assert whole_lake(data) == expected, f"killed at rename {moment}"


# Renames are the moments that matter: between them nothing changes for a reader.
_SUICIDAL = """
import os, signal, sys
from pathlib import Path
from tests.extract.tiny import run_extraction
left = int(sys.argv[3])
rename = Path.replace
def replace(self, target):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
Path.replace = replace
run_extraction(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def _start_suicidal(campaigns: Path, data: Path, after: int) -> subprocess.Popen[bytes]:
    here = Path(tiny.__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", _SUICIDAL, str(campaigns), str(data), str(after)], cwd=here
    )


def test_workers_share_a_run_and_die_with_their_parent(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    process = subprocess.Popen(
        [sys.executable, "-m", "extract", "run", campaigns, "--data", data, "--workers", "2"],
        cwd=Path(tiny.__file__).parents[2],
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    workers: list[int] = []
    while len(workers) < 2 and process.poll() is None and time.monotonic() < deadline:
        workers = _spawned_by(process.pid)
        time.sleep(0.02)
    process.kill()
    process.wait()
    while any(_is_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_is_alive(worker) for worker in workers)
    run_extraction(campaigns, data)
    run_extraction(campaigns, tmp_path / "undisturbed")
    assert whole_lake(data) == whole_lake(tmp_path / "undisturbed")


class _DyingPool(ThreadPoolExecutor):
    """Dies, as a pool does whose worker the kernel killed, from the second job on."""

    def __init__(self) -> None:
        super().__init__(1, initializer=prepare_worker)
        self._left = 1

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:  # noqa: ANN401
        self._left -= 1
        if self._left >= 0:
            return super().submit(*arguments, **named)
        dead: Future[Any] = Future()
        dead.set_exception(BrokenExecutor("killed"))
        return dead


def test_a_worker_that_is_killed_is_told_and_the_next_run_goes_on(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    with _DyingPool() as pool, pytest.raises(WorkerError, match="fewer --workers"):
        extract(load_campaigns(campaigns, data), Settings(data=data), tiny.Silent(), pool)
    assert run_extraction(campaigns, data).read_runs in (1, 2)
    run_extraction(campaigns, tmp_path / "undisturbed")
    assert whole_lake(data) == whole_lake(tmp_path / "undisturbed")


class _LosingPool(ThreadPoolExecutor):
    """Loses the worker of its first job some times."""

    def __init__(self, losses: int) -> None:
        super().__init__(1)
        self._losses = losses

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:  # noqa: ANN401
        if self._losses == 0:
            return super().submit(*arguments, **named)
        self._losses -= 1
        dead: Future[Any] = Future()
        dead.set_exception(BrokenExecutor("killed"))
        return dead


@pytest.mark.parametrize(("losses", "retries"), [(1, 1), (3, 3), (1, 0), (4, 3)])
def test_a_job_is_retried_as_often_as_asked_for(
    repository: TinyRepository, tmp_path: Path, losses: int, retries: int
) -> None:
    campaigns, data = repository.campaigns({"stage1": OLD}), tmp_path / "data"
    file, settings = load_campaigns(campaigns, data), Settings(data=data, retries=retries)
    with _LosingPool(losses) as pool:
        if losses <= retries:
            assert extract(file, settings, tiny.Silent(), pool, 1).failures == []
            return
        with pytest.raises(WorkerError, match="lost once:" if losses == 1 else "lost 4 times:"):
            extract(file, settings, tiny.Silent(), pool, 1)


class _RemovingPool(ThreadPoolExecutor):
    """Removes RUNs from the repository before it does the first job."""

    def __init__(self, repository: TinyRepository, runs: list[str]) -> None:
        super().__init__(1)
        self._repository, self._runs = repository, runs

    def submit(self, *arguments: Any, **named: Any) -> Future[Any]:  # noqa: ANN401
        if self._runs:
            self._repository.chain("a/stage1")
            with self._repository.butler() as butler:
                butler.removeRuns(self._runs)
            self._runs = []
        return super().submit(*arguments, **named)


@pytest.mark.parametrize("removed", [[OLD], [NEW], [OLD, NEW]])
def test_a_run_that_is_removed_while_it_is_read_costs_no_other(
    repository: TinyRepository, tmp_path: Path, removed: list[str]
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    with _RemovingPool(repository, removed) as pool:
        summary = extract(
            load_campaigns(campaigns, data), Settings(data=data), tiny.Silent(), pool, 1
        )
    told = [failure.partition(": ")[2].partition(": ")[0] for failure in summary.failures]
    assert sorted(told) == sorted(removed)
    kept = {row["run"] for row in read_lake(data, "quanta").to_pylist()}
    assert kept == {OLD, NEW} - set(removed)


def _spawned_by(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = children.read_text().split() if children.exists() else []
    return [int(child) for child in found if "spawn_main" in _command(int(child))]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _is_alive(pid: int) -> bool:
    return "spawn_main" in _command(pid)


def test_files_are_sorted_by_task_and_carry_units(
    repository: TinyRepository, tmp_path: Path
) -> None:
    run_extraction(repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data")
    for file in (tmp_path / "data/lake/quanta/campaign=DM-1").rglob("*.parquet"):
        rows = pq.ParquetFile(file).read()
        labels = rows["task_label"].to_pylist()
        assert labels == sorted(labels)
        assert rows.schema.field("max_rss_bytes").metadata[b"unit"] == b"bytes"


def test_the_manifest_vouches_for_every_file(repository: TinyRepository, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run_extraction(repository.campaigns({"stage1": "a/stage1"}), data)
    known = {file for unit in read_manifest(data / "lake").units for file in unit.files}
    there = {
        str(file.relative_to(data / "lake"))
        for table in ("quanta", "expectations", "rejects", "visits")
        for file in (data / "lake" / table / "campaign=DM-1").rglob("*.parquet")
    }
    assert there == known
    assert rows_of(data, "quanta")


@pytest.fixture
def two_repositories(repository: TinyRepository, tmp_path: Path) -> Path:
    """A campaigns file of two campaigns, each with a repository of its own."""
    other = tmp_path / "other" / "tiny"
    shutil.copytree(repository.root, other)
    path = repository.campaigns({"stage1": "a/stage1", "stage2": OLD})
    content = yaml.safe_load(path.read_text())
    stages = {"stage1": "a/stage1"}
    content["campaigns"]["DM-2"] = {
        "release": "v30.0.0",
        "stages": stages,
        "repository": str(other / "repo"),
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def test_campaigns_of_two_repositories_stand_in_one_lake(
    two_repositories: Path, tmp_path: Path
) -> None:
    # Both hold the same RUNs: neither may be taken for an input of the other.
    run_extraction(two_repositories, tmp_path / "data")
    runs = read_lake(tmp_path / "data", "runs").to_pylist()
    owned = {
        (r["campaign"], r["stage"], r["run"]) for r in runs if r["set_aside_for_stage"] is None
    }
    assert owned == {
        ("DM-1", "stage1", NEW),
        ("DM-1", "stage2", OLD),
        ("DM-2", "stage1", NEW),
        ("DM-2", "stage1", OLD),
    }
    assert len(read_lake(tmp_path / "data", "quanta")) == 20


@pytest.mark.parametrize("asked", [{"campaign": "DM-2"}, {"campaign": "DM-1", "stage": "stage2"}])
def test_one_campaign_of_two_repositories_leaves_the_other_alone(
    two_repositories: Path, tmp_path: Path, asked: dict[str, str]
) -> None:
    data = tmp_path / "data"
    run_extraction(two_repositories, data)
    before = whole_lake(data)
    assert run_extraction(two_repositories, data, refresh=True, **asked).reread_runs > 0
    assert whole_lake(data) == before


def test_a_repository_that_is_gone_keeps_nobody_from_reading_the_other(
    two_repositories: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    run_extraction(two_repositories, data)
    before = whole_lake(data)
    shutil.rmtree(tmp_path / "tiny" / "repo")
    with pytest.raises(RepositoryError, match="repo is neither a path"):
        run_extraction(two_repositories, data)
    run_extraction(two_repositories, data, campaign="DM-2", refresh=True)
    assert whole_lake(data) == before


def test_software_that_contradicts_the_release_is_told_with_both(
    repository: TinyRepository, tmp_path: Path
) -> None:
    newest = "a/stage1/20260103T000000Z"
    repository.add(newest, {"isr": [1]})
    with repository.butler() as butler:
        kind = DatasetType("packages", butler.dimensions.empty, "Packages")
        butler.registry.registerDatasetType(kind)
        butler.put(Packages({"lsst_distrib": "30.2026.500"}), kind, run=newest)
        butler.put(Packages({"lsst_distrib": "29.2025.4800", "python": "3.12"}), kind, run=NEW)
    campaigns, data = repository.campaigns({"stage1": "a/stage1/*"}), tmp_path / "data"
    expected = [
        f"DM-1 stage1: {NEW} ran on 29.2025.4800, but the campaigns file says w_2026_05",
        "DM-1 stage1: 1 of 3 RUNs have no 'packages' dataset that can be read: "
        "their software versions stay unknown",
    ]
    assert run_extraction(campaigns, data).warnings == expected
    runs = read_lake(data, "runs").to_pylist()
    names = ("run", "stack_version", "release_check", "packages")
    assert [tuple(row[name] for name in names) for row in runs] == [
        (newest, "30.2026.500", "agrees", '{"lsst_distrib": "30.2026.500"}'),
        (NEW, "29.2025.4800", "contradicts",
         '{"lsst_distrib": "29.2025.4800", "python": "3.12"}'),
        (OLD, None, "not_checkable", None),
    ]  # fmt: skip
    # Also when there is nothing new.
    assert run_extraction(campaigns, data).warnings == expected


def test_a_run_that_is_reached_twice_is_read_once(
    repository: TinyRepository, tmp_path: Path
) -> None:
    repository.chain("a/inner", OLD)
    repository.chain("a/outer", NEW, "a/inner", OLD, "a/stage1")
    stage = ["a/outer", OLD, "a/stage1/*", "a/outer"]
    run_extraction(repository.campaigns({"stage1": stage}), tmp_path / "data")
    runs = read_lake(tmp_path / "data", "runs").to_pylist()
    assert [(row["run"], row["chain_position"]) for row in runs] == [(NEW, 0), (OLD, 1)]
    assert len(read_lake(tmp_path / "data", "quanta")) == 10


ODD = ("über ñ", "it's \"quoted\"", "100%_x", "..", "=eq&amp;", "#hash?q", "back\\slash",
       "new\nline", "{0}", "[brackets]", "star*", "x" * 120)  # fmt: skip


def test_runs_of_odd_names_are_read_and_kept_apart(
    repository: TinyRepository, tmp_path: Path
) -> None:
    runs = [f"a/odd/{name}" for name in ODD]
    for run in runs:
        repository.add(run, {"isr": [1]})
    repository.chain("a/odd", *runs)
    campaigns, data = repository.campaigns({"stage1": "a/odd"}), tmp_path / "data"
    first = run_extraction(campaigns, data)
    assert (first.read_runs, first.failures, first.rejects) == (len(ODD), [], 0)
    assert sorted(read_lake(data, "quanta")["run"].to_pylist()) == sorted(runs)
    assert run_extraction(campaigns, data).kept_runs == len(ODD)


def test_a_tagged_collection_is_told_to_hold_no_metadata(
    repository: TinyRepository, tmp_path: Path
) -> None:
    with repository.butler() as butler:
        butler.collections.register("a/tagged", CollectionType.TAGGED)
    with pytest.raises(RepositoryError, match=r"'a/tagged' is TAGGED, .* name the RUN"):
        run_extraction(repository.campaigns({"stage1": "a/tagged"}), tmp_path / "data")


def _cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _replace(file: Path) -> None:
    pq.write_table(pq.ParquetFile(file).read().slice(0, 1), file)


@pytest.mark.parametrize("table", ["quanta", "visits"])
@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda file: file.write_bytes(b""), _cut_short, _replace]
)
def test_what_somebody_did_to_the_lake_is_told_and_read_again(
    repository: TinyRepository, tmp_path: Path, damage: Callable[[Path], object], table: str
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    before = whole_lake(data)
    files = (data / "lake" / table / "campaign=DM-1").rglob("*.parquet")
    (file,) = [file for file in files if "0101T" in file.name or table == "visits"]
    damage(file)
    again = run_extraction(campaigns, data)
    (told,) = [text for text in again.warnings if file.name in text]
    assert told.endswith("it is removed from the lake, and read again")
    assert (again.reread_runs, again.kept_runs) == ((1, 1) if table == "quanta" else (0, 2))
    assert whole_lake(data) == before
    assert not [text for text in run_extraction(campaigns, data).warnings if file.name in text]


def test_a_damaged_file_that_cannot_be_read_again_keeps_nobody_from_the_rest(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    (file,) = [file for file in (data / "lake/quanta").rglob("*.parquet") if "0101T" in file.name]
    file.write_bytes(b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("extract.run.reading.read", _fail)
        assert len(run_extraction(campaigns, data).failures) == 1
    assert set(read_lake(data, "quanta")["run"].to_pylist()) == {NEW}
    assert run_extraction(campaigns, data).read_runs == 1


def _fail(*_: object) -> None:
    raise StoreError("the store is on fire")


def test_a_damaged_file_of_a_stage_that_nobody_asked_for_waits_until_somebody_does(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = extract_two_stages(repository, tmp_path)
    before = whole_lake(data)
    (file,) = (data / "lake/quanta/campaign=DM-1/stage=stage2").rglob("*.parquet")
    file.write_bytes(b"")
    assert run_extraction(campaigns, data, stage="stage1").kept_runs == 2
    assert run_extraction(campaigns, data, stage="stage2").reread_runs == 1
    assert whole_lake(data) == before


def test_a_lake_that_an_older_version_wrote_without_digests_is_read_again(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    before = whole_lake(data)
    path = data / "lake" / "manifest.json"
    content = json.loads(path.read_text())
    del content["files"], content["columns"], content["is_finished"]
    path.write_text(json.dumps(content))
    assert run_extraction(campaigns, data).reread_runs == 2
    assert whole_lake(data) == before


def test_the_manifest_vouches_for_every_file_of_a_finished_extraction(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns, data = extract_two_stages(repository, tmp_path)
    lake = data / "lake"
    for _ in range(2):
        content = json.loads((lake / "manifest.json").read_text())
        assert content["lake_schema_version"] == LAKE_SCHEMA_VERSION
        assert content["is_finished"] is True
        assert content["columns"]["quanta"]["max_rss_bytes"] == "int64"
        assert content["columns"].keys() == TABLES.keys()
        assert content["files"] == {
            str(file.relative_to(lake)): {
                "bytes_count": file.stat().st_size,
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            }
            for file in lake.rglob("*.parquet")
        }
        run_extraction(campaigns, data, refresh=True)


@pytest.mark.parametrize("step", ["write_table", "publish", "retire"])
def test_an_extraction_that_dies_leaves_a_lake_that_says_so(
    repository: TinyRepository, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    run_extraction(campaigns, data)
    before = whole_lake(data)

    with monkeypatch.context() as patch:
        unbound = getattr(Lake, step)

        def do_and_die(*arguments: object, **named: object) -> None:
            unbound(*arguments, **named)
            raise KeyboardInterrupt

        patch.setattr(Lake, step, do_and_die)
        with pytest.raises(KeyboardInterrupt):
            run_extraction(campaigns, data, refresh=True)
    assert not read_manifest(data / "lake").is_finished
    run_extraction(campaigns, data)
    assert read_manifest(data / "lake").is_finished
    assert whole_lake(data) == before


def test_an_unknown_campaign_is_told_with_the_known_ones(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1"})
    with pytest.raises(CampaignsError, match=r"no campaign 'DM-2'; the campaigns are DM-1"):
        run_extraction(campaigns, tmp_path / "data", campaign="DM-2")
