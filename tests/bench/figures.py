"""One figure, its data loaded: at most half a second, however many quanta there are."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from reports.export import write_figure
from reports.warehouse import Warehouse
from tests.reports.frames import make_warehouse
from tests.reports.made import all_figures

__all__ = ["Result", "run"]


@dataclass(frozen=True)
class Result:
    """How long the figures of one warehouse took, and how large their specifications are."""

    quanta: int
    figures: int
    median_s: float
    slowest_s: float
    limit_s: float
    slowest: str
    largest_spec_kb: float
    all_spec_kb: float


def _measure(data: Path) -> Result:
    """Draw and write every figure of a warehouse, one after the other."""
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        counted = warehouse.query("select sum(quanta_count)::bigint as quanta from fct_stage_usage")
        quanta = counted["quanta"][0].as_py()
        shown = all_figures(warehouse)
    with tempfile.TemporaryDirectory() as folder:
        # The first one starts the renderer, once for a whole report.
        write_figure(shown[0], Path(folder))
        (Path(folder) / f"{shown[0].name}.json").unlink()
        taken = {}
        for figure in shown:
            began = time.perf_counter()
            write_figure(figure, Path(folder))
            taken[figure.name] = time.perf_counter() - began
        sizes = [file.stat().st_size / 1000 for file in Path(folder).glob("*.json")]
    slowest = max(taken, key=lambda name: taken[name])
    return Result(
        quanta=quanta,
        figures=len(shown),
        median_s=statistics.median(taken.values()),
        slowest_s=taken[slowest],
        limit_s=0.5,
        slowest=slowest,
        largest_spec_kb=max(sizes),
        all_spec_kb=sum(sizes),
    )


def run() -> list[Result]:
    """Measure the figures of the published tasks, with few quanta and with ten times as many."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            _measure(make_warehouse(Path(folder) / str(copies), thin=2, copies=copies))
            for copies in (1, 10)
        ]
