"""Extractions that are compared with a plain one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from extract.campaigns import load_campaigns
from extract.executors import opened_executor
from extract.run import Settings, Summary, extract
from tests.extract.tiny import Silent, whole_lake


@dataclass(frozen=True)
class Few:
    """A campaigns file, and every row that a plain extraction writes of it."""

    campaigns: Path
    rows: dict[str, list[str]]

    def read(self, data: Path, executor: Executor | str, width: int | None = None) -> Summary:
        """Extract on an executor, or on one of a name."""
        file = load_campaigns(self.campaigns, data)
        if isinstance(executor, str):
            return extract(file, Settings(data=data, executor=executor), Silent())
        return extract(file, Settings(data=data), Silent(), executor, width)

    def require_same(self, data: Path) -> None:
        """Make sure that a lake has the rows of a plain extraction, and no remains."""
        assert whole_lake(data) == self.rows
        assert not list((data / "lake").glob(".scratch-*"))


@contextmanager
def opened(name: str, folder: Path) -> Iterator[tuple[Executor, int]]:
    """Open an executor whose workers must see a folder."""
    with opened_executor(
        name, processes=1, data=folder, shared=folder, say=lambda _: None
    ) as found:
        yield found
