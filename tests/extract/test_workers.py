"""Processes that are prepared as workers."""

from __future__ import annotations

import importlib.util
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

import pyarrow as pa
import pytest

from extract.jobs.workers import prepare_worker


def imported_by_arrow() -> set[str]:
    """Do what makes Arrow look for pandas."""
    pa.array(["a", None])
    return {"pandas", "pyarrow"} & set(sys.modules)


@pytest.mark.skipif(
    importlib.util.find_spec("pandas") is None, reason="pandas is not installed in this stack"
)
def test_workers_do_without_pandas_where_it_is_installed() -> None:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as plain:
        assert "pandas" in plain.submit(imported_by_arrow).result()
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=prepare_worker) as prepared:
        assert prepared.submit(imported_by_arrow).result() == {"pyarrow"}
