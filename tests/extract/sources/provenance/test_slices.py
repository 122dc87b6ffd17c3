"""The fast graph reader: equal to the official one, whole or refused."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader

import extract.sources.provenance.check as module
import extract.sources.provenance.official as official_module
from extract.errors import GraphError
from extract.jobs import reading
from extract.lake.schema import EXPECTATIONS, QUANTA
from extract.sources.header_counts import count_rows, counted
from extract.sources.provenance import (
    GraphInfo,
    check_graph,
    describe_graph,
    local_graph,
    plan_slices,
    read_slice,
)
from tests.bench.make_graph import (
    RUN,
    TASKS,
    Quantum,
    synthetic_quanta,
    usage_metadata,
    write_graph,
)
from tests.extract.official import SOUND_READER, usage_of

_ERROR = {"type_name": "lsst.Error", "message": "no", "metadata": {}}
_BEFORE = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]


def _irregular() -> dict[str, Quantum]:
    """One quantum of each kind that is not an ordinary success."""
    usage = usage_metadata(peak=5_000_000_000)
    dumped = json.loads(usage.model_dump_json())
    failure = {"exception": _ERROR, "metadata": dumped, "previous_process_quanta": _BEFORE}
    previous = {**failure, "previous_process_quanta": [], "logs": []}
    partial = {"failure": {"type": "lsst.Partial", "message": "m", "metadata": {"n": 1}}}
    kinds: dict[str, dict[str, Any]] = {
        "failed": {"log_extra": failure},
        "failed without usage": {"log_extra": {"exception": _ERROR}},
        "failed silently": {},
        "killed": {"has_log": False},
        "aborted success": {"metadata": usage, "has_log": False},
        "blocked": {"is_blocked": True},
        "retried": {
            "metadata": usage,
            "log_extra": {"previous_attempts": [previous], "previous_process_quanta": _BEFORE},
        },
        "retried after a null": {
            "metadata": usage,
            "log_extra": {"previous_attempts": [{**previous, "metadata": None}, previous]},
        },
        "one document too many": {"metadata": usage_metadata(peak=7), "log_extra": failure},
        "no work": {"metadata": usage_metadata(prefixes=("prep", "end"), caveats=15)},
        "partial": {"metadata": usage_metadata(extra={"isr": partial}, caveats=65)},
        "unscanned": {"is_unscanned": True},
    }
    return {
        name: Quantum("isr", ["LSSTCam", number, 77, "r", 20251201, "group", "r_57"], **facts)
        for number, (name, facts) in enumerate(kinds.items())
    }


IRREGULAR = _irregular()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graphs") / "irregular.qg"
    write_graph(path, [*synthetic_quanta(300, failed_fraction=0.1), *IRREGULAR.values()])
    return path


def inspect_graph(path: str) -> GraphInfo:
    return describe_graph(check_graph(path))


def read(path: Path, parts: int = 1) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Give quanta, expectations and rejects of a graph."""
    tables: dict[str, list[pa.RecordBatch]] = {"quanta": [], "expectations": []}
    rejects = []
    for part in plan_slices(inspect_graph(str(path)), parts):
        result = read_slice(part, lambda name, batch: tables[name].append(batch))
        rejects.append(result.rejects)
    return (
        pa.Table.from_batches(tables["quanta"], QUANTA),
        pa.Table.from_batches(tables["expectations"], EXPECTATIONS),
        pa.concat_tables(rejects),
    )


def sorted_rows(table: pa.Table) -> list[dict[str, Any]]:
    keys = [(name, "ascending") for name in ("quantum_id", "attempt") if name in table.column_names]
    rows: list[dict[str, Any]] = table.sort_by(keys).to_pylist()
    return rows


def rows_of(table: pa.Table, kind: str) -> list[dict[str, Any]]:
    wanted = str(IRREGULAR[kind].quantum_id)
    return [row for row in sorted_rows(table) if row["quantum_id"] == wanted]


