from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from extract.errors import ExecutorError
from extract.executors import check_executor
from tests.extract.executors.reading import Few, opened


@pytest.mark.parametrize("name", ["", "dask", "dask:", "ray:auto", "parsl"])
def test_a_name_that_nobody_knows_is_told_with_those_that_are_known(name: str) -> None:
    with pytest.raises(ExecutorError, match=r"expected local, parsl:FILE.py, dask:ADDRESS"):
        check_executor(name)


@pytest.mark.parametrize("name", ["parsl:nothing.py", "dask:nothing.yaml", "dask:nothing.json"])
def test_a_file_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(ExecutorError, match=r"there is no file nothing\."):
        check_executor(name)


def test_a_name_is_checked_before_a_repository_is_opened(few: Few, tmp_path: Path) -> None:
    with pytest.raises(ExecutorError):
        few.read(tmp_path / "data", "ray:auto")
    assert not (tmp_path / "data").exists()


def test_an_engine_that_is_not_installed_is_told_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "extract.executors.parsl_workers", None)
    (tmp_path / "mine.py").write_text("")
    with (
        pytest.raises(ExecutorError, match=r"pip install 'quanta-census\[parsl\]'"),
        opened(f"parsl:{tmp_path / 'mine.py'}", tmp_path),
    ):
        pass


def test_many_threads_of_one_process_write_the_same_rows(few: Few, tmp_path: Path) -> None:
    """A Butler may not be shared between threads: each has its own."""
    with ThreadPoolExecutor(64) as pool:
        assert few.read(tmp_path, pool, 64).failures == []
    few.require_same(tmp_path)
