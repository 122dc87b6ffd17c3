"""Thin graphs written by hand, larger than what is read at once: quanta, edges and their faults."""

from __future__ import annotations

import itertools
import json
import random
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import zstandard

from extract.errors import PredictedGraphError
from extract.jobs import reading
from extract.sources import PREDICTED_GRAPH
from extract.sources.predicted_graphs import PredictedHeader, read_expectations, read_predecessors

Quanta = Mapping[str, Sequence[str]]


def write_graph(
    path: Path, quanta: Quanta, edges: Sequence[tuple[str, str]], tail: str = ""
) -> str:
    """Write the thin graph that pydantic would write, or one that is damaged at its end."""
    tasks = {
        label: [{"quantum_id": quantum, "data_coordinate": [n]} for n, quantum in enumerate(ids)]
        for label, ids in quanta.items()
    }
    text = json.dumps({"quanta": tasks, "edges": edges}, separators=(",", ":"))
    content = zstandard.ZstdCompressor().compress((tail or text).encode())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("thin_graph.json.zst", content)
    return str(path)


def header_of(quanta: Quanta) -> PredictedHeader:
    """Say what the header of such a graph says: every task has one dimension."""
    dimensions = dict.fromkeys(quanta, ("visit",))
    counts = {label: len(ids) for label, ids in quanta.items()}
    return PredictedHeader("runs/a", counts, dimensions, dimensions)


def identifiers(count: int, seed: int) -> list[str]:
    """Make UUIDs that are the same in every run."""
    source = random.Random(seed)
    return [str(uuid.UUID(bytes=source.randbytes(16), version=4)) for _ in range(count)]


def read(uri: str, quanta: Quanta) -> list[dict[str, Any]]:
    """Read all rows, predecessors included."""
    batches: list[Any] = []
    read_expectations(uri, header_of(quanta), batches.append, read_predecessors(uri))
    return [row for batch in batches for row in batch.to_pylist()]


def test_every_edge_of_a_large_graph_is_read(tmp_path: Path) -> None:
    ids = identifiers(12_000, seed=1)
    # A task of that name looks like the edges, and one of no quanta still has a list.
    quanta = {"isr": ids[:6_000], "edges": ids[6_000:], "none": []}
    source = random.Random(2)
    edges = sorted(
        {(source.choice(ids[:6_000]), source.choice(ids[6_000:])) for _ in range(40_000)}
    )
    source.shuffle(edges)
    rows = read(write_graph(tmp_path / "a.qg", quanta, edges), quanta)
    names = {row["quantum_number"]: row["quantum_id"] for row in rows}
    assert [row["quantum_id"] for row in rows] == ids
    assert all(row["predecessor_numbers"] == sorted(row["predecessor_numbers"]) for row in rows)
    found = [(names[n], row["quantum_id"]) for row in rows for n in row["predecessor_numbers"]]
    assert sorted(found) == sorted(edges)


@pytest.mark.parametrize("edge_count", [0, 1])
def test_few_edges_are_no_special_case(tmp_path: Path, edge_count: int) -> None:
    first, second = identifiers(2, seed=3)
    quanta = {"isr": [first], "calibrateImage": [second]}
    rows = read(write_graph(tmp_path / "a.qg", quanta, [(first, second)][:edge_count]), quanta)
    assert [row["predecessor_numbers"] for row in rows] == [[], [0][:edge_count]]


def test_ids_that_differ_in_their_first_half_alone_are_told_apart(tmp_path: Path) -> None:
    ids = [f"{n:08x}-0000-1000-8000-0123456789ab" for n in range(300)]
    quanta = {"isr": ids}
    edges = list(itertools.pairwise(ids))
    rows = read(write_graph(tmp_path / "a.qg", quanta, edges), quanta)
    assert [row["predecessor_numbers"] for row in rows] == [[], *([n] for n in range(299))]


def test_quanta_that_gather_usage_are_left_out_and_the_others_keep_their_numbers(
    tmp_path: Path,
) -> None:
    ids = identifiers(3, seed=4)
    quanta = {"isr": ids[:1], "isr_gatherResourceUsage": ids[1:2], "calibrateImage": ids[2:]}
    rows = read(write_graph(tmp_path / "a.qg", quanta, [(ids[0], ids[2])]), quanta)
    assert [(row["task_label"], row["quantum_number"]) for row in rows] == [
        ("isr", 0),
        ("calibrateImage", 2),
    ]
    assert rows[1]["predecessor_numbers"] == [0]


