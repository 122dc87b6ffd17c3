"""The younger Pythons: every wheel is there, types hold, and what is installed here runs.

Run by ``make test-stacks``. A Python that is not on this machine skips what needs it to run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.11", "3.12", "3.13")
EXTRAS = ("extract", "demo", "remote", "warehouse", "report")
TESTS = ("tests/extract/test_run.py", "tests/dbt_project/test_marts.py")


def call(*words: str | Path) -> None:
    """Run a program of our environment; what it says is in the error."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={name: text for name, text in os.environ.items() if name != "VIRTUAL_ENV"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]


def resolved(version: str, folder: Path) -> Path:
    """Choose the newest packages that a Python can install from wheels alone."""
    file = folder / "requirements.txt"
    extras = [word for extra in EXTRAS for word in ("--extra", extra)]
    call(
        Path(sys.executable).with_name("uv"), "pip", "compile", "--quiet", "--no-header",
        "--no-annotate", "--python", sys.executable, "--python-version", version,
        "--only-binary", ":all:", *extras, "--output-file", file, "pyproject.toml",
        "tests/stacks/tests.in",
    )  # fmt: skip
    return file


@pytest.mark.parametrize("version", PYTHONS)
def test_every_package_has_a_wheel(version: str, tmp_path: Path) -> None:
    names = resolved(version, tmp_path).read_text()
    stack = next(line for line in names.splitlines() if line.startswith("lsst-pipe-base=="))
    # An older stack would be found where no newer one has a wheel or fits the others.
    assert stack.split("==")[1] >= "30.2026"


@pytest.mark.parametrize("version", PYTHONS)
def test_types_hold(version: str, tmp_path: Path) -> None:
    call(sys.executable, "-m", "mypy", "--python-version", version, "--cache-dir", tmp_path)


@pytest.mark.parametrize("version", PYTHONS)
def test_quanta_are_read_and_marts_are_built(version: str, tmp_path: Path) -> None:
    found = shutil.which(f"python{version}")
    if found is None:
        pytest.skip(f"there is no python{version} on this machine")
    uv, python = Path(sys.executable).with_name("uv"), tmp_path / "env" / "bin" / "python"
    call(uv, "venv", "--quiet", "--python", found, tmp_path / "env")
    call(uv, "pip", "sync", "--quiet", "--python", python, resolved(version, tmp_path))
    install: list[str | Path] = [uv, "pip", "install", "--quiet", "--python", python, "--no-deps"]
    call(*install, "--no-build-isolation", "--editable", ".")
    call(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS)
