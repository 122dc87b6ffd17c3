"""The demo is a real repository: official tools read it, and it is the same each time."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import click.testing
import pytest
from lsst.daf.butler import Butler
from lsst.daf.butler.cli.butler import cli as butler_cli
from lsst.daf.butler.logging import ButlerLogRecords
from lsst.pipe.base import QuantumAttemptStatus
from lsst.pipe.base.quantum_graph import PredictedQuantumGraphReader, ProvenanceQuantumGraphReader

from extract.demo import STAMP, build
from extract.demo.assemble import DEMO_VERSION
from extract.demo.plan import RunPlan, plan_stage

SCALE = 0.02
BUILT = ("stage1", "stage2", "stage4")


def be_silent(done: int, total: int, what: str) -> None:
    pass


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo") / "data"
    build(root, seed=1, scale=SCALE, stages=BUILT, progress=be_silent)
    return root


@pytest.fixture
def butler(demo: Path) -> Butler:
    return Butler.from_config(str(demo / "repo"), writeable=False)


def plans(campaign: str, stage: str) -> list[RunPlan]:
    return plan_stage(campaign, stage, 1, SCALE).runs


def run_butler(*arguments: str) -> str:
    result = click.testing.CliRunner().invoke(butler_cli, list(arguments))
    assert result.exit_code == 0, result.output
    return result.output


def test_the_stamp_says_what_was_built(demo: Path) -> None:
    stamp = json.loads((demo / STAMP).read_text())
    assert stamp == {
        "version": DEMO_VERSION,
        "seed": 1,
        "scale": SCALE,
        "simulated": True,
        "stages": list(BUILT),
    }
    assert [path.name for path in demo.parent.iterdir()] == [demo.name]
    assert not (demo / "aggregated").exists()


def test_official_commands_list_the_collections(demo: Path) -> None:
    output = run_butler("query-collections", str(demo / "repo"), "--chains", "tree")
    for campaign in ("w_2025_48/DM-53368", "v30_0_0_rc2/DM-53719", "v30_0_0/DM-53877"):
        assert f"LSSTCam/runs/DRP/DP2/{campaign}/stage4" in output


def test_a_chain_holds_its_runs_newest_first_then_those_of_earlier_stages(butler: Butler) -> None:
    chain = "LSSTCam/runs/DRP/DP2/v30_0_0/DM-53877/stage4"
    runs = [run.name for stage in BUILT[::-1] for run in plans("DM-53877", stage)[::-1]]
    assert list(butler.collections.get_info(chain).children) == [*runs, "LSSTCam/defaults"]


def test_butler_get_reads_metadata_logs_and_packages_of_files(butler: Butler) -> None:
    plan = plans("DM-53368", "stage1")[0]
    (execution, *_) = [e for e in plan.executions if e.quantum.task.label == "isr"]
    refs = butler.query_datasets("isr_metadata", plan.name)
    ref = next(ref for ref in refs if ref.id == execution.id("metadata"))
    metadata = butler.get(ref)
    instant = execution.attempts[-1].instants[-1]
    assert metadata["quantum.endMaxResidentSetSize"] == instant.max_rss
    assert metadata["quantum.endUtc"].endswith("+00:00")
    assert metadata["quantum.__version__"] == 1
    assert "time_in_ingest" not in metadata["quantum.butler_metrics"]
    log = butler.get("isr_log", ref.dataId, collections=plan.name)
    assert isinstance(log, ButlerLogRecords)
    assert len(log) == 2
    assert butler.get("packages", collections=plan.name)["pipe_base"] == "29.2025.4800"


def test_files_lie_where_the_registry_says(butler: Butler) -> None:
    plan = plans("DM-53719", "stage1")[0]
    for dataset_type in ("calibrateImage_metadata", "calibrateImage_log"):
        refs = butler.query_datasets(dataset_type, plan.name)
        assert len(refs) > 2
        assert all(butler.getURI(ref).exists() for ref in refs)


def test_the_predicted_graph_tells_what_was_lost(demo: Path, butler: Butler) -> None:
    plan = plans("DM-53368", "stage4")[0]
    path = demo / "submit" / "DM-53368" / "stage4" / f"{plan.timestamp}.qg"
    with PredictedQuantumGraphReader.open(path) as reader:
        reader.read_thin_graph()
        expected = dict(reader.header.n_task_quanta)
        thin = {task: len(quanta) for task, quanta in reader.components.thin_graph.quanta.items()}
    assert thin == expected
    assert expected == Counter(e.quantum.task.label for e in plan.executions)
    lost, partly = "forcedPhotObjectDetector", "detectAndMeasureDiaSource"
    assert not butler.query_datasets(f"{lost}_metadata", plan.name, explain=False)
    left = len(butler.query_datasets(f"{partly}_metadata", plan.name))
    assert 0 < left < expected[partly]
    whole = len(butler.query_datasets("reprocessVisitImage_metadata", plan.name))
    assert whole == expected["reprocessVisitImage"]


def test_some_files_of_the_lost_stage_are_damaged_or_gone(butler: Butler) -> None:
    plan = plans("DM-53368", "stage4")[0]
    problems: Counter[str] = Counter()
    for ref in butler.query_datasets("buildTemplate_metadata", plan.name):
        try:
            butler.get(ref)
        except FileNotFoundError:
            problems["vanished"] += 1
        except ValueError:
            problems["unreadable"] += 1
    assert problems == {"vanished": 1, "unreadable": 2}


def test_runs_without_logs_have_none_but_metadata(butler: Butler) -> None:
    plan = plans("DM-53719", "stage2")[0]
    assert butler.query_datasets("updateVisitSummary_metadata", plan.name)
    assert not butler.query_datasets("updateVisitSummary_log", plan.name, explain=False)


def test_the_official_reader_reads_every_quantum_of_a_provenance_graph(butler: Butler) -> None:
    status = {
        "successful": QuantumAttemptStatus.SUCCESSFUL,
        "failed": QuantumAttemptStatus.FAILED,
        "killed": QuantumAttemptStatus.FAILED,
        "blocked": QuantumAttemptStatus.BLOCKED,
    }
    for plan in (*plans("DM-53877", "stage1"), *plans("DM-53877", "stage4")):
        uri = butler.getURI("run_provenance", collections=plan.name)
        with ProvenanceQuantumGraphReader.open(uri) as reader:
            reader.read_quanta()
            nodes = reader.graph.quantum_only_xgraph.nodes
            assert reader.header.n_quanta == len(plan.executions) == len(nodes)
            documents = reader.fetch_metadata(e.id("quantum") for e in plan.executions)
        for execution in plan.executions:
            node = nodes[execution.id("quantum")]
            assert node["status"] is status[execution.state]
            assert len(node["attempts"]) == max(
                len(execution.attempts), execution.state == "killed"
            )
            if execution.attempts:
                attempt = execution.attempts[-1]
                last = node["attempts"][-1]
                assert tuple(last.previous_process_quanta) == attempt.previous
                document = documents[execution.id("quantum")][-1]
                assert document is not None
                rss = document["quantum.endMaxResidentSetSize"]
                assert rss == attempt.instants[-1].max_rss


def test_butler_get_reads_metadata_through_the_graph(butler: Butler) -> None:
    plan = plans("DM-53877", "stage4")[0]
    refs = butler.query_datasets("skyCorr_metadata", plan.name)
    done = [e for e in plan.executions if e.quantum.task.label == "skyCorr" and e.attempts]
    assert {ref.id for ref in refs} == {e.id("metadata") for e in done}
    documents = butler.get(
        "run_provenance.metadata",
        parameters={"datasets": [ref.id for ref in refs]},
        collections=[plan.name],
    )
    assert len(documents) == len(refs)
    assert butler.get(refs[0])["job.qg_size"] == 1


def test_the_official_report_lists_the_failures(demo: Path) -> None:
    plan = plans("DM-53877", "stage4")[0]
    output = run_butler("provenance-report", str(demo / "repo"), plan.name)
    assert "forcedPhotDiaObjectDetector" in output
    assert "RepeatableQuantumError" in output


def test_dimension_records_are_complete(butler: Butler) -> None:
    with butler.query() as query:
        visits = list(query.dimension_records("visit"))
        assert {v.target_name for v in visits} == {"WIDE", "DDF", "COSMOS", "M49", "EDFS"}
        assert all(v.timespan.begin and v.exposure_time == 30.0 for v in visits)
        assert len(list(query.dimension_records("detector"))) == 189
        assert list(query.dimension_records("patch"))
        assert list(query.dimension_records("day_obs"))


def test_two_builds_are_the_same_with_and_without_workers(demo: Path, tmp_path: Path) -> None:
    build(tmp_path / "again", scale=SCALE, stages=("stage1",), workers=2, progress=be_silent)

    def contents(root: Path) -> tuple[dict[str, bytes], set[tuple[str, str]]]:
        files = {
            str(path.relative_to(root)): path.read_bytes()
            for path in (root / "repo").rglob("*.json")
            if "/stage1/" in str(path)
        }
        with sqlite3.connect(root / "repo" / "gen3.sqlite3") as connection:
            rows = connection.execute(
                "select dataset_id, path from file_datastore_records where path like '%/stage1/%'"
            )
            return files, set(rows)

    first, second = contents(demo), contents(tmp_path / "again")
    assert first[0] == second[0]
    # Only the IDs of the graphs themselves are drawn anew, by `ingest_graph`.
    different = first[1] ^ second[1]
    graphs = sum(run.campaign.is_graph for run in plans("DM-53877", "stage1"))
    assert len(different) == 2 * graphs
    assert len(first[1]) > 500


def test_a_directory_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        build(tmp_path, scale=SCALE, progress=be_silent)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_build_that_stops_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: int, total: int, what: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "demo", scale=SCALE, stages=("stage1",), progress=stop)
    assert list(tmp_path.iterdir()) == []


_BUILD = """
import sys
from pathlib import Path
from extract.demo import build
if __name__ == "__main__":
    build(Path(sys.argv[1]), scale=float(sys.argv[2]), stages=("stage1",), workers=2)
