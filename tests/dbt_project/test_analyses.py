"""The ready questions in `dbt_project/analyses`: each is published and has an answer."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import yaml

from dbt_project.runner import questions
from dbt_project.runner.engine import PROJECT, Outcome
from dbt_project.runner.errors import TransformError
from dbt_project.runner.layout import Layout

QUESTIONS = sorted(path.stem for path in (PROJECT / "analyses").glob("*.sql"))
PAGE = PROJECT.parent / "docs" / "questions.md"


@pytest.fixture(scope="module")
def found(sample: Layout) -> list[questions.Question]:
    return questions.find(sample)


def test_there_are_a_dozen_questions_each_with_its_description(
    found: list[questions.Question],
) -> None:
    described = yaml.safe_load((PROJECT / "analyses" / "_analyses.yml").read_text())["analyses"]
    assert len(QUESTIONS) >= 12
    assert sorted(each["name"] for each in described) == QUESTIONS
    assert [each.name for each in found] == QUESTIONS
    assert all(each.asks.endswith("?") for each in found)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_an_answer(
    sample: Layout, found: list[questions.Question], question: str
) -> None:
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        assert connection.execute(questions.query_of(found, question)).fetchall()


def test_changes_are_in_gib(sample: Layout, found: list[questions.Question]) -> None:
    query = questions.query_of(found, "changes_since_the_last_release")
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        largest = connection.execute(
            f"select max(abs(p95_change_gib)), max(abs(p50_change_gib)) from ({query})"
        ).fetchone()
        most = connection.execute(
            "select max(max_max_rss_bytes) / 1024^3 from fct_task_usage"
        ).fetchone()
    assert largest
    assert most
    assert 0 < max(largest) <= most[0] < 1e4


def test_rows_are_chosen_by_campaign_stage_and_task(
    sample: Layout, found: list[questions.Question]
) -> None:
    query = questions.query_of(found, "wall_time_by_task", "DM-3", "stage1", "isr")
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
        nothing = questions.query_of(found, "wall_time_by_task", "it's none")
        assert connection.execute(nothing).fetchall() == []
    assert [row[:3] for row in rows] == [("DM-3", "stage1", "isr")]


def test_the_order_of_an_analysis_is_the_order_of_its_view(
    sample: Layout, found: list[questions.Question]
) -> None:
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        columns = connection.execute(questions.query_of(found, "longest_quanta", "DM-3")).fetchall()
    stages = [row[1] for row in columns]
    assert stages == sorted(stages)
    for stage in set(stages):
        seconds = [row[3] for row in columns if row[1] == stage]
        assert seconds == sorted(seconds, reverse=True)


def test_a_wrong_name_lists_the_right_ones(found: list[questions.Question]) -> None:
    with pytest.raises(TransformError, match=r"no question 'worst'; .*worst_quanta"):
        questions.query_of(found, "worst")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("DM-9", None, None), "no campaign 'DM-9': campaigns are DM-1"),
        ((None, "stage9", None), "no stage 'stage9': stages are stage1"),
        ((None, None, "isrr"), "no task 'isrr': tasks are isr"),
    ],
)
def test_a_name_that_the_warehouse_does_not_know_lists_the_known_ones(
    sample: Layout, names: tuple[str | None, str | None, str | None], said: str
) -> None:
    with pytest.raises(TransformError, match=said):
        questions.check_names(sample, *names)


def test_the_stage_of_records_that_belong_to_none_is_known(copied: Layout) -> None:
    with duckdb.connect(str(copied.warehouse)) as connection:
        connection.execute("update fct_stage_outcomes set stage = 'none' where campaign = 'DM-1'")
    questions.check_names(copied, "DM-1", "none", None)


def test_a_question_without_tasks_cannot_be_asked_of_one(
    found: list[questions.Question],
) -> None:
    with pytest.raises(TransformError, match="cost_of_retries has no column task_label"):
        questions.query_of(found, "cost_of_retries", task="isr")


def test_a_warehouse_of_an_older_version_says_so(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    duckdb.connect(str(layout.warehouse)).close()
    with pytest.raises(
        TransformError, match="an older version and has no ready questions: run `make transform`"
    ):
        questions.find(layout)


def test_an_analysis_that_is_no_query_is_named() -> None:
    broken = Outcome("x", "analyses/x.sql", "success", 0, (), "Why?", "", "selec 1", 0.0)
    with duckdb.connect() as connection, pytest.raises(TransformError, match=r"analyses/x\.sql"):
        questions.publish(connection, [broken])


def test_the_page_shows_every_question_with_the_columns_of_its_answer(
    found: list[questions.Question],
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = {
        name: tuple(header.split(" | "))
        for name, header in re.findall(
            r"^## (\w+)\n\n.*?\n\n`make ask Q=\1`\n\n\| (.*?) \|$", text, flags=re.MULTILINE
        )
    }
    assert shown == {each.name: each.columns for each in found}
