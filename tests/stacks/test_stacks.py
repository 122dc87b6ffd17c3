"""Older stacks read what they wrote themselves and what younger ones wrote, row for row alike.

Run by ``make test-stacks``, which makes the environments; the stack of this process is the newest.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import extract.demo
from extract.lake.schema import TABLES
from tests.extract.stores.commands import lake_table

ROOT = Path(__file__).parents[2]
STACKS = ("w_2025_48", "v30_0_0")


def python_of(stack: str) -> str:
    path = ROOT / ".venv-stacks" / stack / "bin" / "python"
    if not path.exists():
        pytest.fail(f"no environment of {stack}: make test-stacks")
    return str(path)


def extract_with(python: str, campaigns: Path, data: Path) -> Path:
    words = [python, "-m", "extract", "run", str(campaigns), "--data", str(data), "--workers", "2"]
    subprocess.run(words, cwd=ROOT, check=True)
    return data


def assert_same_lake(data: Path, expected: Path) -> None:
    for name in TABLES:
        found = lake_table(data, name)
        assert found.equals(lake_table(expected, name)), name
    assert len(lake_table(data, "quanta")) > 0


@pytest.fixture(scope="session")
def demo_campaigns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as a facility would have it: files, predicted graphs and ingested graphs."""
    root = tmp_path_factory.mktemp("demo") / "demo"
    extract.demo.build(root, seed=1, scale=0.05)
    content = yaml.safe_load((ROOT / "campaigns" / "demo.yaml").read_text())
    del content["demo"]
    content["repository"] = str(root / "repo")
    for campaign in content["campaigns"].values():
        for stage in campaign["stages"].values():
            if "quantum_graphs" in stage:
                stage["quantum_graphs"] = str(root / stage["quantum_graphs"])
    path = root / "campaigns.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


@pytest.fixture(scope="session")
def demo_lake(demo_campaigns: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extract_with(sys.executable, demo_campaigns, tmp_path_factory.mktemp("newest"))


@pytest.mark.parametrize("stack", STACKS)
def test_an_older_stack_reads_files_and_graphs_of_the_newest(
    stack: str, demo_campaigns: Path, demo_lake: Path, tmp_path: Path
) -> None:
    assert_same_lake(extract_with(python_of(stack), demo_campaigns, tmp_path), demo_lake)


BUILD = """
import sys
from pathlib import Path
from lsst.daf.butler import Butler
from tests.extract.stores.small_repository import build, campaigns_text

folder = Path(sys.argv[1])
build(Butler.makeRepo(str(folder / "repo")), folder)
(folder / "campaigns.yaml").write_text(campaigns_text(folder / "repo"))
"""


@pytest.mark.parametrize("stack", STACKS)
def test_the_newest_stack_reads_what_an_older_one_wrote_as_that_one_does(
    stack: str, tmp_path: Path
) -> None:
    subprocess.run([python_of(stack), "-c", BUILD, str(tmp_path)], cwd=ROOT, check=True)
    campaigns = tmp_path / "campaigns.yaml"
    theirs = extract_with(python_of(stack), campaigns, tmp_path / "theirs")
    ours = extract_with(sys.executable, campaigns, tmp_path / "ours")
    assert_same_lake(ours, theirs)
