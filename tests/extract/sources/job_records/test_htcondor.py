"""HTCondor's event logs through its own reader, and its history."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from extract.errors import RecordsError
from extract.sources.job_records import BadRecord, JobRecord, State, read_records

QUANTUM = "01990000-aaaa-7bbb-8ccc-000000000001"
NAME = f"{QUANTUM}_isr_2025112300042_94"


def event(number: int, seconds: int, title: str, *body: str, job: int = 7) -> str:
    minute, second = divmod(seconds, 60)
    lines = [f"{number:03} ({job:03}.000.000) 2026-01-02 03:{minute:02}:{second:02}Z {title}"]
    return "\n".join([*lines, *(f"\t{line}" for line in body), "...\n"])


def submit(job: int = 7, name: str = NAME) -> str:
    return event(0, 0, "Job submitted from host: <127.0.0.1:1>", f"   DAG Node: {name}", job=job)


def execute(seconds: int, memory: int, job: int = 7) -> str:
    return event(
        1, seconds, "Job executing on host: <127.0.0.1:2>", "SlotName: slot1_1@w01.site",
        "Cpus = 1", f"Memory = {memory}", job=job,
    )  # fmt: skip


def image_size(seconds: int, rss_kb: int) -> str:
    return event(
        6, seconds, f"Image size of job updated: {rss_kb}",
        f"{rss_kb // 1024}  -  MemoryUsage of job (MB)",
        f"{rss_kb}  -  ResidentSetSize of job (KB)",
    )  # fmt: skip


RESOURCES = (
    "Partitionable Resources :    Usage  Request Allocated",
    "   Cpus                 :                 1         1",
    "   Disk (KB)            :       10        1      2048",
    "   Memory (MB)          :     {usage}      {request}       {allocated}",
)
USAGE = (
    "\tUsr 0 00:01:30, Sys 0 00:00:10  -  Run Remote Usage",
    "\tUsr 0 00:00:00, Sys 0 00:00:00  -  Run Local Usage",
)
TOTAL = tuple(line.replace("Run", "Total") for line in USAGE)
BYTES = ("0  -  Run Bytes Sent By Job", "0  -  Run Bytes Received By Job")


def resources(usage: str, request: int, allocated: int) -> tuple[str, ...]:
    return tuple(row.format(usage=usage, request=request, allocated=allocated) for row in RESOURCES)


def evicted(seconds: int, *table: str) -> str:
    return event(4, seconds, "Job was evicted.", "(0) CPU times", *USAGE, *BYTES, *table)


def held(seconds: int, code: int, subcode: int, reason: str = "over memory") -> str:
    return event(12, seconds, "Job was held.", reason, f"Code {code} Subcode {subcode}")


def terminated(seconds: int, how: str, *table: str, job: int = 7) -> str:
    core = () if "Normal" in how else ("(0) No core file",)
    body = (how, *core, *USAGE, *TOTAL, *BYTES, *table)
    return event(5, seconds, "Job terminated.", *body, job=job)


def read(tmp_path: Path, *events: str) -> list[JobRecord | BadRecord]:
    path = tmp_path / "run.dag.nodes.log"
    path.write_text("".join(events))
    return list(read_records(path))


def test_a_job_that_is_held_for_its_memory_and_runs_again_has_two_rows(tmp_path: Path) -> None:
    first, second = read(
        tmp_path,
        submit(),
        execute(60, 2048),
        image_size(90, 1_900_000),
        image_size(100, 2_000_000),
        evicted(120, *resources("", 2048, 2048)),
        held(120, 34, 0, "memory usage exceeded request_memory"),
        event(13, 130, "Job was released.", "periodic release"),
        execute(180, 4096),
        terminated(300, "(1) Normal termination (return value 0)", *resources("3000", 4096, 4096)),
    )
    assert isinstance(first, JobRecord)
    assert isinstance(second, JobRecord)
    assert (first.state, second.state) == (State.KILLED_MEMORY, State.SUCCESSFUL)
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.state_rule == "held with code 34, subcode 0 (over its memory)"
    assert first.diagnostic == "memory usage exceeded request_memory"
    assert first.requested_memory_bytes == 2048 * 1024**2
    assert first.requested_memory_source == "request"
    assert first.peak_bytes == 2_000_000 * 1024
    assert second.requested_memory_bytes == 4096 * 1024**2
    assert second.peak_bytes == 3000 * 1024**2
    assert (first.wall_time_s, second.wall_time_s) == (60.0, 120.0)
    assert second.cpu_time_s == 100.0
    for row in (first, second):
        assert (row.job_id, row.label, row.node_name) == ("7.0", "isr", "w01.site")
        assert row.quantum_ids == (QUANTUM,)
        assert row.data_id_values == "2025112300042_94"
        assert row.submitted_at == 1767322800_000000


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        ((held(120, 3, 34),), State.KILLED_MEMORY),
        ((held(120, 3, 0),), State.FAILED),
        ((held(120, 1, 0),), State.CANCELLED),
        ((held(120, 46, 0),), State.KILLED_TIME),
        ((terminated(120, "(0) Abnormal termination (signal 9)"),), State.KILLED),
        ((terminated(120, "(0) Abnormal termination (signal 11)"),), State.FAILED),
        ((terminated(120, "(1) Normal termination (return value 1)"),), State.FAILED),
        ((terminated(120, "(1) Normal termination (return value 137)"),), State.KILLED),
        ((event(9, 120, "Job was aborted.", "via condor_rm"),), State.CANCELLED),
        ((evicted(120),), State.KILLED),
        ((), State.UNKNOWN),
    ],
)
def test_each_end_has_a_rule(tmp_path: Path, ending: tuple[str, ...], state: State) -> None:
    [row] = read(tmp_path, submit(), execute(60, 2048), *ending)
    assert isinstance(row, JobRecord)
    assert row.state is state
    assert row.state_rule
    assert row.requested_memory_source == "slot"


def test_an_evicted_job_that_runs_again_was_killed_once(tmp_path: Path) -> None:
    rows = read(
        tmp_path, submit(), execute(60, 2048), evicted(90), execute(100, 2048),
        terminated(200, "(1) Normal termination (return value 0)"),
    )  # fmt: skip
    assert [row.state for row in rows if isinstance(row, JobRecord)] == ["killed", "successful"]


def test_the_submit_folder_tells_label_request_and_quanta(tmp_path: Path) -> None:
    other = "01990000-aaaa-7bbb-8ccc-000000000002"
    folder = tmp_path / "jobs" / "visit_detector"
    folder.mkdir(parents=True)
    (folder / "visit_detector_9_4.sub").write_text(
        "request_memory = (x) ? min({int(2048 * pow(2, NumJobStarts)), 9999}) : max({2048, "
        "MemoryUsage ?: 0})\n"
        "request_cpus = 2\n"
        f"arguments = run-qbb --qgraph-node-id {QUANTUM},{other} --output-run u/x/run\n"
        '+bps_job_label = "visit_detector"\n'
    )
    [row] = read(
        tmp_path, submit(name="visit_detector_9_4"), execute(60, 4096),
        terminated(70, "(0) Abnormal termination (signal 9)"),
    )  # fmt: skip
    assert isinstance(row, JobRecord)
    assert (row.label, row.run) == ("visit_detector", "u/x/run")
    assert row.quantum_ids == (QUANTUM, other)
    assert row.requested_memory_bytes == 2048 * 1024**2
    assert row.requested_cpus_count == 2


def test_what_is_behind_a_damaged_event_is_read(tmp_path: Path) -> None:
    good = terminated(120, "(1) Normal termination (return value 0)", job=8)
    rows = read(
        tmp_path, submit(), "this is no event\n...\n", submit(job=8), execute(60, 1024, job=8), good
    )
    [bad] = [row for row in rows if isinstance(row, BadRecord)]
    assert "no event of HTCondor" in bad.reason
    assert [row.job_id for row in rows if isinstance(row, JobRecord)] == ["8.0"]


def test_without_the_reader_the_remedy_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(RecordsError, match=r"quanta-census\[htcondor\].*condor_history -json"):
        read(tmp_path, submit())


def ad(**changes: object) -> dict[str, Any]:
    """A job of `condor_history -json`."""
    return {
        "ClusterId": 7,
        "ProcId": 0,
        "JobStatus": 4,
        "ExitBySignal": False,
        "ExitCode": 0,
        "RequestMemory": 4096,
        "RequestCpus": 1,
        "ResidentSetSize_RAW": 3_000_000,
        "MemoryUsage": "/Expr(( ( ResidentSetSize + 1023 ) / 1024 ))/",
        "RemoteUserCpu": 90.0,
        "RemoteSysCpu": 10.0,
        "QDate": 1767322800,
        "JobCurrentStartDate": 1767322980,
        "CompletionDate": 1767323100,
        "NumJobStarts": 1,
        "LastRemoteHost": "slot1_1@w01.site",
        "bps_job_name": NAME,
        "bps_job_label": "isr",
        "bps_run": "u_x_20260101T000000Z",
    } | changes


def read_json(tmp_path: Path, *jobs: object) -> list[JobRecord | BadRecord]:
    path = tmp_path / "history.json"
    path.write_text(json.dumps(jobs))
    return list(read_records(path))


def test_the_history_tells_a_job(tmp_path: Path) -> None:
    [row] = read_json(tmp_path, ad())
    assert isinstance(row, JobRecord)
    assert (row.job_id, row.label, row.workflow_name) == ("7.0", "isr", "u_x_20260101T000000Z")
    assert row.state is State.SUCCESSFUL
    assert row.requested_memory_bytes == 4096 * 1024**2
    assert row.peak_bytes == 3_000_000 * 1024
    assert (row.cpu_time_s, row.wall_time_s) == (100.0, 120.0)
    assert (row.quantum_ids, row.node_name) == ((QUANTUM,), "w01.site")


def test_the_history_tells_of_the_hold_before_the_last_try(tmp_path: Path) -> None:
    before, last = read_json(
        tmp_path, ad(NumJobStarts=2, LastHoldReasonCode=34, LastHoldReasonSubCode=0)
    )
    assert isinstance(before, JobRecord)
    assert isinstance(last, JobRecord)
    assert (before.state, before.attempt) == (State.KILLED_MEMORY, None)
    assert (last.state, last.attempt) == (State.SUCCESSFUL, 2)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"JobStatus": 3, "RemoveReason": "via condor_rm"}, State.CANCELLED),
        ({"JobStatus": 3, "HoldReasonCode": 34, "HoldReasonSubCode": 0}, State.KILLED_MEMORY),
        ({"JobStatus": 3, "LastHoldReasonCode": 34}, State.KILLED_MEMORY),
        ({"JobStatus": 5, "HoldReasonCode": 3, "HoldReasonSubCode": 34}, State.KILLED_MEMORY),
        ({"JobStatus": 2}, State.UNKNOWN),
        ({"ExitBySignal": True, "ExitSignal": 9, "ExitCode": None}, State.KILLED),
        ({"ExitCode": 1}, State.FAILED),
    ],
)
def test_each_end_of_the_history_has_a_rule(
    tmp_path: Path, changes: dict[str, Any], state: State
) -> None:
    [row] = read_json(tmp_path, ad(**changes))
    assert isinstance(row, JobRecord)
    assert row.state is state


def test_a_request_that_is_an_expression_is_untold(tmp_path: Path) -> None:
    [row] = read_json(tmp_path, ad(RequestMemory="/Expr(2 * x)/"))
    assert isinstance(row, JobRecord)
    assert row.requested_memory_bytes is None


@pytest.mark.parametrize("changes", [{"ClusterId": "x"}, {"QDate": "x"}, {"ExitCode": 1.5}])
def test_a_damaged_job_of_the_history_is_told(tmp_path: Path, changes: dict[str, Any]) -> None:
    bad, good = read_json(tmp_path, ad(**changes), ad())
    assert isinstance(bad, BadRecord)
    assert isinstance(good, JobRecord)
