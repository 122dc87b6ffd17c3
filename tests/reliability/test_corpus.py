"""What fuzzing found once stays foreseen, and the samples that it begins from are sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.corpus import CORPUS
from tests.reliability.decoders import DECODERS

FOUND = sorted(path for path in CORPUS.glob("*/*") if path.parent.name in DECODERS)


@pytest.mark.parametrize("name", DECODERS)
def test_a_sound_sample_is_read(name: str) -> None:
    for sample in DECODERS[name].samples():
        DECODERS[name].decode(sample)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once_is_foreseen(path: Path) -> None:
    DECODERS[path.parent.name].read(path.read_bytes())
