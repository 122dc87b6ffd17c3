"""Real quanta as jobs of a real Slurm: what its records and our tables say of them.

Run by ``make test-batch``.  It needs Debian's slurm-wlm, slurmdbd, munge and mariadb-server.

Each job runs one quantum that takes a known amount of memory.  One is killed for
its memory and submitted again with more, one is killed and left, one fails, and
one is requeued before it does anything.
"""

from __future__ import annotations

import datetime
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from lsst.daf.butler import Butler
from lsst.pipe.base.tests.mocks import DirectButlerRepo

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from extract.sources.job_records import JobRecord, read_records
from tests.batch.cluster import NODE, Cluster, missing_programs, serve_slurm
from tests.dbt_project.conftest import query
from tests.extract.memory_tasks import MIB, Held, MemoryTask, MemoryTaskConfig, read_held
from tests.extract.pipelines import Executed, call

ROOT = Path(__file__).parents[2]
DETECTORS = (1, 2, 3, 4)
REQUEUED = ("isr", 4)
RESCUED = ("calibrateImage", 2)
GAVE_UP = ("calibrateImage", 3)
FAILED = ("calibrateImage", 4)

REQUEST_MIB = {"isr": 1000, "calibrateImage": 1200}
SECOND_REQUEST_MIB = 3000
# By detector. What starts a quantum has some 250 MiB, and 1,600 are over each first request.
TAKEN_MIB = {"isr": [0, 150, 200, 250, 300], "calibrateImage": [0, 200, 1600, 1600, 300]}
# The accounting samples each second.
HELD_S = 4.0
# A sample is of the shell, too, and pages that two processes share count twice.
TOLERANCE_BYTES = 32 * MIB


@dataclass
class Recorded:
    """What the jobs did, and what was made of their records."""

    executed: Executed
    layout: Layout
    records: Path
    job_ids: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    quantum_ids: dict[tuple[str, int], str] = field(default_factory=dict)
    starts: dict[str, list[int]] = field(default_factory=dict)

    def jobs(self, columns: str) -> dict[str, list[tuple[Any, ...]]]:
        """Read columns of each try from the mart of jobs."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        sql = f"select job_id, {columns} from fct_jobs order by job_id, try_position"
        for job_id, *values in query(self.layout.warehouse, sql):
            found.setdefault(job_id, []).append(tuple(values))
        return found

    def tries(self, columns: str, quantum: tuple[str, int]) -> list[tuple[Any, ...]]:
        """Read columns of all tries of a quantum."""
        found = self.jobs(columns)
        return [values for job_id in self.job_ids[quantum] for values in found[job_id]]

    def held(self) -> dict[tuple[str, int], Held]:
        """Tell what quanta held, of those that came so far."""
        return {(one.task_label, one.detector): one for one in read_held(self.layout.root / "held")}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if missing := missing_programs():
        reason = (
            f"no {', '.join(missing)} on this machine: "
            f"apt-get install {' '.join(sorted(set(missing.values())))}"
        )
        if os.environ.get("CENSUS_NO_SKIP"):
            pytest.fail(reason)
        pytest.skip(reason)
    with serve_slurm() as running:
        yield running


@pytest.fixture(scope="module")
def recorded(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Run the quanta as jobs, and take records and repository into one warehouse."""
    root = tmp_path_factory.mktemp("slurm")
    held = root / "data" / "held"
    held.mkdir(parents=True)
    one = Recorded(Executed(root / "executed"), Layout(root / "data"), root / "records.txt")
    _predict(one, held)
    call("pipetask", "pre-exec-init-qbb", *_both(one.executed))
    for label in REQUEST_MIB:
        for detector in DETECTORS:
            _submit(cluster, one, (label, detector), REQUEST_MIB[label])
        cluster.wait()
    _submit(cluster, one, RESCUED, SECOND_REQUEST_MIB, "--partition=large")
    cluster.wait()
    for job_ids in one.job_ids.values():
        for job_id in job_ids:
            stamps = (root / "data" / f"{job_id}.starts").read_text().split()
            one.starts[job_id] = [int(stamp) for stamp in stamps]
    _as_the_docs_say(cluster, one.records)
    one.executed.aggregate()
    _make_warehouse(one)
    return one


