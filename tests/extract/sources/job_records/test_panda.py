"""PanDA's records: the values of real ones, each rule of a state, and damaged ones.

The real values are those of two public records: repository kennywlo/CGSim, folder
development/LLM-Interface/opensearch_reference, files sample_job_finished.json and
sample_jobs_failed.json.  Fields that name people or hosts are left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extract.sources.job_records import BadRecord, JobRecord, State, read_records

FINISHED: dict[str, Any] = {
    "@timestamp": "2026-06-30T22:29:20.920170Z",
    "actualcorecount": 3,
    "attemptnr": 1,
    "batchid": "52467726",
    "computingsite": "CC-IN2P3_Rubin_Multi",
    "corecount": 10,
    "cpuconsumptiontime": 16044.0,
    "creationtime": "2026-06-30T21:49:31.377972",
    "endtime": "2026-06-30T22:29:19.520025",
    "exeerrorcode": 0,
    "jobname": "u_lsstgrid_test_gbdesHealpix3AstrometricFit_Fr_20260630T214333Z_02_"
    "gbdesHealpix3AstrometricFit_01_16811_70703.90286631",
    "jobparameters": None,
    "jobstatus": "finished",
    "maxattempt": 1,
    "maxpss": 11599555,
    "maxrss": 11664912,
    "minramcount": 79353,
    "modificationhost": "<redacted>",
    "pandaid": 90286631,
    "piloterrorcode": 0,
    "piloterrordiag": "",
    "starttime": "2026-06-30T21:50:25.929695",
    "transexitcode": "0",
}
FAILED = FINISHED | {
    "actualcorecount": 4,
    "cpuconsumptiontime": 557.0,
    "creationtime": "2026-06-30T21:49:31.252623",
    "endtime": "2026-06-30T22:03:10.898559",
    "jobname": FINISHED["jobname"][:-1] + "0",
    "jobstatus": "failed",
    "maxpss": 11069824,
    "maxrss": 11135052,
    "pandaid": 90286630,
    "piloterrorcode": 1305,
    "piloterrordiag": "Failed to execute payload:failed to download "
    "https://datacenter.iers.org/data/9/finals2000A.all: <urlopen error timed out>",
    "starttime": "2026-06-30T21:50:29.532781",
    "transexitcode": "139",
}


def read(tmp_path: Path, *records: object, text: str | None = None) -> list[JobRecord | BadRecord]:
    path = tmp_path / "records"
    path.write_text(json.dumps(records) if text is None else text)
    return list(read_records(path))


def read_one(tmp_path: Path, **changes: object) -> JobRecord:
    [row] = read(tmp_path, FINISHED | changes)
    assert isinstance(row, JobRecord), row
    return row


def test_a_real_job_that_finished(tmp_path: Path) -> None:
    row = read_one(tmp_path)
    assert (row.source, row.job_id, row.attempt, row.max_attempts) == ("panda", "90286631", 1, 1)
    assert row.label == "gbdesHealpix3AstrometricFit"
    assert row.workflow_name == "u_lsstgrid_test_gbdesHealpix3AstrometricFit_Fr_20260630T214333Z"
    assert (row.state, row.is_state_inferred) == (State.SUCCESSFUL, False)
    assert row.requested_memory_bytes == 79353 * 1024**2
    assert row.peak_bytes == 11664912 * 1024
    assert (row.peak_measure, row.has_children_in_peak) == ("rss", True)
    assert (row.requested_cpus_count, row.allocated_cpus_count) == (10, 3)
    assert row.cpu_time_s == 16044.0
    assert row.wall_time_s == pytest.approx(2333.59033)
    assert row.queue == "CC-IN2P3_Rubin_Multi"
    assert row.node_name is None
    # 2026-06-30T21:49:31.377972 in UTC.
    assert row.submitted_at == 1782856171377972


def test_a_real_job_that_failed_was_not_killed(tmp_path: Path) -> None:
    row = read_one(tmp_path, **FAILED)
    assert (row.state, row.is_state_inferred) == (State.FAILED, False)
    assert row.state_rule == "jobstatus failed, codes 1305/0/139"
    assert json.loads(row.raw_codes or "") == {
        "piloterrorcode": 1305,
        "exeerrorcode": 0,
        "transexitcode": "139",
    }
    assert row.diagnostic is not None
    assert row.diagnostic.startswith("Failed to execute payload:failed to download")


def test_a_real_job_that_builds_for_the_others_has_a_label(tmp_path: Path) -> None:
    row = read_one(tmp_path, jobname="build_task_16810_70699.90286626")
    assert (row.label, row.workflow_name) == ("build_task", None)


@pytest.mark.parametrize(
    ("changes", "state", "is_inferred"),
    [
        ({"piloterrorcode": 1305, "transexitcode": "137"}, State.KILLED_MEMORY, True),
        ({"piloterrorcode": 1212, "transexitcode": 137}, State.KILLED_MEMORY, False),
        ({"piloterrorcode": 1235}, State.KILLED_MEMORY, False),
        ({"piloterrorcode": 1150, "transexitcode": "240"}, State.KILLED_TIME, False),
        ({"piloterrorcode": 1213, "transexitcode": "137"}, State.KILLED_TIME, False),
        ({"piloterrorcode": 1201}, State.KILLED, False),
        ({"piloterrorcode": 1305, "transexitcode": "143"}, State.KILLED, True),
        ({"piloterrorcode": 1305, "transexitcode": "1"}, State.FAILED, False),
        ({"piloterrorcode": None, "transexitcode": None}, State.FAILED, False),
        ({"jobstatus": "cancelled"}, State.CANCELLED, False),
        ({"jobstatus": "closed"}, State.CANCELLED, False),
        ({"jobstatus": "running"}, State.UNKNOWN, False),
    ],
)
def test_each_state_has_a_rule(
    tmp_path: Path, changes: dict[str, object], state: State, is_inferred: bool
) -> None:
    row = read_one(tmp_path, **({"jobstatus": "failed"} | changes))
    assert (row.state, row.is_state_inferred) == (state, is_inferred)
    assert row.state_rule


def test_what_was_not_measured_is_none_and_never_0(tmp_path: Path) -> None:
    row = read_one(
        tmp_path, maxrss=0, maxpss=None, minramcount=0, corecount=0, cpuconsumptiontime=0,
        starttime=None, modificationhost="",
    )  # fmt: skip
    for name in (
        "peak_bytes", "peak_measure", "has_children_in_peak", "requested_memory_bytes",
        "requested_memory_source", "requested_cpus_count", "cpu_time_s", "wall_time_s",
        "started_at", "node_name",
    ):  # fmt: skip
        assert getattr(row, name) is None, name


def test_pss_stands_in_where_rss_was_not_measured(tmp_path: Path) -> None:
    row = read_one(tmp_path, maxrss=None)
    assert (row.peak_bytes, row.peak_measure) == (11599555 * 1024, "pss")


def test_the_node_and_the_quanta_are_found(tmp_path: Path) -> None:
    quanta = ["01990000-aaaa-7bbb-8ccc-000000000001", "01990000-aaaa-7bbb-8ccc-000000000002"]
    row = read_one(
        tmp_path,
        modificationhost="slot1@ccwslurm0042.in2p3.fr",
        jobparameters=f"x --output-run u/me/out --qgraph-node-id {','.join(quanta)} y",
    )
    assert row.node_name == "ccwslurm0042.in2p3.fr"
    assert (row.run, list(row.quantum_ids or ())) == ("u/me/out", quanta)
    pseudo = f"job+qgraphNodeId:{quanta[0]}+qgraphId:1"
    assert read_one(tmp_path, jobparameters=pseudo).quantum_ids == (quanta[0],)


def test_labels_with_digits_and_underscores_survive(tmp_path: Path) -> None:
    name = "LSSTCam_runs_DRP_w_2026_17_DM-54760_20260701T000000Z_04_step4c_forced_phot_dia_02_1_2.3"
    row = read_one(tmp_path, jobname=name)
    assert row.label == "step4c_forced_phot_dia"
    assert row.workflow_name == "LSSTCam_runs_DRP_w_2026_17_DM-54760_20260701T000000Z"


def test_each_envelope_gives_the_same_rows(tmp_path: Path) -> None:
    hits = [{"_index": "i", "_source": record} for record in (FINISHED, FAILED)]
    expected = read(tmp_path, FINISHED, FAILED)
    assert len(expected) == 2
    upper = {"PandaID": 90286631, "jobName": FINISHED["jobname"], "jobStatus": "finished"}
    for text in (
        "\n".join(json.dumps(record) for record in (FINISHED, FAILED)),
        "\n".join(json.dumps(hit) for hit in hits) + "\n",
        json.dumps({"took": 3, "hits": {"total": {"value": 2}, "hits": hits}, "_scroll_id": "x"}),
        json.dumps({"selection": {}, "jobs": [FINISHED, FAILED]}, indent=1),
        json.dumps([FINISHED, FAILED], indent=1),
    ):
        assert read(tmp_path, text=text) == expected
    [row] = read(tmp_path, upper)
    assert isinstance(row, JobRecord)
    assert row.state is State.SUCCESSFUL


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"maxrss": "a lot"}, "maxrss"),
        ({"maxrss": -5}, "maxrss"),
        ({"maxrss": 2**52}, "cannot be"),
        ({"minramcount": 1.5}, "minramcount"),
        ({"jobname": None}, "jobname"),
        ({"jobstatus": 3}, "jobstatus"),
        ({"creationtime": "yesterday"}, "no time"),
        ({"endtime": "0001-01-01T00:00:00"}, "before 1970"),
        ({"jobstatus": "failed", "transexitcode": "x"}, "transexitcode"),
        ({"cpuconsumptiontime": -1}, "cpuconsumptiontime"),
    ],
)
def test_a_damaged_record_is_told_and_the_others_are_read(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    before, bad, after = read(tmp_path, FINISHED, FINISHED | changes, FAILED)
    assert isinstance(before, JobRecord)
    assert isinstance(after, JobRecord)
    assert isinstance(bad, BadRecord)
    assert bad.record_number == 2
    assert reason in bad.reason


def test_a_damaged_line_is_told_and_the_lines_after_it_are_read(tmp_path: Path) -> None:
    line = json.dumps(FINISHED)
    rows = read(tmp_path, text=f"{line}\n{line[:200]}\n{line}\n{line[:-2]}")
    assert [type(row) for row in rows] == [JobRecord, BadRecord, JobRecord, BadRecord]


def test_a_list_that_is_cut_keeps_what_was_whole(tmp_path: Path) -> None:
    text = json.dumps([FINISHED] * 3)
    *rows, bad = read(tmp_path, text=text[:-40])
    assert [type(row) for row in rows] == [JobRecord] * 2
    assert isinstance(bad, BadRecord)
    assert "what follows is lost" in bad.reason
