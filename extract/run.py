"""One extraction: which RUNs are read, on which executor, and what the lake says after.

The work itself is in `extract.jobs`; here jobs are dealt out to an executor,
their harvest is merged and published unit by unit, and the small tables are
written.  Coded against `concurrent.futures.Executor`, so that a batch system's
executor (Parsl, Dask) can take the slices.
"""

from __future__ import annotations

import datetime
import json
import multiprocessing
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from .butler.repository import CONNECTIONS, Repository, RepositoryError, open_repository
from .butler.stores import StoreError, UnreachableError, explain
from .campaigns import CampaignsFile
from .jobs import expected, files, graphs, workers
from .jobs.harvest import Harvest
from .lake.parts import Part, merge_parts, plan_merge
from .lake.schema import LAKE_SCHEMA_VERSION, TABLES
from .lake.store import DISK_FULL, Lake, Unit, read_manifest
from .plan import (
    GraphPlan,
    Plan,
    RunPlan,
    StageKey,
    make_plan,
    needed_repositories,
    select_stages,
)
from .releases import check_release, stack_version
from .sources.predicted_graphs import PredictedGraphError
from .sources.provenance import GraphCheck, GraphError, describe_graph
from .visits import collect_visits

__all__ = [
    "Progress",
    "Settings",
    "Summary",
    "WorkerError",
    "demo_root",
    "extract",
    "lake_root",
    "opened_plan",
    "program_version",
]


_OWN_ERRORS = (GraphError, PredictedGraphError, RepositoryError, StoreError)
"""Errors of jobs whose message is meant for users."""

_MOST_PROCESSES = 8
"""Processes unless a user asks for more: a login node is shared."""


class WorkerError(RuntimeError):
    """Workers are gone; the message is one line with a remedy."""


class Progress(Protocol):
    """How an extraction tells that it goes on."""

    def say(self, text: str) -> None:
        """Tell one line."""

    def expect(self, quanta_count: int) -> None:
        """Tell of more quanta to come."""

    def advance(self, quanta_count: int) -> None:
        """Tell of quanta that are done."""


