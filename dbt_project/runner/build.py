"""Build the warehouse beside the published one, check it, and rename it into place.

A reader with an open file keeps the old version.  A build that is killed does not change it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import yaml
from rich.console import Console
from rich.markup import escape

from quanta_census.entrance import command
from quanta_census.terminal import SafeConsole

from . import completeness, history, questions, reuse
from .engine import PROJECT, Outcome, close_database, invoke, project_environment, read_project
from .errors import TransformError
from .fingerprint import Fingerprint, Publication, Remark, fingerprint, published, remember
from .lake import LakeManifest, check_content, read_manifest
from .layout import Layout, make_folder
from .progress import Progress

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

__all__ = ["build"]

COMPLETENESS = "completeness"
"""Tag of the tests that find missing quanta: they fail the build, but it is published."""


def build(
    layout: Layout,
    *,
    memory_limit: str = "75%",
    full_refresh: bool = False,
    changed_only: bool = False,
) -> bool:
    """Build, check and publish the warehouse, unless nothing changed since it was published.

    Parameters
    ----------
    layout : `Layout`
        Paths of the lake and the warehouse.
    memory_limit : `str`
        DuckDB's memory limit.
    full_refresh : `bool`
        Whether to build also if nothing changed.
    changed_only : `bool`
        Whether to take the rows of campaigns that did not change from the published warehouse.
        `full_refresh` wins.

    Returns
    -------
    complete : `bool`
        False if there is an undeclared gap: the warehouse is published, but the build failed.
        A later call without changes prints and returns the same.

    Raises
    ------
    TransformError
        Raised if nothing was published: there is no lake, a model is broken or a check failed.
    """
    manifest = read_manifest(layout, _schema_version())
    console = SafeConsole(stderr=True, soft_wrap=True, highlight=False)
    with _alone(layout):
        made_from = fingerprint(layout)
        before = published(layout)
        if before and before.fingerprint == made_from and not full_refresh:
            return _repeat(layout, before, console)
        check_content(layout, manifest)
        kept_from = before if changed_only and not full_refresh else None
        return _publish(layout, manifest, made_from, console, memory_limit, kept_from)


def _publish(
    layout: Layout,
    manifest: LakeManifest,
    made_from: Fingerprint,
    console: Console,
    memory_limit: str,
    kept_from: Publication | None,
) -> bool:
    """Build, check and rename into place; keep rows of a publication where that is possible."""
    began = time.monotonic()
    _forget_logs(layout)
    history.keep(layout)
    with _building_folder(layout) as folder:
        with project_environment(layout, folder, memory_limit):
            project = read_project(layout)
            if kept_from and (campaigns := reuse.compare(kept_from.fingerprint, made_from)):
                warned = [remark.name for remark in kept_from.remarks]
                outcomes = _make_changed(
                    layout, project, console, folder, memory_limit, campaigns, warned
                )
            else:
                _make_models(layout, project, console)
                outcomes = _run_tests(layout, project, console)
            selection = ["--select", "resource_type:analysis"]
            analyses = invoke(layout, project, ["compile", *selection])
        new = folder / layout.warehouse.name
        with duckdb.connect(str(new)) as connection:
            questions.publish(connection, analyses)
            # Before the file is moved, its write-ahead log must be empty.
            connection.execute("checkpoint")
            complete = completeness.report(connection, console)
        _refuse_failed(outcomes, new, layout)
        if read_manifest(layout, _schema_version()) != manifest:
            raise TransformError(
                f"an extraction changed the lake in {layout.lake} while it was read: "
                f"run {command('transform')} again"
            )
        remarks = _remarks(outcomes, new)
        _sync(new)
        new.replace(layout.warehouse)
        _sync(layout.root)
    remember(layout, made_from, remarks)
    history.keep(layout)
    _warn(remarks, console)
    console.print(f"Published {layout.warehouse} after {time.monotonic() - began:.1f} s")
    return complete


def _forget_logs(layout: Layout) -> None:
    """Remove the logs of earlier builds, which dbt would keep: up to six files of 10 MB."""
    for log in layout.log.parent.glob(f"{layout.log.name}*"):
        log.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _repeat(layout: Layout, before: Publication, console: Console) -> bool:
    """Print again what was found at the publication, because a gap stays a gap."""
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        complete = completeness.report(connection, console)
    _warn(before.remarks, console)
    console.print(
        f"Unchanged: {layout.warehouse} is of this lake and these models already "
        "(--full-refresh builds it all the same)"
    )
    return complete


def _schema_version() -> int:
    """Give the version of the lake's schema that the models read."""
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return int(project["vars"]["lake_schema_version"])


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """Lock this DATA against other transforms."""
    make_folder(layout.dbt)
    with (layout.dbt / "build.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise TransformError(
                f"another transform is running on {layout.root} (process {lock.read().strip()}): "
                "wait for it to end"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        # Remove what a killed build left.
        for stale in layout.root.glob(f"{layout.warehouse.name}.building-*"):
            shutil.rmtree(stale)
        yield


@contextmanager
def _building_folder(layout: Layout) -> Iterator[Path]:
    """Give a folder beside the warehouse, for the time of a build.

    The database in it has its final name, because views in DuckDB contain the name of the
    database in which they were made.
    """
    folder = layout.root / f"{layout.warehouse.name}.building-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_changed(
    layout: Layout,
    project: Manifest,
    console: Console,
    folder: Path,
    memory_limit: str,
    campaigns: reuse.Campaigns,
    warned: Sequence[str],
) -> list[Outcome]:
    """Make the tables of changed campaigns, copy those of the others, then make what needs all.

    Checks that warned, now or at the last publication, say what they find in all campaigns.
    """
    console.print(
        f"Only {', '.join(campaigns.changed)} changed: rows of {', '.join(campaigns.kept)} are kept"
    )
    of_changed, plan = read_project(layout, campaigns.changed), reuse.plan(project)
    _make_models(layout, of_changed, console, ["--select", *plan.first])
    with _opened(layout, folder, memory_limit) as connection:
        reuse.drop_rows(connection, plan.copied, campaigns.kept)
    outcomes = _run_tests(layout, of_changed, console, ["--exclude", *plan.last_checks])
    with _opened(layout, folder, memory_limit) as connection:
        reuse.copy_rows(connection, layout.warehouse, plan.copied, campaigns.kept)
    _make_models(layout, project, console, ["--select", *plan.last])
    repeated = {*warned, *(outcome.name for outcome in outcomes if outcome.status == "warn")}
    last = sorted({*plan.last_checks, *repeated})
    outcomes = [outcome for outcome in outcomes if outcome.name not in repeated]
    return outcomes + _run_tests(layout, project, console, ["--select", *last])


