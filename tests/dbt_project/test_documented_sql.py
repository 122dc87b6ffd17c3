"""The SQL that the documents show runs on a warehouse."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from dbt_project.runner.layout import Layout

ROOT = Path(__file__).parents[2]
QUERIES = sorted(
    {
        (str(path.relative_to(ROOT)), query)
        for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for query in re.findall(r'make sql Q="([^"]+)"', path.read_text())
        if not query.endswith("...")
    }
)


@pytest.mark.parametrize(("page", "query"), QUERIES)
def test_a_query_of_a_document_runs(sample: Layout, page: str, query: str) -> None:
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        assert connection.execute(query).description, page
