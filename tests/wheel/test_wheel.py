"""A built wheel in clean environments: each extra alone, beside folders with our old names.

Run by ``make test-wheel``: it installs from the registry, so it is no part of ``make test``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import extract.demo

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"


def run(program: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, check=True, cwd=ROOT, capture_output=True)
    return next(folder.glob("*.whl"))


def environment(wheel: Path, folder: Path, extras: str) -> Path:
    """Install the wheel with its extras alone, in the versions of the lock."""
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, folder], check=True)
    install = [str(UV), "pip", "install", "-q", "--python", str(folder / "bin" / "python")]
    lock = str(ROOT / "requirements.lock")
    subprocess.run([*install, "-c", lock, f"{wheel}[{extras}]"], check=True)
    return folder / "bin"


@pytest.fixture(scope="session")
def reader(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(wheel, tmp_path_factory.mktemp("reader") / "env", "extract")


@pytest.fixture(scope="session")
def analyst(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(wheel, tmp_path_factory.mktemp("analyst") / "env", "warehouse,report")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as of somebody who has packages with the names of ours."""
    folder = tmp_path_factory.mktemp("folder")
    for name in ("extract", "dbt_project", "reports"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise SystemExit('another package')\n")
    return folder


@pytest.fixture(scope="session")
def campaigns(folder: Path) -> Path:
    """The demo as a facility has it: the wheel's reader cannot build it."""
    root = folder / "demo"
    extract.demo.build(root, seed=1, scale=0.05)
    content = yaml.safe_load((ROOT / "campaigns" / "demo.yaml").read_text())
    del content["demo"]
    content["repository"] = str(root / "repo")
    for campaign in content["campaigns"].values():
        for stage in campaign["stages"].values():
            for key in ("quantum_graphs", "job_records"):
                if key in stage:
                    stage[key] = str(root / stage[key])
    path = folder / "campaigns.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def test_the_way_from_a_repository_to_a_report(
    reader: Path, analyst: Path, campaigns: Path, folder: Path
) -> None:
    extracted = run(reader / "census-extract", "run", str(campaigns), folder=folder)
    assert extracted.returncode == 0, extracted.stderr
    built = run(analyst / "census-transform", "build", folder=folder)
    # Its gaps are published, too, so the exit status may be 1.
    assert "Published" in built.stderr, built.stderr
    reported = run(analyst / "census-report", "run", folder=folder)
    assert reported.returncode == 0, reported.stderr
    assert (folder / "data" / "report" / "index.html").stat().st_size > 100_000
    assert list((folder / "data" / "report" / "images").glob("*.png"))
    assert (folder / "data" / "report" / "technote" / "index.md").is_file()


def test_the_demo_of_the_tutorial_is_built(wheel: Path, tmp_path: Path) -> None:
    builder = environment(wheel, tmp_path / "env", "extract,demo")
    campaigns = tmp_path / "demo.yaml"
    campaigns.write_text(run(builder / "census-extract", "example", "demo", folder=tmp_path).stdout)
    small = campaigns.read_text().replace("scale: 1}", "scale: 0.02}")
    assert small != campaigns.read_text()
    campaigns.write_text(small)
    extracted = run(builder / "census-extract", "run", str(campaigns), folder=tmp_path)
    assert extracted.returncode == 0, extracted.stderr
    assert list((tmp_path / "data" / "lake" / "quanta").rglob("*.parquet"))


@pytest.mark.parametrize("name", ["census-extract", "census-transform", "census-report"])
def test_a_missing_extra_is_one_line_that_names_it(
    reader: Path, analyst: Path, folder: Path, name: str
) -> None:
    words = {
        "census-extract": (analyst, "check", "extract"),
        "census-transform": (reader, "build", "warehouse"),
        "census-report": (reader, "run", "report"),
    }
    where, command, extra = words[name]
    arguments = ["any.yaml"] if name == "census-extract" else []
    done = run(where / name, command, *arguments, folder=folder)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.rstrip().endswith(f"is not installed: pip install 'quanta-census[{extra}]'")


def test_messages_name_commands_that_a_wheel_has(analyst: Path, tmp_path: Path) -> None:
    no_lake = run(analyst / "census-transform", "build", folder=tmp_path)
    assert "run `census-extract run` first" in no_lake.stderr
    no_warehouse = run(analyst / "census-report", "summary", folder=tmp_path)
    assert "run `census-transform build` first" in no_warehouse.stderr


def test_the_campaigns_files_are_in_the_wheel(reader: Path, folder: Path) -> None:
    packaged = next(reader.parent.glob("lib/*/site-packages/quanta_census/campaigns"))
    names = {path.name for path in (ROOT / "campaigns").glob("*.yaml")}
    assert {path.name for path in packaged.glob("*.yaml")} == names
    assert run(reader / "census-extract", "example", "frdf", folder=folder).stdout == (
        (ROOT / "campaigns" / "frdf.example.yaml").read_text()
    )
