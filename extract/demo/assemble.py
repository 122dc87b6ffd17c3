"""Build the demo: make the repository, write its RUNs, register them, and rename.

Worker processes write files and graphs.  Only this process writes to the registry,
because SQLite allows one writer.
"""

from __future__ import annotations

import fcntl
import gc
import glob
import json
import multiprocessing
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy
from lsst.daf.butler import (
    Butler,
    DataCoordinate,
    DatasetRef,
    DatasetType,
    DimensionRecord,
    FileDataset,
)
from lsst.daf.butler.registry import CollectionType  # type: ignore[attr-defined]
from lsst.pipe.base.quantum_graph.ingest_graph import ingest_graph

from ..campaigns import DEMO_STAMP as STAMP
from ..campaigns import DEMO_VERSION
from ..jobs.workers import prepare_worker
from . import files, graphs
from .console import Report, console_report
from .plan import CAMPAIGNS, RunPlan, make_id, plan_stage
from .records import CAMPAIGN as RECORDED_CAMPAIGN
from .records import write_records
from .sky import INSTRUMENT, SKYMAP, universe
from .tasks import STAGES

__all__ = ["DEMO_VERSION", "STAMP", "build"]

_INPUTS = "LSSTCam/defaults"
_AGGREGATED = "aggregated"
_STORAGE_CLASSES = {"metadata": "TaskMetadata", "log": "ButlerLogRecords"}
_WORKER_MIN_SCALE = 0.2
"""Scale below which processes take longer to start than they save."""


