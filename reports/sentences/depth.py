"""What it depends on: what is said of memory against the number of visits."""

from __future__ import annotations

from ..citations import Citations
from ..subjects import stage_title

__all__ = ["depth_sentences", "no_depth"]


def no_depth(campaign: str) -> str:
    """Say why no task's memory can be set against depth."""
    return (
        f"No task of {campaign} that works on tracts or patches has enough own peaks over places "
        "with different numbers of visits: the evidence does not show what memory depends on."
    )


def depth_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say how many tasks need more memory where more visits overlap, and the largest prediction.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        Which one.

    Returns
    -------
    sentences : `list` [`str`]
        One where nothing grows for sure, or nothing is known; else two.
    """
    mart = "fct_memory_dependence"
    if not citations.rows(mart, campaign=campaign):
        return [no_depth(campaign)]
    grows, shrinks, unknown = (
        citations.count(mart, campaign=campaign, dependence_verdict=verdict)
        for verdict in ("grows", "shrinks", "cannot_tell")
    )
    sentences = [
        f"{citations.count(mart, 'task', campaign=campaign)} of {campaign} can be compared with "
        f"the visits over their tract or patch. With more visits memory grows for {grows}, "
        f"shrinks for {shrinks}, and the evidence is not enough for {unknown}."
    ]
    growing = citations.rows(mart, campaign=campaign, is_growing=True)
    if growing:
        largest = max(growing, key=lambda row: (row["twice_as_deep_gib"], row["task_label"]))
        stage, task = largest["stage"], largest["task_label"]
        most = citations.row(mart, campaign=campaign, stage=stage, task_label=task)
        sentences.append(
            f"The largest prediction is for {task} ({stage_title(stage)}): "
            f"{most['deepest_gib']} with {most['max_visit_count']} visits, "
            f"{most['twice_as_deep_gib']} with twice as many (from "
            f"{most['low_twice_as_deep_gib']} to {most['high_twice_as_deep_gib']})."
        )
    return sentences
