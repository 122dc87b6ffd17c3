"""Quanta per range of max RSS, stacked by task."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from ... import numbers
from ...citations import Citations
from ...look import theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import Line, line_layers, memory_lines
from ...sentences.memory import further_lines, quanta_over
from ...subjects import StageSubject
from ._ranges import LOW_BARS, bars, beyond, query, tops

__all__ = ["NAME", "PLACE", "SECTION", "alt_text", "caption", "chart", "query", "title"]

NAME = "MaxRSS_distro_per_task_{focus}_stage{stage}"
SECTION = "quanta"
PLACE = 1

AXIS_TITLE = "Quanta"


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Quanta per range of max RSS, {subject.about}"


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw how many quanta peaked in each GiB."""
    refuse_empty(frame, "range of max RSS")
    count = alt.Y(
        "lower_quanta_count:Q",
        title=AXIS_TITLE,
        scale=alt.Scale(domainMin=0, nice=True),
        axis=alt.Axis(format=theme.COUNT_FORMAT, tickMinStep=1),
    )
    labels = tops(frame, subject, "upper_quanta_count", AXIS_TITLE, text="format(datum.top, ',d')")
    return chart_on(count, frame, subject, labels)


def chart_on(count: alt.Y, frame: pa.Table, subject: StageSubject, *labels: alt.Chart) -> Plot:
    """Draw the bars on an axis of counts, with the lines at threshold and 95th percentile."""
    stacked = bars(frame, subject).encode(y=count, y2="upper_quanta_count:Q")
    p95_gib = (subject.stage.focus["p95_max_rss_bytes"] or 0) / numbers.GIB
    lines = [
        *memory_lines(subject.lines_gib, subject.threshold_gib),
        Line(p95_gib, f"95th percentile of quanta: {numbers.gib(p95_gib)}", "p95"),
    ]
    drawn = [stacked, *labels, *beyond(frame, subject), *line_layers(lines)]
    return Plot(drawn, height=theme.HEIGHT)


def caption(citations: Citations, subject: StageSubject, *, axis: str = f" {LOW_BARS}") -> str:
    """Explain the bars, and the axis where that needs a sentence of its own."""
    usage = citations.stage_usage(subject.stage.focus)
    width = citations.cite("dim_campaigns", "bin_gib", campaign=subject.campaign)
    return (
        f"Quanta of {subject.stage.title} of {subject.campaign} per range of {width} of max RSS. "
        f"Tasks are stacked from bottom to top in the order of the legend.{axis} "
        f"The dashed red line marks {usage['threshold_gib']} per core, the dashed green line the "
        f"95th percentile at {usage['p95_max_rss_bytes']}. {quanta_over(usage)}."
        f"{further_lines(citations, subject)}"
    )


def alt_text(citations: Citations, subject: StageSubject, *, axis: str = "") -> str:
    """Describe the figure for readers who cannot see it."""
    usage = citations.stage_usage(subject.stage.focus)
    return (
        f"Stacked bars of the number of quanta per range of max RSS in {subject.stage.title} of "
        f"{subject.campaign}{axis}. Half of the quanta stay below {usage['p50_max_rss_bytes']}; "
        f"the largest peak is {usage['max_max_rss_bytes']}."
    )