def build(
    root: Path,
    *,
    seed: int = 1,
    scale: float = 1.0,
    stages: Sequence[str] = STAGES,
    workers: int | None = None,
    progress: Report | None = None,
) -> None:
    """Build the demo repository.

    The repository is ``root/repo``; the predicted graphs of the campaigns that keep plain files are
    ``root/submit/<campaign>/<stage>/<timestamp>.qg``; the batch system's records of one campaign
    are ``root/records/<campaign>/<stage>/<timestamp>.jsonl.gz``; ``root/census-demo.json`` is the
    stamp.  All is built in a temporary directory beside ``root`` and renamed at the end.  The
    rest of a build that was killed is removed.

    Parameters
    ----------
    root : `~pathlib.Path`
        Directory to make; it must not exist or must be empty.
    seed : `int`, optional
        The same seed and scale give the same data and UUIDs.  Exceptions are the UUIDs of
        ``run_provenance`` datasets, which ``ingest_graph`` draws, and times of ingestion.
    scale : `float`, optional
        1 gives about 33,000 quanta; the number of quanta by detector grows in proportion.
    stages : `~collections.abc.Sequence` [`str`], optional
        Stages to build, in order; tests build only some.
    workers : `int`, optional
        Processes that write files and graphs; by default 2, or only this process at small scale.
    progress : `~collections.abc.Callable`, optional
        Called with (quanta done, quanta in all, last RUN); by default it writes to standard error.

    Raises
    ------
    FileExistsError
        Raised if ``root`` holds anything, or another process is building it.
    ValueError
        Raised if ``scale`` is not positive.
    """
    if scale <= 0:
        raise ValueError(f"The demo's scale must be above 0, not {scale}.")
    root = root.absolute()
    if workers is None:
        workers = 2 if scale >= _WORKER_MIN_SCALE else 0
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root):
        if root.exists() and any(root.iterdir()):
            raise FileExistsError(f"{root} is not empty: remove it, or build the demo elsewhere.")
        prefix = f".{root.name}.building-"
        for remains in root.parent.glob(f"{glob.escape(prefix)}*"):
            shutil.rmtree(remains, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix=prefix, dir=root.parent))
        try:
            with console_report() if progress is None else nullcontext(progress) as report:
                _build(building, seed, scale, stages, workers, report)
            stamp: dict[str, Any] = {
                "version": DEMO_VERSION,
                "seed": seed,
                "scale": scale,
                "simulated": True,
            }
            if tuple(stages) != STAGES:
                stamp["stages"] = list(stages)
            (building / STAMP).write_text(json.dumps(stamp, indent=2) + "\n", encoding="utf-8")
            # mkdtemp makes a directory that only its owner may read.
            building.chmod(0o755)
            if root.exists():
                root.rmdir()
            building.rename(root)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Lock the folder against other builds until this process ends."""
    path = root.with_name(f".{root.name}.lock")
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The last holder of the lock removed the file, and a third may have made a new one.
            is_current = os.path.samestat(os.fstat(stream.fileno()), path.stat())
        except (BlockingIOError, FileNotFoundError):
            is_current = False
        if not is_current:
            raise FileExistsError(
                f"{root} is being built by another process: wait for it, or stop it."
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _build(
    building: Path, seed: int, scale: float, stages: Sequence[str], workers: int, report: Report
) -> None:
    """Build everything below the temporary directory."""
    repository = building / "repo"
    with _careless_sqlite(), _executor(workers) as submit:
        # The largest stages first, so that no process is left with one at the end.
        order = [(name, stage) for stage in reversed(stages) for name in reversed(CAMPAIGNS)]
        futures = {
            submit(_write_run, name, stage, index, seed, scale, building): (name, stage, index)
            for name, stage in order
            for index in range(2)
        }
        Butler.makeRepo(str(repository), dimensionConfig=universe().dimensionConfig)
        with Butler.from_config(str(repository), writeable=True) as butler:
            _insert_dimensions(butler, scale)
            _make_collections(butler, seed, scale, stages)
            plans = {
                key: plan_stage(*key[:2], seed, scale).runs[key[2]] for key in futures.values()
            }
            total = sum(len(plan.executions) for plan in plans.values())
            done = 0
            report(done, total, "repository made")
            for future in as_completed(futures):
                future.result()
                plan = plans[futures[future]]
                if plan.campaign.is_graph:
                    _ingest_provenance(butler, plan, building)
                else:
                    _ingest_files(butler, plan, repository)
                done += len(plan.executions)
                report(done, total, f"{plan.campaign.name} {plan.stage} {plan.timestamp}")
    # Empty by now: the graphs have moved into the repository.
    (building / _AGGREGATED).rmdir()


@contextmanager
def _careless_sqlite() -> Iterator[None]:
    """Switch off SQLite's waits for the disk: a crash can damage only a temporary directory."""

    def relax(connection: Any, _record: Any) -> None:  # noqa: ANN401
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")

    # On the class, because `ingest_graph` opens connections of its own.
    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", relax)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", relax)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Switch off garbage collection: its passes over live objects take a quarter of the CPU."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _executor(workers: int) -> Iterator[Callable[..., Future[None]]]:
    """Give a function that submits work to processes, or to this process if there are none."""
    if workers:
        # A fork would inherit locks of the caller's threads. The fork server imports once.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        with ProcessPoolExecutor(workers, context, initializer=prepare_worker) as pool:
            yield pool.submit
    else:
        yield _submit_here


def _submit_here(function: Callable[..., None], *args: Any) -> Future[None]:  # noqa: ANN401
    """Do the work immediately, in this process."""
    future: Future[None] = Future()
    function(*args)
    future.set_result(None)
    return future


def _provenance_path(building: Path, plan: RunPlan) -> Path:
    """Get the path of a provenance graph before it is ingested."""
    return building / _AGGREGATED / f"{plan.campaign.name}_{plan.stage}_{plan.timestamp}.qg"


@_without_garbage_collection()
def _write_run(name: str, stage: str, index: int, seed: int, scale: float, building: Path) -> None:
    """Write the graphs or files of one RUN; the plan says what is registered later."""
    planned = plan_stage(name, stage, seed, scale)
    plan = planned.runs[index]
    if name == RECORDED_CAMPAIGN:
        path = building / "records" / name / stage / f"{plan.timestamp}.jsonl.gz"
        write_records(plan, path)
    if plan.campaign.is_graph:
        predicted = graphs.make_predicted(plan, planned.sky)
        graphs.write_provenance(plan, predicted, _provenance_path(building, plan))
        return
    submit = building / "submit" / name / stage
    graphs.write_predicted(plan, planned.sky, submit / f"{plan.timestamp}.qg")
    files.write_files(plan, building / "repo")


