"""Every command line ends an error with one message: no traceback, no control characters."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from rich.table import Table

from quanta_census.guard import DEBUG, clear_errors, tell
from quanta_census.terminal import SafeConsole
from tests.extract.tiny import TinyRepository
from tests.reliability.nasty import NASTY
from tests.reports.frames import Campaign, make_warehouse

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")


def run(*words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | settings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> TinyRepository:
    made = TinyRepository(tmp_path_factory.mktemp("repository"))
    made.add("a/stage1", {"isr": [1]})
    return made


def test_a_file_in_the_place_of_a_folder(repository: TinyRepository, tmp_path: Path) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1"})
    data = tmp_path / "data"
    data.mkdir()
    (data / "lake").write_text("mine")
    for words in (("extract", "run", campaigns), ("dbt_project", "build")):
        done = run(*words, "--data", data)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "Error: " in done.stderr
        assert str(data / "lake") in done.stderr
    assert (data / "lake").read_text() == "mine"


@pytest.mark.parametrize("program", ["extract", "dbt_project", "reports"])
def test_debug_shows_the_traceback(program: str, tmp_path: Path) -> None:
    words = {
        "extract": ("check", tmp_path / "none.yaml"),
        "dbt_project": ("build", "--data", tmp_path),
        "reports": ("run", "--data", tmp_path),
    }[program]
    plain = run(program, *words)
    assert plain.returncode == 1
    assert "Traceback" not in plain.stderr
    for shown in (run(program, "--debug", *words), run(program, *words, **{DEBUG: "1"})):
        assert "Traceback" in shown.stderr
        assert shown.stderr.endswith(plain.stderr)


@pytest.fixture(scope="module")
def data(repository: TinyRepository, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse, and a campaigns file beside it."""
    campaigns = (Campaign("DM-1", "w1", 0.5), Campaign("DM-2", "v30", 1.0, focus="v30"))
    data = make_warehouse(tmp_path_factory.mktemp("data"), campaigns, stages=("stage1",), thin=40)
    where = str(repository.root / "repo")
    shutil.copy(
        repository.campaigns({"stage1": "a/stage1"}, repository=where), data / "campaigns.yaml"
    )
    return data


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [
        ("extract --help", ""),
        ("extract --version", ""),
        ("extract --version", "1"),
        ("extract example", ""),
        ("extract status DATA/campaigns.yaml --data DATA", ""),
        ("extract run DATA/campaigns.yaml --data DATA --dry-run", "1"),
        ("dbt_project sql values(42) --data DATA", ""),
        ("reports requests --data DATA", ""),
        ("reports summary --data DATA", "1"),
        ("reports regressions --data DATA", ""),
    ],
)
def test_a_full_output_is_no_success(words: str, unbuffered: str, data: Path) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", *(word.replace("DATA", str(data)) for word in words.split())],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        "Error: the output cannot be written: No space left on device: write it to another place\n"
    )


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (LookupError("foreseen"), 1, "foreseen"),
        (MemoryError(), 1, "not enough memory"),
        (PermissionError(13, "no", "/x"), 1, "/x cannot be written: you may not write"),
        (OSError(5, "bad disk"), 1, "the system reports an error: bad disk: run again"),
        (ZeroDivisionError("by 0"), 1, "unexpected ZeroDivisionError: by 0"),
    ],
)
def test_each_kind_of_error(
    error: BaseException, status: int, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert tell(error, LookupError, interrupted="interrupted") == status
    # Only an output that is lost is closed.
    os.write(1, b"42")
    out, said = capfd.readouterr()
    assert out == "42"
    assert said.startswith("Error: ")
    assert text in said


def test_an_exit_stays_what_it_is() -> None:
    with pytest.raises(typer.Exit) as left, clear_errors(LookupError, interrupted=""):
        raise typer.Exit(7)
    assert left.value.exit_code == 7


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_text_from_outside_does_nothing_to_a_terminal(text: str) -> None:
    console = SafeConsole(record=True, markup=False, width=20_000, file=io.StringIO())
    table = Table("name")
    table.add_row(text)
    console.print(text)
    console.print(table)
    shown = console.export_text(styles=True)
    assert "\x1b]" not in shown
    assert "\x1b[2J" not in shown
    assert "\u202e" not in shown