"""


@pytest.fixture
def started_build(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A build in ``tmp_path / "demo"`` whose two workers have begun to write."""
    script = tmp_path / "build.py"
    script.write_text(_BUILD)
    process = subprocess.Popen(
        [sys.executable, script, tmp_path / "demo", "0.3"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: process.poll() is not None or len(written(tmp_path)) > 1)
    assert process.poll() is None
    yield process
    process.kill()
    process.wait()


def written(folder: Path) -> set[Path]:
    """Find what a build that goes on has written: its workers move nothing, they only add."""
    return {path for path in folder.glob(".demo.building-*/repo/LSSTCam/**/*") if path.is_file()}


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_build_that_was_killed_ends_its_workers_and_leaves_nothing_to_the_next(
    started_build: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    workers = descendants(started_build.pid)
    assert len(workers) >= 3  # Two, and the server that forks them.
    started_build.kill()
    started_build.wait()
    wait_until(lambda: not any(is_alive(pid) for pid in workers))
    assert written(tmp_path)
    (tmp_path / ".demo.mine").mkdir()
    build(tmp_path / "demo", scale=SCALE, stages=("stage1",), progress=be_silent)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"demo", "build.py", ".demo.mine"}


def descendants(pid: int) -> list[int]:
    """List the processes below a process."""
    children = [
        int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    ]
    return [each for child in children for each in (child, *descendants(child))]


def is_alive(pid: int) -> bool:
    """Say whether a process exists and is not a zombie."""
    command = Path(f"/proc/{pid}/cmdline")
    return command.exists() and bool(command.read_bytes())


def test_a_build_that_goes_on_is_left_alone_and_a_second_one_refused(
    started_build: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    before = written(tmp_path)
    with pytest.raises(FileExistsError, match="demo is being built by another process"):
        build(tmp_path / "demo", scale=SCALE, progress=be_silent)
    assert started_build.poll() is None
    assert before <= written(tmp_path)


def test_the_repository_can_be_moved(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "moved")
    with Butler.from_config(str(tmp_path / "moved" / "repo")) as butler:
        plan = plans("DM-53877", "stage1")[0]
        uri = butler.getURI("run_provenance", collections=plan.name)
        assert str(tmp_path / "moved") in uri.ospath
        assert uri.exists()


def test_a_scale_of_zero_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="above 0"):
        build(tmp_path / "demo", scale=0)
