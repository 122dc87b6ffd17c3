"""Slurm's accounting after the layouts of `sacct`: sizes, steps, requeues, both outputs."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from extract.errors import RecordsError
from extract.sources.job_records import BadRecord, JobRecord, State, read_records

HEADER = "JobID|JobName|Partition|State|ExitCode|ReqMem|MaxRSS|AllocCPUS|TotalCPU|Submit|Start|End|NodeList"  # noqa: E501


def line(
    job_id: str,
    name: str = "isr_2025112300042_94",
    state: str = "COMPLETED",
    exit_code: str = "0:0",
    memory: str = "4G",
    peak: str = "",
    cpus: str = "2",
    cpu: str = "01:02:03",
    submit: str = "2026-01-02T03:00:00",
    start: str = "2026-01-02T03:10:00",
    end: str = "2026-01-02T04:10:00",
    nodes: str = "n001",
) -> str:
    fields = (job_id, name, "htc", state, exit_code, memory, peak, cpus, cpu, submit, start, end)
    return "|".join((*fields, nodes))


def read(tmp_path: Path, *rows: str, header: str = HEADER) -> list[JobRecord | BadRecord]:
    path = tmp_path / "sacct.txt"
    path.write_text("\n".join((header, *rows)) + "\n")
    return list(read_records(path, datetime.UTC))


def read_one(tmp_path: Path, *rows: str) -> JobRecord:
    [row] = read(tmp_path, *rows)
    assert isinstance(row, JobRecord), row
    return row


def test_steps_are_folded_into_their_job(tmp_path: Path) -> None:
    row = read_one(
        tmp_path,
        line("12"),
        line("12.batch", name="batch", peak="1024K"),
        line("12.extern", name="extern", peak="0"),
        line("12.0", name="pipetask", peak="3.50G"),
    )
    assert (row.job_id, row.label, row.data_id_values) == ("12", "isr", "2025112300042_94")
    assert row.state is State.SUCCESSFUL
    assert row.peak_bytes == int(3.5 * 1024**3)
    assert (row.peak_measure, row.has_children_in_peak) == ("rss", True)
    assert row.requested_memory_bytes == 4 * 1024**3
    assert row.cpu_time_s == 3723.0
    assert row.wall_time_s == 3600.0
    assert (row.queue, row.node_name, row.allocated_cpus_count) == ("htc", "n001", 2)
    submitted = datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC)
    assert row.submitted_at == int(submitted.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("memory", "cpus", "nodes", "expected"),
    [
        ("4000M", "2", "n1", 4000 * 1024**2),
        ("4G", "2", "n1", 4 * 1024**3),
        ("512K", "2", "n1", 512 * 1024),
        ("1T", "2", "n1", 1024**4),
        ("4000", "2", "n1", 4000 * 1024**2),
        ("2Gc", "4", "n1", 8 * 1024**3),
        ("2000Mc", "4", "n1", 8000 * 1024**2),
        ("8Gn", "4", "n1", 8 * 1024**3),
        ("8Gn", "4", "n[01-03],m7", 32 * 1024**3),
        ("8Gn", "4", "None assigned", 8 * 1024**3),
        ("0", "4", "n1", None),
        ("", "4", "n1", None),
    ],
)
def test_memory_is_asked_for_in_total_or_per_core_or_node(
    tmp_path: Path, memory: str, cpus: str, nodes: str, expected: int | None
) -> None:
    row = read_one(tmp_path, line("1", memory=memory, cpus=cpus, nodes=nodes))
    assert row.requested_memory_bytes == expected


def test_a_peak_that_was_never_sampled_is_none(tmp_path: Path) -> None:
    row = read_one(tmp_path, line("1"), line("1.batch", peak="0"), line("1.extern", peak=""))
    assert (row.peak_bytes, row.peak_measure) == (None, None)


@pytest.mark.parametrize(
    ("state", "exit_code", "step_state", "expected"),
    [
        ("OUT_OF_MEMORY", "0:125", "OUT_OF_MEMORY", State.KILLED_MEMORY),
        ("FAILED", "1:0", "OUT_OF_MEMORY", State.KILLED_MEMORY),
        ("FAILED", "0:125", "FAILED", State.KILLED_MEMORY),
        ("FAILED", "1:0", "FAILED", State.FAILED),
        ("FAILED", "137:0", "FAILED", State.KILLED),
        ("FAILED", "9:0", "FAILED", State.KILLED),
        ("FAILED", "15:0", "FAILED", State.KILLED),
        ("FAILED", "0:53", "CANCELLED", State.FAILED),
        ("FAILED", "0:9", "FAILED", State.KILLED),
        ("TIMEOUT", "0:0", "CANCELLED", State.KILLED_TIME),
        ("CANCELLED by 4711", "0:0", "CANCELLED", State.CANCELLED),
        ("NODE_FAIL", "0:0", "CANCELLED", State.KILLED),
        ("PREEMPTED", "0:0", "CANCELLED", State.KILLED),
        ("RUNNING", "0:0", "RUNNING", State.UNKNOWN),
        ("NEW_STATE", "0:0", "RUNNING", State.UNKNOWN),
    ],
)
def test_each_state_has_a_rule(
    tmp_path: Path, state: str, exit_code: str, step_state: str, expected: State
) -> None:
    row = read_one(
        tmp_path,
        line("1", state=state, exit_code=exit_code),
        line("1.0", state=step_state, exit_code=exit_code),
    )
    assert row.state is expected
    assert row.raw_state == state


@pytest.mark.parametrize(
    ("exit_code", "step_exit", "peak", "nodes", "expected"),
    [
        ("0:9", "0:9", "4097M", "n1", State.KILLED_MEMORY),
        ("0:9", "0:9", "4096M", "n1", State.KILLED),
        ("0:9", "0:9", "3000M", "n[1-2]", State.KILLED_MEMORY),
        ("9:0", "9:0", "5G", "n1", State.KILLED_MEMORY),
        ("1:0", "0:9", "5G", "n1", State.KILLED_MEMORY),
        ("0:15", "0:15", "5G", "n1", State.KILLED),
        ("1:0", "1:0", "5G", "n1", State.FAILED),
        ("0:9", "0:9", "", "n1", State.KILLED),
    ],
)
def test_a_step_that_was_killed_over_the_request_was_killed_for_it(
    tmp_path: Path, exit_code: str, step_exit: str, peak: str, nodes: str, expected: State
) -> None:
    row = read_one(
        tmp_path,
        line("1", state="FAILED", exit_code=exit_code, memory="4G", nodes=nodes),
        line("1.0", state="CANCELLED by 0", exit_code=step_exit, peak=peak),
    )
    assert row.state is expected
    assert row.is_state_inferred == (expected is not State.FAILED)


@pytest.mark.parametrize(
    ("step", "step_exit", "expected"),
    [("batch", "0:9", None), ("batch", "0:15", 3723.0), ("0", "0:9", 3723.0)],
)
def test_a_script_that_was_killed_leaves_no_cpu_time(
    tmp_path: Path, step: str, step_exit: str, expected: float | None
) -> None:
    row = read_one(
        tmp_path,
        line("1", state="FAILED", exit_code=step_exit),
        line(f"1.{step}", state="CANCELLED", exit_code=step_exit, peak="1G"),
    )
    assert row.cpu_time_s == expected


def test_a_requeued_job_has_a_row_for_each_time_that_it_ran(tmp_path: Path) -> None:
    first, second = read(
        tmp_path,
        line("7", state="REQUEUED", end="2026-01-02T03:20:00"),
        line("7.batch", state="CANCELLED", peak="100M"),
        line("7", start="2026-01-02T05:00:00", end="2026-01-02T05:30:00"),
        line("7.batch", peak="200M"),
    )
    assert isinstance(first, JobRecord)
    assert isinstance(second, JobRecord)
    assert (first.state, second.state) == (State.KILLED, State.SUCCESSFUL)
    assert (first.peak_bytes, second.peak_bytes) == (100 * 1024**2, 200 * 1024**2)
    assert (first.record_number, second.record_number) == (2, 4)


def test_a_job_that_never_began_has_no_times(tmp_path: Path) -> None:
    row = read_one(
        tmp_path,
        line("1", state="PENDING", cpu="", start="Unknown", end="Unknown", nodes="None assigned"),
    )
    assert (row.started_at, row.ended_at, row.wall_time_s, row.node_name) == (None,) * 4


def test_the_separator_at_the_end_of_each_line_is_no_field(tmp_path: Path) -> None:
    [row] = read(tmp_path, line("1") + "|", header=HEADER + "|")
    assert isinstance(row, JobRecord)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("1|2|3", "3 fields where the first line names 13"),
        (line("1", name="a|b"), "14 fields"),
        (line("1", memory="lots"), "is no size"),
        (line("1", memory="-4G"), "is no size"),
        (line("1", memory="9999P"), "cannot be"),
        (line("1", exit_code="x"), "ExitCode"),
        (line("1", start="noon"), "no time"),
        (line("1", cpus="two"), "AllocCPUS"),
        (line("1", cpu="ages"), "duration"),
        (line("1", cpu="99999999-00:00:00"), "a CPU time of 8.64e+12 s cannot be"),
        (line(""), "no JobID"),
        (line("99.batch"), "a job that is not there"),
    ],
)
def test_a_damaged_line_is_told_and_the_others_are_read(
    tmp_path: Path, bad: str, reason: str
) -> None:
    rows = read(tmp_path, line("3"), bad, line("4"))
    assert [row.job_id for row in rows if isinstance(row, JobRecord)] == ["3", "4"]
    [told] = [row for row in rows if isinstance(row, BadRecord)]
    assert told.record_number == 3
    assert reason in told.reason


def test_missing_columns_are_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"sacct.txt.*ReqMem, MaxRSS.*sacct --duplicates"):
        read(tmp_path, header=HEADER.replace("ReqMem|MaxRSS|", ""))


def job(**changes: object) -> dict[str, Any]:
    """A job of `sacct --json` of Slurm 24.05."""
    number = {"set": True, "infinite": False}
    return {
        "job_id": 12,
        "name": "isr_2025112300042_94",
        "nodes": "n001",
        "partition": "htc",
        "state": {"current": ["COMPLETED"], "reason": "None"},
        "exit_code": {
            "status": ["SUCCESS"],
            "return_code": number | {"number": 0},
            "signal": {"id": number | {"number": 0}, "name": ""},
        },
        "array": {"job_id": 0, "task_id": {"set": False, "infinite": False, "number": 0}},
        "required": {
            "CPUs": 2,
            "memory_per_cpu": number | {"number": 2048},
            "memory_per_node": {"set": False, "infinite": False, "number": 0},
        },
        "time": {
            "submission": 1767322800,
            "start": 1767323400,
            "end": 1767327000,
            "elapsed": 3600,
            "total": {"seconds": 3723, "microseconds": 500000},
        },
        "tres": {"allocated": [{"type": "cpu", "name": "", "id": 1, "count": 2}], "requested": []},
        "steps": [
            {
                "step": {"id": "12.batch", "name": "batch"},
                "state": ["COMPLETED"],
                "exit_code": {"status": ["SUCCESS"], "return_code": number | {"number": 0}},
                "tres": {"requested": {"max": [{"type": "mem", "id": 2, "count": 3 * 1024**3}]}},
            }
        ],
    } | changes


def read_json(tmp_path: Path, *jobs: object) -> list[JobRecord | BadRecord]:
    path = tmp_path / "sacct.json"
    path.write_text(json.dumps({"meta": {"slurm": {}}, "jobs": jobs, "errors": []}, indent=2))
    return list(read_records(path))


def test_the_document_says_the_same_as_the_text(tmp_path: Path) -> None:
    by_text = read_one(tmp_path, line("12"), line("12.batch", peak="3G"))
    [row] = read_json(tmp_path, job())
    assert isinstance(row, JobRecord)
    for name in JobRecord.__struct_fields__:
        if name not in ("record_number", "raw_codes", "cpu_time_s", "state_rule"):
            assert getattr(row, name) == getattr(by_text, name), name
    assert row.cpu_time_s == 3723.5


def test_older_documents_are_read(tmp_path: Path) -> None:
    old = job(
        state={"current": "OUT_OF_MEMORY", "reason": "OutOfMemory"},
        exit_code={"status": "SIGNALED", "return_code": 0, "signal": {"signal_id": 125}},
        required={"CPUs": 2, "memory": 4096},
        array={"job_id": 5, "task_id": 3},
    )
    [row] = read_json(tmp_path, old)
    assert isinstance(row, JobRecord)
    assert (row.job_id, row.state) == ("5_3", State.KILLED_MEMORY)
    assert row.requested_memory_bytes == 4096 * 1024**2
    assert row.diagnostic == "OutOfMemory"


def test_the_total_of_the_request_counts_before_what_may_be_that_of_a_core(
    tmp_path: Path,
) -> None:
    tres = {"allocated": [], "requested": [{"type": "mem", "id": 2, "count": 8192}]}
    [row] = read_json(tmp_path, job(required={"CPUs": 2, "memory": 4096}, tres=tres))
    assert isinstance(row, JobRecord)
    assert row.requested_memory_bytes == 8192 * 1024**2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"job_id": "x"}, "job_id"),
        ({"steps": 3}, "steps"),
        ({"required": {"CPUs": -1}}, "whole number"),
        ({"time": {"submission": True}}, "whole number"),
    ],
)
def test_a_damaged_job_of_a_document_is_told(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    good, bad = read_json(tmp_path, job(), job(**changes))
    assert isinstance(good, JobRecord)
    assert isinstance(bad, BadRecord)
    assert reason in bad.reason
