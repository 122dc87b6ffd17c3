"""When and where: what is said of nodes and of the time spent in the Butler."""

from __future__ import annotations

from ..citations import Citations
from ..subjects import stage_title

__all__ = ["running_sentences"]


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
    nodes, tasks = "fct_node_usage", "fct_task_efficiency"
    sentences = []
    if citations.rows(nodes, campaign=campaign):
        sentences.append(
            f"Of {citations.count(nodes, campaign=campaign)} nodes, counted in each stage of "
            f"{campaign} anew, {citations.count(nodes, campaign=campaign, is_slow=True)} took "
            "longer than the others for the same tasks."
        )
    timed = [
        row for row in citations.rows(tasks, campaign=campaign) if row["butler_get_wall_time_h"]
    ]
    if timed:
        slowest = max(timed, key=lambda row: (row["butler_get_wall_time_h"], row["task_label"]))
        stage, task = slowest["stage"], slowest["task_label"]
        most = citations.row(tasks, campaign=campaign, stage=stage, task_label=task)
        sentences.append(
            f"Most time for reading through the Butler is spent by {task} ({stage_title(stage)}): "
            f"{most['butler_get_wall_time_h']}, {most['butler_get_fraction']} of its wall time; "
            f"its CPU time is {most['cpu_time_fraction']} of it."
        )
    return sentences
