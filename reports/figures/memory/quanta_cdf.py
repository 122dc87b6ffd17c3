"""Cumulative share of quanta that fits in a memory."""

from __future__ import annotations

import pyarrow as pa

from ...citations import Citations
from ...look.layout import Plot
from ...sentences.memory import further_lines, quanta_over
from ...subjects import StageSubject
from ...warehouse import Warehouse
from . import _cumulative

NAME = "MaxRSS_CDF_{focus}_stage{stage}"
SECTION = "cumulative"
PLACE = 1

COLUMN = "cumulative_quanta_fraction"
WEIGHT = "quanta"


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Cumulative fraction of {WEIGHT}, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> pa.Table:
    """Get the points of the curve."""
    return _cumulative.query(warehouse, subject, column=COLUMN)


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw the curve, and the share at the threshold."""
    over = subject.stage.focus["over_threshold_fraction"]
    return _cumulative.chart(frame, subject, column=COLUMN, weight=WEIGHT, over_fraction=over)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain the curve."""
    usage = citations.stage_usage(subject.stage.focus)
    explained = _cumulative.caption(
        subject, weight=WEIGHT, line=usage["threshold_gib"], over=quanta_over(usage)
    )
    return f"{explained}{further_lines(citations, subject)}"


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    usage = citations.stage_usage(subject.stage.focus)
    return _cumulative.alt_text(subject, weight=WEIGHT, over=quanta_over(usage))
