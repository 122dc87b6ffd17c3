"""What a command says where it cannot be written, and where the terminal knows few letters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.extract.tiny import TinyRepository

ROOT = Path(__file__).parents[2]


def run(
    *words: str | Path, output: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of ``census-extract``, its output into a file if one is named."""
    with Path(output or os.devnull).open("w") as stream:
        return subprocess.run(
            [sys.executable, "-m", "extract", *words],
            cwd=ROOT,
            stdout=stream if output else subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="latin-1",
            check=False,
            env=os.environ | environment,
        )


@pytest.fixture
def campaigns(tmp_path: Path) -> Path:
    """Write a campaigns file of a repository with one RUN, whose name few terminals can show."""
    repository = TinyRepository(tmp_path)
    repository.add("a/stage1/1", {"isr": [1]})
    repository.chain("a/stage1", "a/stage1/1")
    path = repository.campaigns({"stage1": "a/stage1"})
    return path.rename(path.with_name("\u03b1.yaml"))


def test_a_full_standard_output_is_one_line(campaigns: Path, tmp_path: Path) -> None:
    for words in (("example",), ("status", campaigns, "--data", tmp_path / "data")):
        done = run(*words, output="/dev/full")
        assert done.returncode == 1
        assert done.stderr == "Error: the output cannot be written: No space left on device\n"


def test_a_terminal_without_utf_8_spells_what_it_cannot_show(tmp_path: Path) -> None:
    missing = tmp_path / "\u03b1.yaml"
    done = run("status", missing, "--data", tmp_path / "data", PYTHONIOENCODING="latin-1")
    assert done.returncode == 1
    assert "\\u03b1.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_while_packages_are_imported_is_one_line() -> None:
    code = (
        "from quanta_census.entrance import enter\n"
        "def interrupted(): raise KeyboardInterrupt\n"
        "enter(interrupted, extra='extract')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Interrupted: run again.\n")
