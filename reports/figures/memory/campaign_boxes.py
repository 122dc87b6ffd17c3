"""Box plots of max RSS per task of the focus campaign alone."""

from __future__ import annotations

from functools import partial

import pyarrow as pa

from ...citations import Citations
from ...sentences.memory import further_lines, quanta_over
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ._boxes import (
    BOXES,
    LONE_BOX_HEIGHT,
    OUTLIERS,
    memory_boxes,
    query_boxes,
    query_outliers,
)

NAME = "MaxRSS_box_{focus}_stage{stage}"
SECTION = "tasks"
PLACE = 1


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Max RSS per task, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> tuple[pa.Table, pa.Table]:
    """Get the boxes and the sampled outliers of the focus campaign."""
    stage, campaign = subject.stage.name, subject.campaign
    boxes = query_boxes(warehouse, stage, mart="fct_task_usage", campaign=campaign)
    return boxes, query_outliers(warehouse, stage, campaign)


chart = partial(memory_boxes, size=LONE_BOX_HEIGHT)


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain boxes, whiskers and points."""
    usage = citations.stage_usage(subject.stage.focus)
    return (
        f"Max RSS per task in {subject.stage.title} of {subject.campaign}, on a logarithmic axis. "
        f"{BOXES} {OUTLIERS} The dashed red line marks "
        f"{usage['threshold_gib']} per core. {quanta_over(usage)}."
        f"{further_lines(citations, subject)}"
    )


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    usage = citations.stage_usage(subject.stage.focus)
    return (
        f"Horizontal box plots of max RSS for each task of {subject.stage.title} of "
        f"{subject.campaign}, with a dashed red line at {usage['threshold_gib']}. "
        f"{quanta_over(usage)}."
    )
