"""The boundaries between packages: allowed imports, and allowed files at the top level."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("extract", "dbt_project", "reports")


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a Python file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files_importing(folder: str, package: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in (ROOT / folder).rglob("*.py")
        if any(name == package or name.startswith(f"{package}.") for name in imported_modules(path))
    }


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_never_import_each_other(room: str) -> None:
    for other in set(ROOMS) - {room}:
        assert files_importing(room, other) == set()


@pytest.mark.parametrize("room", ["dbt_project", "reports"])
def test_only_extract_imports_the_lsst_stack(room: str) -> None:
    assert files_importing(room, "lsst") == set()


def test_the_lsst_wall_would_see_an_import() -> None:
    assert "extract/butler/repository.py" in files_importing("extract", "lsst")


def test_only_the_butler_rooms_know_a_butler() -> None:
    """The demo builder, which makes a repository, and the reader of BPS files stand apart."""
    knowing = {
        name
        for name in files_importing("extract", "lsst.daf.butler")
        if not name.startswith(("extract/butler/", "extract/demo/"))
    }
    assert knowing == {"extract/bps_configurations.py"}


def test_one_function_opens_a_butler_to_read() -> None:
    openers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "extract").rglob("*.py")
        if "Butler.from_config(" in path.read_text() and "demo" not in path.parts
    }
    assert openers == {"extract/butler/repository.py"}


def test_only_the_warehouse_module_of_reports_opens_duckdb() -> None:
    assert files_importing("reports", "duckdb") == {"reports/warehouse.py"}


def test_top_level_holds_only_what_the_design_names() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    top = {name.split("/")[0] for name in tracked}
    allowed = {
        *ROOMS,
        *(
            "tests",
            "pyproject.toml",
            "Makefile",
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "CITATION.cff",
        ),
        *("LICENSE", "requirements.lock", "campaigns", "docs"),
    }
    assert {name for name in top if not name.startswith(".")} <= allowed


def test_no_tracked_file_names_a_registry_host() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert not (ROOT / "uv.lock").exists() or "uv.lock" in (ROOT / ".gitignore").read_text()


def test_workers_that_read_graphs_need_no_butler() -> None:
    jobs = (
        "import extract.__main__, extract.jobs.reading, extract.jobs.workers, extract.lake.parquet"
    )
    heavy = "[name for name in ('lsst.daf.butler', 'lsst.pipe.base') if name in sys.modules]"
    command = [sys.executable, "-c", f"import sys; {jobs}; print({heavy})"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.strip() == "[]"


def test_a_sources_name_is_spelled_in_one_place() -> None:
    """Outside of the sources and of what the registry says, the registry of sources is used."""
    names = ("metadata_files", "provenance_graph", "predicted_graph")
    spelled = {
        f"{path.relative_to(ROOT)}: {node.value}"
        for path in (ROOT / "extract").rglob("*.py")
        if path.relative_to(ROOT).parts[1] not in ("sources", "demo")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
    }
    assert spelled == {
        "extract/butler/registered.py: metadata_files",
        "extract/butler/registered.py: provenance_graph",
    }
