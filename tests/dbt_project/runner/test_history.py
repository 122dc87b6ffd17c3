"""The history of verdicts survives every rebuild, and no row of it is written twice."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dbt_project.runner import history
from dbt_project.runner.build import build
from dbt_project.runner.errors import TransformError
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query

pytestmark = pytest.mark.slow

PUBLICATIONS = "select count(distinct published_at), count(*) filter (is_latest) from {}"


def test_each_publication_adds_the_stages_once_even_after_the_warehouse_is_removed(
    copied: Layout,
) -> None:
    stages = query(copied.warehouse, "select count(*) from fct_stage_usage")[0][0]
    mart = PUBLICATIONS.format("fct_verdict_history")
    assert query(copied.warehouse, mart) == [(1, stages)]
    # Logs of older builds do not pile up either.
    copied.log.parent.mkdir(parents=True)
    (copied.log.parent / f"{copied.log.name}.1").write_text("an older build")
    copied.log.write_text("an older build")
    build(copied, full_refresh=True)
    assert [path.name for path in copied.log.parent.iterdir()] == [copied.log.name]
    assert "an older build" not in copied.log.read_text()
    assert query(copied.warehouse, mart) == [(2, stages)]
    copied.warehouse.unlink()
    build(copied)
    assert query(copied.warehouse, mart) == [(3, stages)]
    changed = "select count(*) from fct_verdict_history where is_changed"
    assert query(copied.warehouse, changed) == [(0,)]
    history.keep(copied)
    with duckdb.connect() as connection:
        kept = connection.execute(
            "select count(*) from read_parquet(?)", [str(copied.history / "verdicts.parquet")]
        ).fetchall()
    assert kept == [(3 * stages,)]


def test_a_damaged_history_is_told_with_a_remedy(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    layout.history.mkdir()
    (layout.history / "verdicts.parquet").write_bytes(b"PAR1")
    with pytest.raises(TransformError, match="move it away to start a new history"):
        history.keep(layout)
