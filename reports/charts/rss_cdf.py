"""Cumulative share of quanta, or of wall time, that fits in a memory."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports import numbers
from reports.charts.parts import (
    Line,
    Setting,
    figure,
    line_layers,
    log_memory_scale,
    refuse_empty,
    threshold_line,
)
from reports.look import theme

__all__ = ["chart"]

LOW_FRACTION = 0.2
"""Share below which there is no room under the curve for words."""

WEIGHTS = {
    "cumulative_quanta_fraction": ("Cumulative fraction of quanta", "of quanta"),
    "cumulative_wall_time_fraction": ("Cumulative fraction of wall time", "of wall time"),
}
"""What is accumulated: the column, the title of its axis, and its name in a sentence."""


def chart(
    frame: pa.Table,
    *,
    setting: Setting,
    threshold_gib: float,
    fits_fraction: float,
    weight: str = "cumulative_quanta_fraction",
) -> alt.LayerChart:
    """Draw which share peaked at or below each memory.

    Parameters
    ----------
    frame : `pyarrow.Table`
        At most a thousand points: ``max_rss_gib`` and the column of ``weight`` (0 to 1).
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib : `float`
        Where the red line stands, in GiB.
    fits_fraction : `float`
        Share at or below the threshold, from the mart: written on the figure.
    weight : `str`, optional
        Key of `WEIGHTS`.

    Raises
    ------
    EmptyFrameError
        Raised if there is no point.
    """
    refuse_empty(frame, "point of the distribution")
    axis_title, of_what = WEIGHTS[weight]
    scale, ticks = log_memory_scale([frame["max_rss_gib"]], include=[threshold_gib * 1.5])
    curve = (
        alt.Chart(frame)
        .mark_line(interpolate="step-after", strokeWidth=2.5, color=theme.RELEASE_COLOURS[2])
        .encode(
            x=alt.X(
                "max_rss_gib:Q",
                title="Max RSS (GiB, logarithmic)",
                scale=scale,
                axis=alt.Axis(values=ticks, format=theme.GIB_FORMAT),
            ),
            y=alt.Y(
                f"{weight}:Q",
                title=axis_title,
                scale=alt.Scale(domain=[0, 1], nice=False),
                axis=alt.Axis(labelExpr=theme.SHARE_LABEL, values=[n / 10 for n in range(11)]),
            ),
        )
    )
    lines = [
        threshold_line(threshold_gib),
        Line(0.95, f"95 % {of_what}", "p95", is_horizontal=True),
    ]
    crossing = alt.Chart(
        pa.table(
            {
                "x": [float(threshold_gib)],
                "y": [float(fits_fraction)],
                "text": [f"{numbers.percent(fits_fraction)} {of_what} fit"],
            }
        )
    ).encode(x="x:Q", y="y:Q")
    dot = crossing.mark_point(filled=True, size=70, color=theme.LINE_COLOURS["threshold"])
    # The curve rises: below it on the right and above it on the left there is room.
    is_low = fits_fraction < LOW_FRACTION
    label = crossing.mark_text(
        align="right" if is_low else "left",
        dx=-10 if is_low else 10,
        dy=-24 if is_low else 44,
        fontSize=14,
        color=theme.LINE_COLOURS["threshold"],
    ).encode(text="text:N")
    return figure([curve, *line_layers(lines), dot, label], setting, height=theme.HEIGHT)