@dataclass(frozen=True)
class Settings:
    """What a user asks of an extraction."""

    data: Path
    workers: int | None = None
    """Files that are read at once; `None`: what suits this machine."""

    threads: int | None = None
    """Files that each process reads at once, wherever they are; `None`: what suits the store."""

    campaign: str | None = None
    stage: str | None = None
    refresh: bool = False

    @property
    def processes(self) -> int:
        """Processes that read and write: more than there are cores would only wait."""
        return min(os.cpu_count() or 1, _MOST_PROCESSES if self.workers is None else self.workers)

    @property
    def local_threads(self) -> int:
        """Files of a local disk that each process reads at once: threads would only wait."""
        return self.threads or 1

    @property
    def remote_threads(self) -> int:
        """Files of a remote store that each process reads at once, to hide its latency."""
        return self.threads or -(-(self.workers or CONNECTIONS) // self.processes)


@dataclass
class Summary:
    """What an extraction did."""

    read_runs: int = 0
    reread_runs: int = 0
    kept_runs: int = 0
    graphs_read: int = 0
    attempts: int = 0
    rejects: int = 0
    """Of everything that stands in the lake for the stages asked for."""

    retired: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    wall_time_s: float = 0.0


def lake_root(data: Path) -> Path:
    """Tell where the lake is."""
    return data / "lake"


def demo_root(data: Path) -> Path:
    """Tell where the demo repository is built."""
    return data / "demo"


def program_version() -> str:
    """Tell the version of this program; it may run without being installed."""
    try:
        return version("quanta-census")
    except PackageNotFoundError:
        return "unknown"


@contextmanager
def opened_plan(
    file: CampaignsFile, settings: Settings
) -> Iterator[tuple[Plan, dict[str, Repository]]]:
    """Open the repositories and find out what an extraction would do.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file.
    settings : `Settings`
        What is asked.

    Yields
    ------
    plan : `extract.plan.Plan`
        What would be done.
    repositories : `dict` [ `str`, `Repository` ]
        Open repositories by location.
    """
    stages = select_stages(file, settings.campaign, settings.stage)
    root = demo_root(settings.data)
    with ExitStack() as stack:
        repositories = {
            location: stack.enter_context(open_repository(location))
            for location in needed_repositories(file, root, stages)
        }
        plan = make_plan(
            file,
            read_manifest(lake_root(settings.data)),
            repositories,
            demo_root=root,
            stages=stages,
            refresh=settings.refresh,
        )
        yield plan, repositories


@contextmanager
def _executor(processes: int) -> Iterator[Executor]:
    """Start the workers: processes, which are spawned because a Butler does not fork well."""
    if processes == 1:
        with ThreadPoolExecutor(1, initializer=workers.prepare_worker) as alone:
            try:
                yield alone
            finally:
                alone.submit(files.close_repositories)
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=workers.prepare_worker,
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@dataclass
class _Work:
    """A unit on its way into the lake."""

    plan: RunPlan | GraphPlan
    folder: Path
    parts: dict[str, list[Part]] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    pending: int = 0
    """Jobs that have not ended."""

    is_merging: bool = False
    is_failed: bool = False

    @property
    def kind(self) -> str:
        """Kind of the unit in the manifest."""
        return "run" if isinstance(self.plan, RunPlan) else "predicted_graph"

    @property
    def name(self) -> str:
        """Name of the unit in the manifest."""
        return self.plan.run if isinstance(self.plan, RunPlan) else self.plan.uri

    @property
    def title(self) -> str:
        """How messages begin that tell of it; those on graphs name the graph themselves."""
        place = f"{self.plan.campaign} {self.plan.stage}"
        return f"{place}: {self.name}" if self.kind == "run" else place


Done = Callable[[Any], None]


class _Scheduler:
    """Deals the jobs of units out to an executor, a few units at a time.

    Merges go before new slices, so that units are finished (and safe from being
    killed) as early as possible and their parts do not pile up on disk.
    """

    def __init__(
        self,
        lake: Lake,
        repositories: dict[str, Repository],
        settings: Settings,
        progress: Progress,
        summary: Summary,
    ) -> None:
        self._lake = lake
        self._repositories = repositories
        self._settings = settings
        self._progress = progress
        self._summary = summary
        self._ready: deque[tuple[_Work, Done, Callable[..., Any], tuple[Any, ...]]] = deque()
        self._running: dict[Future[Any], tuple[_Work, Done]] = {}
        self._given_up: dict[str, list[_Work]] = {}

    def carry_out(self, units: list[_Work], executor: Executor) -> None:
        """Read, merge and publish units."""
        waiting = deque(units)
        room = 2 * self._settings.processes
        while waiting or self._ready or self._running:
            while waiting and len(self._ready) + len(self._running) < room:
                self._start(waiting.popleft())
            while self._ready and len(self._running) < room:
                work, done, function, arguments = self._ready.popleft()
                if work.is_failed:
                    self._end_job(work)
                else:
                    self._running[executor.submit(function, *arguments)] = (work, done)
            if not self._running:
                continue
            for future in wait(self._running, return_when=FIRST_COMPLETED).done:
                work, done = self._running.pop(future)
                self._take(work, done, future)
        self._tell_what_was_given_up()

    def _tell_what_was_given_up(self) -> None:
        """Tell of each silent store in one line: equal ones would hide what else failed."""
        for silence, left in self._given_up.items():
            names = left[0].title if len(left) == 1 else f"{left[0].title} to {left[-1].title}"
            self._summary.failures.append(
                f"{silence} Not tried: {len(left)} RUNs that it keeps ({names}); what the lake has "
                "stays; run again when it answers"
            )

    def _take(self, work: _Work, done: Done, future: Future[Any]) -> None:
        """Take the result of a job; a job that failed takes its unit with it, and no other."""
        try:
            result = future.result()
            if not work.is_failed:
                done(result)
        except (BrokenExecutor, CancelledError) as error:
            raise WorkerError(
                "a worker process died, most likely killed for lack of memory: run again with "
                "fewer --workers; what was finished is kept"
            ) from error
        except Exception as error:  # Whatever it was, other RUNs must not suffer from it.
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise  # The next one could not be written either.
            if not work.is_failed:
                text = str(error) if isinstance(error, _OWN_ERRORS) else explain(error)
                self._summary.failures.append(f"{work.title}: {text}")
            if isinstance(error, StoreError) and isinstance(work.plan, RunPlan):
                self._repositories[work.plan.location].doubt_stores()
            work.is_failed = True
        self._end_job(work)

    def _add(
        self, work: _Work, done: Done, function: Callable[..., Any], *arguments: object
    ) -> None:
        """Queue a job: merges first."""
        work.pending += 1
        job = (work, done, function, arguments)
        if work.is_merging:
            self._ready.appendleft(job)
        else:
            self._ready.append(job)

    def _end_job(self, work: _Work) -> None:
        """Go on with a unit of which a job has ended."""
        work.pending -= 1
        if work.pending:
            return
        if not work.is_failed:
            if not work.is_merging and self._merge(work):
                return
            self._publish(work)
        shutil.rmtree(work.folder, ignore_errors=True)

    def _start(self, work: _Work) -> None:
        """Queue the first jobs of a unit, unless each would wait in vain."""
        plan = work.plan
        if isinstance(plan, RunPlan) and plan.contents is not None:
            try:
                self._repositories[plan.location].require_store(plan.run, plan.contents)
            except UnreachableError as error:
                self._given_up.setdefault(str(error), []).append(work)
                return
        work.folder.mkdir(parents=True)
        if isinstance(plan, GraphPlan):
            self._add(
                work, self._harvest(work), expected.read_predicted, plan.uri, work.folder / "p"
            )
            return
        assert plan.contents is not None, "set-aside RUNs are not read"
        work.facts = {"packages": self._repositories[plan.location].packages(plan.run)}
        if plan.contents.graph_uri is not None:
            arguments = (plan.contents.graph_uri, work.folder)
            self._add(work, lambda check: self._slice_graph(work, check), graphs.check, *arguments)
            return
        slices = self._repositories[plan.location].slices(
            plan.run, plan.contents, parts=self._settings.processes
        )
        self._progress.expect(plan.contents.quanta_count)
        for number, part in enumerate(slices):
            stem = work.folder / f"{number:05}"
            threads = (self._settings.local_threads, self._settings.remote_threads)
            self._add(work, self._harvest(work), files.read_files, part, threads, stem)

    def _slice_graph(self, work: _Work, check: GraphCheck) -> None:
        """Queue the slices of a provenance graph that was found to be sound."""
        run = check.run
        assert isinstance(work.plan, RunPlan)
        if run != work.plan.run:
            raise GraphError(f"{check.uri} is the graph of {run}, not of this RUN")
        # Here, and not in a worker, which would have to import the stack for it.
        info = describe_graph(check)
        work.facts["graph_uri"] = info.uri
        work.facts["packages"] = work.facts["packages"] or dict(info.packages) or None
        self._progress.expect(info.n_quanta)
        header = expected.write_counts(
            run, info.n_task_quanta, "provenance_header", info.uri, work.folder / "header"
        )
        work.facts["expected_count"] = header.expected_count
        self._harvest(work)(header)
        for number, graph_slice in enumerate(graphs.share(info, self._settings.processes)):
            stem = work.folder / f"{number:05}"
            self._add(work, self._harvest(work), graphs.read_graph, graph_slice, stem)

    def _harvest(self, work: _Work) -> Done:
        """Make the function that takes what a reading job brought in."""

        def take(harvest: Harvest) -> None:
            for part in harvest.parts:
                work.parts.setdefault(part.table, []).append(part)
            facts = work.facts
            for name in ("attempts_count", "quanta_count", "failed_count", "reject_count"):
                facts[name] = facts.get(name, 0) + getattr(harvest, name)
            if harvest.run is not None:
                facts["run"] = harvest.run
                facts["expected_count"] = harvest.expected_count
            if harvest.warning:
                self._summary.warnings.append(f"{work.title}: {harvest.warning}")
            self._progress.advance(harvest.quanta_count)

        return take

    def _merge(self, work: _Work) -> int:
        """Queue the jobs that turn a unit's parts into files of the lake, and count them."""
        work.is_merging = True
        for table, parts in work.parts.items():
            # Workers end in any order, and files shall not depend on it.
            parts.sort(key=lambda part: part.path)
            for number, pieces in enumerate(plan_merge(parts, self._settings.processes)):
                path = work.folder / f"{table}.{number}.parquet"
                work.files.setdefault(table, []).append(path)
                self._add(work, lambda _: None, merge_parts, parts, pieces, path)
        return work.pending

    def _publish(self, work: _Work) -> None:
        """Put a unit into the lake."""
        plan, facts = work.plan, work.facts
        fingerprint = plan.fingerprint if isinstance(plan, GraphPlan) else _fingerprint(plan)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        facts |= {"extracted_at": now, "extractor_version": program_version()}
        if isinstance(plan, RunPlan) and plan.contents and plan.contents.graph_uri:
            # Promised by the header and never scanned by the aggregator: counted, not lost.
            facts["unscanned_count"] = max(facts["expected_count"] - facts["quanta_count"], 0)
        unit = Unit(work.kind, plan.campaign, plan.stage, work.name, fingerprint, (), facts)
        self._lake.publish(unit, work.files)
        self._summary.attempts += facts["attempts_count"]
        if work.kind == "predicted_graph":
            self._summary.graphs_read += 1
            return
        if plan.action == "read":
            self._summary.read_runs += 1
        else:
            self._summary.reread_runs += 1
        self._progress.say(f"{work.title}: {facts['quanta_count']:,} quanta")


def _fingerprint(plan: RunPlan) -> str:
    """Tell the fingerprint of a RUN that is read."""
    assert plan.contents is not None, "set-aside RUNs are not read"
    return plan.contents.fingerprint


def extract(
    file: CampaignsFile,
    settings: Settings,
    progress: Progress,
    executor: Executor | None = None,
) -> Summary:
    """Bring the lake up to date with repositories and campaigns file.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file; a demo that it asks for must be there.
    settings : `Settings`
        What is asked.
    progress : `Progress`
        Told how it goes on.
    executor : `concurrent.futures.Executor`, optional
        Where jobs run, sharing the file system of the lake; default: a pool of
        ``settings.processes`` processes, or this process when that is 1.

    Returns
    -------
    summary : `Summary`
        What was done. Units that could not be read are among its failures, and
        the lake has all others.

    Raises
    ------
    CampaignsError, RepositoryError, LakeError
        Raised before anything is read or written.
    WorkerError
        Raised when workers die; finished units are in the lake.
    """
    begun = time.monotonic()
    summary = Summary()
    with ExitStack() as stack:
        plan, repositories = stack.enter_context(opened_plan(file, settings))
        lake = stack.enter_context(Lake.locked(lake_root(settings.data)))
        summary.warnings.extend(plan.warnings)
        _retire_what_left(lake, file, plan, summary)
        _retire_what_is_damaged(lake, plan, summary)
        _write_campaigns(lake, file, settings)
        units = _units(plan, lake.scratch)
        summary.kept_runs = sum(run.action == "keep" for run in plan.runs)
        _warn_of_promises(plan, summary)
        if units:
            pool = executor or stack.enter_context(_executor(settings.processes))
            scheduler = _Scheduler(lake, repositories, settings, progress, summary)
            scheduler.carry_out(units, pool)
        for stage in plan.stages:
            _write_stage(lake, file, plan, stage, repositories, settings, summary)
        _keep_others(lake, file, plan)
        lake.write_empty_tables()
        lake.sweep()
    summary.wall_time_s = time.monotonic() - begun
    return summary


def _units(plan: Plan, scratch: Path) -> list[_Work]:
    """List the units to read: graphs of what was expected last, for they are small."""
    units: list[RunPlan | GraphPlan] = [*plan.runs, *plan.graphs]
    to_read = [unit for unit in units if unit.action in ("read", "reread", "repair")]
    return [_Work(unit, scratch / f"{number:05}") for number, unit in enumerate(to_read)]


def _warn_of_promises(plan: Plan, summary: Summary) -> None:
    for run in plan.runs:
        if run.contents and run.contents.source == "promised":
            summary.warnings.append(
                f"{run.campaign} {run.stage}: {run.run} is promised: aggregated, but neither its "
                "metadata nor its graph is in the database yet; run 'butler ingest-graph', "
                "then extract again"
            )


def _retire_what_left(lake: Lake, file: CampaignsFile, plan: Plan, summary: Summary) -> None:
    """Take out of the lake what left the file or the repository."""
    known = {(name, stage) for name, said in file.campaigns.items() for stage in said.stages}
    there = {
        ("run", run.campaign, run.stage, run.run) for run in plan.runs if run.action != "none"
    } | {("predicted_graph", graph.campaign, graph.stage, graph.uri) for graph in plan.graphs}
    for unit in list(lake.manifest.units):
        stage = (unit.campaign, unit.stage)
        has_left = stage in plan.stages and unit.kind != "visits" and unit.key not in there
        if stage not in known or has_left:
            lake.retire(unit.key)
            if unit.kind == "run":
                summary.retired.append(f"{unit.campaign} {unit.stage}: {unit.name}")


def _retire_what_is_damaged(lake: Lake, plan: Plan, summary: Summary) -> None:
    """Take out of the lake what it cannot vouch for, so that it can be read whatever comes."""
    for unit in list(lake.manifest.units):
        damage = lake.manifest.damages.get(unit.key)
        if damage is not None and (unit.campaign, unit.stage) in plan.stages:
            lake.retire(unit.key)
            summary.warnings.append(
                f"{unit.campaign} {unit.stage}: {damage}: it is taken out, and read again"
            )


def _write_campaigns(lake: Lake, file: CampaignsFile, settings: Settings) -> None:
    """Write what the campaigns file says: every run, whether there is anything new or not."""
    now = datetime.datetime.now(datetime.UTC)
    root = demo_root(settings.data)
    nodes = [{"name": name, **node.model_dump()} for name, node in file.nodes.items()]
    for position, (name, said) in enumerate(file.campaigns.items()):
        row = {
            "campaign_position": position,
            "release": said.release,
            "fields": list(said.fields),
            "description": said.description,
            "focus": said.focus,
            "is_simulated": file.demo is not None,
            "repository": file.repository_of(name, root),
            "threshold_gib": file.threshold_gib,
            "thresholds_gib": list(file.thresholds_gib),
            "nodes": nodes,
            "price_per_core": file.prices.per_core,
            "price_per_gib": file.prices.per_gib,
            "current_requests": file.current_requests_json,
            "campaigns_file": file.path.name,
            "recorded_at": now,
        }
        _write_rows(lake, "campaigns", [row], name)
        for place, (stage, own) in enumerate(said.stages.items()):
            row = {
                "stage_position": place,
                "collections": list(own.collections),
                "quantum_graphs": list(own.quantum_graphs),
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
    settings: Settings,
    summary: Summary,
) -> None:
    """Write the tables that tell of a stage as a whole: its RUNs and its visits."""
    release = file.campaigns[stage[0]].release
    units = lake.manifest.of_stage(*stage)
    expected: dict[str, int] = {}
    for unit in units:
        if unit.kind == "predicted_graph":
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
            f"{stage[0]} {stage[1]}: {unknown} of {len(read)} RUNs have no 'packages' that can be "
            "read: with which software they ran stays unknown"
        )
    _write_rows(lake, "runs", rows, *stage)
    location = file.repository_of(stage[0], demo_root(settings.data))
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
        "source": run.contents.source if run.contents else "none",
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
    """Keep the RUNs of the stages that this run was told to leave alone."""
    for name, said in file.campaigns.items():
        for stage in said.stages:
            if (name, stage) not in plan.stages:
                lake.keep_tables(name, stage, ["runs"])
