"""Every kind of registry and store gives the rows that it should, and is only read."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import Butler
from lsst.resources import ResourcePath

from extract.lake.schema import TABLES
from tests.extract.stores.commands import lake_table, run_command, run_process
from tests.extract.stores.repositories import Repository
from tests.extract.stores.small_repository import (
    FILES_RUN,
    GRAPH_RUN,
    HAS_GRAPHS,
    QUANTA_PER_RUN,
    campaigns_text,
)
from tests.extract.tiny import run_extraction


@pytest.fixture(scope="module")
def local_lake(local_repository: Repository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    outcome = run_command(
        "run", local_repository, tmp_path_factory.mktemp("lake"), "--workers", "1"
    )
    assert outcome.code == 0, outcome.text
    return outcome.data


@pytest.fixture(scope="module")
def postgres_lake(
    postgres_repository: Repository, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    outcome = run_command("run", postgres_repository, folder, "--workers", "1")
    assert outcome.code == 0, outcome.text
    return outcome.data


def assert_same_lake(data: Path, expected: Path) -> None:
    for name in TABLES:
        assert lake_table(data, name).equals(lake_table(expected, name)), name


def assert_lake_says_what_the_butler_says(data: Path, repository: Repository) -> None:
    """Compare each quantum's peak with what the slow way reads, dataset by dataset."""
    found = {}
    for row in lake_table(data, "quanta").to_pylist():
        key = (row["run"], row["task_label"], row["visit"], row["detector"])
        found[key] = row["max_rss_bytes"]
    runs = [FILES_RUN, GRAPH_RUN] if HAS_GRAPHS else [FILES_RUN]
    assert len(found) == QUANTA_PER_RUN * len(runs)
    expected = {}
    with Butler.from_config(repository.name) as butler:
        for run in runs:
            for task in ("isr", "calibrateImage"):
                for ref in butler.query_datasets(f"{task}_metadata", run):
                    peak = butler.get(ref)["quantum"]["endMaxResidentSetSize"]
                    expected[run, task, ref.dataId["visit"], ref.dataId["detector"]] = peak
    assert {key: peak for key, peak in found.items() if peak is not None} == expected
    assert len(found) - len(expected) == len(runs)  # the one that failed, of each RUN


def test_a_file_system_gives_what_the_butler_says(
    local_repository: Repository, local_lake: Path
) -> None:
    assert_lake_says_what_the_butler_says(local_lake, local_repository)


@pytest.mark.skipif(not HAS_GRAPHS, reason="graphs cannot be ingested on this stack")
@pytest.mark.parametrize("runs", [[FILES_RUN, GRAPH_RUN], [GRAPH_RUN, FILES_RUN]])
def test_data_ids_of_files_and_of_a_graph_stand_beside_each_other_in_one_stage(
    local_repository: Repository, tmp_path: Path, runs: list[str]
) -> None:
    text = campaigns_text(local_repository.name)
    begin = text.index(f"      stage1: {FILES_RUN}")
    (tmp_path / "campaigns.yaml").write_text(text[:begin] + f"      stage1: [{', '.join(runs)}]\n")
    run_extraction(tmp_path / "campaigns.yaml", tmp_path / "data")
    rows = lake_table(tmp_path / "data", "quanta").to_pylist()
    sources = {"metadata_file": FILES_RUN, "provenance_graph": GRAPH_RUN}
    said = {
        source: {(row["task_label"], row["data_id"]) for row in rows if row["source"] == source}
        for source in sources
    }
    assert said["metadata_file"] == said["provenance_graph"]
    assert len(rows) == 2 * len(said["metadata_file"]) == 2 * QUANTA_PER_RUN
    assert all(row["run"] == sources[row["source"]] for row in rows)
    positions = {row["run"]: row["chain_position"] for row in _runs(tmp_path / "data")}
    assert positions == {run: position for position, run in enumerate(runs)}


