"""The one end-to-end test: a small pipeline through the real tools, every row compared."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import Butler
from lsst.pipe.base import QuantumSuccessCaveats, TaskMetadata
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph, ProvenanceQuantumGraphReader
from typer.testing import CliRunner

from extract.cli import app
from extract.errors import PredictedGraphError
from extract.lake.schema import QUANTA
from extract.sources.predicted_graphs import (
    read_expectations,
    read_predecessors,
    read_predicted_header,
)
from tests.extract.official import (
    SOUND_READER,
    data_id_text,
    dimensions_of,
    rows_of_graph,
    usage_of,
)
from tests.extract.pipelines import (
    FAILED_DETECTOR,
    NO_WORK_DETECTOR,
    RUN,
    Executed,
    call,
    execute,
    write_as_format_0,
)
from tests.extract.tiny import read_lake, run_extraction

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("parsed_project")]

# Older stacks neither aggregate nor ingest graphs so; their own tests read what this one wrote.
pytest.importorskip("lsst.pipe.base.quantum_graph.ingest_graph")

LOST_DETECTOR = 4


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    """The pipeline has run; nothing is registered."""
    return execute(tmp_path_factory.mktemp("pipeline") / "executed")


@pytest.fixture(scope="session")
def of_files(executed: Executed) -> Executed:
    """Aggregated as plain files, the provenance graph kept aside."""
    copied = executed.copy(executed.root.parent / "files")
    copied.aggregate("-o", str(copied.provenance))
    return copied


@pytest.fixture(scope="session")
def ingested(of_files: Executed) -> Executed:
    """The provenance graph ingested, the files gone."""
    copied = of_files.copy(of_files.root.parent / "graph")
    copied.ingest()
    return copied


def _read(executed: Executed, data: Path, table: str = "quanta") -> list[dict[str, Any]]:
    summary = run_extraction(executed.write_campaigns(quantum_graphs="predicted.qg"), data)
    assert not summary.failures
    rows: list[dict[str, Any]] = read_lake(data, table).to_pylist()
    return rows


def _by_quantum(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["task_label"], row["data_id"]): row for row in rows}


def test_an_ingested_run_says_what_the_official_reader_says_in_every_column(
    ingested: Executed, tmp_path: Path
) -> None:
    rows = _by_quantum(_read(ingested, tmp_path))
    with Butler.from_config(str(ingested.repository)) as butler:
        uri = butler.getURI("run_provenance", collections=[RUN])
    with ProvenanceQuantumGraphReader.open(uri) as reader:
        expected = _by_quantum(list(rows_of_graph(reader, RUN)))
    assert len(rows) == len(expected) == 13
    assert {name for row in expected.values() for name in row} == set(QUANTA.names)
    for key, row in rows.items():
        assert {name: row[name] for name in QUANTA.names} == expected[key]
    (run,) = read_lake(tmp_path, "runs").to_pylist()
    assert (run["source"], run["expected_count"], run["unscanned_count"]) == (
        "provenance_graph",
        13,
        0,
    )


@SOUND_READER
def test_an_ingested_run_says_what_the_butler_says(ingested: Executed, tmp_path: Path) -> None:
    rows = _by_quantum(_read(ingested, tmp_path))
    assert _compared_with_the_butler(ingested, rows) == 10


def test_a_run_of_files_says_what_the_butler_says_in_every_column(
    of_files: Executed, tmp_path: Path
) -> None:
    rows = _by_quantum(_read(of_files, tmp_path))
    assert _compared_with_the_butler(of_files, rows) == 10
    of_files_alone = {
        "quantum_id": None,
        "attempt": 0,
        "is_last_attempt": True,
        "source": "metadata_file",
        "has_log": True,
    }
    for row in rows.values():
        assert {name: row[name] for name in of_files_alone} == of_files_alone
    assert len(rows) == 11
    no_work = rows["makeSource", f'{{"detector":{NO_WORK_DETECTOR},"instrument":"Cam1"}}']
    assert no_work["caveats"]


def _compared_with_the_butler(executed: Executed, rows: dict[tuple[str, str], Any]) -> int:
    """Compare what each document and log says, read one by one; count the documents."""
    compared = 0
    with Butler.from_config(str(executed.repository)) as butler:
        for label in ("isr", "calibrateImage", "makeSource"):
            for ref in butler.query_datasets(f"{label}_metadata", collections=[RUN]):
                row = rows[label, data_id_text(ref.dataId)]
                metadata = butler.get(ref)
                expected = (
                    usage_of(metadata)
                    | dimensions_of(ref.dataId)
                    | {
                        "run": RUN,
                        "status": "successful",
                        "metadata_dataset_id": str(ref.id),
                        "has_metadata": True,
                        "caveats": metadata["quantum"].get("caveats"),
                    }
                )
                assert {name: row[name] for name in expected} == expected
                compared += 1
    return compared


def test_a_failed_quantum_of_files_says_what_its_log_says(
    of_files: Executed, tmp_path: Path
) -> None:
    (row,) = [row for row in _read(of_files, tmp_path) if row["status"] == "failed"]
    data_id = {"instrument": "Cam1", "detector": FAILED_DETECTOR}
    with Butler.from_config(str(of_files.repository)) as butler:
        told = butler.get("calibrateImage_log", data_id, collections=[RUN]).extra
    before = [str(other) for other in told["previous_process_quanta"]]
    assert row["data_id"] == _json(data_id)
    assert row["exception_type"] == told["exception"]["type_name"] == "ValueError"
    assert row["previous_process_quanta"] == before
    assert row["process_id"] == before[0]
    expected = usage_of(TaskMetadata.model_validate(told["metadata"]))
    assert expected["max_rss_bytes"] > 0
    assert {name: row[name] for name in expected} == expected


def test_files_that_became_a_graph_are_replaced(
    of_files: Executed, ingested: Executed, tmp_path: Path
) -> None:
    # The same repository before and after `butler ingest-graph`: one lake sees both.
    living = of_files.copy(tmp_path / "living")
    before = _read(living, tmp_path / "data")
    shutil.rmtree(living.root)
    living = ingested.copy(tmp_path / "living")
    after = _read(living, tmp_path / "data")
    assert {row["source"] for row in before} == {"metadata_file"}
    assert {row["source"] for row in after} == {"provenance_graph"}
    assert len(after) == 13
    both = _by_quantum(before).keys() & _by_quantum(after).keys()
    assert len(both) == len(before)
    for key in both:
        old, new = _by_quantum(before)[key], _by_quantum(after)[key]
        assert old["max_rss_bytes"] == new["max_rss_bytes"]
        assert old["status"] == new["status"]


def test_a_promised_run_is_told_and_has_no_failures(executed: Executed, tmp_path: Path) -> None:
    promised = executed.copy(tmp_path / "promised")
    promised.aggregate("-o", str(promised.provenance), "--promise-ingest-graph")
    campaigns = promised.write_campaigns(quantum_graphs="predicted.qg")
    summary = run_extraction(campaigns, tmp_path / "data")
    assert any("butler ingest-graph" in warning for warning in summary.warnings)
    assert not summary.failures
    assert read_lake(tmp_path / "data", "quanta").num_rows == 0
    (run,) = read_lake(tmp_path / "data", "runs").to_pylist()
    assert (run["source"], run["quanta_count"]) == ("promised", None)
    remedies = {
        "check": "1 promised (run 'butler ingest-graph' first), 1 predicted graph, but nothing",
        "status": "promised: run 'butler ingest-graph' first",
        "run": f"{RUN} is promised: aggregated, but neither",
    }
    for command, remedy in remedies.items():
        words = [command, str(campaigns), "--data", str(tmp_path / "data")]
        assert remedy in CliRunner().invoke(app, words).output


def test_expectations_are_the_predicted_quanta(executed: Executed) -> None:
    uri = str(executed.predicted)
    header = read_predicted_header(uri)
    batches: list[Any] = []
    predecessors = read_predecessors(uri)
    assert read_expectations(uri, header, batches.append, predecessors) == 13
    rows = [row for batch in batches for row in batch.to_pylist()]
    with PredictedQuantumGraph.open(str(executed.predicted)) as reader:
        reader.read_thin_graph()
        graph = reader.finish().quantum_only_xgraph
        expected = {
            (str(quantum_id), info["task_label"], _json(info["data_id"].required))
            for quantum_id, info in graph.nodes.items()
        }
        edges = {(str(before), str(after)) for before, after in graph.edges}
    assert {(row["quantum_id"], row["task_label"], row["data_id"]) for row in rows} == expected
    assert {row["run"] for row in rows} == {RUN}
    ids = {row["quantum_number"]: row["quantum_id"] for row in rows}
    assert len(ids) == 13
    read = {(ids[n], row["quantum_id"]) for row in rows for n in row["predecessor_numbers"]}
    assert read == edges
    assert len(edges) == 12


def test_a_predicted_graph_of_format_0_tells_the_same(executed: Executed, tmp_path: Path) -> None:
    # What was written before week 47 of 2025: integers where later graphs have UUIDs.
    old = tmp_path / "format0.qg"
    write_as_format_0(executed.predicted, old)
    said = []
    for path in (executed.predicted, old):
        batches: list[Any] = []
        header = read_predicted_header(str(path))
        read_expectations(str(path), header, batches.append, read_predecessors(str(path)))
        names = ["run", "task_label", "data_id", "quantum_number", "predecessor_numbers"]
        said.append([batch.select(names).to_pylist() for batch in batches])
    assert said[0] == said[1]
    with PredictedQuantumGraph.open(str(old)) as reader:
        reader.read_thin_graph()
        assert len(reader.finish().quantum_only_xgraph.edges) == 12


def test_what_a_failure_blocked_is_no_gap_in_a_run_of_plain_files(
    of_files: Executed, tmp_path: Path
) -> None:
    # Old stacks run the rest of this module, in environments without a warehouse.
    duckdb = pytest.importorskip("duckdb")
    layout = pytest.importorskip("dbt_project.runner.layout").Layout(tmp_path / "data")
    run_extraction(of_files.write_campaigns(quantum_graphs="predicted.qg"), layout.root)
    assert pytest.importorskip("dbt_project.runner.build").build(layout)
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        problems = connection.execute(
            "select task_label, problem, is_gap, reason from fct_missing_quanta order by all"
        ).fetchall()
    cause = f'upstream calibrateImage {{"detector":{FAILED_DETECTOR},"instrument":"Cam1"}} failed'
    assert [row[:3] for row in problems] == [
        ("calibrateImage", "failed", False),
        ("consolidate", "blocked", False),
        ("makeSource", "blocked", False),
    ]
    assert [row[3] for row in problems[1:]] == [cause, cause]


def test_exceptions_and_caveats_are_those_of_the_official_report(
    ingested: Executed, tmp_path: Path
) -> None:
    duckdb = pytest.importorskip("duckdb")
    layout = pytest.importorskip("dbt_project.runner.layout").Layout(tmp_path / "data")
    run_extraction(ingested.write_campaigns(quantum_graphs="predicted.qg"), layout.root)
    assert pytest.importorskip("dbt_project.runner.build").build(layout)
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        failed = connection.execute(
            "select task_label, exception_type, failed_count from fct_task_exceptions order by all"
        ).fetchall()
        flagged = connection.execute(
            "select task_label, caveat, quanta_count from fct_task_caveats order by all"
        ).fetchall()
    assert failed == _reported(ingested, tmp_path / "failed.json", "FAILED")
    expected = []
    for caveat in QuantumSuccessCaveats:
        arguments = ("--caveat", str(caveat.name), "--no-state", "FAILED")
        report = tmp_path / f"{caveat.name}.json"
        counted = _reported(ingested, report, "SUCCESSFUL", *arguments)
        expected += [(task, caveat.name, number) for task, _, number in counted]
    assert flagged == sorted(expected)
    assert (len(failed), len(flagged)) == (1, 3)


def _reported(
    executed: Executed, report: Path, status: str, *arguments: str
) -> list[tuple[str, str, int]]:
    """Count quanta by task and exception in the report that the stack's own command writes."""
    where = (str(executed.repository), RUN, "--status-report", str(report))
    call("butler", "provenance-report", *where, *arguments)
    return sorted(
        (task, exception, len(quanta))
        for task, statuses in json.loads(report.read_text()).items()
        for exception, quanta in statuses.get(status, {}).items()
    )


