"""`census-extract init`: a campaigns file from the collections of a repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from extract.campaigns import load_campaigns
from extract.cli import app
from extract.releases import label_in, release_label
from tests.extract.tiny import TinyRepository, run_extraction

OLD = "LSSTCam/runs/DRP/w_2025_48/DM-5"
NEW = "LSSTCam/runs/DRP/v30_0_0_rc2/DM-4"


def init(repository: TinyRepository, output: Path, *more: str) -> tuple[int, str]:
    words = ["init", str(repository.root / "repo"), "--output", str(output), *more]
    result = CliRunner().invoke(app, words)
    return result.exit_code, result.output


def stages_of(path: Path) -> dict[str, dict[str, str]]:
    content = yaml.safe_load(path.read_text())
    return {
        name: {stage: said["collections"] for stage, said in campaign["stages"].items()}
        for name, campaign in content["campaigns"].items()
    }


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> TinyRepository:
    """Two campaigns of two stages; only one stage has a chain, and it leads to its inputs."""
    built = TinyRepository(tmp_path_factory.mktemp("init"))
    built.add(f"{NEW}/stage1/20260108T000000Z", {"isr": [1, 2]})
    built.add(f"{NEW}/stage1/20260109T000000Z", {"isr": [3]})
    built.add(f"{NEW}/stage2/20260110T000000Z", {"calibrateImage": [1]})
    built.add(f"{OLD}/stage1/20251201T000000Z", {"isr": [1]})
    built.chain(f"{NEW}/stage2", f"{NEW}/stage2/20260110T000000Z", f"{NEW}/stage1/20260109T000000Z")
    return built


def test_tickets_and_stages_are_found_by_name(repository: TinyRepository, tmp_path: Path) -> None:
    status, said = init(repository, tmp_path / "c.yaml")
    assert status == 0, said
    assert stages_of(tmp_path / "c.yaml") == {
        "DM-5": {"stage1": f"{OLD}/stage1/*"},
        "DM-4": {"stage1": f"{NEW}/stage1/*", "stage2": f"{NEW}/stage2"},
    }
    # Whole names, in the order of time and not of the tickets' numbers.
    assert said.index(f"{OLD}/stage1/*") < said.index(f"{NEW}/stage1/*")


def test_the_proposal_can_be_extracted(repository: TinyRepository, tmp_path: Path) -> None:
    init(repository, tmp_path / "c.yaml")
    file = load_campaigns(tmp_path / "c.yaml", tmp_path)
    assert (file.focus, file.campaigns["DM-5"].release) == ("DM-4", "w_2025_48")
    assert file.campaigns["DM-4"].release == "v30_0_0_rc2"
    summary = run_extraction(tmp_path / "c.yaml", tmp_path / "data")
    assert (summary.read_runs, summary.attempts, summary.failures) == (4, 5, [])


def test_a_glob_chooses_collections(repository: TinyRepository, tmp_path: Path) -> None:
    assert init(repository, tmp_path / "c.yaml", "--collections", "*/DM-4/stage2")[0] == 0
    assert stages_of(tmp_path / "c.yaml") == {"DM-4": {"stage2": f"{NEW}/stage2"}}


def test_chains_are_campaigns_where_no_name_has_a_ticket(tmp_path: Path) -> None:
    built = TinyRepository(tmp_path)
    built.add("u/me/run1", {"isr": [1]})
    built.chain("u/me/my run", "u/me/run1")
    status, said = init(built, tmp_path / "c.yaml")
    assert status == 0, said
    assert stages_of(tmp_path / "c.yaml") == {"u-me-my-run": {"all": "u/me/my run"}}
    assert (
        load_campaigns(tmp_path / "c.yaml", tmp_path).campaigns["u-me-my-run"].release == "unknown"
    )


def test_nothing_that_holds_quanta_is_an_error(repository: TinyRepository, tmp_path: Path) -> None:
    status, said = init(repository, tmp_path / "c.yaml", "--collections", "none*")
    assert status == 1
    assert "none of the 0 collections that match 'none*'" in said
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays(repository: TinyRepository, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("mine")
    status, said = init(repository, tmp_path / "c.yaml")
    assert (status, (tmp_path / "c.yaml").read_text()) == (1, "mine")
    assert "exists: choose another --output, or give --force" in said
    assert init(repository, tmp_path / "c.yaml", "--force")[0] == 0


@pytest.mark.parametrize(
    ("version", "label"),
    [
        ("30.2025.4800", "w_2025_48"),
        ("30.2026.500", "w_2026_05"),
        ("30.0.0rc3", "v30.0.0.rc3"),
        ("30.0.1", "v30.0.1"),
        ("g1234+abc", None),
        (None, None),
    ],
)
def test_a_version_becomes_a_label(version: str | None, label: str | None) -> None:
    assert release_label(version) == label


def test_a_label_is_found_in_a_name() -> None:
    assert label_in("a/w_2025_48/DM-1/stage1") == "w_2025_48"
    assert label_in("a/v30_0_0_rc2/b") == "v30_0_0_rc2"
    assert label_in("a/20250101T000000Z") is None


def test_two_runs_become_two_campaigns_to_compare(
    repository: TinyRepository, tmp_path: Path
) -> None:
    runs = f"{OLD}/stage1/20251201T000000Z", f"{NEW}/stage1/20260108T000000Z"
    status, said = init(repository, tmp_path / "c.yaml", "--compare", *runs)
    assert status == 0, said
    old, new = (run.removeprefix("LSSTCam/runs/DRP/").replace("/", "-") for run in runs)
    assert stages_of(tmp_path / "c.yaml") == {old: {"all": runs[0]}, new: {"all": runs[1]}}
    file = load_campaigns(tmp_path / "c.yaml", tmp_path)
    assert (file.focus, file.campaigns[old].release) == (new, "w_2025_48")
    assert run_extraction(tmp_path / "c.yaml", tmp_path / "data").attempts == 3


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (f"{NEW}/stage2", f"{NEW}/stage2", "cannot be compared with itself"),
        (f"{NEW}/stage2", "nowhere", "there is no collection 'nowhere'"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    repository: TinyRepository, tmp_path: Path, one: str, other: str, said: str
) -> None:
    status, output = init(repository, tmp_path / "c.yaml", "--compare", one, other)
    assert status == 1
    assert said in output
    assert not (tmp_path / "c.yaml").exists()
