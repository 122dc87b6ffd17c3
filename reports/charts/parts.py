"""What several charts share: the lines over the data, scales of memory, title, notes and footer."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from reports import numbers, theme

__all__ = [
    "EmptyFrameError",
    "Line",
    "Setting",
    "figure",
    "line_keys",
    "line_layers",
    "log_memory_scale",
    "refuse_empty",
    "task_fill",
    "threshold_line",
]

TICK_STEPS = ((1.0,), (1.0, 1.5), (1.0, 1.25, 1.5, 1.75))
"""Multiples of a power of two that may be ticks, from coarse to fine."""

FEWEST_TICKS = 4

NOTE_WIDTH = 125
"""Characters of a note in one line of a figure."""

NOTE_LENGTH = 375
"""Characters of a note that are printed on a figure; the whole stands in the tables."""


class EmptyFrameError(ValueError):
    """Raised by a chart that has nothing to draw."""


@dataclass(frozen=True)
class Setting:
    """What a figure says about itself, beside its data.

    Parameters
    ----------
    title : `str`
        One line.
    footer : `str`
        The small line under the figure: where the data comes from.
    alt_text : `str`
        What the figure shows, for who cannot see it.
    notes : `tuple` [`str`]
        Printed under the title: declared gaps, how to read the heights.
    """

    title: str
    footer: str
    alt_text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """A dashed line over the data, with an entry in the legend.

    Parameters
    ----------
    value : `float`
        Where it stands, in the unit of its axis.
    label : `str`
        Its entry in the legend.
    kind : `str`
        Key of `reports.theme.LINE_COLOURS`.
    is_horizontal : `bool`
        Whether it stands at a value of the vertical axis.
    """

    value: float
    label: str
    kind: str
    is_horizontal: bool = False


def threshold_line(threshold_gib: float) -> Line:
    """Make the red line at the memory per core in question (GiB)."""
    return Line(threshold_gib, f"{numbers.gib(threshold_gib)} per core", "threshold")


def refuse_empty(frame: pa.Table, what: str) -> None:
    """Raise `EmptyFrameError` when there is nothing to draw.

    Parameters
    ----------
    frame : `pyarrow.Table`
        Data of a chart.
    what : `str`
        What its rows are, for the message.
    """
    if frame.num_rows == 0:
        raise EmptyFrameError(f"no {what} to draw")


def line_keys(kinds: Mapping[str, str]) -> dict[str, alt.Color | alt.StrokeDash]:
    """Make the colour and the dashes of lines, all in one legend above the plot.

    Parameters
    ----------
    kinds : `~collections.abc.Mapping`
        For each entry of the legend the key of `reports.theme.LINE_COLOURS`.

    Returns
    -------
    encodings : `dict`
        For marks with a field ``line`` that holds the entry. All layers of a figure need the same
        ones, since they share their scales.
    """
    names = list(kinds)
    # `color`, because the marks under the lines may use `fill` and `stroke` for their own scales.
    colour = alt.Color(
        "line:N",
        title=None,
        sort=names,
        scale=alt.Scale(domain=names, range=[theme.LINE_COLOURS[kind] for kind in kinds.values()]),
        legend=alt.Legend(
            orient="top", direction="horizontal", symbolType="stroke", symbolSize=900,
            symbolStrokeWidth=2.5,
        ),
    )  # fmt: skip
    dash = alt.StrokeDash(
        "line:N",
        title=None,
        sort=names,
        scale=alt.Scale(domain=names, range=[theme.LINE_DASHES[kind] for kind in kinds.values()]),
    )
    return {"color": colour, "strokeDash": dash}


def line_layers(
    lines: Sequence[Line], *, beside: Mapping[str, str] | None = None
) -> list[alt.Chart]:
    """Draw dashed lines, all in one legend above the plot.

    Parameters
    ----------
    lines : `~collections.abc.Sequence` [`Line`]
        What to draw.
    beside : `~collections.abc.Mapping`, optional
        Further entries of the legend, as for `line_keys`, for lines that the chart draws itself.
    """
    keys = line_keys({line.label: line.kind for line in lines} | dict(beside or {}))
    layers = []
    for line in lines:
        base = alt.Chart(pa.table({"value": [float(line.value)], "line": [line.label]}))
        rule = base.mark_rule(strokeWidth=2.5)
        rule = rule.encode(y="value:Q") if line.is_horizontal else rule.encode(x="value:Q")
        layers.append(rule.encode(**keys))
    return layers


def log_memory_scale(
    columns: Sequence[pa.ChunkedArray], *, include: Sequence[float] = ()
) -> tuple[alt.Scale, list[float]]:
    """Make a logarithmic scale of memory that doubles from tick to tick.

    Parameters
    ----------
    columns : `~collections.abc.Sequence` [`pyarrow.ChunkedArray`]
        What will be drawn, in GiB.
    include : `~collections.abc.Sequence` [`float`], optional
        Values that must be inside as well (GiB).

    Returns
    -------
    scale : `altair.Scale`
        Just wide enough.
    ticks : `list` [`float`]
        In GiB: powers of two inside, and what lies between them where there are few.
    """
    known = [value for value in include if value > 0]
    for column in columns:
        extremes = pc.min_max(column).as_py()
        known += [value for value in extremes.values() if value is not None and value > 0]
    low, high = 0.93 * min(known), 1.1 * max(known)
    scale = alt.Scale(type="log", base=2, domain=[low, high], nice=False)
    exponents = range(math.floor(math.log2(low)), math.floor(math.log2(high)) + 1)
    for steps in TICK_STEPS:
        ticks = [step * 2.0**exponent for exponent in exponents for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= FEWEST_TICKS:
            break
    return scale, ticks


def task_fill(frame: pa.Table) -> alt.Fill:
    """Encode the task: the colour of its rank in the stage, grey for all others.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With ``display_label`` and ``display_rank`` (NULL for the others).
    """
    pairs = {
        (row["display_rank"] is None, row["display_rank"] or 0, row["display_label"])
        for row in frame.select(["display_rank", "display_label"]).to_pylist()
    }
    ordered = sorted(pairs)
    return alt.Fill(
        "display_label:N",
        title="Task",
        scale=alt.Scale(
            domain=[label for _, _, label in ordered],
            range=[theme.task_colour(None if other else rank) for other, rank, _ in ordered],
        ),
        legend=alt.Legend(
            orient="bottom",
            columns=2,
            symbolType="square",
            symbolStrokeWidth=0,
            labelLimit=theme.WIDTH // 2 - 40,
        ),
    )


def _notes(notes: Sequence[str]) -> list[str]:
    """Break notes into lines that fit on a figure."""
    lines: list[str] = []
    for note in notes:
        short = textwrap.shorten(note, NOTE_LENGTH, placeholder=" …")
        lines += textwrap.wrap(short, NOTE_WIDTH, break_long_words=True)
    return lines


def _footer(text: str) -> alt.Chart:
    """Write the small line under everything.

    Vega-Lite has one title a figure and no footer; a legend without symbols is laid out below the
    others and counted in the figure's size, which text outside the plot is not.
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
    shown: alt.Chart = mark.encode(alt.Opacity("footer:N", title=None, scale=scale, legend=legend))
    return shown


def figure(layers: Sequence[alt.Chart], setting: Setting, *, height: float) -> alt.LayerChart:
    """Put layers together into a figure with title, notes, footer and the one look.

    Parameters
    ----------
    layers : `~collections.abc.Sequence` [`altair.Chart`]
        From back to front.
    setting : `Setting`
        What the figure says about itself.
    height : `float`
        Height of the plotting area, in CSS pixels.
    """
    chart = alt.LayerChart(layer=[*layers, _footer(setting.footer)])
    notes = _notes(setting.notes)
    title = alt.Title(setting.title, subtitle=notes) if notes else alt.Title(setting.title)
    finished: alt.LayerChart = chart.properties(
        width=theme.WIDTH,
        height=height,
        title=title,
        description=setting.alt_text,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    return finished