def test_every_value_is_what_the_official_reader_says(graph: Path) -> None:
    quanta, _, rejects = read(graph, 2)
    assert rejects.num_rows == 0
    compared = 0
    with ProvenanceQuantumGraphReader.open(graph) as reader:
        reader.read_quanta()
        nodes = reader.graph.quantum_only_xgraph.nodes
        for quantum_id in nodes:
            info = nodes[quantum_id]
            ours = [row for row in quanta.to_pylist() if row["quantum_id"] == str(quantum_id)]
            documents = reader.fetch_metadata([quantum_id]).get(quantum_id, [])
            assert len(ours) == max(len(info["attempts"]), 1)
            for row in ours:
                assert row["task_label"] == info["task_label"]
                assert json.loads(row["data_id"]) == dict(info["data_id"].required)
                for name, value in info["data_id"].mapping.items():
                    assert row[name] == value
            for index, attempt in enumerate(info["attempts"]):
                row = ours[index]
                is_last = index == len(info["attempts"]) - 1
                assert row["attempt"] == attempt.attempt
                assert row["status"] == attempt.status.name.lower()
                assert row["caveats"] == (
                    (attempt.caveats and attempt.caveats.value)
                    or (0 if attempt.caveats is not None else None)
                )
                assert row["exception_type"] == (
                    attempt.exception.type_name if attempt.exception else None
                )
                before = [str(i) for i in attempt.previous_process_quanta]
                assert (row["previous_process_quanta"] or []) == before
                document = documents[-1] if is_last else documents[index]
                compared += _compare(row, document, attempt.resource_usage)
    assert compared > 12_000


def _compare(row: dict[str, Any], document: Any, usage: Any) -> int:  # noqa: ANN401
    """Compare all that a row has from its official document; count the columns."""
    expected = usage_of(document)
    assert {name: row[name] for name in expected} == expected
    if usage is not None:
        assert row["max_rss_bytes"] == usage.memory
        assert row["prep_at"] == usage.start
    return len(expected)


def test_kinds_of_failure_are_told_apart(graph: Path) -> None:
    quanta, _, _ = read(graph)

    def facts(kind: str) -> list[tuple[Any, ...]]:
        names = ("status", "attempt", "has_metadata", "has_log", "max_rss_bytes")
        return [tuple(row[name] for name in names) for row in rows_of(quanta, kind)]

    peak = 5_000_000_000
    assert facts("failed") == [("failed", 0, True, True, peak)]
    assert facts("failed without usage") == [("failed", 0, False, True, None)]
    assert facts("failed silently") == [("failed", 0, False, True, None)]
    assert facts("killed") == [("failed", 0, False, False, None)]
    assert facts("aborted success") == [("aborted_success", 0, True, False, peak)]
    assert facts("blocked") == [("blocked", None, False, False, None)]
    assert facts("retried") == [
        ("failed", 0, True, True, peak),
        ("successful", 1, True, True, peak),
    ]
    assert [row[2] for row in facts("retried after a null")] == [False, True, True]
    assert facts("one document too many") == [("successful", 0, True, True, 7)]
    assert facts("unscanned") == []
    (partial,) = rows_of(quanta, "partial")
    assert (partial["exception_type"], partial["caveats"]) == ("lsst.Partial", 65)
    (idle,) = rows_of(quanta, "no work")
    assert (idle["caveats"], idle["start_at"], idle["start_max_rss_bytes"]) == (15, None, None)


def test_a_process_is_named_after_its_first_quantum(graph: Path) -> None:
    quanta, _, _ = read(graph)
    (failed,) = rows_of(quanta, "failed")
    assert failed["process_id"] == _BEFORE[0]
    (alone,) = rows_of(quanta, "no work")
    assert alone["process_id"] == alone["quantum_id"]
    (killed,) = rows_of(quanta, "killed")
    assert (killed["process_id"], killed["previous_process_quanta"]) == (None, None)


