"""The summary on the terminal says what the warehouse and the technote say."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from reports.cli import app
from reports.numbers import write
from tests.reports.conftest import SCRIPT
from tests.reports.frames import LOST_REASON


def summary(data: Path, *options: str) -> str:
    result = CliRunner().invoke(app, ["summary", "--data", str(data), *options])
    assert result.exit_code == 0, result.output
    return result.output


def answer(data: Path) -> list[str]:
    """Get the sentences between the table and what is declared; all of it fits one screen."""
    said = summary(data)
    assert len(said.splitlines()) <= 30
    sentences = [line for line in said.splitlines() if line.endswith(".")]
    found = sentences[
        1 : sentences.index("Every expected quantum of DM-53877 is accounted for.") + 1
    ]
    assert all(len(line.split()) <= 25 for line in found)
    return found


def with_prices(data: Path, folder: Path, verdict: str) -> Path:
    """Copy a warehouse, and let 4 GiB be cheapest and 6 GiB cost a little more."""
    shutil.copy(data / "warehouse.duckdb", folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "update fct_campaign_sizing set is_cheapest = memory_per_core_gib = 4, "
            "is_nearly_cheapest = memory_per_core_gib between 4 and 6, "
            "excess_cost_fraction = (memory_per_core_gib - 4) / 50"
        )
        connection.execute("update fct_stage_usage set fit_verdict = $1", [verdict])
    return folder


def test_the_answer_is_one_screen_of_short_sentences(data: Path) -> None:
    memory, charge, requested, _ = answer(data)
    assert memory.startswith("With 6 GiB per core, DM-53877 ")
    assert " more core hours than it needs if every job requests exactly its peak" in charge
    assert requested.startswith("It is charged ")


def test_the_answer_says_why_less_than_a_stage_needs_can_be_cheapest(
    data: Path, tmp_path: Path
) -> None:
    memory, cheapest, why, _ = answer(with_prices(data, tmp_path, "does_not_fit"))
    assert " does not fit in Stage 1, Stage 2, Stage 3, Stage 4." in memory
    assert cheapest.startswith("Cheapest at the file's prices: 4 GiB per core if jobs request")
    assert why == (
        "If jobs request their peaks, 4 GiB to 6 GiB cost at most 4.0 % more, although some jobs "
        "need more: those take more cores."
    )


def test_where_every_stage_fits_nothing_has_to_be_explained(data: Path, tmp_path: Path) -> None:
    *_, flat, _ = answer(with_prices(data, tmp_path, "fits"))
    assert flat == "If jobs request their peaks, 4 GiB to 6 GiB cost at most 4.0 % more."


def test_a_stage_shows_its_measured_tasks_and_its_conclusion(data: Path, report: Path) -> None:
    said = summary(data, "--stage", "stage2")
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        tasks = connection.execute(
            "select task_label from fct_task_usage "
            "where campaign = 'DM-53877' and stage = 'stage2' and quanta_count > 0"
        ).fetchall()
    for (task,) in tasks:
        assert f" {task} " in said
    assert "Stage 2: 6 GiB per core " in said
    assert "Stage 3" not in said


def test_a_task_is_shown_in_every_campaign(data: Path) -> None:
    said = summary(data, "--task", "isr")
    assert [line.split()[2] for line in said.splitlines() if "  isr  " in line] == [
        "DM-53368", "DM-53719", "DM-53877",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--stage", "nope"), "There is no stage 'nope'; the stages are stage1"),
        (("--task", "nope"), "No campaign has measured quanta of task 'nope'"),
        (("--task", "isr", "--all"), "choose one of --stage, --task and --all"),
    ],
)
def test_a_wrong_choice_says_what_there_is(data: Path, options: tuple[str, ...], text: str) -> None:
    result = CliRunner().invoke(app, ["summary", "--data", str(data), *options])
    assert result.exit_code != 0
    assert text in " ".join(result.output.replace("│", " ").split())


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


def test_values_that_cannot_be_are_counted_by_stage_where_there_are_any(
    data: Path, tmp_path: Path
) -> None:
    assert "Impossible" not in summary(data)
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            "update fct_stage_usage set implausible_count = 4321 "
            "where campaign = 'DM-53877' and stage = 'stage2'"
        )
    said = summary(tmp_path)
    assert "Impossible" in said
    (line,) = (one for one in said.splitlines() if " 4,321 " in one)
    assert line.startswith("Stage 2  DM-53877 ")


def test_it_names_the_tasks_over_the_line_and_the_declared_gap(data: Path) -> None:
    said = summary(data, "--all")
    assert "SIMULATED" in said
    assert "Tasks of DM-53877 over 6 GiB" in said
    assert "gaussianProcessesTurbulenceFit" in said
    assert f"Stage 4 of DM-53368: declared incomplete: {LOST_REASON}" in said


def test_it_has_the_conclusion_of_the_technote(data: Path, report: Path) -> None:
    said = " ".join(summary(data, "--all").split())
    text = (report / "technote" / "index.md").read_text().replace("\\", "")
    for stage in ("Stage 1", "Stage 2", "Stage 3", "Stage 4"):
        conclusion = text.split(f"\n## {stage}\n\n")[1].split("\n")[0]
        assert f"{stage}: {conclusion}" in said


def test_markup_of_the_terminal_is_text(hostile_data: Path) -> None:
    said = summary(hostile_data, "--all")
    assert SCRIPT in said
    assert "Tasks of" not in said
    assert "finale: No conclusion: No measured quanta in finale of DM-2" in said


def test_it_counts_nodes_and_says_nothing_where_one_node_ran_all(
    data: Path, tmp_path: Path
) -> None:
    assert "Slow nodes" not in summary(data, "--all")
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.executemany(
            "insert into fct_node_speeds (campaign, node_name, is_slow) "
            "values ('DM-53877', $1, $2)",
            [["node1", True], ["node2", False]],
        )
    said = " ".join(summary(tmp_path, "--all").split())
    assert "Slow nodes of DM-53877: 1 of 2. The same tasks took longer there" in said


def test_it_says_what_requests_would_have_done(data: Path) -> None:
    said = " ".join(summary(data, "--all").split())
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
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
        default = connection.execute(
            "select policy from fct_request_totals where campaign = 'DM-53877' and is_default"
        ).fetchone()
    assert reader is not None
    assert default is not None
    assert f"Requests by the policy {default[0]} leave the fewest jobs of DM-53877 undone" in said
    assert f"kill {write('killed_fraction', killed[default[0]])} of" in said
    assert f"today's requests kill {write('killed_fraction', killed['current'])} and" in said
    assert f"Task {reader[0]} " in said


def test_summary_names_the_cores_that_idle_and_what_changed(data: Path) -> None:
    said = " ".join(summary(data, "--all").split())
    assert "With 6 GiB per core, DM-53877 is charged" in said
    assert "tasks with matched data IDs in DM-53719 and DM-53877" in said
