"""A built sample warehouse, once for all tests, and what they share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.lake_factory import sample_lake
from tests.shared import made_once, session_folder

Rows = list[tuple[Any, ...]]


def query(warehouse: Path, sql: str) -> Rows:
    """Run one query on a warehouse, read-only."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="session", autouse=True)
def _parsed(parsed_project: None) -> None:
    """Build with the project that is already parsed."""


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """The sample lake with its published warehouse; tests must not change it."""

    def make(folder: Path) -> None:
        sample_lake(Layout(folder).lake)
        assert build(Layout(folder))

    return Layout(made_once(session_folder(tmp_path_factory) / "sample", make))


@pytest.fixture
def rows(sample: Layout) -> Callable[[str], Rows]:
    """Query the sample warehouse."""
    return lambda sql: query(sample.warehouse, sql)


@pytest.fixture
def fresh(tmp_path: Path) -> Layout:
    """An empty DATA of the test's own."""
    return Layout(tmp_path)


@pytest.fixture
def copied(sample: Layout, fresh: Layout) -> Layout:
    """The sample lake and warehouse in a DATA of the test's own, free to be damaged."""
    shutil.copytree(sample.lake, fresh.lake)
    shutil.copy(sample.warehouse, fresh.warehouse)
    return fresh


@contextmanager
def open_reader(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Hold a warehouse open as `make sql` does."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield connection
