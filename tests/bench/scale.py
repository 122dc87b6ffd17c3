"""What each step costs from end to end, for any number of quanta in one stage.

``python -m tests.bench.scale FOLDER --quanta 600000`` makes a provenance graph of that many
quanta once, or with ``--files`` metadata files, and runs the three commands on it as a user does.
CPU time counts every process of a step and hangs little on what else the machine does; wall time
hangs on it, so the load is given.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
import yaml

from tests.bench.__main__ import measured_with, write_tables
from tests.bench.make_graph import RUN
from tests.bench.make_repository import make_repository_of_files, make_repository_of_graph
from tests.bench.repeat_graph import write_large_graph

__all__ = ["Step", "measure"]


@dataclass(frozen=True)
class Step:
    """What one command took."""

    what: str
    quanta: int
    wall_s: float
    cpu_s: float
    """User and system time of all its processes."""

    main_mib: float
    """Peak of the resident memory of the process that a user starts."""

    worker_mib: float
    """The same of the largest of the processes that it starts; 0 where there are none."""

    tree_mib: float
    """Peak of the memory of their own that all of them hold at once: no shared pages, no files."""

    disk_mib: float
    """What it left behind."""

    load: float
    """Load average of the last minute."""


def measure(folder: Path, quanta: int, *, of_files: bool = False) -> list[Step]:
    """Extract, transform and report one stage.

    Parameters
    ----------
    folder : `pathlib.Path`
        For the input, which is kept, and the outputs, which are made anew.
    quanta : `int`
        Quanta of the stage.
    of_files : `bool`
        Whether they stand in metadata files, not in a provenance graph.

    Returns
    -------
    steps : `list` [ `Step` ]
        In their order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = "files" if of_files else "graph"
    repository = folder / f"{source}_{quanta}"
    if not repository.exists():
        staged = folder / f"part_{repository.name}"
        shutil.rmtree(staged, ignore_errors=True)
        if of_files:
            make_repository_of_files(staged, quanta)
        else:
            graph = folder / f"{quanta}.qg"
            if not graph.exists():
                write_large_graph(graph.with_suffix(".part"), quanta)
                graph.with_suffix(".part").rename(graph)
            make_repository_of_graph(staged, graph)
        staged.rename(repository)
    stages = {"stage1": {"collections": RUN, "incomplete": "made up"}}
    campaign = {"release": "w", "focus": "v", "stages": stages}
    campaigns = folder / f"{source}_{quanta}.yaml"
    content = {"repository": str(repository.absolute()), "campaigns": {"DM-1": campaign}}
    campaigns.write_text(yaml.safe_dump(content))
    data = folder / f"data_{source}_{quanta}"
    steps = {
        "extract": (["extract", "run", str(campaigns), "--refresh"], "lake"),
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
    watch = _Watch(process.pid)
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - begun
    watch.join()
    if status:
        raise RuntimeError(f"{what} ended with status {os.waitstatus_to_exitcode(status)}")
    return Step(
        what=what,
        quanta=quanta,
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        main_mib=watch.peaks.pop(process.pid, 0) / 1024,
        worker_mib=max(watch.peaks.values(), default=0) / 1024,
        tree_mib=watch.together / 1024,
        disk_mib=_size(output) / 2**20,
        load=os.getloadavg()[0],
    )


class _Watch(threading.Thread):
    """Looks every second at the memory of a process and of all that it started.

    Parameters
    ----------
    pid : `int`
        The process.

    Attributes
    ----------
    peaks : `dict` [ `int`, `int` ]
        Peak of each process, kB.
    together : `int`
        Peak of all at once, kB.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self.peaks: dict[int, int] = {}
        self.together = 0

    def run(self) -> None:
        """Look until the process ends."""
        # A process that ended and was not waited for has neither.
        while _kilobytes(self._pid):
            together = 0
            for pid in _family(self._pid):
                sizes = _kilobytes(pid)
                self.peaks[pid] = max(sizes.get("VmHWM", 0), self.peaks.get(pid, 0))
                together += sizes.get("RssAnon", 0)
            self.together = max(self.together, together)
            time.sleep(1)


def _family(pid: int) -> Iterator[int]:
    """List a process and its descendants."""
    yield pid
    for children in (Path("/proc") / str(pid) / "task").glob("*/children"):
        try:
            found = children.read_text().split()
        except OSError:
            continue  # The thread ended in between.
        for child in found:
            yield from _family(int(child))


def _kilobytes(pid: int) -> dict[str, int]:
    """Read what the kernel says of the memory of a process; nothing where it ended."""
    try:
        lines = (Path("/proc") / str(pid) / "status").read_text().splitlines()
    except OSError:
        return {}
    return {
        name: int(value.split()[0])
        for name, _, value in (line.partition(":") for line in lines)
        if name in ("VmHWM", "RssAnon")
    }


def _size(path: Path) -> int:
    """Add up the bytes of a file, or of all files of a folder."""
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def _main(
    folder: Path,
    quanta: Annotated[int, typer.Option(help="Quanta of the stage.")] = 60_000,
    files: Annotated[bool, typer.Option("--files", help="Metadata files, not a graph.")] = False,
) -> None:
    """Measure each step, and write the numbers beside the outputs."""
    rows = [asdict(step) for step in measure(folder, quanta, of_files=files)]
    name = f"scale_{'files' if files else 'graph'}_{quanta}"
    write_tables(folder / name, rows, measured_with())
    for row in rows:
        typer.echo(", ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    typer.run(_main)
