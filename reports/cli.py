"""Define the command line of the report: parse, call one function, print the result."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from quanta_census.entrance import CONTEXT, Version, data_folder

from . import run, terminal
from .comparison import compare_runs
from .digest import digest, has_news
from .errors import ChoiceError
from .files import write_file
from .gate.checks import FailOn, compare, parse_share
from .gate.formats import Format, write
from .guard import Debug, clear_errors
from .requests import ALL, POLICIES, request_memory_yaml
from .summary import print_all, print_stage, print_summary, print_task
from .technote.html import build_html
from .warehouse import Warehouse

__all__ = ["app"]

app = typer.Typer(
    name="census-report",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)


def _folder(text: str | Path) -> Path:
    """Parse the folder of all outputs; refuse a file."""
    # Every path is absolute from here on, so that a later change of the folder has no effect.
    folder = data_folder(text).resolve()
    if folder.exists() and not folder.is_dir():
        raise typer.BadParameter(f"{folder} is a file: name the folder of all outputs")
    return folder


Data = Annotated[Path, typer.Option("--data", parser=_folder, help="Folder of all outputs.")]


@app.callback()
def _main(version: Version = False, debug: Debug = False) -> None:
    """Make the report of the warehouse: figures, tables, technote, page, summary."""


@app.command("run")
def run_command(data: Data = Path("data")) -> None:
    """Write the whole report of $DATA/warehouse.duckdb into $DATA/report."""
    with clear_errors():
        result = run.write_report(data, progress=terminal.progress)
        typer.echo(result.sentence())
        result.refuse_failed()


@app.command("summary")
def summary_command(
    data: Data = Path("data"),
    stage: Annotated[str | None, typer.Option(help="Show only the tasks of this stage.")] = None,
    task: Annotated[
        str | None, typer.Option(help="Show only this task, in every stage and campaign.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show everything that the technote says.")
    ] = False,
) -> None:
    """Print the answer on one screen: a table of stages, the answer, and what is missing."""
    if (stage is not None) + (task is not None) + everything > 1:
        raise typer.BadParameter("choose one of --stage, --task and --all")
    console = terminal.console()
    with clear_errors(), Warehouse(data / "warehouse.duckdb") as warehouse:
        if stage is not None:
            print_stage(warehouse, stage, console)
        elif task is not None:
            print_task(warehouse, task, console)
        elif everything:
            print_all(warehouse, console)
        else:
            print_summary(warehouse, console)


@app.command("technote")
def technote_command(
    data: Data = Path("data"),
    environment: Annotated[
        Path,
        typer.Option(
            help="Virtual environment with documenteer; it is created if needed.", resolve_path=True
        ),
    ] = Path(sys.prefix) / "technote",
) -> None:
    """Build the HTML of the technote in $DATA/report/technote with documenteer.

    The first time, it installs documenteer into an environment of its own, which needs `uv` and a
    package index. After that it works offline.
    """
    with clear_errors():
        page = build_html(data / "report" / "technote", environment=environment)
        typer.echo(f"Technote: {page}")


@app.command("publish")
def publish_command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Folder to fill; it is created if needed.",
            file_okay=False,
            resolve_path=True,
        ),
    ],
    data: Data = Path("data"),
) -> None:
    """Write the report, and copy all of it with an index into a folder for a static web server.

    The folder has page, figures, tables (CSV, Parquet, one XLSX), requests and data dictionary. It
    also has the HTML of the technote and dbt's documentation, if `census-report technote` and
    `census-transform docs` made them. Links are relative: any address can serve the folder.
    """
    # Imported here: only this command needs the writer of spreadsheets.
    from .publish.folder import publish

    with clear_errors():
        result = run.write_report(data, progress=terminal.progress)
        for sentence in publish(data, folder).sentences():
            typer.echo(sentence)
        result.refuse_failed()


@app.command("compare")
def compare_command(
    before: Annotated[str, typer.Argument(help="The earlier RUN, or a chain.")],
    after: Annotated[str, typer.Argument(help="The later RUN, or a chain.")],
    repository: Annotated[str, typer.Option(help="Path, URI or label of a Butler repository.")],
    data: Annotated[
        Path, typer.Option("--data", parser=_folder, help="Folder of all outputs.")
    ] = Path("compare"),
) -> None:
    """Compare two RUNs without a campaigns file: extract both, and write the report.

    It runs the two other programs, so it needs the extras extract and warehouse, too. It writes a
    campaigns file, DATA/campaigns.yaml, which you can change and use again.
    """
    with clear_errors():
        for sentence in compare_runs(before, after, repository=repository, data=data):
            typer.echo(sentence)


@app.command("digest")
def digest_command(
    data: Data = Path("data"),
    output: Annotated[
        Path | None,
        typer.Option(help="File to write (default: print it).", dir_okay=False, resolve_path=True),
    ] = None,
    only_news: Annotated[
        bool,
        typer.Option(
            "--only-news", help="Write nothing when nothing changed since the last publication."
        ),
    ] = False,
) -> None:
    """Write a short message in Markdown, for a nightly run.

    The message has the answer, the verdicts, and what changed since the last publication of the
    warehouse. It also has the quanta to run again, and the three requests that waste most.
    """
    with clear_errors(), Warehouse(data / "warehouse.duckdb") as warehouse:
        if only_news and not has_news(warehouse):
            return
        text = digest(warehouse)
        if output is not None:
            write_file(output, text)
        typer.echo(text if output is None else f"Digest: {output}", nl=output is not None)


@app.command("regressions")
def regressions_command(
    data: Data = Path("data"),
    fail_over: Annotated[
        str, typer.Option(help="Share by which a task may become worse, such as 10% or 0.1.")
    ] = "10%",
    before: Annotated[
        str | None, typer.Option(help="Earlier campaign (default: the one before in the file).")
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="Later campaign (default: the focus campaign).")
    ] = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(help="What fails: only checks that became worse, or also inconclusive ones."),
    ] = FailOn.WORSE,
    allow_unjudged: Annotated[
        bool, typer.Option("--allow-unjudged", help="Pass even if no check could be judged.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="Format of the result.")] = Format.TEXT,
) -> None:
    """Fail when a task became worse on the same data IDs, for the CI of a pipeline.

    Memory and wall time of each task are one check each. The exit status is 2 when a check became
    worse by more than the limit. It is 3 when a check is inconclusive (with --fail-on cannot-tell).
    It is 1 when no data ID matched or no check could be judged.
    """
    with clear_errors():
        limit = parse_share(fail_over)
        with Warehouse(data / "warehouse.duckdb") as warehouse:
            found = compare(warehouse, limit=limit, before=before, after=after)
        typer.echo(write(found, form, fail_on), nl=False)
        status = found.exit_status(fail_on, allow_unjudged=allow_unjudged)
        if status == 1:
            raise ChoiceError(
                f"none of {len(found.checks)} checks could be judged, so the gate does not pass: "
                "compare campaigns with more matched quanta, or give --allow-unjudged."
            )
    if status:
        raise typer.Exit(status)


@app.command("requests")
def requests_command(
    data: Data = Path("data"),
    policy: Annotated[
        str | None,
        typer.Option(
            help=f"What to request: {', '.join(POLICIES)}. p95_retry, p99 and least_waste need a "
            "batch system that retries a killed job with more memory; max_margin covers every peak "
            "that was seen; least_waste leaves the least memory unused, killed attempts included. "
            "Default: of those that leave the fewest jobs undone the one that costs least."
        ),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option(
            help=f"Campaign whose peaks are used. With {ALL}, each job gets the largest request of "
            "all campaigns that have enough evidence for it. Default: the focus campaign."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="File to write (default: print it).", dir_okay=False, resolve_path=True),
    ] = None,
) -> None:
    """Write requestMemory of every task and cluster as YAML that BPS can include.

    Put the file beside your BPS configuration and name it there under `includeConfigs`. Jobs with
    too few own peaks, or whose processes are not known, are comments in it. `census-report run`
    writes the requests of the focus campaign and its default policy to $DATA/report/bps.
    """
    with clear_errors():
        with Warehouse(data / "warehouse.duckdb") as warehouse:
            text = request_memory_yaml(warehouse, campaign=evidence, policy=policy)
        if output is not None:
            write_file(output, text)
        typer.echo(text if output is None else f"Requests: {output}", nl=output is not None)
