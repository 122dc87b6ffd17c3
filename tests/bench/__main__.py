"""Run benchmarks: ``python -m tests.bench [NAME ...]``.

Every module of this folder with a function ``run() -> list[Result]`` is one.
Tables go to the terminal, and with the versions and the machine that they hold
for to ``data/bench/<name>.csv`` and ``data/bench/<name>.md``.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import importlib
import os
import pkgutil
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import tests.bench

OUTPUT = Path("data/bench")

_PACKAGES = (
    "quanta-census",
    "lsst-daf-butler",
    "lsst-pipe-base",
    "pyarrow",
    "duckdb",
    "dbt-duckdb",
    "pandas",
    "polars",
    "altair",
)
"""Ours, the peers, and what does most of the work."""

Rows = Sequence[Mapping[str, Any]]


def find_benchmarks() -> dict[str, Any]:
    """Import the benchmarks, by name."""
    found = {}
    for module in pkgutil.iter_modules(tests.bench.__path__):
        if not module.name.startswith("_"):
            imported = importlib.import_module(f"tests.bench.{module.name}")
            if hasattr(imported, "run"):
                found[module.name] = imported
    return found


def main() -> None:
    """Run what was asked for, or everything."""
    benchmarks = find_benchmarks()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(benchmarks))
    names = parser.parse_args().names or list(benchmarks)
    if unknown := set(names) - set(benchmarks):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {list(benchmarks)}")
    for name in names:
        rows = [_as_dict(row) for row in benchmarks[name].run()]
        _print(name, rows)
        write_tables(OUTPUT / name, rows, measured_with())


def measured_with() -> dict[str, str]:
    """Tell when, on which machine and with which versions numbers are measured."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "measured_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "machine": f"{os.cpu_count()} cores, {memory_gib:.0f} GiB, {_processor()}",
        "python": platform.python_version(),
    } | {package: version(package) for package in _PACKAGES}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write_tables(path: Path, rows: Rows, circumstances: Mapping[str, str]) -> None:
    """Write rows as CSV, every digit and the circumstances in each, and as Markdown to be read.

    Parameters
    ----------
    path : `pathlib.Path`
        Where, without suffix.
    rows : `~collections.abc.Sequence`
        Column to value; a row may lack some.
    circumstances : `~collections.abc.Mapping`
        From `measured_with`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = _columns(rows)
    with path.with_suffix(".csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, [*columns, *circumstances])
        writer.writeheader()
        writer.writerows(dict(row) | dict(circumstances) for row in rows)
    lines = [
        f"# {path.name}",
        "",
        _markdown(columns),
        _markdown(["---"] * len(columns)),
        *(_markdown([_text(row.get(column)) for column in columns]) for row in rows),
        "",
        *(f"- {name}: {value}" for name, value in circumstances.items()),
    ]
    path.with_suffix(".md").write_text("\n".join(lines) + "\n")


def _markdown(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _as_dict(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass or a mapping
    return asdict(row) if is_dataclass(row) and not isinstance(row, type) else dict(row)


def _columns(rows: Rows) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _print(name: str, rows: Rows) -> None:
    columns = _columns(rows)
    table = Table(*columns, title=name)
    for row in rows:
        table.add_row(*(_text(row.get(column)) for column in columns))
    Console().print(table)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"
    return "" if value is None else str(value)


if __name__ == "__main__":
    main()
