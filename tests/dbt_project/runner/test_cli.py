"""The commands as a user types them: from any folder, with any DATA."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from dbt_project.runner.layout import Layout
from tests.dbt_project.runner.test_build import part, rewrite

pytestmark = pytest.mark.slow


def transform(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the program as a command from a folder."""
    return subprocess.run(
        [sys.executable, "-m", "dbt_project", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_every_command_takes_a_relative_folder(copied: Layout, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    data = os.path.relpath(copied.root, elsewhere)
    built = transform("build", "--data", data, folder=elsewhere)
    assert (built.returncode, "Traceback" in built.stderr) == (0, False)
    docs = transform("docs", "--data", data, folder=elsewhere)
    page = Path(docs.stdout.removeprefix("Wrote ").strip())
    assert page.is_absolute()
    assert page.samefile(copied.root / "docs" / "index.html")
    query = "select count(*) from staging.stg_lake__campaigns"
    options = ("--data", data, "--format", "csv", "--allow-files")
    rows = transform("sql", *options, query, folder=elsewhere)
    assert (rows.returncode, rows.stderr) == (0, "")
    assert rows.stdout.endswith("3\n")
    assert not list(elsewhere.iterdir())


def test_a_failed_build_names_a_log_that_is_there(copied: Layout) -> None:
    rewrite(
        part(copied, "quanta", "DM-3", "stage3"),
        lambda table: pa.concat_tables([table, table.slice(0, 1)]),
    )
    failed = transform("build", "--data", copied.root.name, folder=copied.root.parent)
    assert failed.returncode == 1
    log = Path(failed.stderr.split("The full log is ")[1].strip())
    assert log.is_absolute()
    assert "unique_combination_fct_quanta" in log.read_text()
