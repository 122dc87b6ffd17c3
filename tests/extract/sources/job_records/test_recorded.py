"""Event logs of a real pool: HTCondor 23.9.6 of Debian, jobs submitted by BPS 30.2026.300.

``jobs`` is from the submit folder of a run of two tasks, one quantum a job, ``requestMemory`` 400
(MiB), with a policy that holds a job that is over its memory.  ``evicted.log`` is from a pool with
``use POLICY : Preempt_if_Memory_Exceeded``, and a job that holds 300 MiB and asks for 100, then for
what it had used.  Paths of the pool are shortened; one line with the environment was left out.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.sources.job_records import JobRecord, State, read_records

RECORDED = Path(__file__).parent / "recorded"
MIB = 1024**2

pytest.importorskip("htcondor2")


def tries(pattern: str) -> list[JobRecord]:
    [path] = RECORDED.glob(pattern)
    found = list(read_records(path))
    records = [record for record in found if isinstance(record, JobRecord)]
    assert len(records) == len(found)
    return records


def test_a_job_that_was_done_is_one_try() -> None:
    [done] = tries("jobs/isr/*.log")
    assert done.quantum_ids == ("01a222b7-d3d5-70f4-a8b3-09251794beaf",)
    assert (done.label, done.attempt, done.state) == ("isr", 1, State.SUCCESSFUL)
    assert done.requested_memory_bytes == 400 * MIB
    assert done.peak_bytes == 226_340 * 1024


def test_a_job_that_was_held_for_its_memory_runs_again_with_more() -> None:
    held, done = tries("jobs/calibrateImage/*.log")
    assert held.quantum_ids == done.quantum_ids == ("01a222b7-d3d5-7cb7-8210-af4ed787d490",)
    assert (held.attempt, held.state, held.is_state_inferred) == (1, State.KILLED_MEMORY, False)
    assert held.state_rule == "held with code 3, subcode 34 (over its memory)"
    assert (held.requested_memory_bytes, held.requested_memory_source) == (400 * MIB, "request")
    assert held.peak_bytes == 584_800 * 1024
    assert held.wall_time_s == 9
    # The log's own table says that 733 MB were requested and used: the first try's, rounded up.
    assert (done.attempt, done.state) == (2, State.SUCCESSFUL)
    assert (done.requested_memory_bytes, done.requested_memory_source) == (800 * MIB, "slot")
    assert done.peak_bytes is None


def test_a_job_that_was_evicted_over_its_memory_was_killed_for_it() -> None:
    evicted, done = tries("evicted.log")
    assert (evicted.state, evicted.is_state_inferred) == (State.KILLED_MEMORY, True)
    assert evicted.state_rule == "evicted, and run again: it was over its memory"
    assert (evicted.requested_memory_bytes, evicted.peak_bytes) == (100 * MIB, 315_544 * 1024)
    assert (done.state, done.requested_memory_bytes) == (State.SUCCESSFUL, 318 * MIB)
    assert done.peak_bytes is None
