"""What to ask for: what is said of requests, beside those of today."""

from __future__ import annotations

from ..citations import Citations
from .sizing import GUESS

__all__ = ["request_sentences"]


def request_sentences(citations: Citations, campaign: str) -> list[str]:
    """Say how requests from the campaign before would have served, beside today's.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    campaign : `str`
        The campaign that they are applied to.

    Returns
    -------
    sentences : `list` [`str`]
        Empty where there is no campaign before or no current request.
    """
    mart = "fct_request_backtest_totals"
    sentences = []
    for today in citations.rows(mart, campaign=campaign, policy="current"):
        pair = {"evidence_campaign": today["evidence_campaign"], "campaign": campaign}
        now = citations.row(mart, **pair, policy="current")
        ours = citations.row(mart, **pair, policy="p95_retry")
        sentences.append(
            "Back-test over the jobs that have a request of every policy and one today: requests "
            f"by policy p95_retry from {today['evidence_campaign']} kill "
            f"{ours['killed_fraction']} of the first attempts of {campaign} and leave "
            f"{ours['wasted_gib_h']} unused; today's requests kill {now['killed_fraction']} and "
            f"leave {now['wasted_gib_h']} unused."
        )
        if any(
            citations.rows("fct_job_evidence", campaign=name, basis="guess")
            for name in pair.values()
        ):
            sentences[-1] += f" {GUESS}"
    return sentences
