"""Define the look of the page's charts: that of the figures, in sizes for a screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..look import palettes, theme

__all__ = ["colours", "light_and_dark"]


def light_and_dark() -> dict[str, Any]:
    """Make the configuration of charts for a light and for a dark page."""
    return {
        "light": _configuration("#1c2430", "#5b6675", "#e6e9ee", "#c22f2f", "#ffffff"),
        "dark": _configuration("#e7ebf0", "#a3adba", "#2d343f", "#ff7b72", "#1a1f27"),
    }


def _configuration(ink: str, muted: str, grid: str, line: str, paper: str) -> dict[str, Any]:
    """Change colours and sizes of the figures' theme for a screen."""
    text = {"labelColor": muted, "titleColor": ink}
    return {
        "font": "system-ui, sans-serif",
        "background": None,
        "padding": 4,
        "view": {"stroke": None},
        "axis": {
            **theme.CONFIG["axis"],
            **text,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "gridColor": grid,
            "domainColor": grid,
            "tickColor": grid,
        },
        "legend": {
            **text,
            "orient": "top",
            "labelFontSize": 12,
            "title": None,
            "symbolType": "stroke",
            "symbolSize": 500,
            "symbolStrokeWidth": 2.5,
        },
        "range": {
            "category": ["#0b7285", "#d98e04"] if paper == "#ffffff" else ["#5cc8db", "#f2b84b"]
        },
        "title": {"color": ink, "subtitleColor": muted},
        "style": {
            "slider-rule": {"color": line},
            "total": {"color": ink},
            "left-out": {"color": grid},
            "spell-date": {"color": muted},
            "segment": {"stroke": paper, "strokeWidth": 0.5},
        },
        "mark": {"aria": False},
    }


def colours(*, campaign_count: int) -> dict[str, Any]:
    """Give the colours for a light and for a dark page, and the shapes of campaigns.

    Parameters
    ----------
    campaign_count : `int`
        Number of campaigns of the file.
    """
    places = range(campaign_count)
    looks = light_and_dark()
    return {
        **{name: _colours(looks[name], seen, places) for name, seen in _SEEN.items()},
        "shapes": [palettes.release_shape(place) for place in places],
    }


_SEEN: dict[str, Callable[[str], str]] = {"light": str, "dark": palettes.on_dark}
"""Functions that convert a colour of a palette for each look."""


def _colours(
    configuration: dict[str, Any], seen: Callable[[str], str], places: range
) -> dict[str, Any]:
    """Give the colours of one look."""
    return {
        "tasks": [seen(colour) for colour in palettes.TASKS],
        "other": seen(palettes.OTHER_TASKS),
        "stages": [seen(colour) for colour in palettes.STAGES],
        "campaigns": [seen(palettes.release_colour(place)) for place in places],
        "verdicts": [[verdict, seen(colour)] for verdict, colour in palettes.VERDICTS.items()],
        "ink": configuration["title"]["color"],
        "paper": configuration["style"]["segment"]["stroke"],
    }
