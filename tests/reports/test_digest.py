"""The message of a nightly run: verdicts, changes, what to run again, what to request."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from reports.cli import app
from reports.digest import digest, has_news
from reports.warehouse import Warehouse


@pytest.fixture
def changed(data: Path, tmp_path: Path) -> Path:
    """A warehouse in which one stage was published before with other values."""
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("update fct_verdict_history set is_first = false")
        connection.execute(
            "update fct_verdict_history set previous_completeness_verdict = completeness_verdict, "
            "previous_quanta_count = quanta_count, previous_gap_count = gap_count, "
            "previous_p95_max_rss_bytes = p95_max_rss_bytes, "
            "previous_over_threshold_wall_time_fraction = over_threshold_wall_time_fraction"
        )
    return tmp_path


def change(folder: Path, statement: str) -> str:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(statement)
    with Warehouse(folder / "warehouse.duckdb") as warehouse:
        return digest(warehouse)


def test_the_first_publication_has_news_and_nothing_to_compare_with(data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        said = digest(warehouse)
        assert has_news(warehouse)
    assert said.startswith("# Quanta Census: DM-53877")
    assert "SIMULATED" in said
    assert "first publication" in said
    assert "DM-53368 Stage 4: declared" in said
    assert "- Nothing: no gap is undeclared." in said
    assert len(said.splitlines()) < 50


def test_what_changed_is_named_with_both_values(changed: Path) -> None:
    said = change(
        changed,
        "update fct_verdict_history set is_changed = true, previous_gap_count = 3, "
        "previous_completeness_verdict = 'incomplete' "
        "where campaign = 'DM-53877' and stage = 'stage1'",
    )
    section = said.split("## Changed")[1].split("\n## ")[0]
    (line,) = [line for line in section.splitlines() if line.startswith("- ")]
    assert line == "- DM-53877 Stage 1: verdict incomplete -> complete, gaps 3 -> 0"


def test_nothing_is_printed_without_news_when_only_news_are_asked_for(changed: Path) -> None:
    words = ["digest", "--data", str(changed), "--only-news"]
    result = CliRunner().invoke(app, words)
    assert (result.exit_code, result.output) == (0, "")
    change(changed, "update fct_verdict_history set is_first = true where stage = 'stage1'")
    result = CliRunner().invoke(app, [*words, "--output", str(changed / "said.md")])
    assert "Stage 1: new" in (changed / "said.md").read_text()


def test_undeclared_gaps_are_listed_largest_first(changed: Path) -> None:
    said = change(
        changed,
        "update fct_task_completeness set verdict = 'incomplete', gap_count = "
        "case task_label when 'isr' then 1234 else 1 end where campaign = 'DM-53877' "
        "and stage = 'stage1'",
    )
    lines = said.split("## Run again")[1].split("\n## ")[0].splitlines()
    listed = [line for line in lines if line.startswith("- ")]
    assert listed[0].startswith("- DM-53877 Stage 1, isr: 1,234 of ")
    assert listed[-2].endswith("more tasks")
    assert "fct_missing_quanta" in listed[-1]


def test_nothing_compared_is_not_no_waste(changed: Path) -> None:
    said = change(changed, "update fct_memory_requests set has_enough_evidence = false")
    section = said.split("## Requests to change")[1]
    assert "- Not known: no job has both a current request and a request with enough" in section


def test_requests_that_waste_most_come_first_with_both_values(changed: Path) -> None:
    with duckdb.connect(str(changed / "warehouse.duckdb"), read_only=True) as connection:
        best = connection.execute("""
            select now.job_label, now.request_memory_mib, soon.request_memory_mib
            from fct_memory_requests as now
            join fct_memory_requests as soon using (campaign, job_kind, job_label)
            join fct_request_totals as totals
                on totals.campaign = soon.campaign and totals.policy = soon.policy
            where now.is_focus and now.policy = 'current' and totals.is_default
                and job_kind != 'member' and soon.has_enough_evidence
            order by now.wasted_gib_h - soon.wasted_gib_h desc limit 1
        """).fetchone()
    with Warehouse(changed / "warehouse.duckdb") as warehouse:
        said = digest(warehouse)
    first = said.split("## Requests to change")[1].splitlines()[2]
    assert best is not None
    assert f"{best[0]}: {best[1]:,} MiB -> {best[2]:,} MiB" in first