@contextmanager
def _opened(layout: Layout, folder: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database that is built, with the limits that dbt's connection has."""
    close_database()
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory_limit,
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(str(folder / layout.warehouse.name), config=limits) as connection:
        yield connection


def _make_models(
    layout: Layout, project: Manifest, console: Console, selection: Sequence[str] = ()
) -> None:
    """Run seeds and models; a broken one ends the build."""
    without_tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    with Progress(console, "models") as progress:
        outcomes = invoke(layout, project, ["build", *without_tests, *selection], progress.advance)
    broken = [o for o in outcomes if o.status == "error"]
    if broken:
        lines = [f"{o.name} ({o.path}): {o.message}" for o in broken]
        raise TransformError(
            "models failed; the published warehouse is unchanged:\n  "
            + "\n  ".join(lines)
            + f"\nThe full log is {layout.log}"
        )


def _run_tests(
    layout: Layout, project: Manifest, console: Console, selection: Sequence[str] = ()
) -> list[Outcome]:
    """Run the data tests; `make test` runs the unit tests, which test the code."""
    arguments = ["test", "--exclude-resource-type", "unit_test", *selection]
    with Progress(console, "checks") as progress:
        return invoke(layout, project, arguments, progress.advance)


def _refuse_failed(outcomes: list[Outcome], database: Path, layout: Layout) -> None:
    """Raise an error if a check failed that is not one of completeness."""
    failed = [
        o
        for o in outcomes
        if o.status == "error" or (o.status == "fail" and COMPLETENESS not in o.tags)
    ]
    if not failed:
        return
    lines = []
    for outcome in failed:
        lines.append(f"{outcome.name} ({outcome.path}): {outcome.description or outcome.message}")
        if outcome.status == "fail":
            lines += [f"    {row}" for row in _failing_rows(outcome, database)]
    raise TransformError(
        "checks failed; the published warehouse is unchanged:\n  "
        + "\n  ".join(lines)
        + f"\nThe full log is {layout.log}"
    )


def _failing_rows(outcome: Outcome, database: Path, limit: int = 3) -> list[str]:
    """Show some of the rows that a check found."""
    with duckdb.connect(str(database), read_only=True) as connection:
        # In one order, so that another build of the same lake names the same rows.
        found = connection.execute(
            f"select * from (\n{outcome.sql}\n) order by all limit {limit}"  # noqa: S608
        )
        names = [column[0] for column in found.description or ()]
        rows = found.fetchall()
    shown = [", ".join(f"{n}={v}" for n, v in zip(names, row, strict=True)) for row in rows]
    if outcome.failures > len(rows):
        shown.append(f"and {outcome.failures - len(rows)} more")
    return shown


def _remarks(outcomes: list[Outcome], database: Path) -> list[Remark]:
    """List the checks that warned, except those of completeness, which marts report."""
    return [
        Remark(
            outcome.name,
            f"{outcome.description or outcome.message}: "
            + "; ".join(_failing_rows(outcome, database)),
            outcome.failures,
        )
        for outcome in outcomes
        if outcome.status == "warn" and COMPLETENESS not in outcome.tags
    ]


def _warn(remarks: Sequence[Remark], console: Console) -> None:
    """Print one line for each check that warned."""
    for remark in remarks:
        console.print(
            f"[yellow]warning[/]: {remark.name}: {escape(remark.said)} ({remark.failures} rows)"
        )