def test_unscanned_quanta_are_counted(graph: Path) -> None:
    info = inspect_graph(str(graph))
    results = [read_slice(part, lambda *_: None) for part in plan_slices(info, 3)]
    seen = sum(result.task_quanta_counts["isr"] for result in results)
    assert info.n_task_quanta["isr"] - seen == 1
    assert info.n_quanta - (info.n_blocks or 0) == 1


def test_slices_give_each_quantum_once(graph: Path) -> None:
    whole, expected, _ = read(graph, 1)
    for parts in (2, 4):
        quanta, expectations, _ = read(graph, parts)
        assert sorted_rows(quanta) == sorted_rows(whole)
        assert sorted_rows(expectations) == sorted_rows(expected)
    assert expected.num_rows == 300 + len(IRREGULAR) - 1


@SOUND_READER
def test_an_unknown_version_gives_the_same_rows_by_the_official_reader(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = read(graph, 2)
    monkeypatch.setattr(module, "_KNOWN_VERSIONS", frozenset())
    official = read(graph, 2)
    for ours, theirs in zip(fast[:2], official[:2], strict=True):
        assert sorted_rows(ours) == sorted_rows(theirs)
    assert fast[2] == official[2]


def test_a_python_that_would_read_an_unknown_version_wrongly_is_refused(
    graph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KNOWN_VERSIONS", frozenset())
    monkeypatch.setattr(official_module, "reads_members_in_turn", lambda: False)
    with pytest.raises(GraphError, match=r"graph.*CPython issue 127847.*at least 3\.12\.9"):
        read(graph)


@pytest.mark.parametrize(
    "versions",
    [
        pytest.param(None, id="fast"),
        pytest.param(frozenset(), id="official", marks=SOUND_READER),
    ],
)
def test_quanta_that_gather_usage_are_left_out_of_rows_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: frozenset[int] | None
) -> None:
    if versions is not None:
        monkeypatch.setattr(module, "_KNOWN_VERSIONS", versions)
    gathering = ("isr_gatherResourceUsage", "isr_consolidateResourceUsage")
    tasks = {**TASKS, **dict.fromkeys(gathering, TASKS["isr"])}
    values: list[int | str] = ["LSSTCam", 0, 77, "r", 20251201, "group", "r_57"]
    quanta = [Quantum(label, list(values), usage_metadata()) for label in (*gathering, "isr")]
    quanta.append(Quantum(gathering[0], [*values[:1], 1, *values[2:]], is_blocked=True))
    uri = str(tmp_path / "gathering.qg")
    write_graph(Path(uri), quanta, tasks=tasks)
    info = inspect_graph(uri)
    (part,) = plan_slices(info, 1)
    counts = counted(info.n_task_quanta)
    header = count_rows(RUN, counts, "provenance_header", uri)
    written = reading.read("provenance_graph", part, header, tmp_path / "slice")
    assert info.n_quanta == 4
    # The same on both sides: else quanta would seem never to have been scanned.
    assert sum(counts.values()) == written.quanta_count == written.attempts_count == 1
    assert set(written.files) == {"quanta", "expectations"}
    for file in written.files.values():
        assert set(pq.read_table(file)["task_label"].to_pylist()) == {"isr"}


def test_slices_stay_small_however_many_datasets_a_huge_graph_has(graph: Path) -> None:
    info = inspect_graph(str(graph))
    assert info.layout is not None
    counts = tuple(range(0, 6_200_001, 1000))
    layout = replace(info.layout, cuts=counts, counts=counts, address_count=20 * counts[-1])
    slices = plan_slices(replace(info, layout=layout), 62)
    assert sum(part.n_quanta for part in slices) == 6_200_000
    assert max(part.n_quanta for part in slices) <= 250_000


def test_a_graph_without_dictionary_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plain.qg"
    write_graph(path, synthetic_quanta(20), with_dictionary=False)
    quanta, _, _ = read(path)
    assert quanta.num_rows == 20


def test_damaged_metadata_of_one_quantum_is_a_reject(tmp_path: Path) -> None:
    path = tmp_path / "damaged.qg"
    bad = usage_metadata()
    bad.metadata["quantum"].arrays["endMaxResidentSetSize"] = [-1]
    quantum = Quantum("isr", ["LSSTCam", 0, 78, "r", 20251201, "group", "r_57"], bad)
    write_graph(path, [*synthetic_quanta(10, failed_fraction=0), quantum])
    table, _, rejects = read(path)
    assert table.num_rows == 11
    (row,) = [r for r in table.to_pylist() if r["quantum_id"] == str(quantum.quantum_id)]
    assert (row["status"], row["max_rss_bytes"], row["end_at"]) == ("unreadable", None, None)
    (reject,) = rejects.to_pylist()
    assert "endMaxResidentSetSize" in reject["reason"]
    assert (reject["run"], reject["data_id"]) == (RUN, row["data_id"])


def test_a_flipped_bit_is_caught(graph: Path, tmp_path: Path) -> None:
    raw = graph.read_bytes()
    with zipfile.ZipFile(graph) as archive:
        members = [m for m in archive.infolist() if m.filename not in ("datasets.mb", "logs.mb")]
    for number, member in enumerate(members):
        damaged = bytearray(raw)
        damaged[member.header_offset + 100 + member.file_size // 2] ^= 1 << (number % 8)
        path = tmp_path / f"{number}.qg"
        path.write_bytes(damaged)
        with pytest.raises(GraphError, match=r"again|restore"):
            read(path)


@given(data=st.data())
def test_a_damaged_graph_is_refused_or_harmless(graph: Path, data: st.DataObject) -> None:
    raw = bytearray(graph.read_bytes())
    position = data.draw(st.integers(0, len(raw) - 1))
    raw[position] ^= 1 << data.draw(st.integers(0, 7))
    path = graph.with_name("damaged.qg")
    path.write_bytes(raw)
    try:
        quanta, _, _ = read(path)
    except GraphError as error:
        assert str(path) in str(error)  # noqa: PT017 - either way is right
    else:
        # Only what no number comes from may differ.
        assert _without_logs(quanta) == _whole(graph)


_cache: dict[Path, list[dict[str, Any]]] = {}


def _whole(graph: Path) -> list[dict[str, Any]]:
    if graph not in _cache:
        _cache[graph] = _without_logs(read(graph)[0])
    return _cache[graph]


def _without_logs(quanta: pa.Table) -> list[dict[str, Any]]:
    return sorted_rows(quanta.drop_columns(["has_log"]))


@pytest.mark.parametrize("size", [0, 10, 5_000])
def test_a_graph_that_was_cut_short_is_refused(graph: Path, tmp_path: Path, size: int) -> None:
    path = tmp_path / "short.qg"
    path.write_bytes(graph.read_bytes()[:size])
    with pytest.raises(GraphError, match="not a whole zip archive"):
        inspect_graph(str(path))


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.qg"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme", "hello")
    with pytest.raises(GraphError, match=r"no member header\.json\.zst"):
        inspect_graph(str(path))


def test_a_graph_that_changed_after_the_check_is_refused(graph: Path, tmp_path: Path) -> None:
    path = tmp_path / "changed.qg"
    path.write_bytes(graph.read_bytes())
    (part,) = plan_slices(inspect_graph(str(path)), 1)
    path.write_bytes(graph.read_bytes() + b" ")
    with pytest.raises(GraphError, match="changed"):
        read_slice(part, lambda *_: None)


def test_a_local_graph_is_used_where_it_is(graph: Path) -> None:
    with local_graph(str(graph)) as path:
        assert Path(path) == graph