def _both(executed: Executed) -> tuple[str, str]:
    return str(executed.repository), str(executed.predicted)


def _predict(one: Recorded, held: Path) -> None:
    """Make the repository and the graph."""
    executed = one.executed
    executed.root.mkdir()
    Butler.makeRepo(str(executed.repository))
    with Butler.from_config(str(executed.repository), writeable=True) as butler:
        helper = DirectButlerRepo(butler, "base.yaml")
        for label, taken in TAKEN_MIB.items():
            config = MemoryTaskConfig()  # type: ignore[no-untyped-call]
            config.mebibytes = taken
            config.seconds = HELD_S
            config.folder = str(held)
            if label == FAILED[0]:
                config.fail_condition = f"detector = {FAILED[1]}"
                config.fail_exception = "builtins.ValueError"
            helper.add_task(label, dimensions=["detector"], task_class=MemoryTask, config=config)
        executed.predict(helper)
    for quantum_id, key in executed.predicted_quanta().items():
        one.quantum_ids[key] = quantum_id


def _submit(
    cluster: Cluster, one: Recorded, quantum: tuple[str, int], mebibytes: int, *options: str
) -> None:
    """Submit the job of a quantum, named as BPS names it."""
    label, detector = quantum
    quantum_id = one.quantum_ids[quantum]
    pipetask = Path(sys.executable).parent / "pipetask"
    repository, predicted = _both(one.executed)
    requeue = ""
    if quantum == REQUEUED:
        requeue = '[ -n "$SLURM_RESTART_COUNT" ] || { scontrol requeue $SLURM_JOB_ID; sleep 60; }'
    script = f"""#!/bin/sh
date +%s >> '{one.layout.root}'/$SLURM_JOB_ID.starts
{requeue}
export OMP_NUM_THREADS=1 PYTHONPATH='{ROOT}:{ROOT}/.package'
'{pipetask}' run-qbb '{repository}' '{predicted}' --qgraph-node-id {quantum_id}
"""
    job_id = cluster.submit(
        script, f"{quantum_id}_{label}_{detector}", f"--mem={mebibytes}M", "--requeue", *options
    )
    one.job_ids.setdefault(quantum, []).append(job_id)


def _as_the_docs_say(cluster: Cluster, records: Path) -> None:
    """Call ``sacct`` by the words of the how-to."""
    page = (ROOT / "docs" / "howto" / "slurm.md").read_text()
    [words] = re.findall(r"```sh\n(TZ=UTC sacct .*?)```", page, re.DOTALL)
    subprocess.run(
        ["/bin/sh", "-ec", words], check=True, env=cluster.environment, cwd=records.parent
    )


def _make_warehouse(one: Recorded) -> None:
    campaigns = one.executed.write_campaigns(
        quantum_graphs=str(one.executed.predicted),
        job_records=str(one.records),
        incomplete="One was killed and left.",
    )
    content = yaml.safe_load(campaigns.read_text())
    campaigns.write_text(yaml.safe_dump(content | {"wms": "slurm"}))
    subprocess.run(
        [sys.executable, "-m", "extract", "run", str(campaigns), "--data", str(one.layout.root)],
        check=True, cwd=ROOT, env=os.environ | {"TZ": "UTC"},
    )  # fmt: skip
    assert build(one.layout)


def test_each_job_ended_as_it_did(recorded: Recorded) -> None:
    columns = "state, is_state_inferred, try_position, is_last_try"
    done = [("successful", False, 1, True)]
    expected = dict.fromkeys(recorded.quantum_ids, done)
    expected[REQUEUED] = [("killed", False, 1, False), ("successful", False, 2, True)]
    # The job that is submitted again is another job for Slurm.
    killed = [("killed_memory", True, 1, True)]
    expected[RESCUED] = killed + done
    expected[GAVE_UP] = killed
    expected[FAILED] = [("failed", False, 1, True)]
    assert {key: recorded.tries(columns, key) for key in expected} == expected


def test_each_job_is_tied_to_its_quantum(recorded: Recorded) -> None:
    columns = "label, tie, tied_quanta_count"
    for (label, detector), _ in recorded.quantum_ids.items():
        for told in recorded.tries(columns, (label, detector)):
            assert told == (label, "quantum_id", 1)


