"""Publish the ready questions: each analysis is a view in the schema `questions`.

A view has the compiled SQL, so any program can ask a question without dbt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import duckdb

from quanta_census.entrance import command

from .engine import Outcome
from .errors import TransformError
from .layout import Layout

__all__ = ["Question", "check_names", "find", "list_query", "publish", "query_of", "write"]

SCHEMA = "questions"
"""Schema of the views."""

_SHOWN_ROWS = 5

_HEAD = """# Ready questions

`make ask` lists these questions and `make ask Q=name` asks one. `CAMPAIGN=`, `STAGE=` and `TASK=`
choose rows, `FORMAT=` is table, csv, json or markdown. In SQL, each is a view in the schema
`questions`. The answers below are of the demo, whose repository is simulated.
`python -m dbt_project questions` writes this page; do not edit it by hand.
"""


@dataclass(frozen=True)
class Question:
    """One ready question.

    Attributes
    ----------
    name : `str`
        Name of the view.
    asks : `str`
        The question, as a sentence.
    columns : `tuple` [ `str`, ... ]
        Columns of the answer.
    """

    name: str
    asks: str
    columns: tuple[str, ...]


def publish(connection: duckdb.DuckDBPyConnection, analyses: Sequence[Outcome]) -> None:
    """Make a view of each compiled analysis.

    Parameters
    ----------
    connection : `duckdb.DuckDBPyConnection`
        The warehouse, opened for writing.
    analyses : `~collections.abc.Sequence` [ `Outcome` ]
        Analyses that dbt compiled.

    Raises
    ------
    TransformError
        Raised if an analysis is not a valid query.
    """
    connection.execute(f"create schema if not exists {SCHEMA}")
    for analysis in analyses:
        view = f'{SCHEMA}."{analysis.name}"'
        try:
            connection.execute(f"create or replace view {view} as {analysis.sql}")
        except duckdb.Error as error:
            raise TransformError(f"{analysis.path} is not a valid query: {error}") from None
        connection.execute(f"comment on view {view} is {_literal(analysis.description)}")


def find(layout: Layout) -> list[Question]:
    """List the questions of the published warehouse, by name.

    Parameters
    ----------
    layout : `Layout`
        Where the warehouse lies.

    Returns
    -------
    questions : `list` [ `Question` ]
        All of them.

    Raises
    ------
    TransformError
        Raised when there is no warehouse, or one without questions.
    """
    path = layout.require_warehouse()
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.execute(
                "select view_name, views.comment, list(column_name order by column_index) "
                "from duckdb_views() as views inner join duckdb_columns() as columns "
                "on columns.schema_name = views.schema_name and table_name = view_name "
                "where views.schema_name = ? group by view_name, views.comment order by view_name",
                [SCHEMA],
            ).fetchall()
    except duckdb.Error as error:
        raise TransformError(f"{path} cannot be read: {error}") from None
    if not rows:
        raise TransformError(
            f"{path} was built by an older version and has no ready questions: "
            f"run {command('transform')}"
        )
    return [Question(name, asks or "", tuple(columns)) for name, asks, columns in rows]


def check_names(layout: Layout, campaign: str | None, stage: str | None, task: str | None) -> None:
    """Refuse a name that the warehouse does not have, because the answer would only be empty.

    Parameters
    ----------
    layout : `Layout`
        Where the warehouse lies.
    campaign, stage, task : `str` or `None`
        Names to check; `None` and empty names are not checked.

    Raises
    ------
    TransformError
        Raised if a name is unknown; the message lists the known names.
    """
    with duckdb.connect(str(layout.require_warehouse()), read_only=True) as connection:
        for kind, name, known_names in (
            ("campaign", campaign, "select campaign from dim_campaigns"),
            # A record that belongs to no stage of the file has the stage `none`.
            (
                "stage",
                stage,
                "select stage from fct_stage_usage union select stage from fct_stage_outcomes",
            ),
            ("task", task, "select task_label from fct_task_completeness"),
        ):
            if not name:
                continue
            rows = connection.execute(known_names).fetchall()
            known = sorted({row[0] for row in rows})
            if name not in known:
                # There can be a hundred tasks, so only similar names are listed.
                shown = get_close_matches(name, known, 5, 0.5) if kind == "task" else known
                raise TransformError(
                    f"there is no {kind} {name!r}: "
                    + (f"{kind}s are {', '.join(shown)}" if shown else f"no {kind} is similar")
                )


def list_query() -> str:
    """Write the query that lists the questions."""
    columns = "view_name as question, comment as asks"
    return f"select {columns} from duckdb_views() where schema_name = '{SCHEMA}' order by view_name"  # noqa: S608 our own name


def query_of(
    questions: Sequence[Question],
    name: str,
    campaign: str | None = None,
    stage: str | None = None,
    task: str | None = None,
) -> str:
    """Write the query that asks one question.

    Parameters
    ----------
    questions : `~collections.abc.Sequence` [ `Question` ]
        All questions.
    name : `str`
        Name of the question.
    campaign, stage, task : `str` or `None`
        Keep the rows of this campaign, stage and task label; `None` keeps all.

    Returns
    -------
    query : `str`
        One query in SQL.

    Raises
    ------
    TransformError
        Raised if there is no such question, or if its answer has no such column.
    """
    question = next((each for each in questions if each.name == name), None)
    if question is None:
        known = ", ".join(each.name for each in questions)
        raise TransformError(f"there is no question {name!r}; the questions are {known}")
    wanted = {"campaign": campaign, "stage": stage, "task_label": task}
    conditions = []
    for column, value in wanted.items():
        if not value:
            continue
        if column not in question.columns:
            raise TransformError(f"the answer of {name} has no column {column}: remove that option")
        conditions.append(f"{column} = {_literal(value)}")
    where = f" where {' and '.join(conditions)}" if conditions else ""
    return f'select * from {SCHEMA}."{name}"{where}'  # noqa: S608 the name is one of ours


def write(layout: Layout, path: Path) -> None:
    """Write a page that shows each question with the first rows of its answer.

    Parameters
    ----------
    layout : `Layout`
        Where the warehouse lies.
    path : `pathlib.Path`
        The Markdown file.

    Raises
    ------
    TransformError
        Raised when there is no warehouse, or one without questions.
    """
    questions = find(layout)
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        sections = [_section(connection, question) for question in questions]
    path.write_text("\n".join([_HEAD, *sections]), encoding="utf-8")


def _section(connection: duckdb.DuckDBPyConnection, question: Question) -> str:
    """Write one question with its command and the first rows of its answer."""
    answer = connection.execute(query_of([question], question.name))
    rows = answer.fetchmany(_SHOWN_ROWS)
    further = len(answer.fetchall())
    lines = [f"## {question.name}", "", question.asks, "", f"`make ask Q={question.name}`", ""]
    lines.append(f"| {' | '.join(question.columns)} |")
    lines.append("|" + "---|" * len(question.columns))
    lines += [f"| {' | '.join(_shown(value) for value in row)} |" for row in rows]
    if further:
        lines += ["", f"{further:,} further rows."]
    return "\n".join([*lines, ""])


def _shown(value: object) -> str:
    """Write one value for a cell of a Markdown table."""
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|")


def _literal(text: str) -> str:
    """Write a text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"
