"""Write PanDA's job records of one campaign of the demo, in agreement with its quanta.

Each process of the plan is a job.  A job that needs more memory than its label requests is killed
(exit code 137, or the pilot's own code) and tried again with twice as much.  A quantum that the
plan kills is killed in every try.  All is simulated, and each record says so.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .plan import Execution, RunPlan, process_key
from .sky import uniform

__all__ = ["CAMPAIGN", "write_records"]

CAMPAIGN = "DM-53877"
"""The campaign that has records."""

_MIB = 1024**2
_BANDS_GIB = (4, 8, 12, 16, 20, 24, 32)
"""Upper ends of the queues' bands, as at CC-IN2P3."""

_STAGES_WITHOUT_PARAMETERS = ("stage1",)
"""Stages whose records have no command, like exports of an index: node and time link them."""

_REQUEST_QUANTILE = 0.97
_LEAST_REQUEST_MIB = 2048
_STEP_MIB = 512
_FIRST_ID = 90_000_000
_MOST_TRIES = 3


def write_records(plan: RunPlan, path: Path) -> None:
    """Write the records of one RUN as compressed JSON lines.

    Parameters
    ----------
    plan : `RunPlan`
        The RUN.
    path : `pathlib.Path`
        File to write; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    jobs: dict[str, list[Execution]] = defaultdict(list)
    for execution in plan.executions:
        if execution.state != "blocked":
            jobs[process_key(execution.quantum)].append(execution)
    requests = _requests(jobs)
    # The gzip header has no time, so that the file is the same in every build.
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as sink:
        for number, (key, members) in enumerate(jobs.items()):
            label = _label(members)
            for record in _tries(plan, key, members, requests[label], 10 * number):
                sink.write(json.dumps(record).encode() + b"\n")


def _label(members: Sequence[Execution]) -> str:
    task = members[0].quantum.task
    return task.cluster or task.label


def _peak(members: Sequence[Execution]) -> int:
    """Give the peak of a process and its children in bytes; 0 if none was recorded."""
    peaks = [a.instants[-1].max_rss for e in members for a in e.attempts]
    return int(max(peaks, default=0) * 1.03)


def _requests(jobs: dict[str, list[Execution]]) -> dict[str, int]:
    """Give the memory that each label requests in MiB; its largest jobs need more."""
    peaks: dict[str, list[int]] = defaultdict(list)
    for members in jobs.values():
        peaks[_label(members)].append(_peak(members))
    requests = {}
    for label, values in peaks.items():
        known = [value for value in values if value] or [0]
        wanted = float(np.quantile(known, _REQUEST_QUANTILE)) / _MIB
        if len(known) < 1 / (1 - _REQUEST_QUANTILE):
            wanted = max(known) / _MIB * 1.02
        steps = math.ceil(wanted / _STEP_MIB)
        requests[label] = max(steps * _STEP_MIB, _LEAST_REQUEST_MIB)
    return requests


def _tries(
    plan: RunPlan, key: str, members: Sequence[Execution], request: int, number: int
) -> Iterator[dict[str, Any]]:
    """Give the records of a job's tries, the last one last."""
    attempts = [a for e in members for a in e.attempts if a.process == key]
    peak = _peak(members)
    is_killed = any(execution.state == "killed" for execution in members)
    draw = uniform(plan.seed, plan.name, key, "job")
    if attempts:
        node = attempts[0].node
        begun = min(a.instants[0].at for a in attempts) - 20.0 - 40.0 * draw
        ended = max(a.instants[-1].at for a in attempts) + 5.0
    else:
        # Quanta that left no trace still ran.
        node = f"simnode{1 + int(8 * draw):02d}"
        begun = plan.submitted.timestamp() + 900.0 + 3600.0 * draw
        ended = begun + 300.0 + 1500.0 * draw
        peak = int(request * _MIB * 1.2)
    memories = [request]
    while (peak > memories[-1] * _MIB or is_killed) and len(memories) < _MOST_TRIES:
        # Some jobs may not request more, and stay killed.
        memories.append(memories[-1] * 2 if not is_killed else memories[-1])
        if is_killed and len(memories) == 2:
            break
    if not is_killed and peak > memories[-1] * _MIB:
        memories[-1] = _STEP_MIB * math.ceil(peak / _MIB / _STEP_MIB)
    last = len(memories)
    for index, memory in enumerate(memories, start=1):
        luck = uniform(plan.seed, plan.name, key, str(index))
        is_last = index == last
        dies = is_killed or not is_last
        wall = (ended - begun) * (1.0 if is_last else 0.3 + 0.6 * luck)
        band = next((gib for gib in _BANDS_GIB if memory <= gib * 1024), None)
        waited = -math.log(1.0 - 0.98 * luck) * (120.0 + 60.0 * (band or 64))
        start = begun if is_last else begun - (last - index) * (wall + 300.0)
        start = max(start, plan.submitted.timestamp() + 120.0)
        stop = (
            min(start + wall, begun - 30.0) if not is_last and begun > start + 90 else start + wall
        )
        failed = any(execution.state == "failed" for execution in members)
        says_so = dies and luck < 0.1
        used = min(peak, memory * _MIB) if dies else peak
        cpu = sum(
            a.instants[-1].user_time + a.instants[-1].system_time
            - a.instants[0].user_time - a.instants[0].system_time
            for a in attempts
        )  # fmt: skip
        cores = max(execution.quantum.task.cpus for execution in members)
        ids = ",".join(str(execution.id("quantum")) for execution in members)
        panda_id = _FIRST_ID + int(plan.submitted.timestamp()) % 10_000_000 + number + index
        code = "137" if dies else "1" if failed else "0"
        pilot = 0 if code == "0" else 1212 if says_so else 1305
        diagnoses = {0: "", 1212: "Payload ran out of memory: OUT_OF_MEMORY"}
        yield {
            "simulated": True,
            "pandaid": panda_id,
            "jobname": f"{plan.name.replace('/', '_')}_{1 + number % 90:02d}_{_label(members)}_01_"
            f"{16000 + number // 1000}_{70000 + number // 10}.{panda_id}",
            "jobstatus": "finished" if code == "0" else "failed",
            "attemptnr": index,
            "maxattempt": _MOST_TRIES,
            "computingsite": f"SIM_Rubin_{band}G" if band else "SIM_Rubin_Extra_Himem",
            "corecount": cores,
            "actualcorecount": cores,
            "minramcount": memory,
            "maxrss": int(used * (0.9 + 0.1 * luck) if dies else used) // 1024,
            "maxpss": int(used * (0.89 + 0.1 * luck) if dies else 0.99 * used) // 1024,
            "cpuconsumptiontime": round(cpu * (stop - start) / max(ended - begun, 1.0), 1),
            "creationtime": _time(max(start - waited, plan.submitted.timestamp() + 60.0)),
            "starttime": _time(start),
            "endtime": _time(stop),
            "piloterrorcode": pilot,
            "piloterrordiag": diagnoses.get(pilot, "Failed to execute payload"),
            "exeerrorcode": 0,
            "transexitcode": code,
            "modificationhost": f"slot1@{node}",
            "jobparameters": None
            if plan.stage in _STAGES_WITHOUT_PARAMETERS
            else f"run-qbb --qgraph-node-id {ids} --output-run {plan.name}",
        }


def _time(seconds: float) -> str:
    """Write a time as PanDA does: in UTC, without a time zone."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=None).isoformat()