def test_requests_queues_and_nodes_are_those_of_the_submission(recorded: Recorded) -> None:
    columns = "requested_memory_mib, queue, node_name, cpus_count"
    for key in recorded.quantum_ids:
        requested = [(REQUEST_MIB[key[0]], "small", NODE, 1)] * (1 + (key == REQUEUED))
        if key == RESCUED:
            requested.append((SECOND_REQUEST_MIB, "large", NODE, 1))
        assert recorded.tries(columns, key) == requested


def test_a_peak_is_what_the_quantum_held(recorded: Recorded) -> None:
    held = recorded.held()
    assert held.keys() == recorded.quantum_ids.keys() - {GAVE_UP}
    for key, truth in held.items():
        *_, (peak, measure) = recorded.tries("peak_bytes, peak_measure", key)
        assert measure == "rss"
        assert peak == pytest.approx(truth.held_bytes, abs=TOLERANCE_BYTES), key


def test_the_peak_of_a_killed_job_is_over_its_request(recorded: Recorded) -> None:
    for key in (RESCUED, GAVE_UP):
        peak, cpu_time_s = recorded.tries("peak_bytes, run_cpu_time_s", key)[0]
        assert peak > REQUEST_MIB[key[0]] * MIB
        # What its script had not waited for was not counted.
        assert cpu_time_s is None


def test_a_job_ran_between_its_times(recorded: Recorded) -> None:
    tries = recorded.jobs("submitted_at, started_at, ended_at, waiting_wall_time_s")
    for job_id, began in recorded.starts.items():
        assert len(tries[job_id]) == len(began)
        for (submitted, started, ended, waited), stamp in zip(tries[job_id], began, strict=True):
            # All are in whole seconds, cut off.
            assert submitted <= started <= _utc(stamp) <= ended, job_id
            assert waited == (started - submitted).total_seconds()


def _utc(stamp: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(stamp, datetime.UTC)


def test_a_missing_quantum_names_its_kill(recorded: Recorded) -> None:
    label, detector = GAVE_UP
    found = query(
        recorded.layout.warehouse,
        f"select reason from fct_missing_quanta where task_label = '{label}' "
        f"and detector = {detector}",
    )
    assert found == [(f"killed for memory at 1,200 MiB on node {NODE}, try 1",)]


def test_the_outcomes_of_the_labels_are_counted(recorded: Recorded) -> None:
    found = query(
        recorded.layout.warehouse,
        "select label, job_count, try_count, killed_memory_count, inferred_killed_memory_count, "
        "failed_count, killed_count, min_killed_request_mib from fct_job_outcomes order by label",
    )
    assert found == [("calibrateImage", 5, 5, 2, 2, 1, 0, 1200), ("isr", 4, 5, 0, 0, 0, 1, None)]


def test_the_summary_names_the_kills(recorded: Recorded) -> None:
    words = [sys.executable, "-m", "reports", "summary", "--data", str(recorded.layout.root)]
    told = subprocess.run(words, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    assert re.search(r"jobs killed for memory in DM-1: .*\. Some are inferred", told), told


def test_both_outputs_of_sacct_say_the_same(
    recorded: Recorded, cluster: Cluster, tmp_path: Path
) -> None:
    document = tmp_path / "records.json"
    document.write_text(cluster.call("sacct", "--duplicates", "--starttime=2026-01-01", "--json"))
    names = set(JobRecord.__struct_fields__) - {
        # Of its own in each output: places, and how codes, steps and fractions are written.
        "record_number", "raw_codes", "raw_state", "state_rule", "cpu_time_s", "diagnostic",
    }  # fmt: skip

    def read(path: Path) -> dict[tuple[str, int | None], dict[str, object]]:
        found = {}
        for record in read_records(path, datetime.UTC):
            assert isinstance(record, JobRecord), record
            row = {name: getattr(record, name) for name in names}
            found[record.job_id, record.started_at] = row
        return found

    by_text = read(recorded.records)
    assert read(document) == by_text
    assert len(by_text) == len(recorded.quantum_ids) + 2
