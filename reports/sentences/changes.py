"""From release to release: what is said of changes, and of what campaigns have in common."""

from __future__ import annotations

from ..citations import Citations

__all__ = ["change_sentences", "common_input", "no_common_quanta"]

MART = "fct_release_changes"


def no_common_quanta(before: str, after: str) -> str:
    """Say that two campaigns have no quantum with the same task and data ID."""
    return f"{after} and {before} have no task and data ID in common: there is no verdict."


def change_sentences(citations: Citations, before: str | None, after: str) -> list[str]:
    """Say how many tasks became worse or better than in the campaign before.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    before : `str` or `None`
        The earlier campaign, if there is one.
    after : `str`
        The later campaign.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where no campaign stands before.
    """
    if before is None:
        return []
    pair = {"before_campaign": before, "after_campaign": after}
    if not citations.rows(MART, **pair, is_matched=True):
        return [no_common_quanta(before, after)]
    matched = citations.count(MART, "task", **pair, is_matched=True)

    def judged(column: str) -> str:
        worse, better, same, unknown = (
            citations.count(MART, **pair, **{column: verdict})
            for verdict in ("worse", "better", "same", "cannot_tell")
        )
        return f"worse {worse}, better {better}, the same {same}, not enough evidence {unknown}."

    return [
        f"Compared: {matched} with matched data IDs in {before} and {after}.",
        f"Tasks by change of memory: {judged('max_rss_verdict')}",
        f"Tasks by change of wall time: {judged('wall_time_verdict')}",
    ]


def common_input(citations: Citations, stage: str, title: str) -> str:
    """Say how much the campaigns of a stage have in common, in sentences.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    stage, title : `str`
        The stage of the file, and its name in a sentence.
    """
    common = citations.row("fct_stage_common_visits", stage=stage)
    return (
        f"Of {common['visit_count']} visits in {title}, {common['common_visit_count']} were "
        f"measured by each of the {common['campaign_count']} campaigns. Of "
        f"{common['task_count']} tasks that several campaigns have, "
        f"{common['common_task_count']} have common input"
        + (
            f", and {common['incomparable_task_count']} cannot have any: each of their "
            "quanta covers the whole campaign."
            if common.value("incomparable_task_count")
            else "."
        )
    )
