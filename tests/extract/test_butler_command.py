"""``butler census``: the Butler's own command line finds and runs the extraction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.extract.tiny import TinyRepository, read_lake

BUTLER = Path(sys.executable).parent / "butler"


def butler(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BUTLER, *words], capture_output=True, text=True, check=False)


def test_help_of_butler_names_it_and_loads_nothing_heavy() -> None:
    shown = butler("--help")
    assert shown.returncode == 0
    assert "census" in shown.stdout
    assert "Could not import" not in shown.stderr
    code = (
        "import sys; from quanta_census.extract.butler_command import commands; commands();"
        "print([name for name in ('pyarrow', 'typer', 'lsst', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_extracts(tmp_path: Path) -> None:
    repository = TinyRepository(tmp_path)
    repository.add("a/stage1", {"isr": [1, 2, 3]})
    campaigns, data = repository.campaigns({"stage1": "a/stage1"}), tmp_path / "data"
    done = butler("census", "run", campaigns, "--data", data, "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert read_lake(data, "quanta").num_rows == 3


def test_help_and_errors_are_those_of_census_extract(tmp_path: Path) -> None:
    assert "Usage: butler census run" in butler("census", "run", "--help").stdout
    wrong = butler("census", "check", tmp_path / "nothing.yaml")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("Error: ")
    assert "Traceback" not in wrong.stderr
    assert butler("census", "run").returncode == 2
