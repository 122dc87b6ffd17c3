"""Compare two RUNs in one command: run the three programs one after the other, as processes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .citations import Citations
from .errors import ComparisonError, OutputError
from .run import write_report
from .sentences.changes import change_sentences
from .subjects import read_census
from .terminal import progress
from .warehouse import Warehouse

__all__ = ["compare_runs"]


def compare_runs(before: str, after: str, *, repository: str, data: Path) -> list[str]:
    """Extract two RUNs, build the warehouse and the report, and say what changed.

    Parameters
    ----------
    before, after : `str`
        The earlier and the later RUN, or chains.
    repository : `str`
        Path, URI or label of the Butler repository.
    data : `~pathlib.Path`
        Folder of all outputs; a campaigns file is written into it.

    Returns
    -------
    sentences : `list` [`str`]
        What changed, and the place of the report.

    Raises
    ------
    ComparisonError
        Raised if a program is not installed or fails; its own message is printed before.
    FigureError
        Raised if a figure could not be drawn; everything else is written.
    OutputError
        Raised if the folder cannot be made.
    """
    # Without our mark: a folder with the mark may be removed, and this one has a lake.
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError.of(data, error) from error
    campaigns = data / "campaigns.yaml"
    _run("census-extract", "init", repository, "--compare", before, after,
         "--output", str(campaigns), "--force")  # fmt: skip
    _run("census-extract", "run", str(campaigns), "--data", str(data))
    warehouse = data / "warehouse.duckdb"
    old = warehouse.stat().st_ino if warehouse.exists() else None
    try:
        _run("census-transform", "build", "--data", str(data), "--full-refresh")
    except ComparisonError:
        # The transform fails for a gap, but it publishes: the existing data are compared.
        if not warehouse.exists() or warehouse.stat().st_ino == old:
            raise
    result = write_report(data, progress=progress)
    result.refuse_failed()
    with Warehouse(warehouse) as opened:
        census = read_census(opened)
        said = change_sentences(Citations(opened), census.predecessor, census.campaign)
    return [*said, result.sentence()]


def _run(program: str, *arguments: str) -> None:
    """Run one of the other programs, and show its output."""
    beside = Path(sys.executable).parent / program
    path = str(beside) if beside.exists() else shutil.which(program)
    if path is None:
        raise ComparisonError(
            f"{program} is not installed: pip install 'quanta-census[extract,warehouse]'"
        )
    done = subprocess.run([path, *arguments], check=False)
    if done.returncode:
        raise ComparisonError(f"{program} {arguments[0]} failed; see its message above.")
