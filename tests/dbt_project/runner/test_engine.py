"""dbt inside this process, under whatever name this package is installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dbt_project.runner.engine import PROJECT
from dbt_project.runner.layout import Layout

pytestmark = pytest.mark.slow

BUILD = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == "dbt_project":
            raise ModuleNotFoundError(f"{name} is not importable by this name", name=name)
sys.meta_path.insert(0, Hidden())
from quanta_census.dbt_project.runner.build import build
from quanta_census.dbt_project.runner.layout import Layout
from pathlib import Path
assert build(Layout(Path(sys.argv[1])), full_refresh=True)
assert not any(name.split(".")[0] == "dbt_project" for name in sys.modules)
"""


def test_models_in_python_run_where_the_package_has_another_parent(
    copied: Layout, tmp_path: Path
) -> None:
    parent = tmp_path / "site" / "quanta_census"
    parent.mkdir(parents=True)
    for file in (PROJECT.parent / ".package" / "quanta_census").glob("*.py"):
        (parent / file.name).symlink_to(file)
    (parent / "dbt_project").symlink_to(PROJECT, target_is_directory=True)
    copied.warehouse.unlink()
    done = subprocess.run(
        [sys.executable, "-P", "-c", BUILD, str(copied.root)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(parent.parent), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert copied.warehouse.is_file()
