"""Describe what an extraction can read in a RUN, and whether it changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from lsst.daf.butler import Butler, DatasetRef
from lsst.resources import ResourcePath

from ..documents.quanta import is_usage_gathering
from .collections import Collections
from .file_locations import FileLocations, plain_text
from .inventory import Holding, take_inventory
from .registered import (
    LOG,
    METADATA,
    METADATA_FILES,
    NOTHING,
    PACKAGES,
    PROMISED,
    PROVENANCE,
    PROVENANCE_GRAPH,
    RESOURCE_USAGE,
    USAGE_TABLES,
    RunContents,
    UsageTable,
)
from .stores import Stores

__all__ = ["Contents"]

_CONFIG = "_config"


class Contents:
    """What the RUNs of a repository hold.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        Read-only Butler of that repository.
    collections : `extract.butler.collections.Collections`
        Its collections.
    files : `extract.butler.file_locations.FileLocations`
        Where its files are.
    stores : `extract.butler.stores.Stores`
        The servers that keep them.
    """

    def __init__(
        self, butler: Butler, collections: Collections, files: FileLocations, stores: Stores
    ) -> None:
        self._butler = butler
        self._collections = collections
        self._files = files
        self._stores = stores

    def describe(self, run: str) -> RunContents:
        """Describe what a RUN holds, from the registry and the size of a graph only.

        Parameters
        ----------
        run : `str`
            RUN collection.

        Returns
        -------
        contents : `RunContents`
            Source and counts.
        """
        # A summary keeps a type that was removed from the RUN, so the datasets are counted.
        inventory = take_inventory(self._butler, run, self._collections.dataset_types(run))
        metadata = _of_tasks(inventory, METADATA, "TaskMetadata")
        logs = _of_tasks(inventory, LOG, "ButlerLogRecords")
        tables = _of_tasks(inventory, RESOURCE_USAGE, "DataFrame")
        if tables and not metadata and not logs:
            # This RUN is of the tool that gathers usage: the census does not include its quanta.
            return RunContents(
                USAGE_TABLES,
                _fingerprint("tables", tables),
                usage_tables=[self._usage_table(run, task) for task in tables],
            )
        if PROVENANCE in inventory and (found := self._graph(run)):
            ref, uri = found
            return RunContents(
                PROVENANCE_GRAPH, self._graph_fingerprint(ref, uri), graph_uri=plain_text(uri)
            )
        if metadata or logs:
            return RunContents(
                METADATA_FILES,
                _files_fingerprint(metadata, logs),
                {task: held.dataset_count for task, held in metadata.items()},
                {task: held.dataset_count for task, held in logs.items()},
            )
        # The aggregator with --promise-ingest-graph registers all outputs, `packages` among
        # them, but neither metadata nor logs nor configs (D6).
        if PACKAGES in inventory and not any(name.endswith(_CONFIG) for name in inventory):
            return RunContents(PROMISED, PROMISED)
        return RunContents(NOTHING, NOTHING)

    def _usage_table(self, run: str, task: str) -> UsageTable:
        """Find a table of resource usage, and the dimensions of its task."""
        types = list(self._butler.registry.queryDatasetTypes([task + METADATA], missing=[]))
        required = tuple(types[0].dimensions.required) if types else None
        ref = self._butler.find_dataset(task + RESOURCE_USAGE, collections=[run])
        uri = self._files.locate([ref])[0] if ref is not None else None
        return UsageTable(task, required, uri)

    def _graph(self, run: str) -> tuple[DatasetRef, ResourcePath] | None:
        """Find the ingested provenance graph of a RUN."""
        ref = self._butler.find_dataset(PROVENANCE, collections=[run])
        return None if ref is None else (ref, self._butler.getURI(ref))

    def _graph_fingerprint(self, ref: DatasetRef, uri: ResourcePath) -> str:
        """Make a text that changes when another provenance graph replaces this one."""
        try:
            size = self._stores.ask(uri, uri.size)
        # Each store has its own errors. The read itself reports the error in full.
        except Exception as error:
            return f"graph: {ref.id}, unreadable: {type(error).__name__}"
        return f"graph: {ref.id}, {size} bytes"

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
            ref = self._butler.find_dataset(PACKAGES, collections=[run])
            if ref is None:
                return None
            return {str(name): str(version) for name, version in self._butler.get(ref).items()}
        # Any of six libraries can raise. Versions are optional, so no error stops the extraction.
        except Exception:
            return None

    def first_file(self, run: str, contents: RunContents) -> str | None:
        """Find one file of a RUN.

        Parameters
        ----------
        run : `str`
            RUN collection.
        contents : `RunContents`
            From `describe`.

        Returns
        -------
        uri : `str` or `None`
            Path or URI; `None` where the RUN has none.
        """
        if contents.graph_uri is not None:
            return contents.graph_uri
        if contents.usage_tables:
            return contents.usage_tables[0].uri
        kind = METADATA if contents.metadata_counts else LOG
        label = next(iter(contents.metadata_counts or contents.log_counts), None)
        if label is None:
            return None
        dataset_type = self._butler.get_dataset_type(label + kind)
        with self._butler.query() as query:
            refs = list(query.datasets(dataset_type, collections=[run], find_first=False).limit(1))
        return self._files.locate(refs)[0]


def _of_tasks(
    inventory: Mapping[str, Holding], suffix: str, storage_class: str
) -> dict[str, Holding]:
    """Select one kind of dataset, by task label."""
    return {
        name.removesuffix(suffix): held
        for name, held in sorted(inventory.items())
        if name.endswith(suffix)
        and held.storage_class == storage_class
        and not is_usage_gathering(name.removesuffix(suffix))
    }


def _files_fingerprint(metadata: Mapping[str, Holding], logs: Mapping[str, Holding]) -> str:
    """Make a text that changes when files of a RUN are added, removed or replaced."""
    totals = [sum(held.dataset_count for held in kind.values()) for kind in (metadata, logs)]
    return _fingerprint(f"files: {totals[0]} metadata, {totals[1]} logs", metadata, logs)


def _fingerprint(what: str, *kinds: Mapping[str, Holding]) -> str:
    """Make a text of what is there, with a digest of numbers and times."""
    digest = hashlib.sha256(json.dumps(kinds, sort_keys=True).encode()).hexdigest()
    return f"{what}, {digest[:16]}"
