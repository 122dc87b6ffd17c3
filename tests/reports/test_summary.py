"""The summary on the terminal says what the warehouse and the technote say."""

from __future__ import annotations

from pathlib import Path

import duckdb
from typer.testing import CliRunner

from reports.cli import app
from reports.numbers import write
from tests.reports.conftest import SCRIPT
from tests.reports.frames import LOST_REASON


def summary(data: Path) -> str:
    result = CliRunner().invoke(app, ["summary", "--data", str(data)])
    assert result.exit_code == 0, result.output
    return result.output


def test_each_stage_of_each_campaign_has_a_row_with_the_numbers_of_sql(data: Path) -> None:
    lines = summary(data).splitlines()
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.sql(
            "select campaign, stage, quanta_count, over_threshold_count, over_threshold_fraction, "
            "over_threshold_wall_time_h from fct_stage_usage"
        )
        for campaign, stage, *values in rows.fetchall():
            (line,) = (line for line in lines if line.startswith(f"Stage {stage[-1]}  {campaign} "))
            for column, value in zip(rows.columns[2:], values, strict=True):
                assert f" {write(column, value)} " in line


def test_it_names_the_tasks_over_the_line_and_the_declared_gap(data: Path) -> None:
    said = summary(data)
    assert "SIMULATED" in said
    assert "Tasks of DM-53877 over 6 GiB" in said
    assert "gaussianProcessesTurbulenceFit" in said
    assert f"Stage 4 of DM-53368: declared incomplete: {LOST_REASON}" in said


def test_it_has_the_conclusion_of_the_technote(data: Path, report: Path) -> None:
    said = " ".join(summary(data).split())
    text = (report / "technote" / "index.md").read_text().replace("\\", "")
    for stage in ("Stage 1", "Stage 2", "Stage 3", "Stage 4"):
        conclusion = text.split(f"### Conclusion for {stage}\n\n")[1].split("\n")[0]
        assert f"{stage}: {conclusion}" in said


def test_markup_of_the_terminal_is_text(hostile_data: Path) -> None:
    said = summary(hostile_data)
    assert SCRIPT in said
    assert "Tasks of" not in said
    assert "finale: None can be drawn: No measured quanta in finale of DM-2" in said


def test_it_says_what_requests_would_have_done_and_how_many_nodes_are_slow(data: Path) -> None:
    said = " ".join(summary(data).split())
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        nodes = connection.execute(
            "select count(*), count(*) filter (is_slow) from fct_node_usage "
            "where campaign = 'DM-53877'"
        ).fetchone()
        killed = dict(
            connection.execute(
                "select policy, killed_fraction from fct_request_backtest_totals "
                "where campaign = 'DM-53877'"
            ).fetchall()
        )
        reader = connection.execute(
            "select task_label from fct_task_efficiency where campaign = 'DM-53877' "
            "order by butler_get_wall_time_h desc, task_label desc limit 1"
        ).fetchone()
    assert nodes is not None
    assert reader is not None
    assert f"Of {nodes[0]} nodes, counted in each stage of DM-53877 anew, {nodes[1]} took" in said
    assert f"would have killed {write('killed_fraction', killed['p95_retry'])} of" in said
    assert f"today's requests {write('killed_fraction', killed['current'])} and" in said
    assert f"through the Butler is spent by {reader[0]} " in said


def test_summary_names_the_cores_that_idle_and_what_changed(data: Path) -> None:
    said = " ".join(summary(data).split())
    assert "With 6 GiB per core, the work of all stages of DM-53877 occupies" in said
    assert "tasks with matched data IDs in DM-53719 and DM-53877" in said
