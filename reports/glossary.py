"""Define the terms of the report, for page, technote and `docs/glossary.md`."""

from __future__ import annotations

import re

__all__ = ["GLOSSARY", "plain_glossary"]

GLOSSARY = {
    "Attempt": (
        "one execution of a quantum. A quantum that failed and ran again in the same RUN has "
        "two attempts."
    ),
    "Blocked": "a quantum that did not run because a quantum before it failed.",
    "Campaign": (
        "one processing of many visits on one software release, usually one Jira ticket. The "
        "campaigns file names it."
    ),
    "Cannot tell": "the evidence is not enough for a verdict. It does not mean *no change*.",
    "Closed form": (
        "a formula for the cores that a slot occupies on nodes with *m* GiB per core, "
        "`max(CPUs, ceil(peak / m))`. It assumes that a scheduler fills all other "
        "cores. Packing checks it by a simulation."
    ),
    "Cluster": "tasks that BPS runs one after the other in one job.",
    "Data ID": (
        "the values that identify a quantum of a task, such as instrument, visit and detector."
    ),
    "Declared gap": "a gap whose reason the campaigns file gives with `incomplete:`.",
    "Expected": (
        "the quanta that a graph lists: a predicted graph of a submission, or a provenance graph."
    ),
    "Focus": "the campaign that figures and sentences about a single campaign show.",
    "Gap": (
        "expected quanta without a usable result: missing, unreadable, unknown, lost or unmeasured."
    ),
    "Inherited peak": (
        "a peak that the process had reached before the quantum began. It is an upper bound "
        "of what the quantum used, not a measurement of it."
    ),
    "Lake": "the Parquet files that the extraction writes.",
    "Line": "see *threshold*.",
    "Lost": (
        "a quantum that failed and left neither exception nor usage nor log, as a killed "
        "quantum does."
    ),
    "Mart": "a table of the warehouse for readers. Every number of the report comes from one.",
    "Max RSS": (
        "the high-water mark of the resident memory of the process that ran the quantum, at "
        "its end."
    ),
    "Measured": (
        "a successful quantum that did work and left a peak. All statistics of memory and "
        "time are over these."
    ),
    "No work": (
        "a quantum that succeeded and found nothing to do. It is complete, but not measured."
    ),
    "Over": "strictly greater than the threshold. A peak of exactly 6 GiB is not over 6 GiB.",
    "Own peak": (
        "a peak that the quantum set itself: the high-water mark of the process rose while it ran."
    ),
    "Policy": (
        "a rule that makes a memory request from peaks, such as `p95_retry` or `max_margin`."
    ),
    "Provenance graph": (
        "the record of a RUN that `butler aggregate-graph` makes and `butler ingest-graph` "
        "adds to the repository."
    ),
    "Quantum": "one execution of one task on one data ID, the smallest unit of processing.",
    "Request": "the memory that a job asks the batch system for (`requestMemory` in BPS).",
    "Result": (
        "of all quanta with one task and data ID, the first success in chain order, else the first."
    ),
    "RUN": "a collection of the Butler that holds the outputs of one submission.",
    "Slot": (
        "what occupies the batch system: a process with all its quanta if it is known, "
        "else one quantum."
    ),
    "Stage": "one part of a campaign, such as `stage1`, with its own collections.",
    "Superseded": (
        "a quantum whose task and data ID have their result in another RUN. It counts as "
        "cost, not in statistics."
    ),
    "Threshold": (
        "the memory per core that is counted against, 6 GiB by default. Figures draw it as a line."
    ),
    "Unmeasured": "a quantum that succeeded, did work and left no peak. It is a gap.",
    "Unverified": "a stage for which no graph says what was expected.",
    "Warehouse": "the DuckDB database with all marts, `DATA/warehouse.duckdb`.",
}
"""Meaning of each term, in Markdown; the names are those of the columns of the marts."""


def plain_glossary() -> dict[str, str]:
    """Give the terms without Markdown's marks of code and emphasis."""
    return {term: re.sub("[`*]", "", meaning) for term, meaning in GLOSSARY.items()}
