"""The questions in `dbt_project/analyses`: each compiles, runs and has an answer."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from dbt_project.runner.engine import PROJECT, invoke, project_environment
from dbt_project.runner.layout import Layout

QUESTIONS = sorted(path.stem for path in (PROJECT / "analyses").glob("*.sql"))


@pytest.fixture(scope="module")
def compiled(sample: Layout) -> Path:
    """The folder of the compiled analyses."""
    with project_environment(sample, sample.root, "75%"):
        invoke(sample, ["compile", "--select", "resource_type:analysis"])
    return sample.dbt / "target" / "compiled" / "quanta_census" / "analyses"


def test_there_are_a_dozen_questions_each_with_its_description() -> None:
    described = yaml.safe_load((PROJECT / "analyses" / "_analyses.yml").read_text())["analyses"]
    assert len(QUESTIONS) >= 12
    assert sorted(each["name"] for each in described) == QUESTIONS


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_has_an_answer(sample: Layout, compiled: Path, question: str) -> None:
    sql = (compiled / f"{question}.sql").read_text()
    assert sql.startswith("-- ")
    with duckdb.connect(str(sample.warehouse), read_only=True) as connection:
        assert connection.execute(sql).fetchall()