def indexed(quanta: Mapping[str, Sequence[int]], edges: Sequence[tuple[int, int]]) -> str:
    """Write the thin graph of format 0, whose IDs are integers in no order."""
    tasks = {
        label: [{"quantum_index": index, "data_coordinate": [n]} for n, index in enumerate(indices)]
        for label, indices in quanta.items()
    }
    return json.dumps({"quanta": tasks, "edges": edges}, separators=(",", ":"))


def test_every_edge_of_a_large_graph_of_format_0_is_read(tmp_path: Path) -> None:
    source = random.Random(6)
    indices = source.sample(range(10**6), 12_000)
    edges = [(source.choice(indices[:6_000]), source.choice(indices[6_000:])) for _ in indices * 9]
    edges = list(dict.fromkeys(edges))
    text = indexed({"isr": indices[:6_000], "calibrateImage": indices[6_000:]}, edges)
    assert len(text) > 2 << 20  # More than is read at once, twice.
    rows = read(
        write_graph(tmp_path / "a.qg", {}, [], text),
        {"isr": ["?"] * 6_000, "calibrateImage": ["?"] * 6_000},
    )
    assert {row["quantum_id"] for row in rows} == {None}
    found = [
        (indices[n], indices[row["quantum_number"]])
        for row in rows
        for n in row["predecessor_numbers"]
    ]
    assert sorted(found) == sorted(edges)


@pytest.mark.parametrize("edges", [[], [(7, 3)]])
def test_few_edges_of_format_0_are_no_special_case(
    tmp_path: Path, edges: list[tuple[int, int]]
) -> None:
    uri = write_graph(tmp_path / "a.qg", {}, [], indexed({"isr": [3], "makeWarp": [7]}, edges))
    rows = read(uri, {"isr": ["?"], "makeWarp": ["?"]})
    assert [row["predecessor_numbers"] for row in rows] == [[1] * len(edges), []]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (indexed({"isr": [3]}, [(3, 4)]), "does not hold"),
        (indexed({"isr": [3]}, [(3, 3)])[:-2], "ends too early"),
        (indexed({"isr": [3]}, [(3, 3)]).replace("[3,3]", "[3,x]"), "JSON is malformed"),
        (indexed({"isr": [3]}, [(3, 3)]).replace("[3,3]", "[3]"), "Expected `array`"),
        (indexed({"isr": [3]}, []).replace("quantum_index", "index"), "without an ID"),
    ],
)
def test_a_damaged_graph_of_format_0_is_told(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(PredictedGraphError, match=reason):
        read_predecessors(write_graph(tmp_path / "a.qg", {}, [], text))


STRANGER = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("edges", "reason"),
    [
        ('[["{0}","{1}"]', "ends too early"),
        ('[["{0}","{1}"', "ends too early"),
        ('[["{0}","{1}"],["{0}";"{1}"]]}}', "no pairs of UUIDs"),
        ('[["{0}","' + "g" * 36 + '"]]}}', "no UUID"),
        ('[["{0}","' + STRANGER + '"]]}}', "does not hold"),
    ],
)
def test_damaged_edges_cost_what_is_blocked_and_not_what_was_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edges: str, reason: str
) -> None:
    ids = identifiers(2, seed=5)
    quanta = {"isr": ids[:1], "calibrateImage": ids[1:]}
    whole = json.dumps(
        {"quanta": {k: [{"quantum_id": v[0], "data_coordinate": [0]}] for k, v in quanta.items()}},
        separators=(",", ":"),
    )
    text = whole[:-1] + ',"edges":' + edges.format(*ids)
    uri = write_graph(tmp_path / "a.qg", quanta, [], text)
    with pytest.raises(PredictedGraphError, match=reason):
        read_predecessors(uri)
    part = (uri, header_of(quanta))
    written = reading.read(PREDICTED_GRAPH, part, None, tmp_path / "slice")
    assert written.warning is not None
    assert "count as missing" in written.warning
    content = pq.read_table(written.files["expectations"]).to_pylist()
    rows = [row for row in content if row["data_id"]]
    assert [row["predecessor_numbers"] for row in rows] == [None, None]
