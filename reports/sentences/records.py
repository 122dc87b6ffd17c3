"""What the batch system's records say of queues, and of requests that are tried on them."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from ..citations import Citations, CitedRow

__all__ = ["queue_sentences", "recorded_backtest_sentences"]

QUEUES = "fct_queue_outcomes"
TOTALS = "fct_recorded_backtest_totals"


def queue_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say in which queue jobs waited longest, and which used its cores least.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        Whose records.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where no records are named, or none has a time.
    """
    sentences = []
    slowest = _queue(citations, campaign, max, "p50_waiting_wall_time_s")
    if slowest:
        sentences.append(
            f"Jobs of {campaign} waited longest in queue {slowest['queue_name']}: the median of "
            f"{slowest['waited_count']} tries is {slowest['p50_waiting_wall_time_s']}, the maximum "
            f"{slowest['max_waiting_wall_time_s']}."
        )
    idlest = _queue(citations, campaign, min, "cpu_efficiency_fraction")
    if idlest:
        sentences.append(
            f"CPU efficiency was lowest in queue {idlest['queue_name']}: "
            f"{idlest['cpu_efficiency_fraction']}, over the tries whose CPU time is known."
        )
    return sentences


def recorded_backtest_sentences(citations: Citations, campaign: str, policy: str) -> list[str]:
    """Say what our requests would have done to the recorded jobs.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        Whose records.
    policy : `str`
        Of the requests.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where no recorded job can be compared.
    """
    rows = citations.rows(TOTALS, campaign=campaign, policy=policy)
    # Requests from another campaign are tested, those from the same one are only fitted.
    rows = sorted(rows, key=lambda row: bool(row["is_of_its_own_evidence"]))[:1]
    sentences = []
    for row in rows:
        cited = citations.row(
            TOTALS,
            evidence_campaign=row["evidence_campaign"],
            campaign=campaign,
            policy=policy,
        )
        undone = f", {cited['unfinished_count']} never done" if row["unfinished_count"] else ""
        sentences.append(
            f"Back-test on {cited['compared_job_count']} of {cited['recorded_job_count']} "
            f"recorded jobs, those that succeeded with a known peak. Requests by policy "
            f"{cited['policy']} from {cited['evidence_campaign']} would kill "
            f"{cited['killed_count']} tries{undone} and leave {cited['wasted_gib_h']} unused. The "
            f"recorded requests killed {cited['recorded_killed_count']} tries and left "
            f"{cited['recorded_wasted_gib_h']} unused."
        )
        sentences.append(
            "Peaks in these records include child processes, peaks behind our requests do not: "
            "that makes our requests look worse."
        )
        if row["gave_up_job_count"]:
            sentences.append(
                f"The back-test leaves out jobs that gave up after a kill, because their peak is "
                f"not known: {cited['gave_up_job_count']}."
            )
        if row["is_of_its_own_evidence"]:
            sentences.append(
                "The requests follow from the same campaign, so the test favours them."
            )
    return sentences


def _queue(
    citations: Citations, campaign: str, choose: Callable[..., dict[str, Any]], column: str
) -> CitedRow | None:
    """Choose the queue with the largest or smallest value of a column, if any has one."""
    known = [row for row in citations.rows(QUEUES, campaign=campaign) if row[column] is not None]
    if not known:
        return None
    chosen = choose(known, key=itemgetter(column))
    return citations.row(QUEUES, campaign=campaign, queue_name=chosen["queue_name"])
