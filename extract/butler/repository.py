"""The only module that opens a Butler, always read-only.

It asks the registry what is there, in batches of bounded size, and turns the
errors of six libraries into one clear line.  What the datasets say is the
business of the readers, what to do with them that of `extract.run`.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import numpy as np
import sqlalchemy
from lsst.daf.butler import (
    Butler,
    ButlerConfig,
    DataCoordinate,
    DatasetRef,
    DatasetType,
    MissingCollectionError,
)
from lsst.resources import ResourcePath
from lsst.utils.iteration import chunk_iterable

from ..documents.quanta import is_usage_gathering
from ..sources.metadata_files import FileBatch
from .file_locations import FileLocations, plain_text
from .inventory import Holding, take_inventory
from .stores import (
    Diagnosis,
    StoreError,
    UnreachableError,
    diagnose,
    explain,
    within,
)

__all__ = [
    "FileSlice",
    "Repository",
    "RepositoryError",
    "RunContents",
    "is_glob",
    "open_repository",
]

_METADATA = "_metadata"
_LOG = "_log"
_CONFIG = "_config"
_PROVENANCE = "run_provenance"
_PACKAGES = "packages"

_WITHOUT_RUNS = {"TAGGED", "CALIBRATION"}
"""Types of collections that only point at datasets of RUNs."""

_PAGE = 5_000
"""Registered datasets that are in memory at once."""

_ASKED_AT_ONCE = 1_000
"""Dimension records of one query."""

_FEW = 200
"""Logs without metadata that are looked up by data ID, instead of all logs of the task."""

FILE_SLICE_QUANTA = 100_000
"""Quanta of plain files that one job reads: some seconds of work, and 10 MB for data IDs. Each job
that shares a task has the registry look through all of it."""

_LEAST_SLICE_QUANTA = 250
"""Below this, dealing a RUN out to several jobs costs more than it brings."""

# Dimensions by which one task's datasets can be dealt out evenly to several jobs, best first:
# small and dense numbers, with the governor that a query must name beside them.
_DEALING_DIMENSIONS = {
    "detector": "instrument",
    "patch": "skymap",
    "visit": "instrument",
    "exposure": "instrument",
    "tract": "skymap",
}


CONNECTIONS = 32
"""Connections to a remote store that are kept open: as many as files read at once by default."""

ANSWER_LIMIT_S = 15
"""Wall seconds after which a server is said not to answer; its clients would take minutes."""


_SQLITE_FILE = "the registry's SQLite file"
"""How `extract.butler.stores` speaks of it, without knowing where it is."""

_PATIENCE_S = 3
"""Wall seconds after which a store that fails is not asked again."""

_T = TypeVar("_T")


class RepositoryError(RuntimeError):
    """A repository cannot give what is asked; the message is one line with a remedy."""


@dataclass(frozen=True)
class RunContents:
    """What a RUN collection holds that an extraction can read."""

    source: str
    """``metadata_files``, ``provenance_graph``, ``promised`` or ``none``."""

    fingerprint: str
    """Text that changes when the RUN has to be read again."""

    metadata_counts: Mapping[str, int] = field(default_factory=dict)
    """Registered metadata by task label."""

    log_counts: Mapping[str, int] = field(default_factory=dict)
    """Registered logs by task label."""

    graph_uri: str | None = None
    """Where the provenance graph is."""

    @property
    def quanta_count(self) -> int:
        """Estimate of the quanta that left a trace, for progress and slices; 0 for graphs."""
        tasks = self.metadata_counts.keys() | self.log_counts.keys()
        return sum(
            max(self.metadata_counts.get(task, 0), self.log_counts.get(task, 0)) for task in tasks
        )


@dataclass(frozen=True)
class FileSlice:
    """Some quanta of one RUN of plain files, for one job; picklable."""

    location: str
    """Repository."""

    run: str
    """RUN collection."""

    tasks: Mapping[str, str]
    """Task label to the condition (Butler expression, maybe empty) on its datasets."""

    kept_logs: frozenset[str]
    """Labels of the tasks whose logs this RUN keeps."""

    quanta_count: int
    """About how many quanta: exact when no task is cut."""


def is_glob(expression: str) -> bool:
    """Tell whether a collection of the file is a pattern."""
    return any(char in expression for char in "*?[")


class Repository:
    """A Butler repository, read-only.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label, for messages.
    butler : `lsst.daf.butler.Butler`
        Read-only Butler of that repository.
    """

    def __init__(self, location: str, butler: Butler) -> None:
        self.location = location
        self._butler = butler
        self._files = FileLocations(butler)
        self._types: dict[str, frozenset[str]] = {}
        self._silent_stores: dict[str, Diagnosis] = {}
        self._answering_stores: set[str] = set()

    def expand(self, expressions: Iterable[str]) -> list[tuple[str, str]]:
        """List the RUNs that collections and globs lead to, in chain order.

        Parameters
        ----------
        expressions : `~collections.abc.Iterable` [ `str` ]
            Collections and globs, in the order of the file.

        Returns
        -------
        runs : `list` [ `tuple` [ `str`, `str` ] ]
            RUN and the expression that led to it, each RUN once: chains in
            their order, globs by RUN name descending (newest first).

        Raises
        ------
        RepositoryError
            Raised if a collection does not exist or a glob matches nothing.
        """
        led_to: dict[str, str] = {}
        for expression in expressions:
            try:
                found = self._butler.collections.query_info(expression, flatten_chains=True)
            except MissingCollectionError:
                raise RepositoryError(
                    f"{self.location}: there is no collection {expression!r}; correct it, or "
                    "declare the stage 'incomplete' if its data is lost"
                ) from None
            runs = [info.name for info in found if info.type.name == "RUN"]
            if is_glob(expression):
                runs.sort(reverse=True)
                if not runs and not self._matches_any(expression):
                    raise RepositoryError(
                        f"{self.location}: no collection matches {expression!r}; correct it, or "
                        "declare the stage 'incomplete' if its data is lost"
                    )
            types = {info.type.name for info in found}
            if types and types <= _WITHOUT_RUNS:
                raise RepositoryError(
                    f"{self.location}: {expression!r} is {' and '.join(sorted(types))}, which "
                    "keeps no metadata: name the RUN collections, or the chain that holds them"
                )
            for run in runs:
                led_to.setdefault(run, expression)
        return list(led_to.items())

    def _matches_any(self, glob: str) -> bool:
        """Tell a glob without collections from one that matches chains without RUNs."""
        return any(fnmatchcase(name, glob) for name in self._butler.collections.query(glob))

    def holding_quanta(self, runs: Iterable[str]) -> set[str]:
        """Tell which RUNs may hold what an extraction can read.

        Parameters
        ----------
        runs : `~collections.abc.Iterable` [ `str` ]
            RUN collections.

        Returns
        -------
        holding : `set` [ `str` ]
            Those whose summary names metadata, logs or a provenance graph: raws
            and calibrations, which every chain contains, do not.
        """
        unknown = [run for run in dict.fromkeys(runs) if run not in self._types]
        if unknown:
            collections = self._butler.collections
            # A query would take a name with brackets for a pattern.
            odd = [run for run in unknown if is_glob(run)]
            plain = [run for run in unknown if not is_glob(run)]
            infos = [collections.get_info(run, include_summary=True) for run in odd]
            infos.extend(collections.query_info(plain, include_summary=True) if plain else ())
            self._types.update({info.name: info.dataset_types or frozenset() for info in infos})
        return {
            run
            for run in runs
            if any(
                name == _PROVENANCE or name.endswith((_METADATA, _LOG)) for name in self._types[run]
            )
        }

    def describe(self, run: str) -> RunContents:
        """Tell what a RUN holds, reading nothing but the registry and the size of a graph.

        Parameters
        ----------
        run : `str`
            RUN collection.

        Returns
        -------
        contents : `RunContents`
            Source and counts.
        """
        # A summary never forgets a type that was removed from the RUN: only counts tell.
        self.holding_quanta([run])
        inventory = take_inventory(self._butler, run, self._types[run])
        if _PROVENANCE in inventory and (found := self._graph(run)):
            ref, uri = found
            return RunContents(
                "provenance_graph", self._graph_fingerprint(ref, uri), graph_uri=plain_text(uri)
            )
        metadata = _of_tasks(inventory, _METADATA, "TaskMetadata")
        logs = _of_tasks(inventory, _LOG, "ButlerLogRecords")
        if metadata or logs:
            return RunContents(
                "metadata_files",
                _files_fingerprint(metadata, logs),
                {task: held.dataset_count for task, held in metadata.items()},
                {task: held.dataset_count for task, held in logs.items()},
            )
        # The aggregator with --promise-ingest-graph registers all outputs, `packages` among
        # them, but neither metadata nor logs nor configs (D6).
        if _PACKAGES in inventory and not any(name.endswith(_CONFIG) for name in inventory):
            return RunContents("promised", "promised")
        return RunContents("none", "none")

    def _graph(self, run: str) -> tuple[DatasetRef, ResourcePath] | None:
        """Find the ingested provenance graph of a RUN."""
        ref = self._butler.find_dataset(_PROVENANCE, collections=[run])
        return None if ref is None else (ref, self._butler.getURI(ref))

    def _graph_fingerprint(self, ref: DatasetRef, uri: ResourcePath) -> str:
        """Tell one provenance graph from another that took its place."""
        try:
            size = self._ask_store(uri, uri.size)
        except Exception as error:  # The store decides which; the read itself will say it in full.
            return f"graph: {ref.id}, unreadable: {type(error).__name__}"
        return f"graph: {ref.id}, {size} bytes"

    def _ask_store(self, uri: ResourcePath, call: Callable[[], _T]) -> _T:
        """Ask a store something, unless it kept us waiting in vain before.

        Clients try again for half a minute before they tell that a server is down or not
        trusted: once for a repository is enough, whatever the number of its RUNs.
        """
        store = _store_of(uri)
        if store in self._silent_stores:
            raise StoreError(self._silent_stores[store].text)
        begun = time.monotonic()
        try:
            answer = within(ANSWER_LIMIT_S, call)
        except Exception as error:
            diagnosis = diagnose(error, str(uri))
            if diagnosis.is_unreachable or time.monotonic() - begun >= _PATIENCE_S:
                self._silent_stores[store] = diagnosis
            else:
                self._answering_stores.add(store)
            raise
        self._answering_stores.add(store)
        return answer

    def require_store(self, run: str, contents: RunContents) -> None:
        """Make sure that the server which keeps the files of a RUN can be reached.

        It is asked before the first of its RUNs, and again after `doubt_stores`.

        Parameters
        ----------
        run : `str`
            RUN collection.
        contents : `RunContents`
            From `describe`.

        Raises
        ------
        UnreachableError
            Raised if it cannot: each file would be waited for in vain.
        """
        uri = self._first_file(run, contents)
        if uri is None or "://" not in uri:
            return
        resource = ResourcePath(uri)
        store = _store_of(resource)
        if store not in self._answering_stores:
            # A server that refuses, or has lost this file, can be reached: readers say the rest.
            # Its content is not asked for, which some stores fetch from tape first.
            with suppress(Exception):
                self._ask_store(resource, resource.exists)
        silence = self._silent_stores.get(store)
        if silence is not None and silence.is_unreachable:
            raise UnreachableError(f"{store}: {silence.text}")

    def doubt_stores(self) -> None:
        """Take note that a store failed: whether it can be reached is to be asked again."""
        self._answering_stores.clear()

    def packages(self, run: str) -> dict[str, str] | None:
        """Read the software versions of a RUN (D11).

        Parameters
        ----------
        run : `str`
            RUN collection.

        Returns
        -------
        packages : `dict` [ `str`, `str` ] or `None`
            Version by package; `None` where the RUN has none that can be read.
        """
        try:
            ref = self._butler.find_dataset(_PACKAGES, collections=[run])
            if ref is None:
                return None
            return {str(name): str(version) for name, version in self._butler.get(ref).items()}
        except Exception:  # Any of six libraries: versions are a courtesy, never a reason to stop.
            return None

    def slices(self, run: str, contents: RunContents, *, parts: int = 1) -> list[FileSlice]:
        """Cut a RUN of plain files into jobs of about equal size.

        Parameters
        ----------
        run : `str`
            RUN collection.
        contents : `RunContents`
            From `describe`.
        parts : `int`, optional
            Workers that shall share it, if it is large enough.

        Returns
        -------
        slices : `list` [ `FileSlice` ]
            Together every registered metadata and log, each once.
        """
        slices: list[FileSlice] = []
        tasks: dict[str, str] = {}
        gathered = 0
        kept = frozenset(contents.log_counts)
        # The same number for each worker: else some would wait while others read the last ones.
        rounds = -(-contents.quanta_count // (FILE_SLICE_QUANTA * parts))
        even = -(-contents.quanta_count // max(rounds * parts, 1))
        size = min(FILE_SLICE_QUANTA, max(even, _LEAST_SLICE_QUANTA))

        def close() -> None:
            nonlocal tasks, gathered
            if tasks:
                slices.append(FileSlice(self.location, run, tasks, kept, gathered))
            tasks, gathered = {}, 0

        for label in sorted(contents.metadata_counts.keys() | kept):
            count = max(contents.metadata_counts.get(label, 0), contents.log_counts.get(label, 0))
            conditions = self._deal(label, -(-count // size))
            share = count // len(conditions)
            for condition in conditions:
                if gathered + share > size or label in tasks:
                    close()
                tasks[label] = condition
                gathered += share
        close()
        return slices

    def _deal(self, label: str, parts: int) -> list[str]:
        """Write the conditions that deal a task's datasets out to a number of jobs."""
        if parts <= 1:
            return [""]
        dataset_type = self._task_type(label, _METADATA) or self._task_type(label, _LOG)
        assert dataset_type is not None, "counted, so registered"
        for dimension, governor in _DEALING_DIMENSIONS.items():
            if dimension in dataset_type.dimensions.required:
                return [
                    f"{governor} != '' AND {dimension} IN ({start}..{2**62}:{parts})"
                    for start in range(parts)
                ]
        return [""]

    def _task_type(self, label: str, suffix: str) -> DatasetType | None:
        """Find the metadata or log dataset type of a task."""
        found: Sequence[DatasetType] = list(
            self._butler.registry.queryDatasetTypes([label + suffix], missing=[])
        )
        return found[0] if found else None

    def file_batches(self, part: FileSlice) -> Iterator[FileBatch]:
        """Stream what is registered for the quanta of a slice.

        Parameters
        ----------
        part : `FileSlice`
            From `slices`.

        Yields
        ------
        batch : `extract.sources.metadata_files.FileBatch`
            At most some thousands of quanta of one task.
        """
        for label, condition in part.tasks.items():
            logged: set[tuple[Any, ...]] = set()
            log_type = self._task_type(label, _LOG) if label in part.kept_logs else None
            if log_type is not None:
                data_ids = self._data_ids(log_type, part.run, condition)
                logged.update(data_id.required_values for data_id in data_ids)
            metadata_type = self._task_type(label, _METADATA)
            if metadata_type is not None:
                for refs in self._refs(metadata_type, part.run, condition):
                    required_values = [ref.dataId.required_values for ref in refs]
                    has_logs = [values in logged for values in required_values]
                    logged.difference_update(required_values)
                    yield self._batch(part, label, refs, has_logs=has_logs)
            if logged and log_type is not None:
                alike = list(logged) if len(logged) <= _FEW else []
                for refs in self._refs(log_type, part.run, condition, alike):
                    if alone := [ref for ref in refs if ref.dataId.required_values in logged]:
                        yield self._batch(part, label, alone, has_logs=None)

    def _batch(
        self,
        part: FileSlice,
        label: str,
        refs: Sequence[DatasetRef],
        *,
        has_logs: list[bool] | None,
    ) -> FileBatch:
        """Make a batch of metadata, or of logs alone when ``has_logs`` is `None`."""
        dimensions = refs[0].datasetType.dimensions
        is_full = all(ref.dataId.hasFull() for ref in refs)
        names = dimensions.data_coordinate_keys if is_full else tuple(dimensions.required)
        values = [ref.dataId.full_values if is_full else ref.dataId.required_values for ref in refs]
        uris = self._files.locate(refs)
        nothing: list[None] = [None] * len(refs)
        of_metadata = has_logs is not None
        return FileBatch(
            run=part.run,
            task_label=label,
            required=tuple(dimensions.required),
            coordinates=dict(zip(names, zip(*values, strict=True), strict=True)),
            metadata_ids=[str(ref.id) for ref in refs] if of_metadata else nothing,
            metadata_uris=uris if of_metadata else nothing,
            has_logs=has_logs if has_logs is not None else [True] * len(refs),
            log_uris=nothing if of_metadata else uris,
            keeps_logs=label in part.kept_logs,
        )

    def _refs(
        self,
        dataset_type: DatasetType,
        run: str,
        condition: str,
        alike: Sequence[tuple[Any, ...]] = (),
    ) -> Iterator[tuple[DatasetRef, ...]]:
        """Stream the datasets of a type in a RUN in pages.

        Given the required values of some data IDs, it gives those that have, in each
        dimension, a value of one of them: these, and not many others.
        """
        with self._butler.query() as query:
            results = query.datasets(dataset_type, collections=[run], find_first=False)
            if condition:
                results = results.where(condition)
            required = dataset_type.dimensions.required
            columns = zip(required, zip(*alike, strict=True), strict=True) if alike else ()
            for dimension, values in columns:
                if dimension in dataset_type.dimensions.governors:
                    results = results.where(f"{dimension} != ''")  # Must be named, equal or not.
                else:
                    proxy = getattr(query.expression_factory, dimension)
                    results = results.where(proxy.in_iterable(sorted(set(values))))
            yield from chunk_iterable(results, _PAGE)

    def _data_ids(
        self, dataset_type: DatasetType, run: str, condition: str
    ) -> Iterator[DataCoordinate]:
        """Stream the data IDs of a type in a RUN: three times faster than its datasets."""
        with self._butler.query() as query:
            joined = query.join_dataset_search(dataset_type.name, [run])
            results = joined.data_ids(dataset_type.dimensions)
            yield from results.where(condition) if condition else results

    def observations(
        self, instrument: str, dimension: str, ids: Sequence[int]
    ) -> dict[int, dict[str, Any]]:
        """Look up the dimension records of visits or exposures.

        Parameters
        ----------
        instrument : `str`
            Their instrument.
        dimension : `str`
            ``visit`` or ``exposure``.
        ids : `~collections.abc.Sequence` [ `int` ]
            Which ones.

        Returns
        -------
        records : `dict` [ `int`, `dict` ]
            Columns of `extract.lake.schema.VISITS` by ID; those without a record are
            absent.
        """
        found: dict[int, dict[str, Any]] = {}
        for chunk in chunk_iterable(ids, _ASKED_AT_ONCE):
            with self._butler.query() as query:
                wanted = getattr(query.expression_factory, dimension).in_iterable(chunk)
                results = query.dimension_records(dimension).where(wanted, instrument=instrument)
                for record in results:
                    found[int(record.dataId[dimension])] = {
                        "day_obs": record.dataId.get("day_obs"),
                        "band": record.dataId.get("band"),
                        "physical_filter": record.dataId.get("physical_filter"),
                        "target_name": getattr(record, "target_name", None),
                        "science_program": getattr(record, "science_program", None),
                        "observation_reason": getattr(record, "observation_reason", None),
                        "exposure_time_s": getattr(record, "exposure_time", None),
                        "started_at": _begin(record),
                    }
        return found

    def probe(self, run: str, contents: RunContents) -> str | None:
        """Try to read the first bytes of one file of a RUN.

        Parameters
        ----------
        run : `str`
            RUN collection.
        contents : `RunContents`
            From `describe`.

        Returns
        -------
        uri : `str` or `None`
            The file that was read; `None` where the RUN has none.

        Raises
        ------
        RepositoryError
            Raised if the file cannot be read.
        """
        uri = self._first_file(run, contents)
        if uri is None:
            if contents.quanta_count:
                raise RepositoryError(f"{run}: the datastore does not know where its metadata is")
            return None
        resource = ResourcePath(uri)
        try:
            self._ask_store(resource, lambda: resource.read(1))
        except StoreError as error:
            raise RepositoryError(f"{uri}: {error}") from error
        except Exception as error:  # Each store has its own: FileNotFoundError, ValueError, ...
            raise RepositoryError(f"{uri}: {explain(error, uri)}") from error
        return uri

    def _first_file(self, run: str, contents: RunContents) -> str | None:
        """Find one file of a RUN; `None` where it has none."""
        if contents.graph_uri is not None:
            return contents.graph_uri
        kind = _METADATA if contents.metadata_counts else _LOG
        label = next(iter(contents.metadata_counts or contents.log_counts), None)
        if label is None:
            return None
        dataset_type = self._butler.get_dataset_type(label + kind)
        with self._butler.query() as query:
            refs = list(query.datasets(dataset_type, collections=[run], find_first=False).limit(1))
        return self._files.locate(refs)[0]


