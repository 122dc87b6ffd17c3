"""Sentences on completeness: gaps, and stages without measured quanta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import numbers
from ..citations import Citations
from ..subjects import NOT_LISTED, stage_title

__all__ = ["failed_in_all", "gap_notes", "why_empty"]


def gap_notes(usages: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Say which stages of which campaigns are incomplete or empty, and why.

    Parameters
    ----------
    usages : `~collections.abc.Iterable` [`dict`]
        Rows of ``fct_stage_usage``.
    """
    notes = []
    for usage in usages:
        where = f"{stage_title(usage['stage'])} of {usage['campaign']}"
        if usage["incomplete_reason"]:
            notes.append(f"{where}: declared incomplete: {usage['incomplete_reason']}")
        elif usage["completeness_verdict"] == "incomplete" and usage["is_empty"]:
            notes.append(
                why_empty(usage)
                if usage["promised_run_count"]
                else f"{where}: incomplete: the lake has no data of this stage."
            )
        elif usage["completeness_verdict"] == "incomplete":
            gaps = numbers.plural(usage["gap_count"], "expected quantum", "expected quanta")
            notes.append(f"{where}: incomplete: {gaps} left no usable result{_unmeasured(usage)}.")
        elif usage["quanta_count"] == 0:
            notes.append(why_empty(usage))
        if usage.get("implausible_count"):
            odd = numbers.count(usage["implausible_count"])
            notes.append(f"{where}: impossible recorded values left out, in quanta: {odd}.")
    return tuple(notes)


def _unmeasured(usage: dict[str, Any]) -> str:
    """Say how many of the gaps succeeded and lost only their metrics."""
    if not usage.get("unmeasured_count"):
        return ""
    return f" (succeeded without metrics: {numbers.count(usage['unmeasured_count'])})"


def why_empty(usage: dict[str, Any]) -> str:
    """Say why a stage of a campaign shows nothing.

    Parameters
    ----------
    usage : `dict`
        Row of ``fct_stage_usage``.
    """
    no_quanta = f"No measured quanta in {stage_title(usage['stage'])} of {usage['campaign']}"
    if usage["incomplete_reason"]:
        return f"{no_quanta}: declared incomplete: {usage['incomplete_reason']}"
    if usage["completeness_verdict"] == NOT_LISTED:
        return f"{no_quanta}: the campaigns file does not list this stage for it."
    if usage["promised_run_count"]:
        return (
            f"{no_quanta}: its provenance graph is aggregated but not ingested yet; run "
            "`butler ingest-graph`, then extract again."
        )
    if not usage["run_count"]:
        return f"{no_quanta}: no RUN was extracted for it."
    return f"{no_quanta}: no quantum succeeded and did work."


def failed_in_all(citations: Citations, usages: Iterable[dict[str, Any]]) -> str:
    """Say how many quanta of each stage failed.

    Parameters
    ----------
    citations : `~reports.citations.Citations`
        Where values come from.
    usages : `~collections.abc.Iterable` [`dict`]
        Rows of ``fct_stage_usage``; without those of stages that the campaign does not have.
    """
    parts = [
        f"{citations.stage_usage(usage)['failed_count']} in {stage_title(usage['stage'])}"
        for usage in usages
        if usage["completeness_verdict"] != NOT_LISTED
    ]
    return f"Failed: {', '.join(parts)}." if parts else ""
