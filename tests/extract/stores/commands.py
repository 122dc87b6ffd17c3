"""The real commands against a repository, and the lake that they leave."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from typer.testing import CliRunner

import extract.cli
from tests.extract.stores.repositories import Repository
from tests.extract.stores.small_repository import campaigns_text

__all__ = ["Outcome", "lake_table", "run_command", "run_process"]

_VOLATILE = {"extracted_at", "recorded_at", "repository"}
"""Columns that differ between two extractions of the same repository."""

_LOCATIONS = {"uri", "graph_uri", "fingerprint", "campaigns_file"}
"""Columns that say where the repository is."""


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    text: str
    data: Path

    @property
    def failed_lines(self) -> list[str]:
        """Lines of ``check`` that tell what is amiss."""
        return [line for line in self.text.splitlines() if not line.startswith("ok ")]


def run_command(command: str, repository: Repository, folder: Path, *options: str) -> Outcome:
    """Run a command of ``census-extract`` in this process.

    Parameters
    ----------
    command : `str`
        ``run`` or ``check``.
    repository : `Repository`
        What the campaigns file names.
    folder : `pathlib.Path`
        Where the campaigns file and the outputs go.
    *options : `str`
        More words of the command line.
    """
    folder.mkdir(exist_ok=True)
    campaigns = folder / "campaigns.yaml"
    campaigns.write_text(campaigns_text(repository.name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "1000")
        for name, value in repository.environment.items():
            patch.setenv(name, value)
        arguments = [command, str(campaigns), "--data", str(folder / "data"), *options]
        result = CliRunner().invoke(extract.cli.app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Outcome(result.exit_code, result.output, folder / "data")


# They override what a repository's environment says of certificates.
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


# Root reads everything, and so do those who test as root: unless they give that up.
_OBEDIENT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def run_process(
    command: str, repository: Repository, folder: Path, *options: str, is_obedient: bool = False
) -> Outcome:
    """Run a command in a process of its own: clients of stores read their settings only once.

    Parameters
    ----------
    command, repository, folder, *options
        As of `run_command`.
    is_obedient : `bool`
        Whether permissions of files count, also for root.
    """
    folder.mkdir(exist_ok=True)
    prefix = _OBEDIENT if is_obedient and os.geteuid() == 0 else ()
    (folder / "campaigns.yaml").write_text(campaigns_text(repository.name))
    environment = {name: value for name, value in os.environ.items() if name not in _BUNDLES}
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "extract", command, "campaigns.yaml", "--data", "data",
         *options],
        cwd=folder, check=False, capture_output=True, text=True,
        env={**environment, **repository.environment},
    )  # fmt: skip
    return Outcome(done.returncode, done.stdout + done.stderr, folder / "data")


def lake_table(data: Path, name: str) -> pa.Table:
    """Read a table of a lake, sorted, without what must differ between two lakes."""
    table = ds.dataset(data / "lake" / name, partitioning="hive").to_table()
    table = table.drop_columns(sorted((_VOLATILE | _LOCATIONS) & set(table.column_names)))
    keys = [column for column in ("stage", "run", "task_label", "data_id", "id", "attempt")
            if column in table.column_names]  # fmt: skip
    return table.sort_by([(key, "ascending") for key in keys]) if keys else table
