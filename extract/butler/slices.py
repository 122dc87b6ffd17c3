"""Divide RUNs of plain files into jobs, and list what is registered for each job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lsst.daf.butler import Butler, DataCoordinate, DatasetRef, DatasetType
from lsst.utils.iteration import chunk_iterable

from .file_locations import FileLocations
from .registered import LOG, METADATA, FileBatch, FileSlice, RunContents

__all__ = ["Slices"]

_PAGE = 5_000
"""Registered datasets that are in memory at once."""

_FEW = 200
"""Most logs without metadata that are looked up by data ID; above, all logs are read."""

FILE_SLICE_QUANTA = 100_000
"""Quanta of plain files that one job reads: some seconds of work, and 10 MB for data IDs.  The
registry searches the whole task for each job that shares it."""

_LEAST_SLICE_QUANTA = 250
"""Number of quanta below which several jobs for one RUN cost more than they save."""

# Dimensions by which the datasets of one task are divided evenly among jobs, best first. They have
# small and dense numbers. A query must also name the governor dimension beside them.
_DEALING_DIMENSIONS = {
    "detector": "instrument",
    "patch": "skymap",
    "visit": "instrument",
    "exposure": "instrument",
    "tract": "skymap",
}


class Slices:
    """Parts of the RUNs of a repository.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label of the repository: workers open it anew.
    butler : `lsst.daf.butler.Butler`
        Read-only Butler of that repository.
    files : `extract.butler.file_locations.FileLocations`
        Where its files are.
    """

    def __init__(self, location: str, butler: Butler, files: FileLocations) -> None:
        self._location = location
        self._butler = butler
        self._files = files

    def cut(self, run: str, contents: RunContents, *, parts: int = 1) -> list[FileSlice]:
        """Divide a RUN of plain files into jobs of about equal size.

        Parameters
        ----------
        run : `str`
            RUN collection.
        contents : `RunContents`
            From `extract.butler.contents.Contents.describe`.
        parts : `int`, optional
            Number of workers that share it, if it is large enough.

        Returns
        -------
        slices : `list` [ `FileSlice` ]
            Together every registered metadata and log, each once.
        """
        slices: list[FileSlice] = []
        tasks: dict[str, str] = {}
        gathered = 0
        kept = frozenset(contents.log_counts)
        # Each worker gets the same number. Otherwise some wait while others read the last ones.
        rounds = -(-contents.quanta_count // (FILE_SLICE_QUANTA * parts))
        even = -(-contents.quanta_count // max(rounds * parts, 1))
        size = min(FILE_SLICE_QUANTA, max(even, _LEAST_SLICE_QUANTA))

        def close() -> None:
            nonlocal tasks, gathered
            if tasks:
                slices.append(FileSlice(self._location, run, tasks, kept, gathered))
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
        """Write the conditions that divide a task's datasets among a number of jobs."""
        if parts <= 1:
            return [""]
        dataset_type = self._task_type(label, METADATA) or self._task_type(label, LOG)
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

    def batches(self, part: FileSlice) -> Iterator[FileBatch]:
        """Stream what is registered for the quanta of a slice.

        Parameters
        ----------
        part : `FileSlice`
            From `cut`.

        Yields
        ------
        batch : `extract.butler.registered.FileBatch`
            At most some thousands of quanta of one task.
        """
        for label, condition in part.tasks.items():
            logged: set[tuple[Any, ...]] = set()
            log_type = self._task_type(label, LOG) if label in part.kept_logs else None
            if log_type is not None:
                data_ids = self._data_ids(log_type, part.run, condition)
                logged.update(data_id.required_values for data_id in data_ids)
            metadata_type = self._task_type(label, METADATA)
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
        absent: list[None] = [None] * len(refs)
        of_metadata = has_logs is not None
        return FileBatch(
            run=part.run,
            task_label=label,
            required=tuple(dimensions.required),
            coordinates=dict(zip(names, zip(*values, strict=True), strict=True)),
            metadata_ids=[str(ref.id) for ref in refs] if of_metadata else absent,
            metadata_uris=uris if of_metadata else absent,
            has_logs=has_logs if has_logs is not None else [True] * len(refs),
            log_uris=absent if of_metadata else uris,
            keeps_logs=label in part.kept_logs,
            sizes=self._files.sizes(refs) if any("://" in uri for uri in uris if uri) else (),
        )

    def _refs(
        self,
        dataset_type: DatasetType,
        run: str,
        condition: str,
        alike: Sequence[tuple[Any, ...]] = (),
    ) -> Iterator[tuple[DatasetRef, ...]]:
        """Stream the datasets of a type in a RUN in pages.

        With the required values of some data IDs, it gives the datasets that have one of
        these values in each dimension.  That is all of them, and a few others.
        """
        with self._butler.query() as query:
            results = query.datasets(dataset_type, collections=[run], find_first=False)
            if condition:
                results = results.where(condition)
            required = dataset_type.dimensions.required
            columns = zip(required, zip(*alike, strict=True), strict=True) if alike else ()
            for dimension, values in columns:
                if dimension in dataset_type.dimensions.governors:
                    # A query must name them, even if all values are equal.
                    results = results.where(f"{dimension} != ''")
                else:
                    proxy = getattr(query.expression_factory, dimension)
                    results = results.where(proxy.in_iterable(sorted(set(values))))
            yield from chunk_iterable(results, _PAGE)

    def _data_ids(
        self, dataset_type: DatasetType, run: str, condition: str
    ) -> Iterator[DataCoordinate]:
        """Stream the data IDs of a type in a RUN, which is faster than its datasets."""
        with self._butler.query() as query:
            joined = query.join_dataset_search(dataset_type.name, [run])
            results = joined.data_ids(dataset_type.dimensions)
            yield from results.where(condition) if condition else results
