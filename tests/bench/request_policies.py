"""Request policies on other people's workflows: ``python -m tests.bench.request_policies FOLDER``.

FOLDER holds one CSV file for each workflow, with the columns ``task, status, attempt,
requested_memory_bytes, peak_rss_bytes, realtime_ms, start_ms``. The numbers in
``docs/experiments.md`` come from six nf-core runs that were published with the Sizey paper (Bader
et al., IEEE CLUSTER 2024, repository ``dos-group/sizey``). The requests come from the first half
of each task's executions, by start, and are applied to the second half, by the models of the
warehouse; what a published method asks for is judged here by the same rules.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from extract.bps_requests import resolve_requests
from tests.lake_factory import SyntheticLake

__all__ = ["Execution", "Outcome", "first_allocation", "judged", "main", "read_workflow"]

MIB = 1024**2
STEP_MIB = 64
LEAST_PEAKS = 20
POLICIES = ("current", "p95_retry", "p99", "max_margin", "least_waste")
TOVAR = "first allocation"


@dataclass(frozen=True, slots=True)
class Execution:
    """One task of a workflow that was done: its peak and request in whole MiB, its time in s."""

    task: str
    peak_mib: int
    request_mib: int
    wall_s: float


@dataclass(slots=True)
class Outcome:
    """What requests cost: first attempts, those killed, jobs never done, GiB h not used."""

    jobs: int = 0
    killed: int = 0
    unfinished: int = 0
    wasted_gib_h: float = 0.0

    def add(self, other: Outcome) -> None:
        """Add what another group of jobs cost."""
        self.jobs += other.jobs
        self.killed += other.killed
        self.unfinished += other.unfinished
        self.wasted_gib_h += other.wasted_gib_h


def read_workflow(path: Path) -> list[Execution]:
    """Read the tasks that were done in one attempt or more and have a peak, by start."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    # What a user asks for is what most first attempts of a task asked for.
    asked: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        if row["attempt"] == "1":
            asked[row["task"]][int(row["requested_memory_bytes"])] += 1
    found = []
    for row in rows:
        # `-` stands for what was not measured.
        peak = float(row["peak_rss_bytes"]) if row["peak_rss_bytes"] not in ("", "-") else 0.0
        if row["status"] != "COMPLETED" or not peak > 0 or row["task"] not in asked:
            continue
        request = asked[row["task"]].most_common(1)[0][0]
        found.append(
            (
                int(row["start_ms"]),
                Execution(
                    row["task"],
                    math.ceil(peak / MIB),
                    math.ceil(request / MIB),
                    int(row["realtime_ms"]) / 1000,
                ),
            )
        )
    return [execution for _, execution in sorted(found, key=lambda pair: pair[0])]


def first_allocation(jobs: Sequence[Execution]) -> tuple[int, int]:
    """Choose the first request of least expected waste, with the largest peak as the second.

    This is the minimum-waste strategy of Tovar et al. (IEEE TPDS 29, 2018): a job over its first
    request runs again with the largest memory that was seen.

    Parameters
    ----------
    jobs : `~collections.abc.Sequence` [ `Execution` ]
        The evidence, of one task.

    Returns
    -------
    first, second : `int`
        Requests in MiB, in steps of 64.
    """

    def up(mib: int) -> int:
        return math.ceil(mib / STEP_MIB) * STEP_MIB

    largest = up(max(job.peak_mib for job in jobs))

    def waste(first: int) -> float:
        return sum(
            job.wall_s
            * (first - job.peak_mib if job.peak_mib <= first else first + largest - job.peak_mib)
            for job in jobs
        )

    return min(sorted({up(job.peak_mib) for job in jobs}), key=waste), largest


def judged(jobs: Sequence[Execution], requests: Sequence[int]) -> Outcome:
    """Run jobs with the first request, then the next ones, each twice the last one at the end.

    A killed attempt takes the time of the whole job and is wasted whole, as in the warehouse; a job
    is tried six times at most.
    """
    outcome = Outcome()
    for job in jobs:
        tries = [*requests]
        while len(tries) < 6:
            tries.append(tries[-1] * 2)
        outcome.jobs += 1
        outcome.killed += job.peak_mib > tries[0]
        for memory in tries:
            used = job.peak_mib if job.peak_mib <= memory else 0
            outcome.wasted_gib_h += (memory - used) / 1024 * job.wall_s / 3600
            if used:
                break
        else:
            outcome.unfinished += 1
    return outcome


