"""95th percentile of max RSS of each task, the releases as points of one row."""

from __future__ import annotations

from functools import partial

from ...citations import Citations
from ...subjects import StageSubject
from . import _task_peaks

NAME = "95percTask_all_stacks_stage{stage}"
SECTION = "releases"
PLACE = 3

STATISTIC = "95th percentile of max RSS"

query = partial(_task_peaks.query, column="p95_max_rss_bytes")
chart = partial(_task_peaks.chart, statistic=STATISTIC)
caption = partial(_task_peaks.caption, statistic=STATISTIC)
alt_text = partial(_task_peaks.alt_text, statistic=STATISTIC)


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"{STATISTIC} per task, {subject.about}"
