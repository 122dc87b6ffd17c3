"""The palettes can be told apart: normal sight, three kinds of colour blindness, greyscale."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from reports.look import theme

Array = npt.NDArray[np.float64]

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> Array:
    """Turn #rrggbb into linear RGB."""
    srgb = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def lab(colour: str, sight: str = "normal") -> Array:
    """Give CIE L*a*b* of a colour as somebody sees it."""
    seen = np.clip(SIGHT[sight] @ linear(colour), 0, 1)
    ratio = TO_XYZ @ seen / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


STACK = (*theme.TASK_COLOURS, theme.OTHER_TASKS_COLOUR)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("palette", [STACK, theme.RELEASE_COLOURS], ids=["tasks", "releases"])
def test_any_two_colours_differ_for_every_kind_of_sight(
    sight: str, palette: tuple[str, ...]
) -> None:
    distances = [
        float(np.linalg.norm(lab(one, sight) - lab(two, sight)))
        for one, two in itertools.combinations(palette, 2)
    ]
    # 2.3 is a just noticeable difference of neighbouring patches.
    assert min(distances) > 15


def test_each_task_has_a_grey_of_its_own_and_neighbours_in_a_stack_differ_much() -> None:
    lightness = [float(lab(colour)[0]) for colour in STACK]
    apart = sorted(lightness)
    assert min(b - a for a, b in itertools.pairwise(apart)) > 2.5
    assert min(abs(b - a) for a, b in itertools.pairwise(lightness)) > 8


def test_releases_differ_in_greyscale() -> None:
    lightness = sorted(float(lab(colour)[0]) for colour in theme.RELEASE_COLOURS)
    assert min(b - a for a, b in itertools.pairwise(lightness)) > 7


def test_a_rank_always_has_the_same_colour_and_the_rest_are_grey() -> None:
    assert [theme.task_colour(rank) for rank in range(1, 13)] == list(theme.TASK_COLOURS)
    assert theme.task_colour(None) == theme.OTHER_TASKS_COLOUR


def test_lines_differ_without_colour() -> None:
    assert theme.LINE_DASHES["threshold"] != theme.LINE_DASHES["p95"]
