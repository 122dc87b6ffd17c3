"""`python -m dbt_project sql`: one query, in each format, and its errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dbt_project.runner import prompt
from dbt_project.runner.layout import Layout


def sql(layout: Layout, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dbt_project", "sql", "--data", str(layout.root), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_quotes_dollars_and_percent_signs_survive_the_environment(sample: Layout) -> None:
    query = """select '$HOME "x" 100%' as "a b" where 'isr' like '%s%'"""
    done = sql(sample, "--format", "csv", "--from-env", "Q", Q=query)
    assert done.stdout == 'a b\n"$HOME ""x"" 100%"\n'


@pytest.mark.parametrize(
    ("output_format", "expected"),
    [
        ("csv", "campaign\nDM-1\n"),
        ("markdown", "| campaign |\n|----------|\n| DM-1     |\n"),
        ("table", "┌──────────┐\n│ campaign │\n├──────────┤\n│ DM-1     │\n└──────────┘\n"),
    ],
)
def test_rows_are_printed_in_the_format_asked_for(
    sample: Layout, output_format: str, expected: str
) -> None:
    query = "select campaign from dim_campaigns order by 1 limit 1"
    assert sql(sample, "--format", output_format, query).stdout == expected


def test_json_can_be_read_back(sample: Layout) -> None:
    done = sql(
        sample, "--format", "json", "select campaign, is_focus from dim_campaigns order by 1"
    )
    assert [row["is_focus"] for row in json.loads(done.stdout)] == [False, False, True]


def test_a_wrong_query_fails(sample: Layout) -> None:
    done = sql(sample, "select nonsense")
    assert done.returncode != 0
    assert "nonsense" in done.stderr


def test_the_warehouse_cannot_be_changed(sample: Layout) -> None:
    done = sql(sample, "drop table dim_lake")
    assert done.returncode != 0
    assert "read-only" in done.stderr


def test_columns_carry_their_descriptions_in_the_database(sample: Layout) -> None:
    done = sql(sample, "--format", "csv", "select count(*) from duckdb_columns() "
               "where schema_name = 'main' and not internal and comment is null")  # fmt: skip
    assert done.stdout.splitlines()[1] == "0"


def test_a_missing_warehouse_says_what_to_do(tmp_path: Path) -> None:
    done = sql(Layout(tmp_path), "select 1")
    assert done.returncode == 1
    assert "make transform" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_environment_variable_opens_the_prompt_on_the_warehouse(sample: Layout) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dbt_project", "sql", "--data", str(sample.root)],
        input="select count(*) from dim_campaigns;\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3" in done.stdout


def test_a_table_rounds_doubles_and_csv_does_not(sample: Layout) -> None:
    query = "select 1::double / 3 as third, 7 as whole, 'a' as text -- no comment ends it"
    assert "│ 0.333333 │" in sql(sample, query).stdout
    assert sql(sample, "--format", "csv", query).stdout.endswith("\n0.3333333333333333,7,a\n")


@pytest.mark.parametrize(
    "query", ["describe dim_campaigns", "select 0.5::double as a, 1 as a", "show tables"]
)
def test_what_cannot_be_rounded_is_printed_as_it_is(sample: Layout, query: str) -> None:
    done = sql(sample, query)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize(
    "query",
    [
        "copy (select 1) to '{folder}/written.csv'",
        "attach '{folder}/other.duckdb'",
        "select * from read_text('{folder}/secret')",
        "set enable_external_access = true",
        "load '{folder}/extension'",
        ".shell touch {folder}/owned",
        ".output {folder}/written.csv",
        ".open {folder}/other.duckdb",
        ".read {folder}/secret",
        ".log {folder}/log",
        "select 1;\n.shell touch {folder}/owned",
    ],
)
def test_files_are_closed_to_sql(sample: Layout, tmp_path: Path, query: str) -> None:
    (tmp_path / "secret").write_text("hidden words")
    done = sql(sample, query.format(folder=tmp_path))
    assert done.returncode != 0
    assert "hidden words" not in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_files_are_open_to_sql_where_the_user_says_so(sample: Layout, tmp_path: Path) -> None:
    query = f"copy (select 1 as one) to '{tmp_path}/written.csv'"
    closed = sql(sample, query)
    assert "the option --allow-files permits it" in closed.stderr
    assert sql(sample, "--allow-files", query).returncode == 0
    assert (tmp_path / "written.csv").read_text() == "one\n1\n"


def test_the_prompt_names_marts_that_exist(sample: Layout) -> None:
    marts = prompt.first_marts(sample.warehouse)
    assert [name for name, _ in marts] == list(prompt.FIRST_MARTS)
    assert all(description for _, description in marts)
    shown = prompt.welcome(marts, allow_files=False)
    assert max(map(len, shown.splitlines())) <= 120
