"""`over_threshold_wall_time` on a logarithmic axis, where a range with little time shows."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ...citations import Citations
from ...look import theme
from ...look.axes import log_ticks
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import line_layers, memory_lines
from ...subjects import StageSubject
from . import over_threshold_wall_time as linear
from ._ranges import bars, beyond
from .over_threshold_wall_time import query, title, why_empty

__all__ = ["NAME", "PLACE", "SECTION", "alt_text", "caption", "chart", "query", "title",
           "why_empty"]  # fmt: skip

NAME = "MaxRSS_distro_CumulatedCPU_{focus}_upper{threshold}_stage{stage}_log"
SECTION = "over_threshold"
PLACE = 4

AXIS_TITLE = [
    "Integrated wall time (h, logarithmic)",
    "the top of a bar is its total; heights inside are not in scale",
]

SHORTEST_H = 1 / 3600
"""End of the axis where no range took any time, in hours."""


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw the bars on an axis that begins below the lowest of them."""
    refuse_empty(frame, "range of max RSS")
    tops = pc.filter(
        frame["upper_total_wall_time_h"], pc.greater(frame["upper_total_wall_time_h"], 0)
    )
    extremes = pc.min_max(tops).as_py()
    low, high = (extremes["min"] or SHORTEST_H) / 2, (extremes["max"] or SHORTEST_H) * 1.5
    first_gib = linear.first_range_gib(subject)
    stacked = bars(frame, subject, first_gib=first_gib).encode(
        y=alt.Y(
            "log_lower_total_wall_time_h:Q",
            title=AXIS_TITLE,
            scale=alt.Scale(type="log", domain=[low, high], nice=False),
            axis=alt.Axis(format=theme.HOURS_FORMAT, values=log_ticks(low, high)),
        ),
        y2="upper_total_wall_time_h:Q",
    )
    lines = line_layers(memory_lines(subject.lines_gib, subject.threshold_gib, from_gib=first_gib))
    remarks = beyond(frame, subject, first_gib=first_gib)
    return Plot([stacked, *remarks, *lines], height=theme.HEIGHT)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the bars and the axis."""
    axis = (
        "the axis is logarithmic. The top of a bar is the total, and the heights of the segments "
        "inside are not in proportion."
    )
    return linear.caption(citations, subject, axis=axis)


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    return f"{linear.alt_text(citations, subject)} The axis of wall time is logarithmic."
