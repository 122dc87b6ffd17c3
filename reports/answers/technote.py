"""What the technote's template of the answers needs: rows to choose by, values to say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reports.answers import words
from reports.answers.figures import SECTION
from reports.answers.packing import KEY, MART, NO_NODES, packing_rows, packing_sentences
from reports.facts import Facts
from reports.figures import Figure, stage_title
from reports.marts import Marts

__all__ = ["answer_globals", "answer_values"]

SHOWN_ROWS = 25
"""Rows of a table of the technote; the CSV files hold all."""

KEYS = {
    "of_node": ("fct_node_fit", ("campaign", "stage", "node_type")),
    "of_backtest": ("fct_request_backtest_totals", ("evidence_campaign", "campaign", "policy")),
    "of_change": (
        "fct_release_changes",
        ("before_campaign", "after_campaign", "stage", "task_label"),
    ),
    "of_dependence": ("fct_memory_dependence", ("campaign", "stage", "task_label")),
    "of_packing": (MART, KEY),
    "of_published": ("fct_published_sizing", ("campaign", "stage")),
    "of_host": ("fct_node_usage", ("campaign", "stage", "node_name")),
}
"""Functions of the template that write a column of a row: mart, and the key of its rows."""


def answer_globals(facts: Facts, campaign: str) -> dict[str, Callable[..., str]]:
    """Make the functions by which the template writes values.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from and are recorded.
    campaign : `str`
        The focus campaign.
    """

    def of_request(column: str, row: Mapping[str, Any], policy: str = "p95_retry") -> str:
        key = {"campaign": campaign, "policy": policy}
        job = {name: row[name] for name in ("job_kind", "job_label")}
        return facts.say("fct_memory_requests", column, **key, **job)

    return {name: facts.writer(mart, key) for name, (mart, key) in KEYS.items()} | {
        "of_request": of_request
    }


def answer_values(
    marts: Marts, facts: Facts, focus: dict[str, Any], shown: list[Figure]
) -> dict[str, Any]:
    """Gather the rows that the template lists.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    facts : `~reports.facts.Facts`
        Where values come from.
    focus : `dict`
        The focus campaign's row of ``dim_campaigns``.
    shown : `list` [`~reports.figures.Figure`]
        The figures of the report.
    """
    campaign = focus["campaign"]
    own = {"campaign": campaign}
    requests = [
        row
        for row in facts.rows("fct_memory_requests", own | {"policy": "p95_retry"})
        if row["job_kind"] != "member" and row["used_gib_h"] is not None
    ]
    changes = facts.rows(
        "fct_release_changes", {"after_campaign": campaign, "is_against_predecessor": True}
    )
    published = facts.rows("fct_published_sizing", {})
    judged = [row for row in changes if row["verdict"] in ("worse", "better")]
    return {
        "answer_figures": [figure for figure in shown if figure.stage == SECTION],
        "titles": {
            row["stage"]: stage_title(row["stage"])
            for row in (*marts.stages().to_pylist(), *published)
        },
        "sizing": words.sizing_sentences(facts, campaign),
        "node_fits": facts.rows("fct_node_fit", own),
        "packing": packing_sentences(marts, facts, campaign),
        "packings": packing_rows(marts, facts, campaign),
        "no_nodes": NO_NODES,
        "published_sizing": published,
        "requests": sorted(requests, key=lambda row: (-row["used_gib_h"], row["job_label"]))[
            :SHOWN_ROWS
        ],
        "backtests": facts.rows("fct_request_backtest_totals", {}),
        "change_sentences": words.change_sentence(marts, facts, campaign),
        "changes": sorted(judged, key=_by_size)[:SHOWN_ROWS],
        "dependence_sentences": words.dependence_sentences(facts, campaign),
        "dependences": sorted(facts.rows("fct_memory_dependence", own), key=_by_growth)[
            :SHOWN_ROWS
        ],
        "running_sentences": words.running_sentences(facts, campaign),
        "slow_nodes": facts.rows("fct_node_usage", own | {"is_slow": True})[:SHOWN_ROWS],
    }


def _by_size(row: dict[str, Any]) -> tuple[bool, float, str]:
    """Order changes: what became worse first, by how much."""
    change = row["regression_fraction"] or row["paired_max_rss_change_fraction"] or 0
    return row["verdict"] != "worse", -abs(change), row["task_label"]


def _by_growth(row: dict[str, Any]) -> tuple[bool, float, float, str]:
    """Order lines as their figure does: what grows for sure first, by what is foretold."""
    foretold = row["twice_as_deep_gib"] or 0
    return not row["is_growing"], -foretold, -row["explained_fraction"], row["task_label"]