def by_task(jobs: Sequence[Execution]) -> dict[str, list[Execution]]:
    """Sort executions by task."""
    found: dict[str, list[Execution]] = defaultdict(list)
    for job in jobs:
        found[job.task].append(job)
    return found


def halves(jobs: Sequence[Execution]) -> tuple[list[Execution], list[Execution]]:
    """Split the executions of each task: those that began first, and the rest."""
    groups = list(by_task(jobs).values())
    return (
        [job for group in groups for job in group[: len(group) // 2]],
        [job for group in groups for job in group[len(group) // 2 :]],
    )


def add_campaign(
    lake: SyntheticLake, name: str, jobs: Sequence[Execution], focus: str | None
) -> None:
    """Write one half of a workflow as a campaign: each execution its own process."""
    asked = {job.task: {"requestMemory": job.request_mib} for job in jobs}
    requests = json.dumps(resolve_requests({"pipetask": asked}))
    lake.campaign(name, focus=focus, current_requests=requests)
    run = lake.run(name, "stage1", f"runs/{name}")
    for number, job in enumerate(jobs):
        lake.quantum(
            name, "stage1", run, job.task, {"instrument": "Other", "visit": number},
            peak_gib=job.peak_mib / 1024, prep_gib=0.0005, wall_s=job.wall_s,
        )  # fmt: skip


def ours(
    workflows: Mapping[str, tuple[Sequence[Execution], Sequence[Execution]]],
) -> dict[tuple[str, str, str], Outcome]:
    """Let the warehouse judge every policy, by workflow, task and policy."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        lake = SyntheticLake()
        for place, (name, (first, second)) in enumerate(workflows.items()):
            add_campaign(lake, f"{name}.1", first, None if place else "focus")
            add_campaign(lake, f"{name}.2", second, None)
        lake.write(layout.lake)
        if not build(layout):
            raise SystemExit("the lake of the experiment has a gap")
        with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
            rows = connection.execute("""
                select split_part(campaign, '.', 1), job_label, policy, slot_count,
                    killed_count, unfinished_count, wasted_gib_h
                from fct_request_backtest
                where split_part(campaign, '.', 1) = split_part(evidence_campaign, '.', 1)
                    and job_kind = 'task'
            """).fetchall()
    return {
        (name, task, policy): Outcome(jobs, killed, unfinished, wasted)
        for name, task, policy, jobs, killed, unfinished, wasted in rows
    }


def compare(folder: Path) -> list[dict[str, object]]:
    """Judge every policy on every workflow, over the tasks with evidence enough."""
    workflows = {}
    for path in sorted(folder.glob("*.csv")):
        jobs = read_workflow(path)
        workflows[path.stem] = halves(jobs)
    found = ours(workflows)
    rows: list[dict[str, object]] = []
    totals: dict[str, Outcome] = defaultdict(Outcome)
    all_used = 0.0
    for name, (first, second) in workflows.items():
        evidence, applied = by_task(first), by_task(second)
        tasks = [task for task in applied if len(evidence.get(task, ())) >= LEAST_PEAKS]
        sums: dict[str, Outcome] = defaultdict(Outcome)
        used = 0.0
        for task in tasks:
            used += sum(job.peak_mib / 1024 * job.wall_s / 3600 for job in applied[task])
            for policy in POLICIES:
                sums[policy].add(found[name, task, policy])
            sums[TOVAR].add(judged(applied[task], first_allocation(evidence[task])))
            # The same rule, written twice: it has to cost the same.
            check = judged(applied[task], [applied[task][0].request_mib])
            assert abs(check.wasted_gib_h - found[name, task, "current"].wasted_gib_h) < 1e-3
        all_used += used
        for policy, outcome in sums.items():
            totals[policy].add(outcome)
            rows.append(_row(name, len(tasks), policy, outcome, used))
    rows += [_row("all", 0, policy, outcome, all_used) for policy, outcome in totals.items()]
    return rows


def _row(
    workflow: str, tasks: int, policy: str, outcome: Outcome, used_gib_h: float
) -> dict[str, object]:
    return {
        "workflow": workflow,
        "tasks": tasks or "",
        "jobs": outcome.jobs,
        "policy": policy,
        "killed": outcome.killed,
        "killed_percent": round(100 * outcome.killed / outcome.jobs, 2),
        "unfinished": outcome.unfinished,
        "wasted_gib_h": round(outcome.wasted_gib_h, 1),
        "used_gib_h": round(used_gib_h, 1),
    }


def main() -> None:
    """Run the experiment and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of traces, one CSV file a workflow")
    rows = compare(parser.parse_args().folder)
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
