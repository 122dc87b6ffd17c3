"""Write what to request for each job, as a file that a BPS configuration can include."""

from __future__ import annotations

from typing import Any

from .errors import ChoiceError
from .escape import plain, yaml_key
from .subjects import focus_of, read_campaigns
from .warehouse import Warehouse

__all__ = ["ALL", "POLICIES", "POLICY_NAMES", "default_policy", "request_memory_yaml"]

ALL = "all"
"""Name for the evidence of all campaigns."""

_RETRIES = "BPS retries the rest with more (memoryMultiplier)"

POLICIES = {
    "p95_retry": ("p95", f"95th percentile of each job's peaks; {_RETRIES}"),
    "p99": ("p99", f"99th percentile of each job's peaks; {_RETRIES}"),
    "max_margin": ("largest + 10 %", "Largest of each job's peaks and 10 % more"),
    "least_waste": ("least waste", f"The least memory-time requested in vain; {_RETRIES}"),
}
"""Short name of each policy, and what it requests."""

POLICY_NAMES = {name: short for name, (short, _) in POLICIES.items()} | {
    "current": "today's request"
}
"""Short names of the policies and of today's requests, in the order of every legend."""

_JOB = """
    job_kind,
    job_label,
    any_value(task_labels) as task_labels,
    any_value(basis) as basis,
    any_value(slot_count) as slot_count,
    any_value(own_peak_count) as own_peak_count,
    any_value(current_request_memory_mib) as current_request_memory_mib,
    max(request_memory_mib) filter (policy = 'p95_retry') as p95_retry_mib,
    max(request_memory_mib) filter (policy = 'p99') as p99_mib,
    max(request_memory_mib) filter (policy = 'max_margin') as max_margin_mib,
    max(request_memory_mib) filter (policy = 'least_waste') as least_waste_mib
"""


def default_policy(warehouse: Warehouse, campaign: str) -> str | None:
    """Get the default policy for a campaign from ``fct_request_totals``.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    campaign : `str`
        The evidence.

    Returns
    -------
    policy : `str` or `None`
        Key of `POLICIES`: the cheapest of those that leave the fewest jobs undone.
        `None` if no job of the campaign has a request.
    """
    found = warehouse.query(
        "select policy from fct_request_totals where campaign = $1 and is_default", [campaign]
    ).to_pylist()
    return str(found[0]["policy"]) if found else None


def request_memory_yaml(
    warehouse: Warehouse, *, campaign: str | None = None, policy: str | None = None
) -> str:
    """Write requestMemory of every job of a campaign, with its evidence.

    A job with too few own peaks for the policy is only a comment.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    campaign : `str` or `None`
        The evidence; by default the focus campaign.  `ALL` takes, for each job, the largest
        request of all campaigns that have enough peaks.
    policy : `str` or `None`
        Key of `POLICIES`; by default the `default_policy` of the evidence, else the first.  If
        all campaigns are evidence, it is that of the focus campaign, else of the last in the file.

    Returns
    -------
    text : `str`
        YAML, with memory in MiB as in BPS.

    Raises
    ------
    ChoiceError
        Raised if there is no such campaign or policy; the message names the existing ones.
    """
    if policy is not None and policy not in POLICIES:
        raise ChoiceError(f"There is no policy {policy!r}; the policies are {', '.join(POLICIES)}.")
    campaigns = read_campaigns(warehouse)
    releases = {row["campaign"]: row["release"] for row in campaigns}
    if campaign == ALL:
        focus = next((row for row in campaigns if row["is_focus"]), campaigns[-1])
        policy = policy or default_policy(warehouse, focus["campaign"]) or next(iter(POLICIES))
        evidence = f"all campaigns ({', '.join(releases)})"
        jobs = _pooled_jobs(warehouse, policy)
    else:
        name = campaign or focus_of(campaigns, warehouse)["campaign"]
        if name not in releases:
            raise ChoiceError(
                f"There is no campaign {name!r}; the campaigns are {', '.join(releases)}, "
                f"and {ALL!r} means all of them."
            )
        policy = policy or default_policy(warehouse, name) or next(iter(POLICIES))
        evidence = f"{name}, {releases[name]}"
        jobs = _jobs(warehouse, name, policy)
    is_simulated = any(row["is_simulated"] for row in warehouse.query("from dim_lake").to_pylist())
    simulated = "# SIMULATED data: not for use.\n" if is_simulated else ""
    lines = [
        f"# requestMemory (MiB) from {plain(evidence)}, by Quanta Census.",
        f"# {POLICIES[policy][1]}.",
        *_without_retries(warehouse),
        "# Peaks are of the process; its child processes, which a batch system counts, are not in.",
        "# Rounded up to 64 MiB.  n: jobs seen, own: those with a peak of their own.",
        *_kills_explained(jobs),
        "# Use it with `includeConfigs: [requestMemory.yaml]`.",
    ]
    for section, kind in (("pipetask", "task"), ("cluster", "cluster")):
        # A `+` joins tasks that shared a process without a known cluster.
        chosen = [row for row in jobs if row["job_kind"] == kind and _has_name(row)]
        known = [row for row in chosen if row["has_enough_evidence"]]
        if known:
            lines += ["", f"{section}:"]
        for row in known:
            lines += [
                f"  {yaml_key(row['job_label'])}:  # {_evidence(row, policy)}",
                f"    requestMemory: {row[f'{policy}_mib']}",
            ]
        unknown = [row for row in chosen if not row["has_enough_evidence"]]
        for why, rows in (
            ("Too few own peaks for a request", [r for r in unknown if r["basis"] != "guess"]),
            (
                "A guess that may be too low: which quanta shared a process is not known",
                [r for r in unknown if r["basis"] == "guess"],
            ),
        ):
            if rows:
                lines += ["", f"# {why} ({section}):"]
            lines += [f"#   {plain(row['job_label'])}: {_evidence(row, policy)}" for row in rows]
    return simulated + "\n".join(lines) + "\n"


