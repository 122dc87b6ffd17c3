"""`quanta_histogram` on a logarithmic axis, where a single quantum can be seen."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ...citations import Citations
from ...look.axes import log_ticks
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...subjects import StageSubject
from . import quanta_histogram as linear
from .quanta_histogram import query, title

__all__ = ["NAME", "PLACE", "SECTION", "alt_text", "caption", "chart", "query", "title"]

NAME = "MaxRSS_distro_per_task_{focus}_log_stage{stage}"
SECTION = "quanta"
PLACE = 2

FLOOR = 0.5
"""Bottom of the axis: a single quantum is then a bar that can be seen."""

AXIS_TITLE = [
    "Quanta (logarithmic)",
    "the top of a bar is its total; heights inside are not in scale",
]


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw how many quanta peaked in each GiB."""
    refuse_empty(frame, "range of max RSS")
    highest = float(pc.max(frame["upper_quanta_count"]).as_py())
    # Room for two ticks also where each range holds one quantum.
    top = max(1.5 * highest, 3.0)
    count = alt.Y(
        "log_lower_quanta_count:Q",
        title=AXIS_TITLE,
        scale=alt.Scale(type="log", domain=[FLOOR, top], nice=False),
        axis=alt.Axis(format=",d", values=log_ticks(1, top)),
    )
    return linear.chart_on(count, frame, subject)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the bars and the axis."""
    axis = (
        " The axis is logarithmic: the top of a bar is its number of quanta, and the heights of "
        "the segments inside are not in proportion."
    )
    return linear.caption(citations, subject, axis=axis)


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    return linear.alt_text(citations, subject, axis=", on a logarithmic axis")
