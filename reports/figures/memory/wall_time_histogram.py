"""Wall time spent per range of max RSS, stacked by task: the top of a bar is the total."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import theme
from ...look.layout import Plot
from ...look.lines import line_layers, memory_lines
from ...sentences.memory import further_lines, time_spent_over
from ...subjects import StageSubject
from ._ranges import LOW_BARS, bars, beyond, query, tops

__all__ = ["NAME", "PLACE", "SECTION", "alt_text", "caption", "chart", "query", "title"]

NAME = "MaxRSS_distro_CumulatedCPU_{focus}_stage{stage}"
SECTION = "wall_time"
PLACE = 1

AXIS_TITLE = "Integrated wall time (h)"

AXIS = f"the top of a bar is the total. {LOW_BARS}"
"""What the caption says of a linear axis."""

DURATION = (
    "datum.top >= 1 ? format(datum.top, ',.1f') + ' h' : "
    "60 * datum.top >= 1 ? format(60 * datum.top, '.1f') + ' min' : "
    "format(3600 * datum.top, '.2~r') + ' s'"
)
"""Writes the height of a bar in the largest unit of which it is one at least."""


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Integrated wall time per range of max RSS, {subject.about}"


def chart(frame: pa.Table, subject: StageSubject, *, first_gib: float = 0) -> Plot:
    """Draw how many hours of wall time were spent at each GiB of max RSS.

    Parameters
    ----------
    frame : `pyarrow.Table`
        From ``query``.
    subject : `~reports.subjects.StageSubject`
        The stage of the focus campaign.
    first_gib : `float`, optional
        Where the axis begins, in GiB.
    """
    stacked = bars(frame, subject, first_gib=first_gib).encode(
        y=alt.Y(
            "lower_total_wall_time_h:Q",
            title=AXIS_TITLE,
            scale=alt.Scale(domainMin=0, nice=True),
            axis=alt.Axis(format=theme.HOURS_FORMAT),
        ),
        y2="upper_total_wall_time_h:Q",
    )
    labels = tops(
        frame, subject, "upper_total_wall_time_h", AXIS_TITLE, text=DURATION, first_gib=first_gib
    )
    remarks = beyond(frame, subject, first_gib=first_gib)
    lines = line_layers(memory_lines(subject.lines_gib, subject.threshold_gib, from_gib=first_gib))
    return Plot([stacked, labels, *remarks, *lines], height=theme.HEIGHT)


def caption(
    citations: Citations,
    subject: StageSubject,
    *,
    part: str = "",
    from_gib: float = 0,
    axis: str = AXIS,
) -> str:
    """Explain the bars, which part of them is shown, and their axis."""
    usage = citations.stage_usage(subject.stage.focus)
    width = citations.cite("dim_campaigns", "bin_gib", campaign=subject.campaign)
    return (
        f"Integrated wall time of {subject.stage.title} of {subject.campaign} per range of {width} "
        f"of max RSS{part}. Tasks are stacked in the order of the legend: {axis} "
        f"The dashed red line marks {usage['threshold_gib']} per core. {time_spent_over(usage)}."
        f"{further_lines(citations, subject, from_gib=from_gib)}"
    )


def alt_text(citations: Citations, subject: StageSubject, *, part: str = "") -> str:
    """Describe the figure for readers who cannot see it."""
    usage = citations.stage_usage(subject.stage.focus)
    return (
        f"Stacked bars of wall time per range of max RSS in {subject.stage.title} of "
        f"{subject.campaign}{part}. {time_spent_over(usage)}."
    )
