"""What a command says where the terminal knows few letters, and while it starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ``census-extract``."""
    return subprocess.run(
        [sys.executable, "-m", "extract", *words],
        cwd=ROOT,
        capture_output=True,
        encoding="latin-1",
        check=False,
        env=os.environ | environment,
    )


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
