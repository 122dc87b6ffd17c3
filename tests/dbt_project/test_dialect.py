"""Only `macros/duckdb.sql` says what only DuckDB understands.

`make lint` parses every model in the other dialect; here stand the functions and symbols.
"""

from __future__ import annotations

import re

import pytest
from sqlfluff.core import FluffConfig, Linter

from dbt_project.runner.engine import PROJECT

MODELS = sorted((PROJECT / "models").rglob("*.sql"))
# sqlfluff's stand-in for the adapter puts a plain call in place of what only one engine says.
OTHER_DIALECT = "sparksql"
# DuckDB and Spark both have these functions, with the same arguments and the same result.
# A function that only one of them has belongs into a macro that is dispatched by adapter.
_SHARED_FUNCTIONS = """
    abs avg bool_and bool_or cast ceil coalesce concat_ws count dense_rank exp first_value floor
    greatest grouping lag last_value lead least length ln log10 lower max min mod ntile nullif
    percent_rank power rank regexp_replace regr_intercept regr_r2 regr_slope regr_sxx regr_syy
    replace round row_number sign sqrt substring sum trim try_cast upper
"""
SHARED_FUNCTIONS = frozenset(_SHARED_FUNCTIONS.split())
# Words that stand before a parenthesis and are no function.
_KEYWORDS = """
    all and any as by case cube decimal else exists filter from group having in is join not on or
    over partition rollup select sets then using values varchar when where with within
"""
KEYWORDS = frozenset(_KEYWORDS.split())
# A macro that makes several rows of one stands alone in its column: not every engine nests it.
NESTED_ROWS = r"\w\(\s*\{\{\s*(?:unnested|integers)\("
# What sqlfluff reads in every dialect, although only some engines know it.
FOREIGN_SYMBOLS = {"[": "a subscript", "::": "a short cast", "//": "an integer division"}


def plain(sql: str) -> str:
    """Return SQL without Jinja, comments and texts."""
    for pattern in (r"\{\{.*?\}\}", r"\{%.*?%\}", r"\{#.*?#\}", r"--[^\n]*", r"'[^']*'"):
        sql = re.sub(pattern, " ", sql, flags=re.DOTALL)
    return sql


def foreign_words(sql: str) -> list[str]:
    """List the functions and symbols that not every engine has."""
    text = plain(sql)
    functions = {name.lower() for name in re.findall(r"\b([A-Za-z_]\w*)\s*\(", text)}
    found = [
        f"function {name}" for name in sorted(functions - SHARED_FUNCTIONS - KEYWORDS - _ctes(text))
    ]
    if re.search(NESTED_ROWS, sql):
        found.append("rows made inside an expression")
    return found + [f"{what} '{sign}'" for sign, what in FOREIGN_SYMBOLS.items() if sign in text]


def parse_faults(sql: str, name: str) -> list[str]:
    """List what a parser of another dialect does not understand."""
    config = FluffConfig.from_path(str(PROJECT.parent), overrides={"dialect": OTHER_DIALECT})
    parsed = Linter(config=config).parse_string(sql, fname=name, config=config)
    return [violation.desc() for violation in parsed.violations]


def _ctes(text: str) -> set[str]:
    """Return the names that the query gives itself, such as `ranked (value, place) as (`."""
    return {name.lower() for name in re.findall(r"\b(\w+)\s*\([\w,\s]*\)\s+as\s*\(", text)}


@pytest.mark.parametrize(
    "expression",
    [
        "list_transform(ids, 2)",
        "epoch_us(id)",
        "id // 2",
        "id::bigint",
        "cast(id as varchar)",
        "[id, 2][1]",
        "id qualify true",
        "starts_with(name, 'w_')",
        "string_agg(name, ', ' order by name)",
        "trim({{ unnested('names') }})",
    ],
)
def test_what_only_duckdb_says_is_found(expression: str) -> None:
    sql = f"select {expression} as value from a"
    assert foreign_words(sql) or parse_faults(sql, "literal.sql")


def test_what_every_engine_says_is_not_found() -> None:
    sql = (
        "with a as (select 1 as id) select coalesce(sum(id), 0) as total from a where id in (1, 2)"
    )
    assert not foreign_words(sql)
    assert not parse_faults(sql, "literal.sql")


def test_models_say_what_every_engine_understands() -> None:
    found = {path.name: words for path in MODELS if (words := foreign_words(path.read_text()))}
    assert not found, f"Move these into macros/duckdb.sql: {found}"


def test_no_window_has_a_filter() -> None:
    # DuckDB 2.0.0 goes through all rows for each row of a running window with one: 200,000 rows
    # take 8 s, and four times that with twice as many.
    window = re.compile(r"filter \(where [^()]*(?:\([^()]*\)[^()]*)*\)\s+over\b")
    assert window.search("count(*) filter (where is_kept) over (order by position)")
    assert not [path.name for path in MODELS if window.search(path.read_text())]
