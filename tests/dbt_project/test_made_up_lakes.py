"""What benches measure is plausible: else most rows would take another way through the models."""

from __future__ import annotations

from pathlib import Path

from dbt_project.runner.engine import invoke, project_environment, read_project
from dbt_project.runner.layout import Layout
from extract.sources.provenance import check_graph, describe_graph, plan_slices, read_slice
from tests.bench.make_graph import RUN, synthetic_quanta, write_graph
from tests.bench.repeat_graph import repeat_graph
from tests.bench.synthetic_lake import write_large_lake
from tests.dbt_project.conftest import query
from tests.lake_factory import SyntheticLake


def test_no_quantum_that_benches_make_up_contradicts_itself(tmp_path: Path) -> None:
    fresh = Layout(tmp_path / "data")
    write_large_lake(fresh.lake, 3000)
    write_graph(tmp_path / "night.qg", synthetic_quanta(600))
    repeat_graph(tmp_path / "night.qg", tmp_path / "nights.qg", 2)
    nights = SyntheticLake()
    nights.campaign("DM-1", focus="v30", stages=("stage1",))
    nights.run("DM-1", "stage1", RUN)
    rows = nights.rows.setdefault(("quanta", "DM-1", "stage1"), [])
    (whole,) = plan_slices(describe_graph(check_graph(str(tmp_path / "nights.qg"))), 1)
    read_slice(
        whole, lambda table, batch: rows.extend(batch.to_pylist()) if table == "quanta" else None
    )
    nights.write(fresh.lake)
    with project_environment(fresh, tmp_path, "1GB"):
        invoke(fresh, read_project(fresh), ["run", "--select", "+int_attempts_checked"])
    told = query(
        tmp_path / "warehouse.duckdb",
        """
        select campaign, count(*), count(distinct task_label || data_id), max(implausible_reason)
        from intermediate.int_attempts_checked group by all order by all
        """,
    )
    assert told == [("DM-1", 1200, 1200, None), ("DM-9", 3060, 3000, None)]
