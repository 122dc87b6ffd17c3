"""What is read from the records of a datastore is what the Butler says, whatever lies where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from lsst.daf.butler import Butler, Config, DatasetRef, DatasetType, FileDataset
from lsst.daf.butler.datastore import DatasetRefURIs

from extract.butler.file_locations import FileLocations, plain_text
from tests.extract.tiny import DETECTORS, INSTRUMENT, TinyRepository, metadata_document

RUN = "a/run"


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    return TinyRepository(tmp_path)


@contextmanager
def opened(root: Path) -> Iterator[tuple[Butler, list[DatasetRef]]]:
    """Open a repository to read, with the metadata that it has."""
    with Butler.from_config(str(root), writeable=False) as butler:
        yield butler, butler.query_datasets("isr_metadata", RUN, find_first=False)


def said_by_the_butler(butler: Butler, refs: Sequence[DatasetRef]) -> list[str]:
    """Ask for each dataset by itself."""
    return [plain_text(butler.getURI(ref)) for ref in refs]


def questions(butler: Butler, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many datasets the Butler is asked for at once."""
    asked: list[int] = []
    ask = butler.get_many_uris

    def note(refs: Sequence[DatasetRef]) -> dict[DatasetRef, DatasetRefURIs]:
        asked.append(len(refs))
        return ask(refs)

    monkeypatch.setattr(butler, "get_many_uris", note)
    return asked


def ingest(repository: TinyRepository, files: dict[int, Path], transfer: str | None) -> None:
    """Register files, each as the metadata of a detector."""
    with repository.butler() as butler:
        dimensions = butler.dimensions.conform(["detector"])
        dataset_type = DatasetType("isr_metadata", dimensions, "TaskMetadata")
        butler.registry.registerDatasetType(dataset_type)
        butler.collections.register(RUN)
        for detector, path in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(metadata_document(1).model_dump_json())
            data_id = butler.registry.expandDataId(instrument=INSTRUMENT, detector=detector)
            refs = [DatasetRef(dataset_type, data_id, run=RUN)]
            butler.ingest(FileDataset(refs=refs, path=str(path)), transfer=transfer)


def test_one_question_tells_where_all_files_of_a_store_are(
    repository: TinyRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.add(RUN, {"isr": DETECTORS}, kinds=["metadata"])
    with opened(repository.root / "repo") as (butler, refs):
        expected = said_by_the_butler(butler, refs)
        asked = questions(butler, monkeypatch)
        assert FileLocations(butler).locate(refs) == expected
        assert len(expected) == len(DETECTORS)
        assert asked == [1]


def test_sizes_are_those_that_the_datastore_recorded(repository: TinyRepository) -> None:
    repository.add(RUN, {"isr": DETECTORS}, kinds=["metadata"])
    with opened(repository.root / "repo") as (butler, refs):
        paths = [Path(path) for path in said_by_the_butler(butler, refs)]
        assert FileLocations(butler).sizes(refs) == [path.stat().st_size for path in paths]


def test_names_that_a_uri_would_quote_are_those_of_the_butler(repository: TinyRepository) -> None:
    folder = repository.root / "repo"
    names = ["plain.json", "a b+c.json", "50%.json", ".hidden/x.json"]
    files = {detector: folder / name for detector, name in zip(DETECTORS, names, strict=True)}
    ingest(repository, files, transfer=None)
    with opened(folder) as (butler, refs):
        found = FileLocations(butler).locate(refs)
        assert found == said_by_the_butler(butler, refs)
        assert set(found) == {str(path) for path in files.values()}


def test_files_outside_the_store_are_where_the_butler_says(repository: TinyRepository) -> None:
    folder = repository.root / "repo"
    inside, outside = folder / "in" / "a.json", repository.root / "out" / "b.json"
    ingest(repository, {1: outside}, transfer="direct")
    ingest(repository, {2: inside}, transfer=None)
    with opened(folder) as (butler, refs):
        found = FileLocations(butler).locate(refs)
        assert found == said_by_the_butler(butler, refs)
        assert set(found) == {str(inside), str(outside)}


def test_a_dataset_that_the_datastore_forgot_is_nowhere_and_takes_no_other_with_it(
    repository: TinyRepository,
) -> None:
    repository.add(RUN, {"isr": DETECTORS}, kinds=["metadata"])
    root = repository.root / "repo"
    with opened(root) as (butler, refs):
        expected: list[str | None] = [*said_by_the_butler(butler, refs)]
    with repository.butler() as butler:
        butler._datastore.removeStoredItemInfo(refs[0])  # type: ignore[attr-defined]
    expected[0] = None
    with opened(root) as (butler, refs):
        assert FileLocations(butler).locate(refs) == expected


def test_records_that_contradict_the_butler_are_not_believed(
    repository: TinyRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.add(RUN, {"isr": DETECTORS}, kinds=["metadata"])
    with opened(repository.root / "repo") as (butler, refs):
        expected = said_by_the_butler(butler, refs)
        files = FileLocations(butler)
        monkeypatch.setattr(files, "_select", lambda ids: [(key, "elsewhere/x") for key in ids])
        assert files.locate(refs) == expected


def test_a_butler_of_several_datastores_is_asked(tmp_path: Path) -> None:
    text = f"""
    datastore:
      cls: lsst.daf.butler.datastores.chainedDatastore.ChainedDatastore
      datastores:
        - datastore: {{cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore,
                       root: {tmp_path}/one, records: {{table: one_records}}}}
        - datastore: {{cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore,
                       root: {tmp_path}/two, records: {{table: two_records}}}}
    """
    chained = TinyRepository(tmp_path, Config.fromYaml(text))
    chained.add(RUN, {"isr": DETECTORS}, kinds=["metadata"])
    with opened(tmp_path / "repo") as (butler, refs):
        found = FileLocations(butler).locate(refs)
        assert found == said_by_the_butler(butler, refs)
        assert len(set(found)) == len(DETECTORS)
