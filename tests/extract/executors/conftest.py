"""A repository of a few small slices, and what a plain extraction of it gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from extract.butler import slices
from tests.extract.executors.reading import Few
from tests.extract.tiny import TinyRepository, run_extraction, whole_lake


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Few]:
    """Build two RUNs, of which each is cut into several slices."""
    root = tmp_path_factory.mktemp("tiny")
    repository = TinyRepository(root)
    repository.add("a/stage1/1", {"isr": [1, 2, 3, 4], "calibrateImage": [1, 2, 3]})
    repository.add("a/stage1/1", {"calibrateImage": [4]}, kinds=["log"])
    repository.add("a/stage1/2", {"calibrateImage": [4], "isr": [1]})
    repository.chain("a/stage1", "a/stage1/2", "a/stage1/1")
    campaigns = repository.campaigns({"stage1": "a/stage1"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "FILE_SLICE_QUANTA", 3)
        patch.setattr(slices, "_LEAST_SLICE_QUANTA", 1)
        run_extraction(campaigns, root / "plain")
        yield Few(campaigns, whole_lake(root / "plain"))
