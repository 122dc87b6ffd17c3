"""Cumulative share of wall time that fits in a memory."""

from __future__ import annotations

import pyarrow as pa

from ...citations import Citations
from ...look.layout import Plot
from ...sentences import completeness
from ...sentences.memory import further_lines, time_spent_over
from ...subjects import StageSubject
from ...warehouse import Warehouse
from . import _cumulative

NAME = "MaxRSS_CDF_{focus}_stage{stage}_walltime"
SECTION = "cumulative"
PLACE = 2

COLUMN = "cumulative_wall_time_fraction"
WEIGHT = "wall time"


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Cumulative fraction of {WEIGHT}, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> pa.Table:
    """Get the points of the curve."""
    return _cumulative.query(warehouse, subject, column=COLUMN)


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw the curve, and the share at the threshold."""
    over = subject.stage.focus["over_threshold_wall_time_fraction"]
    return _cumulative.chart(frame, subject, column=COLUMN, weight=WEIGHT, over_fraction=over)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the curve."""
    usage = citations.stage_usage(subject.stage.focus)
    explained = _cumulative.caption(
        subject, weight=WEIGHT, line=usage["threshold_gib"], over=time_spent_over(usage)
    )
    return f"{explained}{further_lines(citations, subject)}"


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    usage = citations.stage_usage(subject.stage.focus)
    return _cumulative.alt_text(subject, weight=WEIGHT, over=time_spent_over(usage))


def why_empty(_: Citations, subject: StageSubject) -> str:
    """Say why there is no curve: no data, or quanta that took no time."""
    usage = subject.stage.focus
    if not usage["quanta_count"]:
        return completeness.why_empty(usage)
    return (
        f"No share of wall time is known in {subject.stage.title} of {subject.campaign}: its "
        "quanta took no time."
    )