def _insert_dimensions(butler: Butler, scale: float) -> None:
    """Insert the dimension records of all campaigns."""
    merged: dict[str, dict[DataCoordinate, DimensionRecord]] = {}
    for campaign in CAMPAIGNS.values():
        for element, records in campaign.sky(scale).records(butler.dimensions).items():
            merged.setdefault(element, {}).update({r.dataId: r for r in records})
    for element, by_id in merged.items():
        if butler.dimensions[element].implied_union_target is not None:
            continue  # Bands have no table: the filters imply them.
        butler.registry.insertDimensionData(element, *by_id.values())


def _make_collections(butler: Butler, seed: int, scale: float, stages: Sequence[str]) -> None:
    """Register the RUNs and the chains, the latest RUN and the stage's own ones first."""
    collections = butler.collections
    inputs = ("LSSTCam/raw/all", "LSSTCam/calib", "skymaps")
    for name in inputs:
        kind = CollectionType.CALIBRATION if name.endswith("calib") else CollectionType.RUN
        collections.register(name, kind)
    collections.register(_INPUTS, CollectionType.CHAINED)
    collections.redefine_chain(_INPUTS, inputs)
    packages = DatasetType("packages", butler.dimensions.empty, "Packages")
    butler.registry.registerDatasetType(packages)
    for name, campaign in CAMPAIGNS.items():
        earlier: list[str] = []
        for stage in stages:
            plans = plan_stage(name, stage, seed, scale).runs
            for plan in plans:
                collections.register(plan.name, CollectionType.RUN)
                ref = DatasetRef(
                    packages,
                    DataCoordinate.make_empty(butler.dimensions),
                    run=plan.name,
                    id=make_id(plan.seed, plan.name, "packages"),
                )
                butler.put(graphs.make_packages(plan), ref)
            earlier = [plan.name for plan in reversed(plans)] + earlier
            chain = campaign.chain(stage)
            collections.register(chain, CollectionType.CHAINED)
            collections.redefine_chain(chain, [*earlier, _INPUTS])


@_without_garbage_collection()
def _ingest_provenance(butler: Butler, plan: RunPlan, building: Path) -> None:
    """Give a provenance graph to the official tool, in the folders that it expects."""
    repository = building / "repo"
    for label in graphs.pipeline_graph(plan.campaign, plan.stage).tasks:
        for kind in ("metadata", "log", "config"):
            (repository / plan.name / f"{label}_{kind}").mkdir(parents=True, exist_ok=True)
    ingest_graph(str(repository), str(_provenance_path(building, plan)), transfer="move")


@_without_garbage_collection()
def _ingest_files(butler: Butler, plan: RunPlan, repository: Path) -> None:
    """Register the files of a RUN in place."""
    known = {"instrument": INSTRUMENT, "skymap": SKYMAP}
    types: dict[tuple[str, str], DatasetType] = {}
    datasets: list[FileDataset] = []
    for execution, kind in files.planned_files(plan):
        task = execution.quantum.task
        dataset_type = types.get((task.label, kind))
        if dataset_type is None:
            group = butler.dimensions.conform(task.dimensions)
            dataset_type = DatasetType(f"{task.label}_{kind}", group, _STORAGE_CLASSES[kind])
            types[task.label, kind] = dataset_type
        group = dataset_type.dimensions
        facts = {**known, **execution.quantum.facts}
        data_id = DataCoordinate.from_required_values(
            group, tuple(facts[name] for name in group.required)
        )
        ref = DatasetRef(dataset_type, data_id, run=plan.name, id=execution.id(kind))
        datasets.append(FileDataset(path=files.dataset_path(execution, kind), refs=[ref]))
    butler.ingest(*datasets, transfer=None, record_validation_info=False)
    files.vanish(plan, repository)
