"""Box plots of max RSS per task, the releases side by side."""

from __future__ import annotations

import pyarrow as pa

from ...citations import Citations
from ...sentences.memory import focus_over, further_lines
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ._boxes import BOXES, OUTLIERS, memory_boxes, query_boxes, query_outliers

NAME = "MaxRSS_box_all_stacks_stage{stage}"
SECTION = "releases"
PLACE = 1


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Max RSS per task, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> tuple[pa.Table, pa.Table]:
    """Get the boxes and the sampled outliers of all campaigns."""
    stage = subject.stage.name
    return query_boxes(warehouse, stage, mart="fct_task_usage"), query_outliers(warehouse, stage)


chart = memory_boxes


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain boxes, whiskers and points."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"Max RSS per task in {subject.stage.title}, on a logarithmic axis. The releases of a task "
        "are one below the other, in the order of the legend. "
        f"{BOXES} {OUTLIERS} The dashed red line marks "
        f"{line} per core.{focus_over(citations, subject.campaign, subject.stage.name)}"
        f"{further_lines(citations, subject)}"
    )


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"Horizontal box plots of max RSS for each task of {subject.stage.title} and each release, "
        f"with a dashed red line at {line}."
        f"{focus_over(citations, subject.campaign, subject.stage.name)}"
    )
