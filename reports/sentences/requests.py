"""What to ask for: what is said of requests, beside those of today."""

from __future__ import annotations

from ..citations import Citations
from ..requests import default_policy
from .records import recorded_backtest_sentences
from .sizing import GUESS

__all__ = ["other_policies", "request_sentences"]


def request_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say which policy to take, what it costs, and how requests of the campaign before served.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        The campaign that they are applied to.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where no job has a request.
    """
    default = default_policy(citations.warehouse, campaign)
    if default is None:
        return []
    sentences = _cost(citations, campaign, default)
    row = citations.row("fct_request_totals", campaign=campaign, policy=default)
    if row.value("raised_job_count"):
        sentences.append(
            f"Of the requests of {row['job_count']} jobs {row['raised_job_count']} follow from "
            "kills. How much memory a killed job needs is not known: the request is the next step "
            "above the largest one that was too low, and may still be too low."
        )
    mart = "fct_request_backtest_totals"
    for today in citations.rows(mart, campaign=campaign, policy="current"):
        pair = {"evidence_campaign": today["evidence_campaign"], "campaign": campaign}
        now = citations.row(mart, **pair, policy="current")
        ours = citations.row(mart, **pair, policy=default)
        sentences.append(
            "Back-test over the jobs that have a request of every policy and one today. Requests "
            f"by policy {ours['policy']} from {today['evidence_campaign']} kill "
            f"{ours['killed_fraction']} of the first attempts of {campaign} and leave "
            f"{ours['wasted_gib_h']} unused. There, today's requests kill {now['killed_fraction']} "
            f"and leave {now['wasted_gib_h']} unused."
        )
        if any(
            citations.rows("fct_job_evidence", campaign=name, basis="guess")
            for name in pair.values()
        ):
            sentences[-1] += f" {GUESS}"
    return sentences + recorded_backtest_sentences(citations, campaign, default)


def other_policies(citations: Citations, campaign: str) -> list[str]:
    """Say what each policy costs that is not the one to take; a table can say it instead.

    Parameters
    ----------
    citations, campaign
        As for `request_sentences`.

    Returns
    -------
    sentences : `list` [`str`]
        One per policy; empty where no job has a request.
    """
    default = default_policy(citations.warehouse, campaign)
    return [
        "Jobs with a request of every policy take "
        f"{_price(citations, campaign, row['policy'])} with "
        f"{_named(citations, campaign, row['policy'])}."
        for row in citations.rows("fct_request_totals", campaign=campaign)
        if default is not None and row["policy"] != default
    ]


def _named(citations: Citations, campaign: str, policy: str) -> str:
    """Name a policy in a sentence."""
    if policy == "current":
        return "today's requests"
    name = citations.cite("fct_request_totals", "policy", campaign=campaign, policy=policy)
    return f"requests by {name}"


def _price(citations: Citations, campaign: str, policy: str) -> str:
    """Say what a policy costs, killed attempts included."""
    row = citations.row("fct_request_totals", campaign=campaign, policy=policy)
    undone = f", {row['unfinished_count']} never done" if row.value("unfinished_count") else ""
    return (
        f"{row['total_core_h']} ({row['overhead_fraction']} more than needed, "
        f"{row['killed_fraction']} of jobs killed at first{undone}, {row['wasted_gib_h']} unused)"
    )


def _cost(citations: Citations, campaign: str, policy: str) -> list[str]:
    """Say which policy to take, and what it costs."""
    row = citations.row("fct_request_totals", campaign=campaign, policy=policy)
    killed = (
        f" Killed attempts are {row['killed_core_h']} of it." if row.value("killed_core_h") else ""
    )
    return [
        f"Requests by the policy {row['policy']} leave the fewest jobs of {campaign} undone and, "
        "of the policies that do, cost least.",
        "Totals cover only the jobs that have a request of every policy (tasks and clusters: "
        f"{row['job_count']}).",
        f"Charged for what they request on nodes with {row['memory_per_core_gib']} per core, these "
        f"jobs take {_price(citations, campaign, policy)}.{killed}",
        "The requests follow from the peaks of the same jobs: in another campaign more jobs may be "
        "killed.",
    ]
