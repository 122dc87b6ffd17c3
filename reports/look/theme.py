"""Define sizes, lines, number formats and fonts of all figures; colours are in `palettes`."""

from __future__ import annotations

from typing import Any

import altair as alt

__all__ = [
    "CONFIG",
    "COUNT_FORMAT",
    "LINE_COLOURS",
    "SHARE_LABEL",
    "WIDTH",
]

WIDTH = 920
"""Width of a figure in CSS pixels, labels and legends included: the wide column of a technote."""

LABEL_LIMIT = 560
"""Largest width of a task's name in CSS pixels, about ninety letters; a longer name is cut.

The longest name of the pipelines has fifty.  Without a limit one name could leave no space for
the data.
"""

HEIGHT = 400
"""Height of the plotting area of the figures whose number of rows is fixed, in CSS pixels."""

COUNT_FORMAT = ",~r"
SHARE_LABEL = "format(100 * datum.value, '~r') + ' %'"
GIB_FORMAT = "~r"
HOURS_FORMAT = ",~r"

LINE_COLOURS = {
    "threshold": "#d00000",
    "p95": "#00772b",
    "one_core": "#222222",
    "further_1": "#8a3b00",
    "further_2": "#0047ab",
    "further_3": "#6b3fa0",
}
"""Colours of the lines drawn over the data."""

LINE_DASHES = {
    "threshold": [8, 4],
    "p95": [5, 3],
    "one_core": [2, 3],
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
        # A label is below its tick, also at the ends of an axis.
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
        # Legends are above and below the data, never over it.
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
    # Each mark would have its own ARIA label; the figure has one alternative text instead.
    "aria": True,
    "mark": {"aria": False, "tooltip": True},
}
"""Vega-Lite configuration of every figure."""


@alt.theme.register("quanta_census", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    """Give Altair the configuration, so that an import of this module sets the look."""
    return {"config": CONFIG}  # type: ignore[typeddict-item]