@pytest.mark.parametrize("is_registered", [True, False], ids=["files gone", "never registered"])
def test_a_quantum_whose_metadata_and_log_are_gone_fails_the_transform_by_name(
    of_files: Executed, tmp_path: Path, is_registered: bool
) -> None:
    pytest.importorskip("dbt_project.runner.build", reason="old stacks have no warehouse")
    damaged = of_files.copy(tmp_path / "damaged")
    with Butler.from_config(str(damaged.repository), writeable=True) as butler:
        data_id = {"instrument": "Cam1", "detector": LOST_DETECTOR}
        refs = [
            ref
            for kind in ("metadata", "log")
            for ref in butler.query_datasets(f"isr_{kind}", RUN, data_id=data_id)
        ]
        assert len(refs) == 2
        if is_registered:
            for ref in refs:
                Path(butler.getURI(ref).ospath).unlink()
        else:
            butler.pruneDatasets(refs, disassociate=True, unstore=True, purge=True)
    data = tmp_path / "data"
    run_extraction(damaged.write_campaigns(quantum_graphs="predicted.qg"), data)
    done = subprocess.run(
        [sys.executable, "-m", "dbt_project", "build", "--data", str(data)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert "DM-1, stage1: 1 of 13 expected quanta is not accounted for" in said
    assert f"isr: 1 ({'unreadable' if is_registered else 'missing'})" in said
    assert _json(data_id) in said


def _json(values: Any) -> str:  # noqa: ANN401
    return json.dumps(dict(sorted(values.items())), separators=(",", ":"))


def test_both_sources_expect_the_same(ingested: Executed, tmp_path: Path) -> None:
    rows = _read(ingested, tmp_path, "expectations")
    said = {
        source: {(row["task_label"], row["data_id"]) for row in rows if row["source"] == source}
        for source in ("predicted_graph", "provenance_graph")
    }
    assert len(said["predicted_graph"]) == 13
    assert said["predicted_graph"] == said["provenance_graph"]
    for source in ("predicted_header", "provenance_header"):
        assert sum(row["quanta_count"] for row in rows if row["source"] == source) == 13


@pytest.mark.parametrize("size", [0, 1000, -200])
def test_a_damaged_predicted_graph_is_one_line(
    executed: Executed, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "cut.qg"
    path.write_bytes(executed.predicted.read_bytes()[:size])
    with pytest.raises(PredictedGraphError) as caught:
        read_predicted_header(str(path))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_damaged_provenance_graph_fails_its_run_alone(ingested: Executed, tmp_path: Path) -> None:
    damaged = ingested.copy(tmp_path / "damaged")
    (graph,) = damaged.repository.rglob("run_provenance*.qg")
    graph.write_bytes(graph.read_bytes()[:-500])
    campaigns = damaged.write_campaigns(quantum_graphs="predicted.qg")
    summary = run_extraction(campaigns, tmp_path / "data")
    assert len(summary.failures) == 1
    assert graph.name in summary.failures[0]
    assert read_lake(tmp_path / "data", "quanta").num_rows == 0
    assert read_lake(tmp_path / "data", "expectations").num_rows > 0
