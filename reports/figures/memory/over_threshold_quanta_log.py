"""`over_threshold_quanta` on a logarithmic axis of memory, where one wild peak leaves room."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import theme
from ...look.axes import log_memory_scale
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...subjects import StageSubject
from . import over_threshold_quanta as linear
from .over_threshold_quanta import query, title, why_empty

__all__ = ["NAME", "PLACE", "SECTION", "alt_text", "caption", "chart", "query", "title",
           "why_empty"]  # fmt: skip

NAME = "MaxRSS_stripplot_per_task_{focus}_upper{threshold}_stage{stage}_walltime_log"
SECTION = "over_threshold"
PLACE = 2


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw a mark for each quantum, as large as its wall time is long."""
    refuse_empty(frame, "quantum over the threshold")
    drawn = [line for line in subject.lines_gib if line >= subject.threshold_gib]
    scale, ticks = log_memory_scale([frame["max_rss_gib"]], include=drawn)
    memory = alt.X(
        "max_rss_gib:Q",
        title="Max RSS (GiB, logarithmic)",
        scale=scale,
        axis=alt.Axis(values=ticks, format=theme.GIB_FORMAT),
    )
    return linear.chart_on(memory, frame, subject)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the marks and the axis."""
    return f"{linear.caption(citations, subject)} The axis of memory is logarithmic."


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    return f"{linear.alt_text(citations, subject)} The axis of memory is logarithmic."
