"""Draw rows with one memory before and one after, coloured by a verdict, for two charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import altair as alt
import pyarrow as pa

from . import theme
from .axes import memory_axis

__all__ = ["Dumbbells", "dumbbells"]

ROW_HEIGHT = 22
"""Height of a row, in CSS pixels."""


@dataclass(frozen=True)
class Dumbbells:
    """Layers, with the parts that further layers on the same rows need.

    Parameters
    ----------
    layers : `list` [`altair.Chart`]
        Bar, hollow circle, full circle.
    base : `altair.Chart`
        Has the rows.
    memory : `~collections.abc.Callable`
        Encodes a column of the frame on the axis of memory.
    stroke : `altair.Stroke`
        Colour by verdict, with its legend.
    fill : `altair.Fill`
        The same, without a legend.
    height : `float`
        Of all rows, in CSS pixels.
    """

    layers: list[alt.Chart]
    base: alt.Chart
    memory: Callable[[str], alt.X]
    stroke: alt.Stroke
    fill: alt.Fill
    height: float


def dumbbells(
    frame: pa.Table,
    *,
    hollow: str,
    full: str,
    verdicts: Mapping[str, str],
    axis_title: str,
    legend_title: str,
    axis: tuple[alt.Scale, list[float]],
) -> Dumbbells:
    """Draw a bar from a hollow to a full circle for each row.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per dumbbell, in the order to draw: ``row_label``, ``verdict`` (key of
        ``verdicts``), and the columns ``hollow`` and ``full``, in GiB.
    hollow, full : `str`
        Columns of the two circles.
    verdicts : `~collections.abc.Mapping`
        Colours by verdict, in the order of the legend.
    axis_title, legend_title : `str`
        What the axis and the colours mean.
    axis : `tuple`
        Scale and ticks, from `~reports.look.axes.log_memory_scale`.
    """
    scale, ticks = axis
    rows = frame["row_label"].to_pylist()
    used = set(frame["verdict"].to_pylist())
    names = [name for name in verdicts if name in used]
    colours = alt.Scale(domain=names, range=[verdicts[name] for name in names])
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "row_label:N",
            title=None,
            sort=rows,
            axis=alt.Axis(labelLimit=theme.LABEL_LIMIT, grid=True, tickBand="extent"),
        )
    )

    def memory(column: str) -> alt.X:
        return alt.X(f"{column}:Q", title=axis_title, scale=scale, axis=memory_axis(ticks))

    legend = alt.Legend(orient="bottom", columns=4, symbolType="stroke", symbolStrokeWidth=4)
    stroke = alt.Stroke("verdict:N", title=legend_title, sort=names, scale=colours, legend=legend)
    fill = alt.Fill("verdict:N", scale=colours, legend=None)
    layers = [
        base.mark_rule(strokeWidth=3).encode(x=memory(hollow), x2=f"{full}:Q", stroke=stroke),
        base.mark_point(size=70, fill="white", strokeWidth=2).encode(
            x=memory(hollow), stroke=stroke
        ),
        base.mark_point(size=90, strokeWidth=0).encode(x=memory(full), fill=fill),
    ]
    return Dumbbells(layers, base, memory, stroke, fill, float(len(rows) * ROW_HEIGHT))
