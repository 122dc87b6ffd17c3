"""Combine a plot with its title, notes, footer and alternative text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pyarrow as pa

from . import theme

__all__ = ["Labels", "Plot", "lay_out"]

NOTE_WIDTH = 125
"""Characters of a note in one line of a figure."""

NOTE_LENGTH = 375
"""Characters of a note that are printed on a figure; the tables hold the whole note."""


@dataclass(frozen=True)
class Labels:
    """Texts of a figure.

    Parameters
    ----------
    title : `str`
        One line.
    footer : `str`
        The small line under the figure: the origin of the data.
    alt_text : `str`
        What the figure shows, for readers who cannot see it.
    notes : `tuple` [`str`]
        Printed under the title: declared gaps, how to read the heights.
    """

    title: str
    footer: str
    alt_text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plot:
    """Content of a chart: everything except title, notes and footer.

    Parameters
    ----------
    layers : `~collections.abc.Sequence` [`altair.Chart`]
        From back to front.
    height : `float`
        Height of the plotting area, in CSS pixels.
    """

    layers: Sequence[alt.Chart]
    height: float


def _notes(notes: Sequence[str]) -> list[str]:
    """Break notes into lines that fit on a figure."""
    lines: list[str] = []
    for note in notes:
        short = textwrap.shorten(note, NOTE_LENGTH, placeholder=" …")
        lines += textwrap.wrap(short, NOTE_WIDTH, break_long_words=True)
    return lines


def _footer(text: str) -> alt.Chart:
    """Write the small line at the bottom.

    Vega-Lite has one title per figure and no footer.  A legend without symbols is placed below the
    others and is part of the figure's size, while text outside the plot is not.
    """
    legend = alt.Legend(
        orient="bottom",
        symbolSize=0,
        symbolOpacity=0,
        labelOffset=0,
        labelFontSize=11,
        labelColor="#555555",
    )
    scale = alt.Scale(domain=[text], range=[1])
    mark = alt.Chart(pa.table({"footer": [text]})).mark_point(size=0, strokeWidth=0)
    footer: alt.Chart = mark.encode(alt.Opacity("footer:N", title=None, scale=scale, legend=legend))
    return footer


def lay_out(plot: Plot, labels: Labels) -> alt.LayerChart:
    """Make a figure of a plot and its labels, in the common look.

    Parameters
    ----------
    plot : `Plot`
        Content of the chart.
    labels : `Labels`
        Texts of the figure.
    """
    chart = alt.LayerChart(layer=[*plot.layers, _footer(labels.footer)])
    notes = _notes(labels.notes)
    title = alt.Title(labels.title, subtitle=notes) if notes else alt.Title(labels.title)
    finished: alt.LayerChart = chart.properties(
        width=theme.WIDTH,
        height=plot.height,
        title=title,
        description=labels.alt_text,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    return finished
