"""`boxes` of what all campaigns have in common: the same visits, exposures or places."""

from __future__ import annotations

import pyarrow as pa

from ...citations import Citations
from ...sentences.changes import common_input
from ...sentences.completeness import why_empty as why_stage_empty
from ...subjects import StageSubject
from ...warehouse import Warehouse
from ..memory._boxes import memory_boxes, query_boxes
from ..sql import GIB, RELEASE_LABEL

NAME = "MaxRSS_box_common_visits_stage{stage}"
SECTION = "common_input"
PLACE = 1

# A task, and on how many visits, exposures or data IDs it is compared.
LABEL = """task_label || format(' ({:,} {}{})', common_count,
    case when common_by = 'data_id' then 'data ID' else common_by end,
    case when common_count = 1 then '' else 's' end)"""


def title(_: Citations, subject: StageSubject) -> str:
    """Name the figure."""
    return f"Max RSS per task on common visits and places, {subject.about}"


def query(warehouse: Warehouse, subject: StageSubject) -> tuple[pa.Table, pa.Table]:
    """Get the boxes, tasks matched by visit first, and the extremes beyond the whiskers."""
    extremes = warehouse.query(
        f"""
        with extremes as (
            select *, min_max_rss_bytes as extreme_bytes from fct_task_common_usage
            where min_max_rss_bytes < lower_whisker_max_rss_bytes
            union all
            select *, max_max_rss_bytes as extreme_bytes from fct_task_common_usage
            where max_max_rss_bytes > upper_whisker_max_rss_bytes
        )
        select
            {LABEL} as task_label,
            {RELEASE_LABEL} as release_label,
            extreme_bytes / {GIB} as max_rss_gib
        from extremes join dim_campaigns as campaigns using (campaign)
        where stage = $1
        order by all
        """,  # noqa: S608  (constants)
        [subject.stage.name],
    )
    boxes = query_boxes(
        warehouse,
        subject.stage.name,
        mart="fct_task_common_usage",
        label=LABEL,
        first="common_by desc,",
    )
    return boxes, extremes


chart = memory_boxes


def caption(citations: Citations, subject: StageSubject) -> str:
    """Explain what is compared."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"Max RSS per task in {subject.stage.title} on common input alone. The releases of a task "
        "are one below the other, in the order of the legend. "
        f"{common_input(citations, subject.stage.name, subject.stage.title)} "
        "The number behind the name of a task is that of the visits (or exposures) compared, with "
        "all detectors that a campaign ran of them. A task whose data IDs have no visit is "
        "compared on the same places of the sky; one campaign may have more visits there than "
        "another. Boxes and whiskers are as in the figure of all quanta; circles are the extremes "
        f"that whiskers do not reach. The dashed red line marks {line} per core."
    )


def alt_text(citations: Citations, subject: StageSubject) -> str:
    """Describe the figure for readers who cannot see it."""
    line = citations.cite("dim_campaigns", "threshold_gib", campaign=subject.campaign)
    return (
        f"Horizontal box plots of max RSS for each task of {subject.stage.title} and each release, "
        "over visits and places that all releases processed, with a dashed red line at "
        f"{line}. {common_input(citations, subject.stage.name, subject.stage.title)}"
    )


def why_empty(_: Citations, subject: StageSubject) -> str:
    """Say why releases cannot be compared on common input."""
    measured = [usage["campaign"] for usage in subject.usages if usage["quanta_count"]]
    if not measured:
        return " ".join(map(why_stage_empty, subject.usages))
    stage = subject.stage.title
    if len(measured) == 1:
        return (
            f"Releases cannot be compared in {stage}: {measured[0]} is the only measured campaign."
        )
    return (
        f"No visit and no place of the sky in {stage} was measured by all campaigns that "
        f"have the same task ({', '.join(measured)}): their input differs."
    )
