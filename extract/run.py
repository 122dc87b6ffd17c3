"""Run one extraction: read RUNs on an executor, and publish the result in the lake.

`extract.jobs` has the jobs, and `extract.scheduler` decides which of them run next.
This module publishes what the jobs wrote, unit by unit, and writes the small tables.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from quanta_census.entrance import program_version

from .butler.registered import NOTHING, PACKAGES, PROMISED
from .butler.repository import CONNECTIONS, Repository, open_repository
from .butler.store_errors import explain
from .butler.stores import sample_unread
from .campaigns import CampaignsFile
from .errors import ExtractionError, StoreError, UnreachableError
from .executors import LOCAL, check_executor, opened_executor, width_of
from .job_records import WHOLE_CAMPAIGN, RecordsPlan
from .jobs import reading
from .jobs.slices import WrittenSlice
from .lake.schema import LAKE_SCHEMA_VERSION, TABLES
from .lake.store import DISK_FULL, Lake, Unit, read_manifest
from .plan import (
    TO_READ,
    GraphPlan,
    Plan,
    RunPlan,
    StageKey,
    make_plan,
    needed_repositories,
    select_stages,
)
from .releases import check_release, stack_version
from .scheduler import Job, Scheduler, slices_of
from .sources import JOB_RECORDS, PREDICTED_GRAPH, SOURCES, Description, Place, Source
from .sources.header_counts import count_rows
from .uris import without_secrets
from .visits import collect_visits

__all__ = [
    "Progress",
    "Settings",
    "Summary",
    "extract",
    "opened_plan",
]

_MOST_PROCESSES = 8
"""Default limit of processes, because a login node is shared."""


class Progress(Protocol):
    """Receives the progress of an extraction."""

    def say(self, text: str) -> None:
        """Show one line."""

    def expect(self, quanta_count: int) -> None:
        """Add quanta that will be read."""

    def advance(self, quanta_count: int) -> None:
        """Add quanta that are done."""


@dataclass(frozen=True)
class Settings:
    """Options of an extraction."""

    data: Path
    workers: int | None = None
    """Files that are read at once; `None`: a number that depends on the machine."""

    threads: int | None = None
    """Files that each process reads at once; `None`: a number that depends on the store."""

    campaign: str | None = None
    stage: str | None = None
    refresh: bool = False

    retries: int = 1
    """How often a job whose worker was lost is given to another worker."""

    executor: str = LOCAL
    """Where jobs run, as `extract.executors.opened_executor` understands it."""

    def __post_init__(self) -> None:
        # Absolute from here on: workers find the same files, also after a change of the folder.
        object.__setattr__(self, "data", self.data.absolute())

    @property
    def processes(self) -> int:
        """Processes that read and write: at most one per core, because more would only wait."""
        return min(os.cpu_count() or 1, _MOST_PROCESSES if self.workers is None else self.workers)

    @property
    def local_threads(self) -> int:
        """Files of a local disk that each process reads at once; more threads would only wait."""
        return self.threads or 1

    def remote_threads(self, width: int) -> int:
        """Get the number of files that each job reads at once from a remote store with latency."""
        return self.threads or -(-(self.workers or CONNECTIONS) // width)

    @property
    def lake_root(self) -> Path:
        """Where the lake is, absolute."""
        return self.data / "lake"


@dataclass
class Summary:
    """What an extraction did."""

    read_runs: int = 0
    reread_runs: int = 0
    kept_runs: int = 0
    graphs_read: int = 0
    records_read: int = 0
    """Files of job records."""

    jobs: int = 0
    """Tries of batch jobs that they hold."""

    attempts: int = 0
    rejects: int = 0
    """Count over all rows of the lake for the selected stages."""

    inputs: list[str] = field(default_factory=list)
    """Lines that name the RUNs of each stage that were set aside."""

    unread_runs: list[str] = field(default_factory=list)
    """RUNs some of whose files could not be read."""

    retired: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    wall_time_s: float = 0.0


@contextmanager
def opened_plan(
    file: CampaignsFile, settings: Settings
) -> Iterator[tuple[Plan, dict[str, Repository]]]:
    """Open the repositories and plan an extraction.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file.
    settings : `Settings`
        Options.

    Yields
    ------
    plan : `extract.plan.Plan`
        What would be done.
    repositories : `dict` [ `str`, `Repository` ]
        Open repositories by location.
    """
    stages = select_stages(file, settings.campaign, settings.stage)
    with ExitStack() as stack:
        repositories = {
            location: stack.enter_context(open_repository(location))
            for location in needed_repositories(file, stages)
        }
        plan = make_plan(
            file,
            read_manifest(settings.lake_root),
            repositories,
            stages=stages,
            refresh=settings.refresh,
        )
        yield plan, repositories


_UnitPlan = RunPlan | GraphPlan | RecordsPlan
"""Kinds of plans of a unit."""


class _Reading:
    """A unit that is being read: a RUN, a predicted graph or a file of job records.

    Parameters
    ----------
    plan : `RunPlan`, `GraphPlan` or `RecordsPlan`
        The unit.
    folder : `pathlib.Path`
        Folder in which the jobs of this unit write; it is made and removed here.
    context : `_Context`
        Data that all units share.
    """

    def __init__(self, plan: _UnitPlan, folder: Path, context: _Context) -> None:
        self._plan = plan
        self._folder = folder
        self._context = context
        self._facts: dict[str, Any] = {}
        self._slices: dict[int, WrittenSlice] = {}

    @property
    def _source(self) -> Source:
        """The source that reads it."""
        match self._plan:
            case RunPlan(contents=contents):
                assert contents is not None, "set-aside RUNs are not read"
                return SOURCES[contents.source]
            case GraphPlan():
                return SOURCES[PREDICTED_GRAPH]
        return SOURCES[JOB_RECORDS]

    @property
    def kind(self) -> str:
        """Kind of the unit in the manifest."""
        return "run" if isinstance(self._plan, RunPlan) else self._source.name

    @property
    def name(self) -> str:
        """Name of the unit in the manifest."""
        match self._plan:
            case RunPlan(run=run):
                return run
            case GraphPlan(uri=uri):
                return uri
        return self._plan.path

    @property
    def title(self) -> str:
        """Beginning of its messages; messages on graphs name the graph themselves."""
        if isinstance(self._plan, RecordsPlan):
            return self._plan.place
        place = f"{self._plan.campaign} {self._plan.stage}"
        return f"{place}: {self.name}" if self.kind == "run" else place

    @property
    def _repository(self) -> Repository | None:
        """The repository of a RUN."""
        if isinstance(self._plan, RunPlan):
            return self._context.repositories[self._plan.location]
        return None

    def begin(self) -> list[Job]:
        """Give the first job, unless the store cannot be reached."""
        plan, context, contents = self._plan, self._context, None
        if isinstance(plan, RunPlan):
            contents = plan.contents
            assert contents is not None, "set-aside RUNs are not read"
            repository = context.repositories[plan.location]
            try:
                repository.stores.require(repository.contents.first_file(plan.run, contents))
            except UnreachableError as error:
                context.given_up.setdefault(str(error), []).append(self.title)
                return []
            self._facts["packages"] = repository.contents.packages(plan.run)
        self._folder.mkdir(parents=True)
        threads = (
            context.settings.local_threads,
            context.settings.remote_threads(context.width),
        )
        name = plan.location if isinstance(plan, GraphPlan) else self.name
        place = Place(name, self._folder, contents, threads)
        return [Job(reading.describe, (self._source.name, place), self._slice)]

    def _slice(self, found: Description) -> list[Job]:
        """Give the jobs that read what was described."""
        source, facts, header = self._source, self._facts, None
        if isinstance(self._plan, RunPlan):
            facts["packages"] = facts["packages"] or found.packages
            if found.uri is not None:
                facts["graph_uri"] = found.uri
        elif found.run is not None:
            facts["run"] = found.run
        if found.header_counts is not None:
            assert found.run is not None
            assert found.uri is not None
            assert source.header_name is not None
            facts["expected_count"] = sum(found.header_counts.values())
            header = count_rows(found.run, found.header_counts, source.header_name, found.uri)
        self._context.progress.expect(found.quanta_count)
        wanted = slices_of(found.quanta_count, self._context.width)
        return [
            Job(
                reading.read,
                (source.name, part, None if number else header, self._folder / f"{number:05}"),
                partial(self._take, number),
            )
            for number, part in enumerate(source.slices(found, self._repository, wanted))
        ]

    def _take(self, number: int, written: WrittenSlice) -> list[Job]:
        """Record a slice that was read."""
        self._slices[number] = written
        if written.warning:
            self._context.summary.warnings.append(f"{self.title}: {written.warning}")
        self._context.progress.advance(written.quanta_count)
        return []

    def finish(self) -> None:
        """Publish the unit in the lake."""
        plan, facts, summary = self._plan, self._facts, self._context.summary
        staged: dict[str, list[Path]] = {}
        # Sorted by number: jobs end in any order, and the files must not depend on it.
        unread = [uri for written in self._slices.values() for uri in written.unread]
        facts["unread"] = sample_unread(unread)
        for _, written in sorted(self._slices.items()):
            for table, path in written.files.items():
                staged.setdefault(table, []).append(path)
            for name in (
                "attempts_count",
                "quanta_count",
                "failed_count",
                "reject_count",
                "jobs_count",
            ):
                facts[name] = facts.get(name, 0) + getattr(written, name)
        if (repository := self._repository) is not None:
            types = repository.collections.dataset_types(self.name)
            facts["packages_unread"] = facts["packages"] is None and PACKAGES in types
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        facts |= {"extracted_at": now, "extractor_version": program_version()}
        if "graph_uri" in facts:
            # Quanta of the header that the aggregator did not scan are counted, too.
            facts["unscanned_count"] = max(facts["expected_count"] - facts["quanta_count"], 0)
        unit = Unit(self.kind, plan.campaign, plan.stage, self.name, plan.fingerprint, (), facts)
        self._context.lake.publish(unit, staged)
        summary.attempts += facts["attempts_count"]
        if isinstance(plan, RecordsPlan):
            summary.records_read += 1
            summary.jobs += facts["jobs_count"]
            self._context.progress.say(
                f"{self.title}: {self.name}: {facts['jobs_count']:,} tries of jobs"
            )
            return
        if isinstance(plan, GraphPlan):
            summary.graphs_read += 1
            return
        if facts["unread"]:
            summary.unread_runs.append(self.title)
        if plan.action == "retry":
            self._context.progress.say(
                f"{self.title}: read again, since what could not be read before can be now"
            )
        if plan.action == "read":
            summary.read_runs += 1
        else:
            summary.reread_runs += 1
        self._context.progress.say(f"{self.title}: {facts['quanta_count']:,} quanta")

    def fail(self, error: Exception) -> None:
        """Record why the unit could not be read; other RUNs are still read."""
        if isinstance(error, OSError) and error.errno in DISK_FULL:
            raise error  # The next unit could not be written either.
        text = str(error) if isinstance(error, ExtractionError) else explain(error)
        self._context.summary.failures.append(f"{self.title}: {text}")
        if isinstance(error, StoreError) and isinstance(self._plan, RunPlan):
            self._context.repositories[self._plan.location].stores.doubt()

    def clear(self) -> None:
        """Remove files that the jobs left."""
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass
class _Context:
    """Data that all units of an extraction share."""

    lake: Lake
    repositories: dict[str, Repository]
    settings: Settings
    width: int
    progress: Progress
    summary: Summary
    given_up: dict[str, list[str]] = field(default_factory=dict)
    """Titles of the RUNs that were not tried, by the message about their store."""

    def tell_what_was_given_up(self) -> None:
        """Report each store without an answer in one line, so that other failures stay visible."""
        for silence, titles in self.given_up.items():
            names = titles[0] if len(titles) == 1 else f"{titles[0]} to {titles[-1]}"
            self.summary.failures.append(
                f"{silence} Not tried: {len(titles)} RUNs that it keeps ({names}); what the lake "
                "has stays; run again when it answers"
            )


def extract(
    file: CampaignsFile,
    settings: Settings,
    progress: Progress,
    executor: Executor | None = None,
    width: int | None = None,
) -> Summary:
    """Update the lake from repositories and campaigns file.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file; its demo repository, if any, must exist.
    settings : `Settings`
        Options.
    progress : `Progress`
        Receives the progress.
    executor : `concurrent.futures.Executor`, optional
        Where jobs run; it must share the file system of the lake.  The default is the one of
        the settings, which is opened if there is something to read.
    width : `int`, optional
        Jobs that the executor runs at once.  The default is the executor's own number, which
        the pools of the standard library have, else ``settings.processes``.

    Returns
    -------
    summary : `Summary`
        What was done.  Units that could not be read are among its failures.  The lake
        has all others.

    Raises
    ------
    CampaignsError, RepositoryError, LakeError
        Raised before anything is read or written.
    ExecutorError
        Raised if the executor cannot be opened, before any RUN is read.
    WorkerError
        Raised if workers die; finished units are in the lake.
    """
    begun = time.monotonic()
    summary = Summary()
    check_executor(settings.executor)
    with ExitStack() as stack:
        plan, repositories = stack.enter_context(opened_plan(file, settings))
        lake = stack.enter_context(Lake.locked(settings.lake_root))
        summary.warnings.extend(plan.warnings)
        for stage in plan.stages:
            if inputs := plan.inputs_of(stage):
                summary.inputs.append(f"{stage[0]} {stage[1]}: {inputs}")
        _retire_what_left(lake, file, plan, summary)
        _retire_what_is_damaged(lake, plan, summary)
        _write_campaigns(lake, file)
        for run in plan.runs:
            if run.action == "keep":
                summary.kept_runs += 1
                unit = lake.manifest.find("run", run.campaign, run.stage, run.run)
                if unit and unit.facts.get("unread"):
                    summary.unread_runs.append(f"{run.campaign} {run.stage}: {run.run}")
        _warn_of_promises(plan, summary)
        if to_read := _units_to_read(plan):
            if executor is not None:
                pool, chosen = executor, width or width_of(executor, settings.processes)
            else:
                pool, chosen = stack.enter_context(
                    opened_executor(
                        settings.executor,
                        processes=settings.processes,
                        data=settings.data,
                        shared=lake.scratch,
                        say=progress.say,
                    )
                )
            context = _Context(lake, repositories, settings, chosen, progress, summary)
            Scheduler(pool, chosen, settings.retries).carry_out(
                [
                    _Reading(unit, lake.scratch / f"{number:05}", context)
                    for number, unit in enumerate(to_read)
                ]
            )
            context.tell_what_was_given_up()
        for one in plan.records:
            unit = lake.manifest.find(*one.key)
            summary.rejects += unit.facts["reject_count"] if unit else 0
        for stage in plan.stages:
            _write_stage(lake, file, plan, stage, repositories, summary)
        _keep_others(lake, file, plan)
        lake.write_empty_tables()
        lake.finish()
    summary.wall_time_s = time.monotonic() - begun
    return summary


def _units_to_read(plan: Plan) -> list[_UnitPlan]:
    """List the units to read; predicted graphs and records come last, because they are small."""
    units: list[_UnitPlan] = [*plan.runs, *plan.graphs, *plan.records]
    return [unit for unit in units if unit.action in TO_READ]


def _warn_of_promises(plan: Plan, summary: Summary) -> None:
    for run in plan.runs:
        if run.contents and run.contents.source == PROMISED:
            summary.warnings.append(
                f"{run.campaign} {run.stage}: {run.run} is promised: aggregated, but neither its "
                "metadata nor its graph is in the registry yet; run 'butler ingest-graph', "
                "then extract again"
            )


def _retire_what_left(lake: Lake, file: CampaignsFile, plan: Plan, summary: Summary) -> None:
    """Remove from the lake what is no longer in the file or the repository."""
    known = {
        (name, stage) for name, declared in file.campaigns.items() for stage in declared.stages
    }
    known |= {(name, WHOLE_CAMPAIGN) for name in file.campaigns}
    looked_at = {*plan.stages, *((name, WHOLE_CAMPAIGN) for name, _ in plan.stages)}
    there = {
        ("run", run.campaign, run.stage, run.run) for run in plan.runs if run.action != "none"
    } | {(PREDICTED_GRAPH, graph.campaign, graph.stage, graph.uri) for graph in plan.graphs}
    there |= {one.key for one in plan.records}
    for unit in list(lake.manifest.units):
        stage = (unit.campaign, unit.stage)
        has_left = stage in looked_at and unit.kind != "visits" and unit.key not in there
        if stage not in known or has_left:
            lake.retire(unit.key)
            if unit.kind == "run":
                summary.retired.append(f"{unit.campaign} {unit.stage}: {unit.name}")


def _retire_what_is_damaged(lake: Lake, plan: Plan, summary: Summary) -> None:
    """Remove damaged units from the lake, so that the lake is consistent even if a read fails."""
    for unit in list(lake.manifest.units):
        damage = lake.manifest.damages.get(unit.key)
        is_record = unit.key in {one.key for one in plan.records}
        if damage is not None and (is_record or (unit.campaign, unit.stage) in plan.stages):
            lake.retire(unit.key)
            summary.warnings.append(
                f"{unit.campaign} {unit.stage}: {damage}: it is removed from the lake, and read "
                "again"
            )


def _write_campaigns(lake: Lake, file: CampaignsFile) -> None:
    """Write what the campaigns file says, on every run, also if nothing is new."""
    now = datetime.datetime.now(datetime.UTC)
    nodes = [{"name": name, **node.model_dump()} for name, node in file.nodes.items()]
    for position, (name, declared) in enumerate(file.campaigns.items()):
        row = {
            "campaign_position": position,
            "release": declared.release,
            "fields": list(declared.fields),
            "description": declared.description,
            "focus": declared.focus,
            "is_simulated": file.demo is not None,
            "repository": without_secrets(file.repository_of(name)),
            "threshold_gib": file.threshold_gib,
            "thresholds_gib": list(file.thresholds_gib),
            "lines_gib": list(file.lines_gib),
            "bin_gib": file.bin_gib,
            "nodes": nodes,
            "price_per_core": file.prices.per_core,
            "price_per_gib": file.prices.per_gib,
            "current_requests": file.current_requests_json,
            "campaigns_file": file.path.name,
            "recorded_at": now,
        }
        _write_rows(lake, "campaigns", [row], name)
        for place, (stage, own) in enumerate(declared.stages.items()):
            row = {
                "stage_position": place,
                "collections": list(own.collections),
                "quantum_graphs": [without_secrets(graph) for graph in own.quantum_graphs],
                "job_records": [*own.job_records, *declared.job_records],
                "incomplete_reason": own.incomplete,
            }
            _write_rows(lake, "stages", [row], name, stage)


def _write_rows(
    lake: Lake, table: str, rows: list[dict[str, Any]], campaign: str, stage: str | None = None
) -> None:
    content = pa.Table.from_pylist(rows, schema=TABLES[table])
    lake.write_table(table, content, campaign=campaign, stage=stage)


def _write_stage(
    lake: Lake,
    file: CampaignsFile,
    plan: Plan,
    stage: StageKey,
    repositories: dict[str, Repository],
    summary: Summary,
) -> None:
    """Write the tables on a stage as a whole: its RUNs and its visits."""
    release = file.campaigns[stage[0]].release
    units = lake.manifest.of_stage(*stage)
    expected: dict[str, int] = {}
    for unit in units:
        if unit.kind == PREDICTED_GRAPH:
            run = unit.facts["run"]
            expected[run] = expected.get(run, 0) + unit.facts["expected_count"]
    facts = {unit.name: unit for unit in units if unit.kind == "run"}
    rows = []
    for run in plan.runs_of(stage):
        row = _run_row(run, facts.get(run.run), expected.get(run.run), release)
        rows.append(row)
        summary.rejects += row["reject_count"] or 0
        if row["release_check"] == "contradicts":
            summary.warnings.append(
                f"{stage[0]} {stage[1]}: {run.run} ran on {row['stack_version']}, "
                f"but the campaigns file says {release}"
            )
    read = [row for row in rows if row["extracted_at"] is not None]
    if unknown := sum(row["packages"] is None for row in read):
        summary.warnings.append(
            f"{stage[0]} {stage[1]}: {unknown} of {len(read)} RUNs have no 'packages' dataset "
            "that can be read: their software versions stay unknown"
        )
    _write_rows(lake, "runs", rows, *stage)
    location = file.repository_of(stage[0])
    warning = collect_visits(lake, repositories[location], stage)
    if warning:
        summary.warnings.append(f"{stage[0]} {stage[1]}: {warning}")


def _run_row(run: RunPlan, unit: Unit | None, expected: int | None, release: str) -> dict[str, Any]:
    """Make a row of `extract.lake.schema.RUNS`."""
    facts = unit.facts if unit else {}
    packages = facts.get("packages")
    stack = stack_version(packages)
    at = facts.get("extracted_at")
    return {
        "run": run.run,
        "collection": run.collection,
        "chain_position": run.chain_position,
        "source": run.contents.source if run.contents else NOTHING,
        "set_aside_for_stage": run.set_aside_for,
        "attempts_count": facts.get("attempts_count"),
        "quanta_count": facts.get("quanta_count"),
        "failed_count": facts.get("failed_count"),
        "reject_count": facts.get("reject_count"),
        "expected_count": facts.get("expected_count", expected),
        "unscanned_count": facts.get("unscanned_count"),
        "graph_uri": facts.get("graph_uri"),
        "stack_version": stack,
        "packages": None if packages is None else json.dumps(packages, sort_keys=True),
        "release_check": check_release(release, stack) if unit else None,
        "fingerprint": unit.fingerprint if unit else None,
        "extracted_at": None if at is None else datetime.datetime.fromisoformat(at),
        "extractor_version": facts.get("extractor_version"),
        "lake_schema_version": LAKE_SCHEMA_VERSION,
    }


def _keep_others(lake: Lake, file: CampaignsFile, plan: Plan) -> None:
    """Keep the RUNs of the stages that are not selected in this run."""
    for name, declared in file.campaigns.items():
        for stage in declared.stages:
            if (name, stage) not in plan.stages:
                lake.keep_tables(name, stage, ["runs"])
