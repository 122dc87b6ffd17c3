"""`make clean` removes only what this project made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dbt_project.runner.cli import app as transform
from dbt_project.runner.layout import MARK as TRANSFORM_MARK
from dbt_project.runner.layout import make_folder as make_transform_folder
from extract.cli import app as extract
from reports.cli import app as report
from reports.files import MARK, make_folder

ROOT = Path(__file__).parents[2]


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make of this checkout."""
    return subprocess.run(
        ["make", "--no-print-directory", "--makefile", str(ROOT / "Makefile"), *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def fill(data: Path) -> None:
    """Make what the three programs leave, and what a user keeps beside it."""
    for folder in (data / "report", data / "docs", data / "dbt"):
        make_folder(folder)
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_text("x")
    for name in ("lake", "demo", "warehouse.duckdb.building-7"):
        (data / name).mkdir()
        (data / name / "file").write_text("x")
    for name in ("warehouse.duckdb", "warehouse.duckdb.wal", "warehouse.duckdb.backup", "notes"):
        (data / name).write_text("x")


def test_both_programs_make_the_same_mark(tmp_path: Path) -> None:
    make_folder(tmp_path / "a")
    make_transform_folder(tmp_path / "b")
    assert MARK == TRANSFORM_MARK
    assert (tmp_path / "a" / MARK).read_bytes() == (tmp_path / "b" / MARK).read_bytes()


@pytest.mark.parametrize(
    "name", ["data", "a b", "it's", 'say "x"', "a$(touch oops)b", "-rf", "[a]*?"]
)
def test_what_we_made_goes_and_all_else_stays(tmp_path: Path, name: str) -> None:
    data = tmp_path / name
    data.mkdir()
    fill(data)
    beside = sorted(path.name for path in tmp_path.iterdir())
    done = make("clean", f"DATA={data}")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    left = sorted(path.name for path in data.iterdir())
    assert left == ["demo", "lake", "notes", "warehouse.duckdb.backup"]
    assert sorted(path.name for path in tmp_path.iterdir()) == beside


def test_folders_without_our_mark_are_kept_and_named(tmp_path: Path) -> None:
    for name in ("report", "docs", "dbt"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.md").write_text("mine")
        # Using a folder that somebody else filled does not make it ours.
        make_folder(tmp_path / name)
    (tmp_path / "warehouse.duckdb").write_text("mine")
    done = make("clean", f"DATA={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.rglob("*"))) == 7
    for name in ("report", "docs", "dbt", "warehouse.duckdb"):
        assert f"kept {tmp_path / name}: " in done.stdout


def test_the_checkout_itself_loses_nothing(tmp_path: Path) -> None:
    """DATA=. removed the folder docs/ of the checkout."""
    docs = sorted((ROOT / "docs").iterdir())
    done = make("clean", "DATA=.")
    assert done.returncode == 0
    assert f"kept {ROOT / 'docs'}: " in done.stdout
    assert sorted((ROOT / "docs").iterdir()) == docs


@pytest.mark.parametrize("target", ["clean", "extract", "transform", "report", "sql"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_data_is_refused_by_every_target(target: str, value: str) -> None:
    done = make("--dry-run", target, f"DATA={value}")
    assert done.returncode != 0
    assert "DATA is empty: name the folder" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("app", "command"),
    [
        (extract, ["run", "campaigns/demo.yaml"]),
        (extract, ["status", "campaigns/demo.yaml"]),
        (extract, ["check", "campaigns/demo.yaml"]),
        (transform, ["build"]),
        (transform, ["sql"]),
        (transform, ["docs"]),
        (report, ["run"]),
        (report, ["summary"]),
    ],
)
def test_an_empty_data_is_refused_by_every_command(app: object, command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "--data", ""])  # type: ignore[arg-type]
    assert result.exit_code == 2
    assert "empty: name the folder" in " ".join(result.output.replace("│", " ").split())
