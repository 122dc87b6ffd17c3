"""Print progress, summary, status and checks of an extraction for a user at a terminal.

Each function is one command and returns its exit status.  The numbers are made in
other modules.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from quanta_census.guard import tell
from quanta_census.terminal import SafeConsole

from . import copies
from .butler import registered
from .butler.repository import Repository, open_repository
from .campaigns import DEMO_STAMP, DEMO_VERSION, CampaignsFile, load_campaigns
from .errors import CampaignsError, ExtractionError, RepositoryError, WorkerError
from .lake.store import Manifest, read_manifest, writing
from .plan import Plan, RunPlan, StageKey, make_plan, needed_repositories, select_stages
from .proposal import ProposedCampaign, campaigns_yaml, propose, propose_comparison
from .run import Settings, Summary, extract, opened_plan
from .sources import PREDICTED_GRAPH, SOURCES
from .uris import read_elsewhere, without_secrets
from .words import counted

__all__ = ["Settings", "check", "demo", "init", "pull", "push", "run", "status"]

_DOES = {
    "read": "read (new)",
    "reread": "read again (changed)",
    "repair": "read again (damaged in the lake)",
    "retry": "read again (what could not be read can be now)",
    "keep": "nothing (unchanged)",
    "none": "nothing",
}

_SHORT_NAMES = {
    registered.METADATA_FILES: "files",
    registered.PROVENANCE_GRAPH: "graph",
    registered.USAGE_TABLES: "tables",
}
"""Short names of the sources, for a narrow terminal."""


class _Output(SafeConsole):
    """An output that removes credentials from URIs."""

    def print(self, *texts: Any, **options: Any) -> None:  # noqa: ANN401
        """Print some texts."""
        cleaned = (without_secrets(text) if isinstance(text, str) else text for text in texts)
        super().print(*cleaned, **options)


def _console(*, error: bool = False) -> Console:
    """Make a console that does not wrap lines, so that names and URIs stay whole."""
    return _Output(stderr=error, soft_wrap=True, highlight=False, markup=False, emoji=False)


def _guarded(command: Callable[[], int]) -> int:
    """Run a command; an error becomes one message and an exit status."""
    try:
        return command()
    except BaseException as error:
        return tell(
            error,
            ExtractionError,
            interrupted="interrupted: run again to continue.",
            clean=without_secrets,
        )


class _Lines:
    """Progress as plain lines, for logs: one per RUN, and otherwise at most one in some seconds."""

    _PAUSE_S = 10.0

    def __init__(self) -> None:
        self._console = _console(error=True)
        self._total = self._done = 0
        self._begun = self._said = time.monotonic()

    def say(self, text: str) -> None:
        """Tell one line."""
        self._console.print(text)

    def expect(self, quanta_count: int) -> None:
        """Tell of more quanta to come."""
        self._total += quanta_count

    def advance(self, quanta_count: int) -> None:
        """Tell of quanta that are done."""
        self._done += quanta_count
        now = time.monotonic()
        if self._done and now - self._said >= self._PAUSE_S:
            self._said = now
            rate = self._done / (now - self._begun)
            left = max(self._total - self._done, 0) / rate if rate else 0
            self._console.print(
                f"{self._done:,} of {self._total:,} quanta, {rate:,.0f}/s, about {left:,.0f} s left"
            )


class _Bar:
    """Progress as a bar, on a terminal."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar = bar
        self._task = task
        self._total = 0
        self._begun = time.monotonic()

    def say(self, text: str) -> None:
        """Tell one line, above the bar."""
        self._bar.console.print(
            without_secrets(text), markup=False, highlight=False, soft_wrap=True
        )

    def expect(self, quanta_count: int) -> None:
        """Tell of more quanta to come."""
        self._total += quanta_count
        self._bar.update(self._task, total=self._total)

    def advance(self, quanta_count: int) -> None:
        """Tell of quanta that are done."""
        done = self._bar.tasks[0].completed + quanta_count
        rate = done / max(time.monotonic() - self._begun, 1e-9)
        self._bar.update(self._task, advance=quanta_count, rate=f"{rate:,.0f}/s")


