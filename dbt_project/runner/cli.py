"""Define the commands of the warehouse: parse, call one function, set the exit status."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import typer

from quanta_census.entrance import CONTEXT, Version, data_folder
from quanta_census.guard import Debug, clear_errors

from . import prompt
from .errors import TransformError
from .layout import Layout
from .prompt import Format

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings=CONTEXT,
)


Data = Annotated[
    Path,
    typer.Option(
        "--data",
        parser=data_folder,
        help="Folder of all outputs; the warehouse is DATA/warehouse.duckdb.",
    ),
]


def _clear_errors() -> AbstractContextManager[None]:
    """Report every error as one message and an exit status; a traceback only on request."""
    return clear_errors(
        TransformError, interrupted="interrupted: the warehouse is unchanged; run again."
    )


@app.callback()
def _main(version: Version = False, debug: Debug = False) -> None:
    """Build the warehouse from the lake, and run SQL on it."""


@app.command()
def build(
    data: Data = Path("data"),
    memory_limit: Annotated[
        str,
        typer.Option(
            help="Memory limit of DuckDB, such as 2GB or 75%. It writes to disk what does not "
            "fit. The process needs more than this limit: see docs/scale.md."
        ),
    ] = "75%",
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Build even if nothing changed.")
    ] = False,
    changed_only: Annotated[
        bool,
        typer.Option(
            "--changed-only",
            help="Build only the campaigns that changed, and copy the rows of the others from the "
            "published warehouse.",
        ),
    ] = False,
) -> None:
    """Build the warehouse from DATA/lake, check it, and publish it.

    The exit status is 1 when a model or a check fails; then the published warehouse is unchanged.
    It is also 1 when expected quanta are missing and the campaigns file does not declare the gap;
    then the new warehouse is published. If nothing changed, nothing is built.

    Example: census-transform build --data data --memory-limit 2GB
    """
    # Imported here, because a query does not need the modules of a build.
    from . import build as builder

    with _clear_errors():
        complete = builder.build(
            Layout(data),
            memory_limit=memory_limit,
            full_refresh=full_refresh,
            changed_only=changed_only,
        )
    if not complete:
        raise typer.Exit(1)


@app.command()
def sql(
    query: Annotated[
        str | None, typer.Argument(help="SQL of one query. Default: open a prompt.")
    ] = None,
    data: Data = Path("data"),
    output_format: Annotated[
        Format, typer.Option("--format", help="Format of the rows of one query.")
    ] = Format.table,
    from_env: Annotated[
        str | None, typer.Option(help="Read the query from this environment variable.")
    ] = None,
    allow_files: Annotated[
        bool,
        typer.Option(
            "--allow-files",
            help="Let SQL read and write files, attach databases and load extensions. Let dot "
            "commands of the prompt use files and the shell.",
        ),
    ] = False,
) -> None:
    """Open a read-only SQL prompt on the warehouse, or print the rows of one query.

    In the prompt, `.tables` lists the marts, and `.quit` ends it.

    Example: census-transform sql "select * from fct_stage_usage" --format markdown
    """
    with _clear_errors():
        text = query if from_env is None else os.environ.get(from_env, "")
        status = prompt.run(Layout(data), text or None, output_format, allow_files=allow_files)
    raise typer.Exit(status)


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="Name of a question. Default: list all questions.")
    ] = None,
    data: Data = Path("data"),
    campaign: Annotated[str | None, typer.Option(help="Only the rows of this campaign.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only the rows of this stage.")] = None,
    task: Annotated[str | None, typer.Option(help="Only the rows of this task label.")] = None,
    output_format: Annotated[
        Format, typer.Option("--format", help="Format of the rows.")
    ] = Format.table,
) -> None:
    """List the ready questions, or print the answer to one.

    A ready question is an SQL query that comes with the warehouse.

    Example: census-transform ask exceptions_by_task --campaign DM-53877
    """
    from . import questions

    layout = Layout(data)
    with _clear_errors():
        found = questions.find(layout)
        questions.check_names(layout, campaign, stage, task)
        query = (
            questions.query_of(found, question, campaign, stage, task)
            if question
            else questions.list_query()
        )
        status = prompt.run(layout, query, output_format)
    raise typer.Exit(status)


@app.command()
def docs(data: Data = Path("data")) -> None:
    """Write dbt's documentation of every model and column into DATA/docs/index.html.

    It is one page that works offline. The warehouse must exist.
    """
    from . import docs as docs_page

    with _clear_errors():
        page = docs_page.write(Layout(data))
        typer.echo(f"Wrote {page}")


@app.command()
def dictionary(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path(
        "docs/data-dictionary.md"
    ),
) -> None:
    """Write the data dictionary: every mart and column, with units.

    The text comes from the descriptions of the models; no warehouse is needed.
    """
    from . import dictionary as dictionaries

    with _clear_errors():
        dictionaries.write(path)
        typer.echo(f"Wrote {path}")


@app.command("questions")
def questions_page(
    path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("docs/questions.md"),
    data: Data = Path("data"),
) -> None:
    """Write a page of the ready questions, each with the first rows of its answer.

    The answers come from the warehouse in DATA.
    """
    from . import questions

    with _clear_errors():
        questions.write(Layout(data), path)
        typer.echo(f"Wrote {path}")
