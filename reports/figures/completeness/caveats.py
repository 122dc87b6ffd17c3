"""Successes of each task that the middleware qualified by a caveat."""

from __future__ import annotations

from functools import partial

from ...citations import Citations
from ...subjects import Subject
from . import _troubles

NAME = "Caveats_{focus}"
SECTION = "failures"
PLACE = 2

query = partial(_troubles.query, mart="fct_task_caveats", kind="caveat", count="leading_count")
chart = partial(_troubles.chart, legend="Caveat")


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Caveats of successful quanta, {subject.about}"


def caption(_: Citations, subject: Subject) -> str:
    """Explain the bars."""
    return (
        f"Caveats that the middleware recorded for successful quanta of {subject.campaign}, by "
        "task. A quantum with several counts once, by the most specific one. Names are those of "
        "QuantumSuccessCaveats in lsst.pipe.base."
    )


def alt_text(_: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One bar per task of {subject.campaign} with qualified successes, stacked by caveat; the "
        "numbers are in an annex."
    )


def why_empty(_: Citations, subject: Subject) -> str:
    """Say why there is nothing to show."""
    return f"No successful quantum of {subject.campaign} has a caveat on record."
