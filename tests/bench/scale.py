"""What each step costs from end to end, for any number of quanta in one stage.

``python -m tests.bench.scale FOLDER --quanta 600000`` makes a provenance graph of that many
quanta once, and runs the three commands on it as a user does.  CPU time counts every process of a
step and hangs little on what else the machine does; wall time hangs on it, so the load is given.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
import yaml

from tests.bench.__main__ import measured_with, write_tables
from tests.bench.make_graph import RUN, synthetic_quanta, write_graph
from tests.bench.make_repository import make_repository_of_graph

__all__ = ["Step", "measure"]


@dataclass(frozen=True)
class Step:
    """What one command took."""

    what: str
    quanta: int
    wall_s: float
    cpu_s: float
    """User and system time of all its processes."""

    peak_mib: float
    """Resident memory of the largest of its processes."""

    disk_mib: float
    """What it left behind."""

    load: float
    """Load average of the last minute."""


def measure(folder: Path, quanta: int) -> list[Step]:
    """Extract, transform and report one stage.

    Parameters
    ----------
    folder : `pathlib.Path`
        For the graph, which is kept, and the outputs, which are made anew.
    quanta : `int`
        Quanta of the stage.

    Returns
    -------
    steps : `list` [ `Step` ]
        In their order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    graph, repository = folder / f"{quanta}.qg", folder / f"repository_{quanta}"
    if not graph.exists():
        staged = graph.with_suffix(".part")
        write_graph(staged, synthetic_quanta(quanta))
        staged.rename(graph)
    if not repository.exists():
        make_repository_of_graph(repository, graph)
    stages = {"stage1": {"collections": RUN, "incomplete": "made up"}}
    campaign = {"release": "w", "focus": "v", "stages": stages}
    campaigns = folder / "campaigns.yaml"
    content = {"repository": str(repository.absolute()), "campaigns": {"DM-1": campaign}}
    campaigns.write_text(yaml.safe_dump(content))
    data = folder / f"data_{quanta}"
    steps = {
        "extract": (["extract", "run", str(campaigns)], "lake"),
        "transform": (["dbt_project", "build", "--full-refresh"], "warehouse.duckdb"),
        "report": (["reports", "run"], "report"),
    }
    return [
        _step(what, quanta, [*command, "--data", str(data)], data / output)
        for what, (command, output) in steps.items()
    ]


def _step(what: str, quanta: int, command: list[str], output: Path) -> Step:
    """Run a command and measure it and all its processes."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", *command])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{what} ended with status {os.waitstatus_to_exitcode(status)}")
    return Step(
        what=what,
        quanta=quanta,
        wall_s=time.perf_counter() - begun,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss / 1024,
        disk_mib=_size(output) / 2**20,
        load=os.getloadavg()[0],
    )


def _size(path: Path) -> int:
    """Add up the bytes of a file, or of all files of a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def _main(
    folder: Path,
    quanta: Annotated[int, typer.Option(help="Quanta of the stage.")] = 60_000,
) -> None:
    """Measure each step, and write the numbers beside the outputs."""
    rows = [asdict(step) for step in measure(folder, quanta)]
    write_tables(folder / f"scale_{quanta}", rows, measured_with())
    for row in rows:
        typer.echo(", ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    typer.run(_main)