@contextmanager
def _progress() -> Iterator[_Lines | _Bar]:
    """Show progress: a bar on a terminal, plain lines elsewhere."""
    console = SafeConsole(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (
        TextColumn("extract"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("quanta  {task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield _Bar(bar, bar.add_task("", total=None, rate=""))


def run(campaigns: Path, settings: Settings, *, dry_run: bool, max_rejects: int | None) -> int:
    """Run the command ``run``.

    Parameters
    ----------
    campaigns : `pathlib.Path`
        The campaigns file.
    settings : `extract.run.Settings`
        What is asked.
    dry_run : `bool`
        Whether to print what would be read, and write nothing.
    max_rejects : `int` or `None`
        Largest number of rejects that is not a failure.

    Returns
    -------
    code : `int`
        Exit status.
    """

    def command() -> int:
        file = load_campaigns(campaigns, settings.data)
        select_stages(file, settings.campaign, settings.stage)
        if dry_run:
            return _dry_run(file, settings)
        if file.demo:
            _ensure_demo(file, settings)
        with _progress() as progress:
            summary = extract(file, settings, progress)
        return _report(summary, settings, max_rejects)

    return _guarded(command)


def _ensure_demo(file: CampaignsFile, settings: Settings) -> None:
    """Build the demo repository of a campaigns file unless it is there."""
    assert file.demo is not None, "asked for"
    root = file.demo_root
    stamp = root / DEMO_STAMP
    if not stamp.exists():
        _build_demo(root, seed=file.demo.seed, scale=file.demo.scale)
        return
    try:
        built = json.loads(stamp.read_text(encoding="utf-8"))
        seed, scale = built["seed"], built["scale"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise CampaignsError(
            f"{stamp}: is damaged ({type(error).__name__}): remove {root}; the next run builds it "
            "again"
        ) from error
    if built.get("version") != DEMO_VERSION:
        raise CampaignsError(
            f"{root} was built by another version of this program: remove it; the next run builds "
            "it again"
        )
    if (seed, scale) != (file.demo.seed, file.demo.scale):
        raise CampaignsError(
            f"{root} was built with seed {seed} and scale {scale}, but {file.path} asks for seed "
            f"{file.demo.seed} and scale {file.demo.scale:g}: remove it, or choose another --data"
        )


def _build_demo(root: Path, *, seed: int, scale: float) -> None:
    """Build the demo; its tools are imported only here, because extraction does not need them."""
    if other := read_elsewhere(str(root)):
        raise CampaignsError(
            f"{root}: the Butler would write the demo into {other}: choose another folder"
        )
    try:
        from .demo import build
    except ImportError as error:
        raise CampaignsError(
            f"this stack can read repositories but not build the demo ({error}): the demo needs "
            "lsst-pipe-base 30.2026.400 or later, and the extra 'demo'"
        ) from None
    with writing(root):
        try:
            build(root, seed=seed, scale=scale)
        except FileExistsError as error:
            raise CampaignsError(str(error)) from None
        except BrokenExecutor as error:
            raise WorkerError(
                "a process that builds the demo died, probably killed for lack of memory: run "
                "again, or choose a smaller scale"
            ) from error


def _report(summary: Summary, settings: Settings, max_rejects: int | None) -> int:
    """Print what an extraction did, and return its exit status."""
    out, err = _console(), _console(error=True)
    for inputs in summary.inputs:
        out.print(inputs)
    for name in summary.retired:
        out.print(f"removed from the lake: {name}")
    for warning in summary.warnings:
        err.print(f"Warning: {warning}")
    rate = summary.attempts / summary.wall_time_s if summary.wall_time_s else 0
    read = summary.read_runs + summary.reread_runs
    out.print(
        f"{counted(read, 'RUN')} read ({summary.read_runs} new, {summary.reread_runs} changed), "
        f"{summary.kept_runs} unchanged, {counted(summary.graphs_read, 'predicted graph')}; "
        + (
            f"{counted(summary.records_read, 'file of job records', 'files of job records')} "
            f"({counted(summary.jobs, 'try', 'tries')}); "
            if summary.records_read
            else ""
        )
        + f"{counted(summary.attempts, 'row')} in {summary.wall_time_s:.1f} s ({rate:,.0f}/s); "
        f"{counted(summary.rejects, 'reject')}; lake: {settings.lake_root}"
    )
    if summary.rejects:
        unread = counted(summary.rejects, "dataset or job record", "datasets or job records")
        err.print(
            f"Warning: {unread} could not be read: table 'rejects' gives the reasons; these "
            "datasets are 'unreadable' in table 'quanta'"
        )
    for title in summary.unread_runs:
        err.print(
            f"Warning: {title}: some of its files could not be read: the next run tries them, and "
            "reads the RUN again when it can read them"
        )
    for failure in summary.failures:
        err.print(f"Error: {failure}")
    if max_rejects is not None and summary.rejects > max_rejects:
        err.print(
            f"Error: {counted(summary.rejects, 'reject')}, more than --max-rejects {max_rejects}"
        )
        return 1
    return 1 if summary.failures else 0


def _dry_run(file: CampaignsFile, settings: Settings) -> int:
    """Print what an extraction would read."""
    out = _console()
    if file.demo and not file.demo_root.exists():
        out.print(f"would build the demo repository in {file.demo_root}, and read it")
        return 0
    with opened_plan(file, settings) as (plan, _):
        for warning in plan.warnings:
            _console(error=True).print(f"Warning: {warning}")
        for run_plan in plan.runs:
            place = f"{run_plan.campaign} {run_plan.stage}: {run_plan.run}"
            out.print(f"{place}: {_would(run_plan)}")
        for graph in plan.graphs:
            out.print(f"{graph.campaign} {graph.stage}: {graph.uri}: {_DOES[graph.action]}")
        for one in plan.records:
            out.print(f"{one.place}: {one.path}: {_DOES[one.action]}, {one.kind}")
    return 0


def _would(run_plan: RunPlan) -> str:
    """Say what an extraction would do with a RUN."""
    if run_plan.set_aside_for is not None:
        return f"set aside: an input, owned by {run_plan.set_aside_for}"
    assert run_plan.contents is not None, "not set aside"
    match run_plan.contents.source:
        case registered.PROMISED:
            return "promised: run 'butler ingest-graph' first"
        case registered.NOTHING:
            return "nothing: it holds no metadata, no logs and no provenance graph"
        case registered.PROVENANCE_GRAPH:
            return f"{_DOES[run_plan.action]}, provenance graph"
        case registered.USAGE_TABLES:
            return f"{_DOES[run_plan.action]}, tables of gathered resource usage"
        case _:
            count = run_plan.contents.quanta_count
            quanta = counted(count, "quantum", "quanta")
            return f"{_DOES[run_plan.action]}, {quanta} in plain files"


def init(
    location: str,
    glob: str,
    output: Path,
    *,
    force: bool,
    compared: tuple[str, str] | None = None,
) -> int:
    """Run the command ``init``.

    Parameters
    ----------
    location : `str`
        Path, URI or label of the repository.
    glob : `str`
        Collections to search.
    output : `pathlib.Path`
        The file to write.
    force : `bool`
        Whether to overwrite an existing file.
    compared : `tuple` [ `str`, `str` ], optional
        The earlier and the later of two collections to compare, instead of a glob.

    Returns
    -------
    code : `int`
        Exit status.
    """

    def command() -> int:
        if output.exists() and not force:
            raise CampaignsError(f"{output} exists: choose another --output, or give --force")
        where = str(Path(location).absolute()) if Path(location).exists() else location
        with open_repository(where) as repository:
            campaigns = (
                propose_comparison(repository, *compared) if compared else propose(repository, glob)
            )
            text = campaigns_yaml(campaigns, where, repository.observations.instruments())
        with writing(output):
            output.write_text(text, encoding="utf-8")
        _print_proposal(campaigns)
        _console().print(
            f"Wrote {output}: read it, correct it, then: census-extract check {output}"
        )
        return 0

    return _guarded(command)


def _print_proposal(campaigns: list[ProposedCampaign]) -> None:
    """Show the campaigns and stages that were found."""
    table = Table("campaign", "release", "stage", "collection", "RUNs", "read from", box=None)
    table.columns[4].justify = "right"
    for campaign in campaigns:
        for stage in campaign.stages:
            source = _SHORT_NAMES.get(stage.source, stage.source)
            table.add_row(
                *(escape(text) for text in (campaign.name, campaign.release, stage.name)),
                escape(stage.collection),
                str(len(stage.runs)),
                source,
            )
    # Whole names on any width of terminal, because the user checks them.
    _Output(width=1_000, highlight=False, emoji=False).print(table, crop=False)


def push(uri: str, settings: Settings, *, may_replace: bool) -> int:
    """Run the command ``push``.

    Parameters
    ----------
    uri : `str`
        Folder of the copy.
    settings : `extract.run.Settings`
        Where the lake is.
    may_replace : `bool`
        Whether campaigns that only the copy has may be removed from it.

    Returns
    -------
    code : `int`
        Exit status.
    """
    return _copied(copies.push, uri, settings, may_replace)


def pull(uri: str, settings: Settings, *, may_replace: bool) -> int:
    """Run the command ``pull``.

    Parameters
    ----------
    uri : `str`
        Folder of the copy.
    settings : `extract.run.Settings`
        Where the lake is.
    may_replace : `bool`
        Whether campaigns that only the lake has may be removed from it.

    Returns
    -------
    code : `int`
        Exit status.
    """
    return _copied(copies.pull, uri, settings, may_replace)


def _copied(copy: copies.Copy, uri: str, settings: Settings, may_replace: bool) -> int:
    """Copy a lake and print what was copied."""

    def command() -> int:
        say = _console(error=True).print
        copied = copy(settings.lake_root, uri, may_replace=may_replace, say=say)
        _console().print(
            f"{copied.copied_count:,} files copied ({copied.copied_bytes / 1024**2:,.1f} MiB), "
            f"{copied.kept_count:,} unchanged, {copied.removed_count:,} removed"
        )
        return 0

    return _guarded(command)


def status(campaigns: Path, settings: Settings) -> int:
    """Run the command ``status``.

    Parameters
    ----------
    campaigns : `pathlib.Path`
        The campaigns file.
    settings : `extract.run.Settings`
        What is asked.

    Returns
    -------
    code : `int`
        Exit status.
    """

    def command() -> int:
        file = load_campaigns(campaigns, settings.data)
        manifest = read_manifest(settings.lake_root)
        if file.demo and not file.demo_root.exists():
            _console().print("The demo repository is not built yet: 'run' builds it.")
            return 0
        with opened_plan(file, settings) as (plan, _):
            _print_status(file, plan, manifest)
            _print_records(plan, manifest)
        return 0

    return _guarded(command)


def _print_records(plan: Plan, manifest: Manifest) -> None:
    """Print a line for each file of job records: its kind, and what the lake has of it."""
    out = _console()
    for one in plan.records:
        unit = manifest.find(*one.key)
        held = "nothing in the lake"
        if unit is not None:
            tries = counted(unit.facts["jobs_count"], "try", "tries")
            held = f"{tries}, {counted(unit.facts['reject_count'], 'reject')}"
        out.print(f"{one.place}: {one.path}: {one.kind}; {held}; {_DOES[one.action]}")


def _print_status(file: CampaignsFile, plan: Plan, manifest: Manifest) -> None:
    """Print a line for each RUN, by campaign and stage."""
    console = _Output(highlight=False, markup=False, emoji=False)
    table = _status_table("campaign", "stage", "RUN")
    for stage in plan.stages:
        rows = _status_rows(file, plan, manifest, stage)
        for number, row in enumerate(rows):
            table.add_row(*(stage if number == 0 else ("", "")), *row)
    if not console.is_terminal:
        # A log or a pipe has no width. A table with wrapped lines cannot be searched there.
        console.width = 400
    if console.measure(table, options=console.options.update(width=400)).maximum <= console.width:
        console.print(table)
        return
    for stage in plan.stages:
        rows = _status_rows(file, plan, manifest, stage)
        _print_stage(console, stage, rows, plan.inputs_of(stage))


def _status_table(*names: str) -> Table:
    """Make a table whose first columns have these names."""
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(name, overflow="fold")
    table.add_column("source", no_wrap=True)
    for name in ("quanta", "failed", "rejected", "expected"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("extracted (UTC)", no_wrap=True)
    table.add_column("a run would do", overflow="fold")
    return table


def _print_stage(
    console: Console, stage: StageKey, rows: list[tuple[str, ...]], inputs: str | None
) -> None:
    """Print a stage for a narrow terminal: what all RUNs have in common is printed above them."""
    own = [row for row in rows if row[1] != "input"]
    common = os.path.commonpath([row[0].rpartition("/")[0] for row in own]) if own else ""
    table = _status_table("RUN")
    for run, kind, *cells in own:
        *counts, extracted, action = cells
        # Year, seconds and reason need a wider terminal.
        short = action.partition(" (")[0]
        source = _SHORT_NAMES.get(kind, kind)
        table.add_row(run.removeprefix(common + "/"), source, *counts, extracted[5:16], short)
    console.print(f"{stage[0]} {stage[1]}  {common}", style="bold", soft_wrap=True)
    console.print(table)
    if inputs:
        console.print(inputs, soft_wrap=True)
    console.print()


def _status_rows(
    file: CampaignsFile, plan: Plan, manifest: Manifest, stage: StageKey
) -> list[tuple[str, ...]]:
    """Make the cells of a stage's RUNs, without campaign and stage."""
    rows = [_status_row(plan, manifest, stage, run_plan) for run_plan in plan.runs_of(stage)]
    if rows:
        return rows
    reason = file.campaigns[stage[0]].stages[stage[1]].incomplete
    text = f"declared incomplete: {reason}" if reason else "nothing there"
    return [("no RUN", "", "", "", "", "", "", text)]


def _status_row(
    plan: Plan, manifest: Manifest, stage: StageKey, run_plan: RunPlan
) -> tuple[str, ...]:
    """Make the cells of a RUN, without campaign and stage."""
    unit = manifest.find("run", *stage, run_plan.run)
    facts = unit.facts if unit else {}
    expected = facts.get("expected_count")
    if expected is None:
        predicted = [manifest.find(PREDICTED_GRAPH, *stage, g.uri) for g in plan.graphs_of(stage)]
        counts = [
            p.facts["expected_count"] for p in predicted if p and p.facts["run"] == run_plan.run
        ]
        expected = sum(counts) if counts else None
    numbers = [facts.get(f"{name}_count") for name in ("quanta", "failed", "reject")]
    return (
        run_plan.run,
        run_plan.contents.source if run_plan.contents else "input",
        *("" if number is None else f"{number:,}" for number in (*numbers, expected)),
        str(facts.get("extracted_at", ""))[:19].replace("T", " "),
        _would(run_plan),
    )


def check(campaigns: Path, settings: Settings) -> int:
    """Run the command ``check``.

    Parameters
    ----------
    campaigns : `pathlib.Path`
        The campaigns file.
    settings : `extract.run.Settings`
        Where the outputs go.

    Returns
    -------
    code : `int`
        Exit status: 1 if a check fails; a warning is not a failure.
    """

    def command() -> int:
        file = load_campaigns(campaigns, settings.data)
        stages = select_stages(file)
        out = _console()
        out.print(f"ok    campaigns file {campaigns}: {counted(len(file.campaigns), 'campaign')}")
        if file.demo and not file.demo_root.exists():
            out.print("ok    the demo repository is not built yet: 'run' builds it")
            return 0
        amiss = 0
        for location in needed_repositories(file, stages):
            amiss += _check_repository(file, location, out)
        return 1 if amiss else 0

    return _guarded(command)


def _check_repository(file: CampaignsFile, location: str, out: Console) -> int:
    """Check one repository and its stages, and count the failed checks."""
    try:
        with open_repository(location) as repository:
            out.print(f"ok    repository {location}: opened, read-only")
            amiss = 0
            for stage in select_stages(file):
                if file.repository_of(stage[0]) == location:
                    amiss += _check_stage(file, stage, repository, out)
            return amiss
    except RepositoryError as error:
        out.print(f"FAIL  {error}")
        return 1


def _check_stage(
    file: CampaignsFile,
    stage: StageKey,
    repository: Repository,
    out: Console,
) -> int:
    """Check one stage: its collections, its predicted graphs and one file of its newest RUN."""
    title = f"{stage[0]} {stage[1]}"
    declared = file.campaigns[stage[0]].stages[stage[1]].incomplete
    try:
        plan = make_plan(
            file,
            Manifest(),
            {repository.location: repository},
            stages=[stage],
        )
        own = [run_plan for run_plan in plan.runs if run_plan.contents]
        sources = Counter(run_plan.contents.source for run_plan in own if run_plan.contents)
        parts = [counted(len(own), "RUN")]
        if inputs := plan.inputs_of(stage):
            parts.append(inputs)
        if promised := sources[registered.PROMISED]:
            parts.append(f"{promised} promised (run 'butler ingest-graph' first)")
        if plan.records:
            parts.append(counted(len(plan.records), "file of job records", "files of job records"))
        if plan.graphs:
            parts.append(counted(len(plan.graphs), "predicted graph"))
        elif sources[registered.METADATA_FILES]:
            parts.append("no predicted graphs, so the expected quanta are not known")
        if not any(sources[name] for name in SOURCES) and declared is None:
            raise RepositoryError(
                f"{', '.join(parts)}, but nothing to read: correct the collections, or declare the "
                "stage 'incomplete' if its data is lost"
            )
        for run_plan in own:
            assert run_plan.contents is not None, "chosen so"
            uri = repository.contents.first_file(run_plan.run, run_plan.contents)
            if uri is not None:
                repository.stores.probe(uri)
                parts.append(f"read {uri}")
                break
            if run_plan.contents.quanta_count:
                raise RepositoryError(
                    f"{run_plan.run}: the datastore has no record of its metadata files"
                )
    except (RepositoryError, CampaignsError) as error:
        out.print(f"FAIL  {title}: {error}")
        return 1
    out.print(f"ok    {title}: {', '.join(parts)}")
    for warning in plan.warnings:
        out.print(f"warn  {warning}")
    return 0


def demo(folder: Path, *, seed: int, scale: float) -> int:
    """Run the command ``demo``.

    Parameters
    ----------
    folder : `pathlib.Path`
        Where to build.
    seed : `int`
        The same seed gives the same quanta.
    scale : `float`
        Multiplies the number of quanta.

    Returns
    -------
    code : `int`
        Exit status.
    """

    def command() -> int:
        _build_demo(folder.absolute(), seed=seed, scale=scale)
        _console().print(f"The demo repository is {folder / 'repo'}; its data is simulated.")
        return 0

    return _guarded(command)
