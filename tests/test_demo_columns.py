"""Every column of the lake and of the marts is filled somewhere in the demo, or says why not.

Needs the demo, extracted and transformed: ``CENSUS_DEMO=data make test`` or
``CENSUS_DEMO=data .venv/bin/pytest tests/test_demo_columns.py``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

NEVER_IN_THE_DEMO = {
    "dim_campaigns.memory_bands_mib": "the demo's batch system has no bands of memory",
    "fct_missing_quanta.exposure": "no quantum of an exposure is missing",
    "fct_memory_dependence.twice_as_deep_gib": "no task of the demo grows for sure",
    "fct_memory_dependence.low_twice_as_deep_gib": "no task of the demo grows for sure",
    "fct_memory_dependence.high_twice_as_deep_gib": "no task of the demo grows for sure",
    "fct_memory_requests.banded_gib_h": "the demo's batch system has no bands of memory",
    "fct_memory_requests.request_band_mib": "the demo's batch system has no bands of memory",
    "fct_published_sizing.charged_core_h": "the published tables have no quanta to pack",
    "fct_quanta.implausible_reason": "all values of the demo can be",
    "fct_release_changes.detectable_p95_max_rss_change_fraction": "too few quanta for a tail",
    "fct_release_changes.high_p95_max_rss_change_fraction": "too few quanta for a tail",
    "fct_release_changes.low_p95_max_rss_change_fraction": "too few quanta for a tail",
    "fct_release_changes.wall_time_regression_fraction": "no task of the demo is slower for sure",
    "fct_verdict_history.previous_completeness_verdict": "the demo is published once",
    "fct_verdict_history.previous_gap_count": "the demo is published once",
    "fct_verdict_history.previous_over_threshold_wall_time_fraction": "the demo is published once",
    "fct_verdict_history.previous_p95_max_rss_bytes": "the demo is published once",
    "fct_verdict_history.previous_quanta_count": "the demo is published once",
    "jobs.data_id_values": "no job of the demo is named by its data ID",
    "quanta.gathered_init_cpu_time_s": "the demo has no tables of gathered resource usage",
    "quanta.gathered_run_cpu_time_s": "the demo has no tables of gathered resource usage",
    "quanta.gathered_wall_time_s": "the demo has no tables of gathered resource usage",
    "quanta.htm7": "no task of the pipelines has this dimension",
    "quanta.subfilter": "no task of the pipelines has this dimension",
}
"""Columns that are NULL in all of the demo, with the reason."""

EMPTY_IN_THE_DEMO = {
    "fct_note_stages": "no campaign of the demo is one of the published note",
    "fct_note_tasks": "no campaign of the demo is one of the published note",
}
"""Marts without a row in the demo, with the reason."""


@pytest.fixture(scope="module")
def demo() -> Path:
    """The folder of the demo's outputs."""
    if not os.environ.get("CENSUS_DEMO"):
        pytest.skip("CENSUS_DEMO does not name the DATA of a demo")
    return Path(os.environ["CENSUS_DEMO"])


def never_filled(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> Iterator[str]:
    """Name the columns of a table that are NULL in every row."""
    columns = [row[0] for row in connection.execute(f"describe select * from {source}").fetchall()]
    counted = ", ".join(f'count("{column}")' for column in columns)
    counts = connection.execute(f"select {counted} from {source}").fetchone() or ()
    yield from (f"{name}.{column}" for column, n in zip(columns, counts, strict=True) if not n)


def test_every_column_is_filled_or_says_why_not(demo: Path) -> None:
    with duckdb.connect(str(demo / "warehouse.duckdb"), read_only=True) as connection:
        marts = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall()
        sources = {mart: f'main."{mart}"' for (mart,) in marts if mart not in EMPTY_IN_THE_DEMO}
        for folder in (demo / "lake").iterdir():
            if folder.is_dir() and next(folder.rglob("*.parquet"), None):
                files = f"{folder}/**/*.parquet"
                sources[folder.name] = f"read_parquet('{files}', union_by_name=true)"
        found = {
            column for name, source in sources.items()
            for column in never_filled(connection, source, name)
        }  # fmt: skip
    assert found - NEVER_IN_THE_DEMO.keys() == set(), "columns that nothing fills"
    assert NEVER_IN_THE_DEMO.keys() - found == set(), "columns that are filled by now"
