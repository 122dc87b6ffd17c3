"""The accounting of a real cluster: Slurm 22.05.8 of Debian, one node, ``OverMemoryKill``.

``sacct.txt`` and ``sacct.json`` are of the same cluster, the document with fewer jobs.  Jobs were
renamed as BPS names them, and what names the account and its folders was left out of the document.
``make test-batch`` makes such a cluster anew.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from extract.sources.job_records import JobRecord, State, read_records

RECORDED = Path(__file__).parent / "recorded" / "slurm"
MIB = 1024**2


def tries(name: str) -> dict[str, list[JobRecord]]:
    found: dict[str, list[JobRecord]] = {}
    for record in read_records(RECORDED / name, datetime.UTC):
        assert isinstance(record, JobRecord), record
        found.setdefault(record.job_id, []).append(record)
    return found


@pytest.fixture(scope="module")
def text() -> dict[str, list[JobRecord]]:
    return tries("sacct.txt")


@pytest.mark.parametrize(
    ("job_id", "state", "is_inferred", "did"),
    [
        ("1", State.SUCCESSFUL, False, "took 300 MiB of 500"),
        ("2", State.KILLED_MEMORY, True, "took 500 MiB of 200"),
        ("3", State.FAILED, False, "ended with 3"),
        ("6", State.SUCCESSFUL, False, "took 120 MiB in a step of its own"),
        ("7", State.KILLED, True, "killed its script by signal 9"),
        ("8", State.KILLED_TIME, False, "slept for longer than its limit"),
        ("11_1", State.SUCCESSFUL, False, "was the first of an array"),
        ("16", State.KILLED, True, "ended with 137, which sacct writes as 9"),
        ("20", State.SUCCESSFUL, False, "ended well though one of its steps was killed"),
        ("22", State.KILLED_MEMORY, True, "took 500 MiB of 150 each for 2 cores"),
        ("24", State.FAILED, False, "was to begin in a folder that is not there"),
        ("26", State.CANCELLED, False, "was taken back before it began"),
    ],
)
def test_each_job_ended_as_it_did(
    text: dict[str, list[JobRecord]], job_id: str, state: State, is_inferred: bool, did: str
) -> None:
    [record] = text[job_id]
    assert (record.state, record.is_state_inferred) == (state, is_inferred), did


def test_a_kill_by_the_accounting_is_told_by_the_peak_of_the_step(
    text: dict[str, list[JobRecord]],
) -> None:
    [killed] = text["2"]
    assert killed.state_rule == "step 2.batch killed, MaxRSS over ReqMem"
    assert killed.requested_memory_bytes == 200 * MIB
    assert killed.peak_bytes == 254_372 * 1024
    assert killed.raw_state == "FAILED"
    # The record says 0.002 s, which is that of a shell.
    assert killed.cpu_time_s is None


def test_a_requeued_job_is_two_tries_that_waited_each(text: dict[str, list[JobRecord]]) -> None:
    first, second = text["5"]
    assert (first.state, second.state) == (State.KILLED, State.SUCCESSFUL)
    assert first.ended_at is not None
    assert second.submitted_at == first.ended_at + 1_000_000
    assert (first.wall_time_s, second.wall_time_s) == (3, 5)
    assert first.queue == second.queue == "long"


def test_a_job_that_never_began_has_no_node_and_no_times(
    text: dict[str, list[JobRecord]],
) -> None:
    [record] = text["26"]
    assert (record.started_at, record.wall_time_s, record.node_name) == (None, None, None)


def test_the_document_says_the_same_as_the_text(text: dict[str, list[JobRecord]]) -> None:
    document = tries("sacct.json")
    assert document.keys() == {"2", "3", "6"}
    # Codes and rules name steps as each output does; the document has CPU time to the microsecond.
    but = {"record_number", "raw_codes", "state_rule", "cpu_time_s"}
    for job_id, [record] in document.items():
        [expected] = text[job_id]
        for name in set(JobRecord.__struct_fields__) - but:
            assert getattr(record, name) == getattr(expected, name), (job_id, name)
        assert record.cpu_time_s == pytest.approx(expected.cpu_time_s, abs=0.001)
