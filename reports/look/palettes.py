"""Define the palettes of tasks, releases, stages, policies and verdicts, for light and dark.

A search found each palette.  Any two of its colours differ with normal sight, protanopia,
deuteranopia and tritanopia (Machado et al. 2009) and in greyscale, and all differ from the red of
the threshold.  Figures and page use these colours.  ``tests/reports/look/test_palettes.py`` checks
the palettes.
"""

from __future__ import annotations

__all__ = [
    "COMPLETENESS",
    "DEPENDENCES",
    "OTHER_TASKS",
    "POLICIES",
    "POLICY_SHAPES",
    "RELEASES",
    "RELEASE_SHAPES",
    "STAGES",
    "TASKS",
    "VERDICTS",
    "on_dark",
    "release_colour",
    "release_shape",
    "task_colour",
]

# Dark and light alternate, so that neighbours in a stack differ in greyscale too.
TASKS = (
    "#730f5c",
    "#5e9d52",
    "#4e4b29",
    "#c489bd",
    "#1e5898",
    "#97a6fb",
    "#9c5e0e",
    "#79ca88",
    "#000098",
    "#7fdbfe",
    "#8d6ae4",
    "#b2f071",
)
"""Tasks that matter, by ``display_rank`` - 1."""

OTHER_TASKS = "#c7c7c7"
"""All other tasks together."""

RELEASES = (
    "#0249bf",
    "#d6b00c",
    "#9b307e",
    "#4da747",
    "#12b5ff",
    "#504a09",
    "#c0729d",
    "#2eec8b",
    "#6d047c",
    "#547048",
    "#a063bd",
    "#99ccaa",
)
"""Releases by the position of their campaign in the file; they repeat after twelve."""

STAGES = ("#1a5eba", "#b7cd34", "#26a091", "#8f0054", "#cd8bfe", "#6e7f17")
"""Stages by their position in the file; they repeat after six."""

POLICIES = {
    "p95_retry": "#774eb9",
    "p99": "#51904c",
    "max_margin": "#792c63",
    "least_waste": "#b9a10c",
    "current": "#34d6c5",
}
"""Policies of a request, and what is requested today."""

POLICY_SHAPES = {
    "p95_retry": "circle",
    "p99": "square",
    "max_margin": "triangle-up",
    "least_waste": "diamond",
    "current": "cross",
}
"""Shapes of their points."""

VERDICTS = {
    "worse": "#945800",
    "better": "#235f95",
    "same": "#777777",
    "cannot tell": "#c4c4c4",
}
"""Verdicts on a change, the worst first."""

DEPENDENCES = {
    "grows": VERDICTS["worse"],
    "shrinks": VERDICTS["better"],
    "cannot tell": VERDICTS["cannot tell"],
}
"""Verdicts on a slope, in the colours of the change that they mean."""

COMPLETENESS = {
    "complete": "#d4ebdc",
    "declared": "#fbe3b5",
    "incomplete": "#f0a9a0",
    "unverified": "#dddddd",
}
"""Background colours of the verdicts on completeness; the verdicts are written on them."""

RELEASE_SHAPES = (
    "M0,-1.1L.8,0L0,1.1L-.8,0Z",
    "M-.75,-.75H.75V.75H-.75Z",
    "M.85,0A.85,.85,0,1,1,-.85,0A.85,.85,0,1,1,.85,0Z",
    "M0,-.95L.95,.75H-.95Z",
    "M-.3,-.95H.3V-.3H.95V.3H.3V.95H-.3V.3H-.95V-.3H-.3Z",
    "M0,.95L.95,-.75H-.95Z",
    "M.95,0L-.75,.95V-.95Z",
    "M-.95,0L.75,.95V-.95Z",
    "M0,-1.1L.27,-.37L1.05,-.34L.43,.14L.65,.89L0,.45L-.65,.89L-.43,.14L-1.05,-.34L-.27,-.37Z",
    "M-.95,-.55L-.55,-.95L0,-.4L.55,-.95L.95,-.55L.4,0L.95,.55L.55,.95L0,.4L-.55,.95L-.95,.55L-.4,0Z",
    "M-1,0L-.5,-.87H.5L1,0L.5,.87H-.5Z",
    "M-1,-.35H1V.35H-1Z",
)
"""Shapes of the points of releases, as SVG paths, for Vega-Lite and for legends in HTML."""


def task_colour(display_rank: int | None) -> str:
    """Give the colour of a task, the same in every figure of its stage.

    Parameters
    ----------
    display_rank : `int` or `None`
        Rank of the task in its stage, from 1; `None` for the rest.
    """
    if display_rank is None or display_rank > len(TASKS):
        return OTHER_TASKS
    return TASKS[display_rank - 1]


def release_colour(place: int) -> str:
    """Give the colour of a release by the position of its campaign, from 0."""
    return RELEASES[place % len(RELEASES)]


def release_shape(place: int) -> str:
    """Give the shape of a release by the position of its campaign, from 0.

    After twelve campaigns the colours repeat, and the shapes start one further.  So colour and
    shape together distinguish more than a hundred campaigns.
    """
    return RELEASE_SHAPES[(place + place // len(RELEASES)) % len(RELEASE_SHAPES)]


def on_dark(colour: str) -> str:
    """Give the colour that replaces a colour of a palette on a dark background.

    The hue stays the same.  Lightness is mapped to the upper part of its range, so that colours
    that differ on white also differ here.

    Parameters
    ----------
    colour : `str`
        ``#rrggbb``.
    """
    light, *hue = _oklab(colour)
    lifted = _DARKEST + (1 - _DARKEST) * light
    # A colour that a screen cannot show is made paler, in steps, until the screen can.
    for step in range(21):
        parts = _linear(lifted, *(part * (1 - step / 20) for part in hue))
        if all(-1e-4 <= part <= 1 + 1e-4 for part in parts):
            break
    return "#" + "".join(f"{round(255 * _encoded(part)):02x}" for part in parts)


_DARKEST = 0.47
"""Lightness (OKLab, 0 to 1) on a dark background of a colour that is black on white."""


def _encoded(part: float) -> float:
    """Give the sRGB value of a linear one, both 0 to 1."""
    part = min(1.0, max(0.0, part))
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _oklab(colour: str) -> tuple[float, float, float]:
    """Give lightness and the two colour axes of a colour in OKLab (Ottosson 2020)."""
    srgb = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in srgb)
    long, middle, short = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _linear(light: float, a: float, b: float) -> tuple[float, float, float]:
    """Give the linear RGB of a colour in OKLab; outside 0 to 1 if no screen can show it."""
    long, middle, short = (
        (light + 0.3963377774 * a + 0.2158037573 * b) ** 3,
        (light - 0.1055613458 * a - 0.0638541728 * b) ** 3,
        (light - 0.0894841775 * a - 1.2914855480 * b) ** 3,
    )
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
