"""The three command lines: version, help, and both names of the package."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points, version

import pytest

from quanta_census import entrance

PROGRAMS = {
    "census-extract": "extract",
    "census-transform": "dbt_project",
    "census-report": "reports",
}


@pytest.mark.parametrize("script", PROGRAMS)
def test_script_and_module_are_the_same_program(script: str) -> None:
    (point,) = entry_points(group="console_scripts", name=script)
    assert point.module == f"quanta_census.{PROGRAMS[script]}.__main__"
    code = f"from {point.module} import {point.attr} as main; main()"
    said = []
    for words in (["-c", code], ["-m", PROGRAMS[script]]):
        for option in ("--version", "-h"):
            command = [sys.executable, *words, option]
            said.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert said[0] == said[2] == f"Quanta Census {version('quanta-census')}\n"
    assert said[1] == said[3]
    assert f"Usage: {script} " in said[1]


def test_a_missing_package_names_the_extra() -> None:
    def run() -> None:
        raise ModuleNotFoundError("No module named 'duckdb'", name="duckdb")

    with pytest.raises(SystemExit, match=r"'duckdb' is not installed: .*quanta-census\[report\]"):
        entrance.enter(run, extra="report")


def test_a_fault_of_our_own_is_no_missing_extra() -> None:
    def run() -> None:
        raise ModuleNotFoundError("No module named 'reports.nothing'", name="reports.nothing")

    with pytest.raises(ModuleNotFoundError, match=r"reports\.nothing"):
        entrance.enter(run, extra="report")


def test_commands_are_those_of_a_checkout_here() -> None:
    assert entrance.command("extract") == "`make extract`"


def test_the_demo_finds_its_tables_in_a_wheel() -> None:
    """A wheel has no package of the name `extract`."""
    code = (
        "import sys; from quanta_census.extract.demo.tasks import stage_tasks\n"
        "assert stage_tasks('w_2025_48', 'stage1'); assert 'extract' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
