"""Write a comparison as text, Markdown, JSON or JUnit."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from xml.etree import ElementTree

from .. import numbers
from ..escape import code, myst, plain
from ..subjects import stage_title
from .checks import Check, Comparison, FailOn, Measure, Outcome

__all__ = ["Format", "write"]


class Format(StrEnum):
    """Format of a printed comparison."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"
    JUNIT = "junit"


def write(found: Comparison, form: Format, fail_on: FailOn) -> str:
    """Write a comparison.

    Parameters
    ----------
    found : `Comparison`
        The comparison.
    form : `Format`
        The format.
    fail_on : `FailOn`
        Outcomes that count as failures in JUnit.

    Returns
    -------
    text : `str`
        Ends with a line break.
    """
    if form == Format.JSON:
        return _json(found)
    if form == Format.JUNIT:
        return _junit(found, fail_on)
    return _markdown(found) if form == Format.MARKDOWN else _text(found)


def _names(outcome: Outcome, limit: float) -> str:
    """Name an outcome for readers."""
    share = numbers.percent(limit)
    return {
        Outcome.WORSE: f"worse by over {share}",
        Outcome.TOLERATED: f"worse by at most {share}",
    }.get(outcome, outcome.value)


def _said(check: Check) -> str:
    """Describe the result of a check in one line."""
    fraction = check.change_fraction
    change = "change not known" if fraction is None else numbers.change(fraction)
    said = f"{change}, {numbers.plural(check.quanta_count, 'matched quantum', 'matched quanta')}"
    if check.measure == Measure.MEMORY:
        said += " with own peaks"
    return f"{said}; {_seen(check)}" if check.outcome == Outcome.INCONCLUSIVE else said


def _seen(check: Check) -> str:
    """Say which change would have been detected."""

    def least(value: float | None) -> str:
        return "no rise" if value is None else f"a rise of {numbers.percent(value)}"

    said = f"would have seen {least(check.detectable_median_fraction)} of the median"
    if check.measure == Measure.MEMORY:
        said += f", {least(check.detectable_p95_fraction)} of the 95th percentile"
    return said


def _head(found: Comparison) -> tuple[str, str]:
    """Say what was compared, and how much of it was judged."""
    unmatched = found.unmatched_count
    return (
        f"{found.before} to {found.after}",
        f"Judged {found.judged_count} of {numbers.plural(len(found.checks), 'check')}: memory and "
        f"wall time of {numbers.plural(found.matched_count, 'task')} with matched data IDs"
        + (f"; {numbers.plural(unmatched, 'task has', 'tasks have')} none." if unmatched else "."),
    )


def _text(found: Comparison) -> str:
    """Write it for a terminal or a log."""
    lines = [plain(line) for line in _head(found)]
    for outcome, number in found.counts.items():
        lines += ["", f"{_names(outcome, found.limit_fraction)}: {number}"]
        lines += [
            plain(
                f"{check.task_label} ({stage_title(check.stage)}), {check.measure.label}: "
                f"{_said(check)}"
            ).join(("  ", ""))
            for check in found.of(outcome)
        ]
    return "\n".join(lines) + "\n"


def _markdown(found: Comparison) -> str:
    """Write it for the comment of a merge request: tables of all that is not unchanged."""
    title, judged = _head(found)
    lines = [f"### {myst(title)}", "", str(myst(judged)), "", "| outcome | checks |", "|---|---|"]
    lines += [
        f"| {_names(outcome, found.limit_fraction)} | {number} |"
        for outcome, number in found.counts.items()
    ]
    for outcome in Outcome:
        listed = found.of(outcome)
        if not listed:
            continue
        name = _names(outcome, found.limit_fraction)
        lines += ["", f"<details><summary>{name}: {len(listed)}</summary>", ""]
        lines += ["| task | stage | of | found |", "|---|---|---|---|"]
        lines += [
            f"| {code(check.task_label)} | {myst(stage_title(check.stage))} "
            f"| {check.measure.label} | {myst(_said(check))} |"
            for check in listed
        ]
        lines += ["", "</details>"]
    return "\n".join(lines) + "\n"


def _json(found: Comparison) -> str:
    """Write it for programs: every check with its values."""
    document = {
        "before": found.before,
        "after": found.after,
        "limit_fraction": found.limit_fraction,
        "matched_count": found.matched_count,
        "unmatched_count": found.unmatched_count,
        "judged_count": found.judged_count,
        "counts": found.counts,
        "checks": [asdict(check) for check in found.checks],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _junit(found: Comparison, fail_on: FailOn) -> str:
    """Write it for CI systems: a check is a test case, and an inconclusive check is skipped."""
    counts = found.counts
    fails = {Outcome.WORSE}
    if fail_on == FailOn.CANNOT_TELL:
        fails.add(Outcome.INCONCLUSIVE)
    skips = {Outcome.INCONCLUSIVE} - fails
    suite = ElementTree.Element(
        "testsuite",
        name=plain(f"{found.before} to {found.after}"),
        tests=str(len(found.checks)),
        failures=str(sum(counts[outcome] for outcome in fails)),
        skipped=str(sum(counts[outcome] for outcome in skips)),
        errors="0",
    )
    for check in found.checks:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=plain(check.stage),
            name=plain(f"{check.task_label}: {check.measure.label}"),
        )
        name = _names(check.outcome, found.limit_fraction)
        if check.outcome in fails:
            ElementTree.SubElement(case, "failure", message=f"{name}: {_said(check)}")
        elif check.outcome in skips:
            ElementTree.SubElement(case, "skipped", message=f"{name}: {_said(check)}")
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"
