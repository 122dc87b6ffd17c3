"""Configure all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.shared import made_once, session_folder

# No time limit for an example, because a busy machine may be slow.
settings.register_profile("census", deadline=None)
settings.load_profile("census")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files: one that begins last lets the other workers wait for it."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Parse the dbt project once for all builds of the session: each parse takes seconds."""

    def parse(folder: Path) -> None:
        # Imported here, because most tests need no dbt.
        from dbt_project.runner.engine import project_environment, read_project
        from dbt_project.runner.layout import Layout

        folder.mkdir()
        layout = Layout(folder)
        with project_environment(layout, folder, "1GB"):
            read_project(layout)

    folder = made_once(session_folder(tmp_path_factory) / "parsed_project", parse)
    with pytest.MonkeyPatch.context() as patch:
        partial = folder / "dbt" / "target" / "partial_parse.msgpack"
        patch.setenv("DBT_PARTIAL_PARSE_FILE_PATH", str(partial))
        yield