def _kills_explained(jobs: list[dict[str, Any]]) -> list[str]:
    """Explain the kills and losses in the comments, if there are any."""
    lines = []
    if any(row.get("killed_job_count") or row.get("lost_attempt_count") for row in jobs):
        lines.append(
            "# killed: jobs killed for memory; lost: attempts that left nothing, as kills do."
        )
    if any(row["is_raised_by_kill"] for row in jobs):
        lines.append(
            "# raised: above a request at which jobs were killed; how much they need is not known."
        )
    return lines


def _without_retries(warehouse: Warehouse) -> list[str]:
    """Say if the batch system does not retry a killed job with more memory."""
    found = warehouse.query(
        "select distinct wms from fct_memory_requests where wms != 'htcondor' order by wms"
    ).to_pylist()
    return [
        f"# But {row['wms']} does not raise the memory of a job that was killed: it stays dead."
        for row in found
    ]


def _jobs(warehouse: Warehouse, campaign: str, policy: str) -> list[dict[str, Any]]:
    """Get every request of every job of a campaign, clusters first, policies as columns."""
    rows: list[dict[str, Any]] = warehouse.query(
        f"""
        select
            bool_or(has_enough_evidence) filter (policy = $2) as has_enough_evidence,
            any_value(killed_job_count) as killed_job_count,
            any_value(max_killed_request_mib) as max_killed_request_mib,
            any_value(lost_attempt_count) as lost_attempt_count,
            bool_or(is_raised_by_kill) filter (policy = $2) as is_raised_by_kill,
            {_JOB}
        from fct_memory_requests
        where campaign = $1 and job_kind != 'member'
        group by job_kind, job_label
        order by job_kind, job_label
        """,  # noqa: S608  (constants)
        [campaign, policy],
    ).to_pylist()
    return rows


def _pooled_jobs(warehouse: Warehouse, policy: str) -> list[dict[str, Any]]:
    """Get the requests that are enough for all campaigns, in the form of `_jobs`."""
    rows: list[dict[str, Any]] = warehouse.query(
        f"""
        select
            any_value(campaign_count) as campaign_count,
            any_value(largest_campaign) filter (policy = $1) as largest_campaign,
            bool_or(has_enough_evidence) filter (policy = $1) as has_enough_evidence,
            bool_or(is_raised_by_kill) filter (policy = $1) as is_raised_by_kill,
            {_JOB}
        from fct_pooled_requests
        group by job_kind, job_label
        order by job_kind, job_label
        """,  # noqa: S608  (constants)
        [policy],
    ).to_pylist()
    return rows


def _has_name(row: dict[str, Any]) -> bool:
    """Whether BPS knows a job of this name."""
    return row["task_labels"] is not None


def _evidence(row: dict[str, Any], policy: str) -> str:
    """Write a comment with the evidence of a request, and the requests of other policies."""
    current = row["current_request_memory_mib"]
    others = ", ".join(
        f"{short} {row[f'{name}_mib']}"
        for name, (short, _) in POLICIES.items()
        if name != policy and row[f"{name}_mib"] is not None
    )
    basis = "a guess by quantum" if row["basis"] == "guess" else f"by {plain(row['basis'])}"
    evidence = f"n {row['slot_count']}, own {row['own_peak_count']}, {basis}"
    if row.get("largest_campaign"):
        evidence += (
            f", most in {plain(row['largest_campaign'])} of {row['campaign_count']} campaigns"
        )
    if row.get("killed_job_count"):
        evidence += f", killed {row['killed_job_count']}"
        if row["max_killed_request_mib"] is not None:
            evidence += f" at up to {row['max_killed_request_mib']}"
    if row["is_raised_by_kill"]:
        evidence += ", raised"
    if row.get("lost_attempt_count"):
        evidence += f", lost and done again {row['lost_attempt_count']}"
    now = "" if current is None else f"; now {current}"
    return f"{evidence}; {others}{now}" if others else f"{evidence}{now}"
