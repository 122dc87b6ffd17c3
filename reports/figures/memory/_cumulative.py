"""Cumulative share that fits in a memory: of quanta (`quanta_cdf`) or of wall time."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ... import numbers
from ...look import palettes, theme
from ...look.axes import log_memory_scale
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import Line, line_layers, memory_lines
from ...subjects import StageSubject
from ...warehouse import Warehouse

LOW_FRACTION = 0.2
"""Share below which there is no room under the curve for words."""


def query(warehouse: Warehouse, subject: StageSubject, *, column: str) -> pa.Table:
    """Get at most a thousand points of a column of ``fct_rss_cdf``, none where it is not known."""
    return warehouse.query(
        f"""
        select max_rss_gib, {column}
        from fct_rss_cdf
        where campaign = $1 and stage = $2 and {column} is not null
        order by point
        """,  # noqa: S608  (constants of the files of figures)
        [subject.campaign, subject.stage.name],
    )


def chart(
    frame: pa.Table, subject: StageSubject, *, column: str, weight: str, over_fraction: float | None
) -> Plot:
    """Draw which share peaked at or below each memory.

    Parameters
    ----------
    frame : `pyarrow.Table`
        From `query`.
    subject : `~reports.subjects.StageSubject`
        The stage of the focus campaign.
    column : `str`
        Column of the share, from 0 to 1.
    weight : `str`
        What the share is of, for words.
    over_fraction : `float` or `None`
        Share over the threshold: the rest of it is written on the figure, where it is known.
    """
    refuse_empty(frame, "point of the distribution")
    line = subject.threshold_gib
    scale, ticks = log_memory_scale(
        [frame["max_rss_gib"]], include=[line * 1.5, *subject.lines_gib]
    )
    curve = (
        alt.Chart(frame)
        .mark_line(
            interpolate="step-after",
            strokeWidth=2.5,
            color=palettes.release_colour(subject.census.focus["campaign_position"]),
        )
        .encode(
            x=alt.X(
                "max_rss_gib:Q",
                title="Max RSS (GiB, logarithmic)",
                scale=scale,
                axis=alt.Axis(values=ticks, format=theme.GIB_FORMAT),
            ),
            y=alt.Y(
                f"{column}:Q",
                title=f"Cumulative fraction of {weight}",
                scale=alt.Scale(domain=[0, 1], nice=False),
                axis=alt.Axis(labelExpr=theme.SHARE_LABEL, values=[n / 10 for n in range(11)]),
            ),
        )
    )
    lines = [
        *memory_lines(subject.lines_gib, line),
        Line(0.95, f"95 % of {weight}", "p95", is_horizontal=True),
    ]
    drawn = [curve, *line_layers(lines)]
    if over_fraction is not None:
        drawn += _crossing(line, 1 - float(over_fraction), weight)
    return Plot(drawn, height=theme.HEIGHT)


def _crossing(line: float, fits_fraction: float, weight: str) -> list[alt.Chart]:
    """Mark what share fits in the threshold, and write it beside the point."""
    crossing = alt.Chart(
        pa.table(
            {
                "x": [line],
                "y": [fits_fraction],
                "text": [f"{numbers.percent(fits_fraction)} of {weight} fit"],
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
    return [dot, label]


def caption(subject: StageSubject, *, weight: str, line: str, over: str) -> str:
    """Explain the curve and its lines, and say what is over the threshold."""
    return (
        f"Cumulative fraction of the {weight} of {subject.stage.title} of {subject.campaign} by "
        "max RSS, on a logarithmic axis of memory. The dashed green line marks 95 % of the "
        f"{weight}, the dashed red line {line} per core. {over}."
    )


def alt_text(subject: StageSubject, *, weight: str, over: str) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"Rising curve of the cumulative fraction of {weight} by max RSS in {subject.stage.title} "
        f"of {subject.campaign}. {over}."
    )
