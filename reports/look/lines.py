"""Draw dashed lines over the data, all in one legend above the plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pyarrow as pa

from .. import numbers
from . import theme

__all__ = ["Line", "line_layers", "memory_lines", "threshold_line"]


@dataclass(frozen=True)
class Line:
    """A dashed line over the data, with an entry in the legend.

    Parameters
    ----------
    value : `float`
        Position, in the unit of its axis.
    label : `str`
        Its entry in the legend.
    kind : `str`
        Key of `~reports.look.theme.LINE_COLOURS`.
    is_horizontal : `bool`
        Whether it is at a value of the vertical axis.
    """

    value: float
    label: str
    kind: str
    is_horizontal: bool = False


def threshold_line(threshold_gib: float) -> Line:
    """Make the red line at the threshold (GiB)."""
    return Line(threshold_gib, f"{numbers.gib(threshold_gib)} per core", "threshold")


def memory_lines(
    lines_gib: Sequence[float], threshold_gib: float, *, from_gib: float = 0
) -> list[Line]:
    """Make the red line at the threshold, and a line at each further memory per core.

    Parameters
    ----------
    lines_gib : `~collections.abc.Sequence` [`float`]
        Memory per core of all lines, in GiB.
    threshold_gib : `float`
        The threshold, in GiB.
    from_gib : `float`, optional
        Start of the axis, in GiB; lines below it are left out.
    """
    further = [line for line in sorted(lines_gib) if line != threshold_gib]
    kinds = [kind for kind in theme.LINE_COLOURS if kind.startswith("further")]
    lines = [threshold_line(threshold_gib)]
    for place, line in enumerate(further):
        if line >= from_gib:
            label = f"{numbers.gib(line)} per core"
            lines.append(Line(line, label, kinds[place % len(kinds)]))
    return lines


def _line_keys(kinds: Mapping[str, str]) -> dict[str, alt.Color | alt.StrokeDash]:
    """Make the colour and the dashes of lines, all in one legend above the plot.

    Parameters
    ----------
    kinds : `~collections.abc.Mapping`
        For each entry of the legend the key of `~reports.look.theme.LINE_COLOURS`.

    Returns
    -------
    encodings : `dict`
        For marks with a field ``line`` that has the entry. All layers of a figure need the same
        ones, because they share their scales.
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


def line_layers(lines: Sequence[Line]) -> list[alt.Chart]:
    """Draw dashed lines, all in one legend above the plot.

    Parameters
    ----------
    lines : `~collections.abc.Sequence` [`Line`]
        Lines to draw.
    """
    keys = _line_keys({line.label: line.kind for line in lines})
    layers = []
    for line in lines:
        base = alt.Chart(pa.table({"value": [float(line.value)], "line": [line.label]}))
        rule = base.mark_rule(strokeWidth=2.5, clip=True)
        rule = rule.encode(y="value:Q") if line.is_horizontal else rule.encode(x="value:Q")
        layers.append(rule.encode(**keys))
    return layers
