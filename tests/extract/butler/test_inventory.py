"""What a RUN is said to hold, by one statement and by the queries of any Butler."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.butler.inventory import take_inventory
from tests.extract.tiny import DETECTORS, TinyRepository

RUN = "a/run"
TYPES = ["calibrateImage_metadata", "isr_log", "isr_metadata"]


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    filled = TinyRepository(tmp_path)
    filled.add(RUN, {"isr": DETECTORS})
    filled.add("another/run", {"calibrateImage": [1]}, kinds=["metadata"])
    return filled


def test_any_butler_says_what_one_statement_says(
    repository: TinyRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    with repository.butler() as butler:
        at_once = take_inventory(butler, RUN, TYPES)
        monkeypatch.setattr("extract.butler.inventory._take_at_once", _fail)
        assert take_inventory(butler, RUN, TYPES) == at_once
    assert {name: held[:2] for name, held in at_once.items()} == {
        "isr_metadata": ("TaskMetadata", len(DETECTORS)),
        "isr_log": ("ButlerLogRecords", len(DETECTORS)),
    }


def _fail(*_: object) -> None:
    raise AttributeError
