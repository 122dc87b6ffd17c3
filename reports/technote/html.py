"""Build the technote's HTML with documenteer, offline, in an environment of its own.

Documenteer pins Sphinx and its friends; they need not agree with what draws the report, and who
only wants figures need not install them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from quanta_census.entrance import command

from ..errors import TechnoteError

__all__ = ["build_html", "prepare_environment"]

LOCK = Path(__file__).parent / "requirements.lock"


def prepare_environment(folder: Path) -> Path:
    """Make the virtual environment of documenteer, unless it is there and its lock is the same.

    Parameters
    ----------
    folder : `~pathlib.Path`
        The environment.

    Returns
    -------
    program : `~pathlib.Path`
        Its ``sphinx-build``.

    Raises
    ------
    TechnoteError
        Raised if a package cannot be installed.
    """
    stamp, program = folder / ".lock", folder / "bin" / "sphinx-build"
    if program.exists() and stamp.is_file() and stamp.read_bytes() == LOCK.read_bytes():
        return program
    uv = Path(sys.executable).parent / "uv"
    tool = str(uv) if uv.exists() else shutil.which("uv")
    if tool is None:
        raise TechnoteError("`uv` is needed to install documenteer: run `pip install uv` first.")
    python = folder / "bin" / "python"
    _call([tool, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    install = ["pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(LOCK)]
    _call([tool, *install])
    shutil.copyfile(LOCK, stamp)
    return program


def build_html(sources: Path, *, environment: Path) -> Path:
    """Build the HTML; a warning is an error.

    Parameters
    ----------
    sources : `~pathlib.Path`
        The technote as `reports.technote.write` leaves it.
    environment : `~pathlib.Path`
        Virtual environment of documenteer; is made if needed.

    Returns
    -------
    page : `~pathlib.Path`
        The page to open.

    Raises
    ------
    TechnoteError
        Raised if the sources are absent or do not build.
    """
    if not (sources / "index.md").is_file():
        raise TechnoteError(f"There is no technote in {sources}: run {command('report')} first.")
    program = prepare_environment(environment)
    target = sources / "_build" / "html"
    options = ["-b", "html", "-W", "--keep-going", "-q", "-d", str(sources / "_build" / "doctrees")]
    _call([str(program), *options, str(sources), str(target)], offline=True)
    return target / "index.html"


def _call(command: list[str], *, offline: bool = False) -> None:
    """Run a program; its output is shown only if it fails."""
    # The technote's Python must not see packages of the one that runs us.
    settings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if offline:
        settings["TECHNOTE_OFFLINE"] = "1"
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()
        raise TechnoteError(
            f"{Path(command[0]).name} failed while building the technote:\n{output}"
        )
