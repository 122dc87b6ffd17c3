"""Run dbt inside this process: without output, with its files under DATA, and plain results."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import TransformError
from .layout import Layout

if TYPE_CHECKING:
    from dbt.artifacts.schemas.results import NodeResult
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

__all__ = ["PROJECT", "Outcome", "close_database", "invoke", "project_environment", "read_project"]

PROJECT = Path(__file__).parent.parent
"""The folder of the dbt project: models, macros, seeds and tests."""

_IMPORT_NAME = "dbt_project"
"""The name under which models in Python import this package."""

_PLACES = {"CENSUS_LAKE": "<lake>", "CENSUS_HISTORY": "<history>"}
"""Variables of the sources' paths, and what stands for them in the parsed project.

dbt parses the project again when a variable changes, which takes seconds.  So the parsed project is
the same for every DATA, and `read_project` puts the paths of one DATA into it.
"""


@dataclass(frozen=True)
class Outcome:
    """Result of one model, seed or test.

    Attributes
    ----------
    name, path : `str`
        Name of the node, and its file in the project.
    status : `str`
        success, pass, warn, fail, error or skipped.
    failures : `int`
        Rows that a test found.
    tags : `tuple` [ `str`, ... ]
        Tags of the node.
    description, message, sql : `str`
        Description of the node, message of dbt, and SQL that ran.
    seconds : `float`
        Wall time.
    """

    name: str
    path: str
    status: str
    failures: int
    tags: tuple[str, ...]
    description: str
    message: str
    sql: str
    seconds: float


@contextmanager
def project_environment(layout: Layout, folder: Path, memory_limit: str) -> Iterator[None]:
    """Set the environment so that dbt uses ``folder/warehouse.duckdb``.

    Parameters
    ----------
    layout : `Layout`
        Paths of the lake and the logs.
    folder : `pathlib.Path`
        Folder of the database.  It becomes the working folder, so that dbt's profile has no path
        that changes with every build; otherwise dbt would parse the project again.
    memory_limit : `str`
        DuckDB's memory limit.
    """
    ours = {
        **_PLACES,
        "CENSUS_WAREHOUSE": "warehouse.duckdb",
        "CENSUS_SPILL": "spill",
        "CENSUS_MEMORY_LIMIT": memory_limit,
    }
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        with chdir(folder), _importable_as_dbt_project():
            yield
    finally:
        close_database()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _importable_as_dbt_project() -> Iterator[None]:
    """Let models in Python import ``dbt_project.runner``, for any name of this package.

    dbt runs such a model from a temporary file, so relative imports are not possible.  Inside a
    wheel this package has the name ``quanta_census.dbt_project``, and the user may have another
    package ``dbt_project``.
    """
    package = __name__.removesuffix(".runner.engine")
    if package == _IMPORT_NAME:
        yield
        return
    before = {name: module for name, module in sys.modules.items() if _is_dbt_project(name)}
    ours = {
        name.replace(package, _IMPORT_NAME, 1): module
        for name, module in sys.modules.items()
        if name == package or name.startswith(f"{package}.")
    }
    for name in before:
        del sys.modules[name]
    sys.modules.update(ours)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _is_dbt_project(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def _is_dbt_project(name: str) -> bool:
    return name == _IMPORT_NAME or name.startswith(f"{_IMPORT_NAME}.")


def close_database() -> None:
    """Close the database, which dbt-duckdb keeps open until the process ends."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def read_project(layout: Layout, campaigns: Collection[str] = ()) -> Manifest:
    """Parse the dbt project inside `project_environment`.

    Parameters
    ----------
    layout : `Layout`
        Paths of the lake, the history and the logs.
    campaigns : `~collections.abc.Collection` [ `str` ], optional
        The only campaigns whose quanta, RUNs and records the sources give; all if there are none.

    Returns
    -------
    project : `dbt.contracts.graph.manifest.Manifest`
        Every node of the project; its sources read the files of this DATA.

    Raises
    ------
    TransformError
        Raised if the project is broken.
    """
    project: Manifest = _run(layout, ["parse"]).result  # type: ignore[assignment]
    for source in project.sources.values():
        location = source.config.extra["external_location"]
        location = location.replace(_PLACES["CENSUS_LAKE"], layout.lake_pattern)
        location = location.replace(_PLACES["CENSUS_HISTORY"], layout.history_pattern)
        # The campaigns file stays whole: which campaign is in focus follows from all of it.
        if campaigns and source.source_name == "lake" and source.name != "campaigns":
            # DuckDB reads only the folders of these campaigns. Their names have no quotes: they are
            # those of folders of the lake.
            names = "', '".join(campaigns)
            location = f"(select * from {location} where campaign in ('{names}'))"  # noqa: S608
        source.config.extra["external_location"] = location
    return project


def invoke(
    layout: Layout,
    project: Manifest,
    arguments: Sequence[str],
    on_finished: Callable[[str], None] = lambda _: None,
) -> list[Outcome]:
    """Run one dbt command inside `project_environment`.

    Parameters
    ----------
    layout : `Layout`
        Paths of the logs and the compiled SQL.
    project : `dbt.contracts.graph.manifest.Manifest`
        The result of `read_project`, so that dbt does not parse the project again.
    arguments : `~collections.abc.Sequence` [ `str` ]
        The command and its options.
    on_finished : `~collections.abc.Callable`
        Called with the name of each node that finished.

    Returns
    -------
    outcomes : `list` [ `Outcome` ]
        One for each node that ran.

    Raises
    ------
    TransformError
        Raised if dbt could not start: the project or database is broken.
    """
    result = _run(layout, arguments, on_finished, project)
    return [_outcome(each) for each in getattr(result.result, "results", [])]


def _run(
    layout: Layout,
    arguments: Sequence[str],
    on_finished: Callable[[str], None] = lambda _: None,
    manifest: Manifest | None = None,
) -> dbtRunnerResult:
    """Run one dbt command, and raise an error if it could not start."""
    # Imported here, because dbt takes a second to import.
    from dbt.cli.main import dbtRunner

    def watch(event: EventMsg) -> None:
        if event.info.name == "NodeFinished":
            on_finished(event.data.node_info.node_name)

    options = [
        "--no-write-json", "--quiet", "--log-level", "none", "--log-level-file", "debug",
        "--log-path", str(layout.log.parent), "--no-use-colors", "--no-version-check",
        "--no-send-anonymous-usage-stats",
    ]  # fmt: skip
    folders = [
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
        "--target-path", str(layout.dbt / "target"),
    ]  # fmt: skip
    result = dbtRunner(manifest, [watch]).invoke([*options, *arguments, *folders])
    if result.exception is not None:
        raise TransformError(f"dbt stopped: {result.exception}\nThe full log is {layout.log}")
    return result


def _outcome(result: NodeResult) -> Outcome:
    """Convert a result of dbt."""
    node = result.node
    return Outcome(
        name=node.name,
        path=node.original_file_path,
        status=str(result.status),
        failures=result.failures or 0,
        tags=tuple(getattr(node, "tags", ())),
        description=" ".join((node.description or "").split()),
        message=" ".join(str(result.message or "").split()),
        sql=getattr(node, "compiled_code", None) or "",
        seconds=result.execution_time,
    )
