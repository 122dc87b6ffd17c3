"""Failures of each task by the exception that they raised."""

from __future__ import annotations

from functools import partial

from ...citations import Citations
from ...sentences.completeness import failed_in_all
from ...subjects import Subject
from . import _troubles

NAME = "Exceptions_{focus}"
SECTION = "failures"
PLACE = 1

query = partial(
    _troubles.query, mart="fct_task_exceptions", kind="exception_type", count="failed_count"
)
chart = partial(_troubles.chart, legend="Exception")


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Failures by exception, {subject.about}"


def caption(citations: Citations, subject: Subject) -> str:
    """Explain the bars."""
    return (
        f"Failed quanta of {subject.campaign} by task and exception, the task with most failures "
        "first. Failures that another RUN supersedes are left out. "
        f"{failed_in_all(citations, subject.usages)}"
    )


def alt_text(citations: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"One bar per task of {subject.campaign} with failures, stacked by exception. "
        f"{failed_in_all(citations, subject.usages)}"
    )


def why_empty(_: Citations, subject: Subject) -> str:
    """Say why there is nothing to show."""
    return (
        f"No result of {subject.campaign} is recorded as failed. Failures that another RUN "
        "supersedes are left out."
    )
