"""Requests as a file that a BPS configuration can include."""

from __future__ import annotations

import json
from typing import Any

from reports.marts import Marts, WarehouseError

__all__ = ["ALL", "POLICIES", "request_memory_yaml"]

ALL = "all"
"""Stands for the evidence of all campaigns."""

_RETRIES = "BPS retries the rest with more (memoryMultiplier)"

POLICIES = {
    "p95_retry": ("p95", f"95th percentile of each job's peaks; {_RETRIES}"),
    "p99": ("p99", f"99th percentile of each job's peaks; {_RETRIES}"),
    "max_margin": ("largest + 10 %", "Largest of each job's peaks and 10 % more"),
    "least_waste": ("least waste", f"The least memory-time requested in vain; {_RETRIES}"),
}
"""Short name of each policy, and what it requests."""


def request_memory_yaml(
    marts: Marts, *, campaign: str | None = None, policy: str = "p95_retry"
) -> str:
    """Write requestMemory of every job of a campaign, with its evidence.

    A job with too few own peaks for the policy is a comment only.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    campaign : `str` or `None`
        The evidence; by default the focus campaign.  `ALL` takes, for each job, the largest
        request of all campaigns that have enough peaks.
    policy : `str`
        Key of `POLICIES`.

    Returns
    -------
    text : `str`
        YAML; memory in MiB, as BPS has it.

    Raises
    ------
    WarehouseError
        Raised if there is no such campaign or policy; names those that there are.
    """
    if policy not in POLICIES:
        raise WarehouseError(f"There is no policy {policy!r}; there are {', '.join(POLICIES)}.")
    campaigns = {row["campaign"]: row for row in marts.campaigns().to_pylist()}
    if campaign == ALL:
        evidence = f"all campaigns ({', '.join(campaigns)})"
        jobs = marts.pooled_jobs_to_request(policy).to_pylist()
    else:
        name = campaign or next(name for name, row in campaigns.items() if row["is_focus"])
        if name not in campaigns:
            raise WarehouseError(
                f"There is no campaign {name!r}; there are {', '.join(campaigns)}, "
                f"and {ALL} for all of them."
            )
        evidence = f"{name}, {campaigns[name]['release']}"
        jobs = marts.jobs_to_request(name, policy).to_pylist()
    simulated = "# SIMULATED data: not for use.\n" if marts.lake().get("is_simulated") else ""
    lines = [
        f"# requestMemory (MiB) from {_plain(evidence)}, by Quanta Census.",
        f"# {POLICIES[policy][1]}.",
        "# Rounded up to 64 MiB.  n: jobs seen, own: those with a peak of their own.",
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
                f"  {_key(row['job_label'])}:  # {_evidence(row, policy)}",
                f"    requestMemory: {row[f'{policy}_mib']}",
            ]
        unknown = [row for row in chosen if not row["has_enough_evidence"]]
        if unknown:
            lines += ["", f"# Too few own peaks to say anything ({section}):"]
        lines += [f"#   {_plain(row['job_label'])}: {_evidence(row, policy)}" for row in unknown]
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


def _evidence(row: dict[str, Any], policy: str) -> str:
    """Say in a comment what a request is based on, and what other policies would ask."""
    current = row["current_request_memory_mib"]
    others = ", ".join(
        f"{short} {row[f'{name}_mib']}"
        for name, (short, _) in POLICIES.items()
        if name != policy and row[f"{name}_mib"] is not None
    )
    said = f"n {row['slot_count']}, own {row['own_peak_count']}, by {row['basis']}"
    if row.get("largest_campaign"):
        said += f", most in {_plain(row['largest_campaign'])} of {row['campaign_count']} campaigns"
    now = "" if current is None else f"; now {current}"
    return f"{said}; {others}{now}" if others else f"{said}{now}"
