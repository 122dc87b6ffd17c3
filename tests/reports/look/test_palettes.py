"""The colours of a palette differ, on white and on dark, also from the red of the line."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from reports import figures
from reports.figures.completeness import _troubles
from reports.look import palettes, theme
from reports.page.look import light_and_dark
from tests.reports.look.test_theme import SIGHT, lab

NAMES = {
    "tasks": (*palettes.TASKS, palettes.OTHER_TASKS),
    "releases": palettes.RELEASES,
    "stages": palettes.STAGES,
    "policies": tuple(palettes.POLICIES.values()),
    "verdicts": tuple(palettes.VERDICTS.values()),
}
DARK = {name: tuple(map(palettes.on_dark, colours)) for name, colours in NAMES.items()}


def distance(one: str, two: str, sight: str = "normal") -> float:
    return float(np.linalg.norm(lab(one, sight) - lab(two, sight)))


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("name", NAMES)
def test_any_two_colours_of_a_palette_differ_for_every_kind_of_sight(name: str, sight: str) -> None:
    assert min(distance(a, b, sight) for a, b in itertools.combinations(NAMES[name], 2)) > 15
    assert min(distance(a, b, sight) for a, b in itertools.combinations(DARK[name], 2)) > 5


@pytest.mark.parametrize("name", NAMES)
def test_colours_of_a_palette_differ_in_greyscale(name: str) -> None:
    lightness = sorted(float(lab(colour)[0]) for colour in NAMES[name])
    assert min(b - a for a, b in itertools.pairwise(lightness)) > 2.5


def test_no_colour_is_near_the_red_of_the_line() -> None:
    looks = light_and_dark()
    lines = [theme.LINE_COLOURS["threshold"], looks["light"]["style"]["slider-rule"]["color"]]
    for colours, reds in (
        (NAMES, lines),
        (DARK, [looks["dark"]["style"]["slider-rule"]["color"]]),
    ):
        for name, palette in colours.items():
            for colour, red in itertools.product(palette, reds):
                assert distance(colour, red) > 30, (name, colour, red)


def test_neighbours_in_a_stack_of_tasks_differ_much_in_greyscale() -> None:
    lightness = [float(lab(colour)[0]) for colour in NAMES["tasks"]]
    assert min(abs(b - a) for a, b in itertools.pairwise(lightness)) > 8


def test_a_rank_always_has_the_same_colour_and_the_rest_are_grey() -> None:
    assert [palettes.task_colour(rank) for rank in range(1, 13)] == list(palettes.TASKS)
    assert palettes.task_colour(None) == palettes.task_colour(13) == palettes.OTHER_TASKS


def test_figures_take_every_colour_from_the_palettes() -> None:
    for path in Path(figures.__file__).parent.rglob("*.py"):
        for red, green, blue in re.findall(r"#(\w\w)(\w\w)(\w\w)\b", path.read_text()):
            assert red == green == blue, (path.name, red, green, blue)


def test_palettes_share_no_colour() -> None:
    for one, two in itertools.combinations(NAMES, 2):
        assert not set(NAMES[one]) & set(NAMES[two])


def test_a_hundred_releases_have_a_colour_and_shape_of_their_own() -> None:
    looks = [(palettes.release_colour(n), palettes.release_shape(n)) for n in range(100)]
    assert len(set(looks)) == 100
    assert (
        len({colour for colour, _ in looks[:12]}) == len({shape for _, shape in looks[:12]}) == 12
    )


def test_dark_colours_stand_out_from_a_dark_ground() -> None:
    ground = light_and_dark()["dark"]["style"]["segment"]["stroke"]
    for colour in itertools.chain(*DARK.values()):
        assert lab(colour)[0] - lab(ground)[0] > 30, colour


def test_the_first_kinds_of_failures_differ_much_in_greyscale() -> None:
    lightness = sorted(float(lab(colour)[0]) for colour in _troubles.COLOURS[:4])
    assert min(b - a for a, b in itertools.pairwise(lightness)) > 15
    assert len(set(_troubles.COLOURS)) == len(_troubles.COLOURS)
