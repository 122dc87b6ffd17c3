"""Kills a program of the census at a random moment, and tells what a reader then finds."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from tests.extract.tiny import whole_lake

ROOT = Path(__file__).parents[2]
STEPS = ("extract", "transform", "report")
AGAIN = {"extract": ("--refresh",), "transform": ("--full-refresh",)}
"""Options that make a step do its work although nothing changed."""

WHEN_MADE = ("recorded_at", "extracted_at", "built_at")
"""Columns that tell when something was made: they differ between two runs."""

HISTORY = "fct_verdict_history"
"""Mart with a row for each publication: it differs where there were more of them."""


@dataclass(frozen=True)
class Census:
    """One campaigns file and one folder of outputs, and the three programs on them."""

    campaigns: Path
    data: Path

    def command(self, step: str, *more: str) -> list[str]:
        """Tell the command of a step."""
        arguments: Mapping[str, Sequence[str]] = {
            "extract": ("extract", "run", str(self.campaigns), "--workers", "2"),
            "transform": ("dbt_project", "build"),
            "report": ("reports", "run"),
        }
        return [sys.executable, "-m", *arguments[step], "--data", str(self.data), *more]

    def run(self, step: str, *more: str) -> float:
        """Run a step to its end and give its time in seconds; a gap of the data is no failure.

        Raises
        ------
        AssertionError
            Raised if the step fails or ends in a traceback.
        """
        began = time.monotonic()
        done = subprocess.run(
            self.command(step, *more), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        published = step == "transform" and f"Published {self.data}" in done.stdout + done.stderr
        assert done.returncode == 0 or published, done.stdout + done.stderr
        return time.monotonic() - began

    def kill(self, step: str, after_s: float, whole_group: bool, *more: str) -> bool:
        """Start a step, kill it after some seconds, and tell whether it was still running.

        Parameters
        ----------
        step : `str`
            The step, one of `STEPS`.
        after_s : `float`
            Time from its start, in seconds.
        whole_group : `bool`
            Whether its workers are killed with it, as a batch system does.
        more : `str`
            More options of its command.

        Returns
        -------
        was_running : `bool`
            Whether the signal ended it.
        """
        process = subprocess.Popen(
            self.command(step, *more),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=after_s)
        except subprocess.TimeoutExpired:
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        _wait_for_group(process.pid)
        return process.returncode == -signal.SIGKILL

    def found(self, step: str) -> dict[str, object]:
        """Tell what a reader finds after a step: rows of the lake, of the marts, or files."""
        match step:
            case "extract":
                return dict(whole_lake(self.data))
            case "transform":
                return dict(_marts(self.data / "warehouse.duckdb"))
            case _:
                return dict(_files(self.data / "report"))

    def remains(self) -> list[str]:
        """List what is half-written: scratch folders and partial files."""
        wanted = (".scratch", ".partial", ".building", ".tmp")
        return sorted(
            str(path.relative_to(self.data))
            for path in self.data.rglob("*")
            if any(word in path.name for word in wanted)
        )


def moments(chance: random.Random, lasts_s: float, count: int) -> Iterator[tuple[float, bool]]:
    """Draw moments of a step that lasts some seconds, and whether its workers die with it."""
    for _ in range(count):
        yield chance.uniform(0.05, 1.0) * lasts_s, chance.random() < 0.5


def _wait_for_group(group: int) -> None:
    # Workers end by themselves when their parent is gone; the next run must not race with them.
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError(f"processes of group {group} live on without their parent")


def _marts(warehouse: Path) -> Iterator[tuple[str, int]]:
    """Give a sum over the rows of each mart, whatever their order."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name, list(column_name order by ordinal_position)"
            " from information_schema.columns where table_schema = 'main' group by all order by all"
        ).fetchall()
        for table, columns in tables:
            if table == HISTORY:
                continue
            kept = ", ".join(f'"{name}"' for name in columns if name not in WHEN_MADE)
            (total,) = connection.execute(
                f'select coalesce(sum(hash(row({kept}))::hugeint), 0) from "{table}"'
            ).fetchone() or (None,)
            yield table, total


def _files(report: Path) -> Iterator[tuple[str, str]]:
    """Give the digest of each table and each figure's specification with its data."""
    for folder in ("tables", "images"):
        for path in sorted((report / folder).rglob("*")):
            if path.suffix in {".csv", ".json"} and path.stem != HISTORY:
                content = _timeless(path) if path.suffix == ".csv" else path.read_bytes()
                yield str(path.relative_to(report)), hashlib.sha256(content).hexdigest()


def _timeless(table: Path) -> bytes:
    with table.open(encoding="utf-8", newline="") as file:
        rows = [
            {name: value for name, value in row.items() if name not in WHEN_MADE}
            for row in csv.DictReader(file)
        ]
    return repr(rows).encode()
