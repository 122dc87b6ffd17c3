"""Run benchmarks: ``python -m tests.bench [NAME ...]``.

Every module of this folder with a function ``run() -> list[Result]`` is one.
Tables go to the terminal, and to ``data/bench/<name>.json``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import tests.bench

OUTPUT = Path("data/bench")


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
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name in names:
        rows = [_as_dict(row) for row in benchmarks[name].run()]
        _print(name, rows)
        machine = {"cores": os.cpu_count(), "python": platform.python_version()}
        document = {"benchmark": name, "machine": machine, "rows": rows}
        (OUTPUT / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n")


def _as_dict(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass or a mapping
    return asdict(row) if is_dataclass(row) and not isinstance(row, type) else dict(row)


def _print(name: str, rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
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
