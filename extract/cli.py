"""Define the command line of the extraction: parse, call one function, print the result.

Nothing is decided here.  The outputs for a user are in `extract.console`.  It is
imported only when needed, because the stack takes seconds to import and help must be
fast.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from quanta_census.entrance import CONTEXT, Version, data_folder
from quanta_census.guard import Debug

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings=CONTEXT,
)

_FOLDER = Path(__file__).parent.parent / "campaigns"


class Example(StrEnum):
    """Campaigns files that are part of this package."""

    demo = "demo"
    frdf = "frdf"


EXAMPLES = {Example.demo: _FOLDER / "demo.yaml", Example.frdf: _FOLDER / "frdf.example.yaml"}
"""Paths of these files, beside this package in a checkout and in a wheel."""

_File = Annotated[
    Path,
    typer.Argument(
        metavar="CAMPAIGNS",
        help="Campaigns file (YAML): `init` writes one, `example` prints one.",
    ),
]


_Data = Annotated[
    Path,
    typer.Option(parser=data_folder, help="Folder of all outputs; the lake is DATA/lake."),
]
_Campaign = Annotated[str | None, typer.Option(help="Only this campaign of the file.")]
_Stage = Annotated[str | None, typer.Option(help="Only stages of this name.")]
_Refresh = Annotated[bool, typer.Option("--refresh", help="Read unchanged RUNs, too.")]


@app.callback()
def _main(version: Version = False, debug: Debug = False) -> None:
    """Copy the quantum metadata of campaigns from Butler repositories into Parquet files."""


@app.command()
def run(
    campaigns: _File,
    data: _Data = Path("data"),
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of files to read at once, by at most as many processes as there are "
            "cores. On a remote store each process reads several, to hide the latency. "
            "Default: at most 8 files of a local disk, 32 of a remote store.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of files that each process reads at once, local ones too. "
            "Default: 1 on a local disk, its share of the workers on a remote store.",
        ),
    ] = None,
    executor: Annotated[
        str,
        typer.Option(
            metavar="WHERE",
            help="Where jobs run: local, parsl:FILE.py, dask:ADDRESS, dask:FILE.json (a "
            "scheduler's file) or dask:FILE.yaml (a cluster to start); see docs/executors.md.",
        ),
    ] = "local",
    retries: Annotated[
        int,
        typer.Option(
            min=0,
            help="How often a job is given to another worker when its worker is lost (killed, "
            "evicted).",
        ),
    ] = 1,
    campaign: _Campaign = None,
    stage: _Stage = None,
    refresh: _Refresh = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be read, and write nothing.")
    ] = False,
    max_rejects: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Fail when more than this many datasets of these stages could not be read. "
            "Default: no limit.",
        ),
    ] = None,
) -> None:
    """Read new and changed RUNs of the repositories into the lake.

    You can repeat or kill it at any time: the next run continues. If the campaigns file has a
    `demo` block, the demo repository is built first if it is missing. The exit status is 1 when
    something could not be done; the message says what to do.

    Example: census-extract run campaigns/demo.yaml --data data --workers 2
    """
    from . import console

    settings = console.Settings(
        data=data,
        workers=workers,
        threads=threads,
        campaign=campaign,
        stage=stage,
        refresh=refresh,
        executor=executor,
        retries=retries,
    )
    raise typer.Exit(console.run(campaigns, settings, dry_run=dry_run, max_rejects=max_rejects))


@app.command()
def status(
    campaigns: _File,
    data: _Data = Path("data"),
    campaign: _Campaign = None,
    stage: _Stage = None,
) -> None:
    """Show the RUNs of each stage, what the lake holds of them, and what a run would do now.

    Example: census-extract status campaigns/demo.yaml
    """
    from . import console

    settings = console.Settings(data=data, campaign=campaign, stage=stage)
    raise typer.Exit(console.status(campaigns, settings))


@app.command()
def check(campaigns: _File, data: _Data = Path("data")) -> None:
    """Check the campaigns file, repositories, collections, permissions, and one file of each stage.

    This takes seconds and reads nothing else. Each line begins with ok, warn or FAIL. The exit
    status is 1 when a check fails.

    Example: census-extract check campaigns/frdf.example.yaml
    """
    from . import console

    raise typer.Exit(console.check(campaigns, console.Settings(data=data)))


_Uri = Annotated[
    str,
    typer.Argument(
        metavar="URI", help="Folder of the copy: s3://, davs://, https://, file:// or a path."
    ),
]
_Replace = Annotated[
    bool,
    typer.Option(
        "--replace", help="Remove campaigns from the target that the source does not have."
    ),
]


@app.command()
def push(uri: _Uri, data: _Data = Path("data"), replace: _Replace = False) -> None:
    """Copy the lake to a store.

    Only new files are copied; each is checked, and the manifest comes last. If it is interrupted,
    run it again: it continues. No extraction can run on the lake at the same time.

    Example: census-extract push s3://census/lake --data data
    """
    from . import console

    raise typer.Exit(console.push(uri, console.Settings(data=data), may_replace=replace))


@app.command()
def pull(uri: _Uri, data: _Data = Path("data"), replace: _Replace = False) -> None:
    """Copy a lake from a store to DATA/lake.

    Only new files are copied, and each is checked. If it is interrupted, run it again: it
    continues.

    Example: census-extract pull s3://census/lake --data data
    """
    from . import console

    raise typer.Exit(console.pull(uri, console.Settings(data=data), may_replace=replace))


@app.command()
def init(
    repository: Annotated[
        str, typer.Argument(metavar="REPO", help="Path, URI or label of a Butler repository.")
    ],
    collections: Annotated[
        str, typer.Option(help="Glob of the collections to look at.", metavar="GLOB")
    ] = "*",
    output: Annotated[Path, typer.Option(help="The file to write.", dir_okay=False)] = Path(
        "campaigns.yaml"
    ),
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    compared: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare",
            metavar="BEFORE AFTER",
            help="Propose these two RUNs or chains as two campaigns to compare.",
        ),
    ] = None,
) -> None:
    """Propose a campaigns file from the collections of a repository, and show what was found.

    A collection such as .../DM-53877/stage1 becomes a stage of campaign DM-53877. If no name looks
    like that, each chain with metadata becomes a campaign of one stage. Only the registry and the
    `packages` of the RUNs are read.

    Example: census-extract init /repo/main --collections 'LSSTCam/runs/DRP/*' --output mine.yaml
    """
    from . import console

    raise typer.Exit(console.init(repository, collections, output, force=force, compared=compared))


@app.command()
def example(
    name: Annotated[
        Example, typer.Argument(help="The file of the demo, or one for a facility to copy.")
    ] = Example.frdf,
) -> None:
    """Print a campaigns file that explains the usual keys.

    Example: census-extract example frdf > mine.yaml
    """
    typer.echo(EXAMPLES[name].read_text(encoding="utf-8"), nl=False)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to create.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same quanta.")] = 1,
    scale: Annotated[
        float, typer.Option(min=0.01, help="Multiplies the number of quanta (1: about 33,000).")
    ] = 1,
) -> None:
    """Build the demo: a real Butler repository with three simulated campaigns.

    Example: census-extract demo data/demo --scale 1
    """
    from . import console

    raise typer.Exit(console.demo(folder, seed=seed, scale=scale))