def _store_of(uri: ResourcePath) -> str:
    """Name the server of a URI."""
    return f"{uri.scheme}://{uri.netloc}"


def _of_tasks(
    inventory: Mapping[str, Holding], suffix: str, storage_class: str
) -> dict[str, Holding]:
    """Pick one kind of dataset, by task label."""
    return {
        name.removesuffix(suffix): held
        for name, held in sorted(inventory.items())
        if name.endswith(suffix)
        and held.storage_class == storage_class
        and not is_usage_gathering(name.removesuffix(suffix))
    }


def _files_fingerprint(metadata: Mapping[str, Holding], logs: Mapping[str, Holding]) -> str:
    """Tell files of a RUN from those that were added, taken away or replaced."""
    digest = hashlib.sha256(json.dumps([metadata, logs], sort_keys=True).encode()).hexdigest()
    totals = [sum(held.dataset_count for held in kind.values()) for kind in (metadata, logs)]
    return f"files: {totals[0]} metadata, {totals[1]} logs, {digest[:16]}"


def _begin(record: object) -> datetime.datetime | None:
    """Turn the begin of an observation, which the Butler keeps in TAI, into UTC."""
    timespan = getattr(record, "timespan", None)
    if timespan is None or timespan.begin is None or not hasattr(timespan.begin, "utc"):
        return None
    seconds = float(np.round(timespan.begin.utc.unix, 6))
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)


