"""`wall_time_histogram` from the threshold on."""

from __future__ import annotations

import math

import pyarrow as pa

from ... import numbers
from ...citations import Citations
from ...look.layout import Plot
from ...subjects import StageSubject
from ...warehouse import Warehouse
from . import _ranges, wall_time_histogram
from .over_threshold_quanta import why_empty

__all__ = ["NAME", "PLACE", "SECTION", "alt_text", "caption", "chart", "query", "title",
           "why_empty"]  # fmt: skip

NAME = "MaxRSS_distro_CumulatedCPU_{focus}_upper{threshold}_stage{stage}"
SECTION = "over_threshold"
PLACE = 3


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Integrated wall time over {numbers.gib(subject.threshold_gib)}, {subject.about}"


def first_range_gib(subject: StageSubject) -> float:
    """Give where the range begins that holds the threshold, in GiB."""
    return math.floor(subject.threshold_gib / subject.bin_gib) * subject.bin_gib


def query(warehouse: Warehouse, subject: StageSubject) -> pa.Table:
    """Get the segments of the ranges that reach over the threshold."""
    return _ranges.query(warehouse, subject, first_gib=first_range_gib(subject))


def chart(frame: pa.Table, subject: StageSubject) -> Plot:
    """Draw the bars on an axis that begins at the threshold."""
    first_gib = first_range_gib(subject)
    return wall_time_histogram.chart(frame, subject, first_gib=first_gib)


def caption(
    citations: Citations, subject: StageSubject, *, axis: str = wall_time_histogram.AXIS
) -> str:
    """Explain the bars."""
    # The lines that the axis holds, which begins with a range and not with the threshold.
    part, from_gib = _part(citations, subject), first_range_gib(subject)
    return wall_time_histogram.caption(citations, subject, part=part, from_gib=from_gib, axis=axis)


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    return wall_time_histogram.alt_text(citations, subject, part=_part(citations, subject))


def _part(citations: Citations, subject: StageSubject) -> str:
    """Say which ranges are shown."""
    return f", from {citations.stage_usage(subject.stage.focus)['threshold_gib']} on"
