"""The one look of all figures: sizes, colours, number formats, fonts.

Colours were chosen by a search that kept the smallest distance between any two of them, as seen
with normal sight, protanopia, deuteranopia and tritanopia (Machado et al. 2009), large, while each
has a lightness of its own: they can be told apart in greyscale.  ``tests/reports/test_theme.py``
holds them to it.
"""

from __future__ import annotations

from typing import Any

import altair as alt

__all__ = [
    "CONFIG",
    "COUNT_FORMAT",
    "LINE_COLOURS",
    "OTHER_TASKS_COLOUR",
    "RELEASE_COLOURS",
    "RELEASE_SHAPES",
    "SHARE_LABEL",
    "TASK_COLOURS",
    "WIDTH",
    "task_colour",
]

WIDTH = 920
"""Width of a figure in CSS pixels, labels and legends included: the wide column of a technote."""

LABEL_LIMIT = 560
"""Width of a task's name in CSS pixels from which on it is cut: some ninety letters.

The longest name of the pipelines has fifty; without any limit one name could leave no room for
the data.
"""

HEIGHT = 400
"""Height of the plotting area of the figures whose number of rows is fixed, in CSS pixels."""

COUNT_FORMAT = ",~r"
SHARE_LABEL = "format(100 * datum.value, 'd') + ' %'"
GIB_FORMAT = "~r"
HOURS_FORMAT = ",~r"

# Dark and light alternate, so that neighbours in a stack differ in greyscale too.
TASK_COLOURS = (
    "#730f5c",
    "#5e9d52",
    "#4e4b29",
    "#c489bd",
    "#1e5898",
    "#97a6fb",
    "#8b5468",
    "#fca48e",
    "#ce401e",
    "#7fdbfe",
    "#8d6ae4",
    "#b2f071",
)
"""Colours of the tasks that matter, by ``display_rank`` - 1."""

OTHER_TASKS_COLOUR = "#c7c7c7"
"""Colour of all other tasks together."""

RELEASE_COLOURS = ("#d98e04", "#2a8c82", "#20366b", "#c2a7ed", "#775618", "#0fe8a4")
"""Colours of releases by the position of their campaign in the file; they come round again."""

RELEASE_SHAPES = ("diamond", "square", "circle", "triangle-up", "cross", "triangle-down")
"""Shapes that go with `RELEASE_COLOURS`, for points."""

LINE_COLOURS = {
    "threshold": "#d00000",
    "p95": "#00772b",
    "cost": "#222222",
    "further_1": "#8a3b00",
    "further_2": "#0047ab",
    "further_3": "#6b3fa0",
}
"""Colours of the lines drawn over the data."""

LINE_DASHES = {
    "threshold": [8, 4],
    "p95": [5, 3],
    "cost": [2, 3],
    "further_1": [12, 3, 2, 3],
    "further_2": [2, 2],
    "further_3": [12, 3, 2, 3, 2, 3],
}
"""Dashes of those lines, different so that they can be told apart in greyscale."""

INK = "#222222"
NOTE_COLOUR = "#8a3b00"
FAINT = "#e2e2e2"
# The first is what vl-convert brings along; the others have the same widths.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"

CONFIG: dict[str, Any] = {
    "font": FONT,
    "background": "white",
    "padding": 10,
    "view": {"stroke": "#999999"},
    "axis": {
        "labelFontSize": 13,
        "labelColor": INK,
        "labelLimit": 0,
        # A label stands below its tick, also at the ends of an axis.
        "labelFlush": False,
        "titleFontSize": 14,
        "titleFontWeight": "normal",
        "titleColor": INK,
        "titlePadding": 8,
        "gridColor": FAINT,
        "domainColor": "#999999",
        "tickColor": "#999999",
    },
    "legend": {
        "labelFontSize": 13,
        "labelLimit": 0,
        "labelColor": INK,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "titleColor": INK,
        "titleLimit": 0,
        "rowPadding": 3,
        "columnPadding": 24,
        "offset": 10,
        # Legends stand above and below the data, never over it.
        "layout": {
            "top": {"anchor": "start", "direction": "vertical", "margin": 4},
            "bottom": {"anchor": "start", "direction": "vertical", "margin": 8},
        },
    },
    "title": {
        "anchor": "start",
        "frame": "bounds",
        "fontSize": 17,
        "fontWeight": "bold",
        "color": INK,
        "subtitleFontSize": 13,
        "subtitleColor": NOTE_COLOUR,
        "subtitlePadding": 5,
        "subtitleLineHeight": 17,
        "offset": 12,
        "limit": 0,
    },
    # Each mark would carry an ARIA label of its own; the figure has one alternative text instead.
    "aria": True,
    "mark": {"aria": False, "tooltip": True},
}
"""Vega-Lite configuration of every figure."""


def task_colour(display_rank: int | None) -> str:
    """Give the colour of a task.

    Parameters
    ----------
    display_rank : `int` or `None`
        Rank of the task in its stage, from 1; `None` for the rest.

    Returns
    -------
    colour : `str`
        The same in every figure of the stage.
    """
    if display_rank is None or display_rank > len(TASK_COLOURS):
        return OTHER_TASKS_COLOUR
    return TASK_COLOURS[display_rank - 1]


@alt.theme.register("quanta_census", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    """Give Altair the configuration: whoever imports this module draws in this look."""
    return {"config": CONFIG}  # type: ignore[typeddict-item]