def _runs(data: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = lake_table(data, "runs").to_pylist()
    return [row for row in rows if row["run"]]


def test_a_registry_on_postgresql_gives_what_the_butler_says(
    postgres_repository: Repository, postgres_lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in postgres_repository.environment.items():
        monkeypatch.setenv(name, value)
    assert_lake_says_what_the_butler_says(postgres_lake, postgres_repository)


@pytest.mark.parametrize("store", ["s3", "webdav"])
def test_a_remote_store_gives_the_rows_of_the_file_system(
    store: str, local_lake: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    repository: Repository = request.getfixturevalue(f"{store}_repository")
    assert repository.doorman is not None
    outcome = run_command("run", repository, tmp_path, "--workers", "1")
    assert outcome.code == 0, outcome.text
    assert_same_lake(outcome.data, local_lake)
    assert not repository.doorman.writes


def test_a_facility_with_postgresql_and_webdav_gives_the_same_rows_in_several_processes(
    facility_repository: Repository, postgres_lake: Path, tmp_path: Path
) -> None:
    assert facility_repository.doorman is not None
    outcome = run_process("run", facility_repository, tmp_path, "--workers", "2")
    assert outcome.code == 0, outcome.text
    assert_same_lake(outcome.data, postgres_lake)
    assert not facility_repository.doorman.writes


@pytest.mark.parametrize("store", ["davs", "http", "https"])
def test_a_store_behind_tls_or_http_gives_the_rows_of_the_file_system(
    store: str, local_lake: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    repository: Repository = request.getfixturevalue(f"{store}_repository")
    assert repository.doorman is not None
    outcome = run_process("run", repository, tmp_path, "--workers", "1", "--threads", "8")
    assert outcome.code == 0, outcome.text
    assert_same_lake(outcome.data, local_lake)
    assert repository.doorman.methods["GET"] >= QUANTA_PER_RUN
    assert not repository.doorman.writes


def test_a_local_repository_is_left_as_it_is(local_repository: Repository, tmp_path: Path) -> None:
    def state() -> dict[str, str]:
        root = Path(local_repository.name)
        return {
            str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in root.rglob("*")
            if path.is_file()
        }

    before = state()
    assert run_command("run", local_repository, tmp_path, "--workers", "1").code == 0
    assert state() == before


@pytest.mark.parametrize("store", ["s3", "webdav"])
def test_as_many_files_are_read_at_once_as_asked(
    store: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    repository: Repository = request.getfixturevalue(f"{store}_repository")
    assert repository.doorman is not None
    with repository.doorman.hold("_metadata_", until_inside=8):
        outcome = run_command("run", repository, tmp_path, "--workers", "1", "--threads", "8")
    assert outcome.code == 0, outcome.text
    assert repository.doorman.most_at_once == 8


def test_a_file_that_is_gone_from_a_store_is_one_reject(
    webdav_repository: Repository, tmp_path: Path
) -> None:
    assert webdav_repository.doorman is not None
    with webdav_repository.doorman.refuse("404 Not Found", "isr_metadata_Cam1_r_Cam1-R_1_R0_"):
        outcome = run_command("run", webdav_repository, tmp_path, "--workers", "1")
    assert outcome.code == 0, outcome.text
    (reject,) = lake_table(outcome.data, "rejects").to_pylist()
    assert reject["task_label"] == "isr"
    assert reject["data_id"] == '{"detector":0,"instrument":"Cam1","visit":1}'
    assert len(lake_table(outcome.data, "quanta")) == QUANTA_PER_RUN * (1 + HAS_GRAPHS)


def test_a_store_that_refuses_everything_fails_the_run_and_leaves_no_rows_that_look_lost(
    webdav_repository: Repository, tmp_path: Path
) -> None:
    assert webdav_repository.doorman is not None
    with webdav_repository.doorman.refuse("401 Unauthorized", ""):
        outcome = run_command("run", webdav_repository, tmp_path, "--workers", "1")
    assert outcome.code != 0
    assert "the store refuses the credentials (401)" in outcome.text
    assert FILES_RUN in outcome.text
    assert not len(lake_table(outcome.data, "quanta"))


def test_reading_goes_through_the_store_that_the_repository_names(
    s3_repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_repository.environment.items():
        monkeypatch.setenv(name, value)
    with Butler.from_config(s3_repository.name) as butler:
        ref = butler.query_datasets("isr_metadata", FILES_RUN)[0]
        assert butler.getURI(ref).scheme == "s3"
        assert ResourcePath(butler.getURI(ref)).exists()


def test_a_file_whose_recorded_size_is_absurd_is_not_asked_for(
    webdav_repository: Repository, tmp_path: Path
) -> None:
    folder = tmp_path / "repo"
    shutil.copytree(Path(webdav_repository.name).parent, folder)
    text = (folder / "butler.yaml").read_text()
    before = str(Path(webdav_repository.name).parent)
    (folder / "butler.yaml").write_text(text.replace(before, str(folder)))
    with closing(sqlite3.connect(folder / "gen3.sqlite3")) as registry, registry:
        changed = registry.execute(
            "update file_datastore_records set file_size = 1 << 40 where dataset_id in (select "
            "dataset_id from file_datastore_records where path like ? limit 1)",
            [f"{FILES_RUN}/%_metadata/%"],
        )
        assert changed.rowcount == 1
    endless = Repository(str(folder / "butler.yaml"), {}, webdav_repository.store)
    outcome = run_command("run", endless, tmp_path / "out", "--workers", "1")
    assert outcome.code == 0, outcome.text
    [reject] = lake_table(outcome.data, "rejects").to_pylist()
    assert reject["reason"].startswith("no document has more than 134,217,728 bytes")
