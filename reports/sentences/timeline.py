"""When and where: what is said of nodes and of the time spent in the Butler."""

from __future__ import annotations

from typing import Any

from ..citations import Citations
from ..subjects import stage_title
from .completeness import why_empty

__all__ = ["busiest", "left_out", "running_sentences", "why_untimed"]


def running_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say how many nodes are slow, and which task spends most of its time in the Butler.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        Which one.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where no node and no Butler time is known.
    """
    nodes, tasks = "fct_node_speeds", "fct_task_efficiency"
    sentences = []
    if citations.rows(nodes, campaign=campaign):
        sentences.append(
            f"Slow nodes of {campaign}: {citations.count(nodes, campaign=campaign, is_slow=True)} "
            f"of {citations.count(nodes, campaign=campaign)}. The same tasks took longer there "
            "than on the other nodes, by more than chance explains."
        )
    timed = [
        row for row in citations.rows(tasks, campaign=campaign) if row["butler_get_wall_time_h"]
    ]
    if timed:
        slowest = max(timed, key=lambda row: (row["butler_get_wall_time_h"], row["task_label"]))
        stage, task = slowest["stage"], slowest["task_label"]
        most = citations.row(tasks, campaign=campaign, stage=stage, task_label=task)
        sentences.append(
            f"Task {task} ({stage_title(stage)}) spends most time reading through the Butler: "
            f"{most['butler_get_wall_time_h']}, {most['butler_get_fraction']} of its wall time. "
            f"Its CPU time is {most['cpu_time_fraction']} of its wall time."
        )
    return sentences


def busiest(citations: Citations, campaign: str, stage: str) -> str:
    """Say what share of its wall time the task that took most of it kept its core busy.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign, stage : `str`
        Which one.

    Returns
    -------
    sentence : `str`
        Begins with a space; empty where no CPU time is known.
    """
    mart = "fct_task_efficiency"
    known = [
        row
        for row in citations.rows(mart, campaign=campaign, stage=stage)
        if row["cpu_time_fraction"] is not None
    ]
    if not known:
        return ""
    task = max(known, key=lambda row: (row["timed_wall_time_h"], row["task_label"]))["task_label"]
    row = citations.row(mart, campaign=campaign, stage=stage, task_label=task)
    return (
        f" {task} took most wall time, {row['timed_wall_time_h']}, and its CPU time is "
        f"{row['cpu_time_fraction']} of it."
    )


def left_out(citations: Citations, campaign: str, stage: str) -> str:
    """Say what an axis of time leaves out.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign, stage : `str`
        Which one.

    Returns
    -------
    sentence : `str`
        Begins with a space; empty where the axis is whole.
    """
    bins = citations.row("fct_time_bins", campaign=campaign, stage=stage)
    gaps = bins.value("left_out_count")
    if not gaps:
        return ""
    if gaps == 1:
        return (
            " The grey band marks a time in which nothing ran; the axis leaves it out: "
            f"{bins['left_out_wall_time_h']}."
        )
    return (
        f" Grey bands mark {bins['left_out_count']} times in which nothing ran; the axis leaves "
        f"them out: {bins['left_out_wall_time_h']} in all."
    )


def why_untimed(usage: dict[str, Any], title: str, kind: str) -> str:
    """Say why a figure of times has nothing to show.

    Parameters
    ----------
    usage : `dict`
        Row of ``fct_stage_usage``.
    title : `str`
        The stage in a sentence.
    kind : `str`
        Which time, such as "CPU time".
    """
    if not usage["quanta_count"]:
        return why_empty(usage)
    return f"No {kind} of any measured quantum of {title} of {usage['campaign']} is known."
