"""Requests as a file that a BPS configuration can include."""

from __future__ import annotations

import json
from typing import Any

from reports.marts import Marts

__all__ = ["request_memory_yaml"]


def request_memory_yaml(marts: Marts) -> str:
    """Write requestMemory of every job of the focus campaign, with its evidence.

    The requests are those of the policy p95_retry: the 95th percentile of the job's peaks, the
    rest being retried with more memory by BPS.  A job with too few own peaks is a comment only.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.

    Returns
    -------
    text : `str`
        YAML; memory in MiB, as BPS has it.
    """
    focus = next(row for row in marts.campaigns().to_pylist() if row["is_focus"])
    jobs = marts.jobs_to_request(focus["campaign"]).to_pylist()
    simulated = "# SIMULATED data: not for use.\n" if marts.lake().get("is_simulated") else ""
    lines = [
        f"# requestMemory (MiB) from {_plain(focus['campaign'])}, {_plain(focus['release'])}, "
        "by Quanta Census.",
        "# 95th percentile of each job's peaks, rounded up to 64 MiB; BPS retries the rest with",
        "# more memory (memoryMultiplier).  n: jobs seen, own: those with a peak of their own.",
        "# Use it with `includeConfigs: [requestMemory.yaml]`.",
    ]
    for section, kind in (("pipetask", "task"), ("cluster", "cluster")):
        # A `+` joins tasks that shared a process without a cluster that anyone knows.
        chosen = [row for row in jobs if row["job_kind"] == kind and _has_name(row)]
        known = [row for row in chosen if row["has_enough_evidence"]]
        if known:
            lines += ["", f"{section}:"]
        for row in known:
            lines += [
                f"  {_key(row['job_label'])}:  # {_evidence(row)}",
                f"    requestMemory: {row['p95_retry_mib']}",
            ]
        unknown = [row for row in chosen if not row["has_enough_evidence"]]
        if unknown:
            lines += ["", f"# Too few own peaks to say anything ({section}):"]
        lines += [f"#   {_plain(row['job_label'])}: {_evidence(row)}" for row in unknown]
    return simulated + "\n".join(lines) + "\n"


def _has_name(row: dict[str, Any]) -> bool:
    """Whether BPS can know the job by its name."""
    return row["task_labels"] is not None


def _plain(text: str) -> str:
    """Make a text from outside fit for a comment of one line."""
    return " ".join(str(text).split())


def _key(label: str) -> str:
    """Write a label as a YAML key: quoted, as JSON is, unless it is a plain word."""
    return label if label.isidentifier() else json.dumps(label)


def _evidence(row: dict[str, Any]) -> str:
    """Say in a comment what a request is based on, and what other policies would ask."""
    current = row["current_request_memory_mib"]
    others = ", ".join(
        f"{name} {row[column]}"
        for name, column in (
            ("p99", "p99_mib"),
            ("largest + 10 %", "max_margin_mib"),
            ("least waste", "least_waste_mib"),
        )
        if row[column] is not None
    )
    said = f"n {row['slot_count']}, own {row['own_peak_count']}, by {row['basis']}"
    now = "" if current is None else f"; now {current}"
    return f"{said}; {others}{now}" if others else f"{said}{now}"
