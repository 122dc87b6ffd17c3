"""Kills within the work of an extraction lose nothing; `make soak` does 200."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_an_extraction_that_is_killed_while_it_reads_and_writes_loses_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.forked", "6"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith(" 0 lakes differ\n")
    assert done.stdout.count("was_running=True") >= 2
