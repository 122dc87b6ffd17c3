"""A program that is killed at any moment loses nothing: run again, it gives the same result.

The same with many more kills and a larger repository: `make soak`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.extract.tiny import TinyRepository
from tests.reliability.killing import AGAIN, STEPS, Census, moments

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("parsed_project")]

KILLS = 4
"""Kills of each step."""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Census, dict[str, float]]:
    """A small census from end to end, and how long each step took in seconds."""
    root = tmp_path_factory.mktemp("undisturbed")
    repository = TinyRepository(root)
    for number in range(4):
        for stage in ("stage1", "stage2"):
            quanta = {"isr": [1, 2, 3], "makeWarp": [2, 3, 4]}
            repository.add(f"a/{stage}/{number}", quanta, peak_bytes=(number + 5) << 30)
    stages = {stage: f"a/{stage}/*" for stage in ("stage1", "stage2")}
    census = Census(repository.campaigns(stages), root / "data")
    return census, {step: census.run(step) for step in STEPS}


def test_killed_at_random_moments_and_run_again(
    undisturbed: tuple[Census, dict[str, float]], tmp_path: Path
) -> None:
    expected, lasts_s = undisturbed
    census = Census(expected.campaigns, tmp_path / "data")
    chance = random.Random(16)
    killed = 0
    for step in STEPS:
        for after_s, whole_group in moments(chance, lasts_s[step], KILLS):
            killed += census.kill(step, after_s, whole_group, *AGAIN.get(step, ()))
        census.run(step)
        assert census.found(step) == expected.found(step), step
    assert killed >= 2 * KILLS
    assert not census.remains()


def test_a_result_stays_readable_while_its_next_version_is_killed(
    undisturbed: tuple[Census, dict[str, float]],
) -> None:
    census, lasts_s = undisturbed
    chance = random.Random(17)
    for step in ("extract", "transform"):
        before = census.found(step)
        ((after_s, _),) = moments(chance, lasts_s[step], 1)
        census.kill(step, after_s, True, *AGAIN[step])
        found = census.found(step)
        # A lake is published RUN by RUN, a warehouse as a whole.
        assert found == before if step == "transform" else found.keys() == before.keys()
        census.run(step)
        assert census.found(step) == before, step