@contextmanager
def open_repository(location: str) -> Iterator[Repository]:
    """Open a repository, read-only.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label.

    Yields
    ------
    repository : `Repository`
        Closed when the context ends.

    Raises
    ------
    RepositoryError
        Raised with one line if it cannot be opened.
    """
    # Before the first client is made, which remembers them: threads that read at once need as
    # many connections, and a dead database server would be waited for for minutes.
    os.environ.setdefault("LSST_RESOURCES_NUM_WORKERS", str(CONNECTIONS))
    os.environ.setdefault("PGCONNECT_TIMEOUT", str(ANSWER_LIMIT_S))
    try:
        butler = within(ANSWER_LIMIT_S, lambda: _open(location))
    except Exception as error:  # Wrong label, path, password, server: six libraries, one line.
        raise RepositoryError(f"repository {location}: {_explain(error, location)}") from error
    try:
        with butler.registry.caching_context():
            yield Repository(location, butler)
    except (
        sqlalchemy.exc.SQLAlchemyError
    ) as error:  # A table without a grant, a server that went away.
        raise RepositoryError(f"repository {location}: {_explain(error, location)}") from error
    finally:
        # Older stacks have no close().
        getattr(butler, "close", lambda: None)()


def _explain(error: BaseException, location: str) -> str:
    """Say what is wrong with a repository; a registry that is a file is named."""
    text = explain(error, location)
    if _SQLITE_FILE not in text:
        return text
    try:
        config = ButlerConfig(Butler.get_repo_uri(location, return_label=True))
        root = config.configDir.ospath.rstrip("/") if config.configDir else ""
        file = sqlalchemy.make_url(config["registry", "db"].replace("<butlerRoot>", root)).database
    except Exception:  # The configuration may be what is amiss: then the text must do.
        return text
    return text.replace(_SQLITE_FILE, f"{_SQLITE_FILE} {file}", 1)


def _open(location: str) -> Butler:
    """Open a Butler; defaults are not inferred: that would query every collection named."""
    with _silent("lsst.daf.butler"):
        return Butler.from_config(location, writeable=False, inferDefaults=False)


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Keep a library from logging the error that we tell in one line ourselves."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
