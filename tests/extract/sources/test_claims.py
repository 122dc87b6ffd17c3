"""Files that claim what they do not have: refused at once, and in one line."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import zstandard

from extract.errors import GraphError, PredictedGraphError, RecordsError
from extract.sources import metadata_files, predicted_graphs
from extract.sources.claims import require_small_members
from extract.sources.job_records.streams import opened
from extract.sources.metadata_files import _read_local
from extract.sources.predicted_graphs import read_predecessors, read_predicted_header
from extract.sources.provenance.check import check_graph

_NINE_GIB = b"\x28\xb5\x2f\xfd\xe0" + (9 * 2**30).to_bytes(8, "little")
"""The begin of a frame of zstandard whose content is said to be that large."""

_ROWS = b"\x08" + (2**60).to_bytes(8, "big") + (1).to_bytes(8, "big")
"""The begin of an address file of 2^60 rows."""


def write_members(path: Path, changes: Mapping[str, bytes], compression: int = 0) -> str:
    """Write a graph's members, empty but for what is claimed."""
    frame = zstandard.ZstdCompressor().compress(b"{}")
    members = {"header": frame, "pipeline_graph": frame, "packages": frame}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.json.zst", changes.get(name, content))
        archive.writestr("quanta.addr", changes.get("addresses", b"\x08" + bytes(16)))
    return str(path)


def test_what_real_writers_write_is_accepted(tmp_path: Path) -> None:
    with Path(write_members(tmp_path / "a.qg", {})).open("rb") as stream:
        require_small_members(stream, "quanta.addr")


@pytest.mark.parametrize("name", ["header", "pipeline_graph", "packages"])
def test_a_block_that_would_fill_the_memory_is_refused(tmp_path: Path, name: str) -> None:
    path = write_members(tmp_path / "a.qg", {name: _NINE_GIB})
    told = rf"member {name}.json.zst claims a block of 9,663,676,416 bytes"
    with pytest.raises(PredictedGraphError, match=told):
        read_predicted_header(path)


def test_more_addresses_than_bytes_are_refused(tmp_path: Path) -> None:
    path = write_members(tmp_path / "a.qg", {"addresses": _ROWS})
    with pytest.raises(PredictedGraphError, match=r"claims 1,152,921,504,606,846,976 rows"):
        read_predicted_header(path)


def test_members_that_zip_compresses_are_refused(tmp_path: Path) -> None:
    path = write_members(tmp_path / "a.qg", {"addresses": bytes(10_000_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(PredictedGraphError, match="is compressed by zip"):
        read_predicted_header(path)


def test_a_thin_graph_that_never_ends_a_quantum_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predicted_graphs, "_LARGEST_PIECE", 2**21)
    content = b'{"quanta":{"isr":[' + b" " * 2**23
    with zipfile.ZipFile(tmp_path / "a.qg", "w") as archive:
        archive.writestr("thin_graph.json.zst", zstandard.ZstdCompressor().compress(content))
    with pytest.raises(PredictedGraphError, match="a quantum of more than 2,097,152 bytes"):
        read_predecessors(str(tmp_path / "a.qg"))


@pytest.mark.parametrize("count", [2**70, -1])
def test_counts_that_cannot_be_are_refused(tmp_path: Path, count: int) -> None:
    text = f'{{"version":1,"graph_type":"provenance","output_run":"a","n_quanta":{count}}}'
    path = write_members(
        tmp_path / "a.qg", {"header": zstandard.ZstdCompressor().compress(text.encode())}
    )
    with pytest.raises(GraphError, match=r"member header\.json\.zst: .*n_quanta"):
        check_graph(path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_told_and_never_waited_for(tmp_path: Path, make: object) -> None:
    assert callable(make)
    make(tmp_path / "a.qg")
    path = str(tmp_path / "a.qg")
    with pytest.raises(PredictedGraphError, match="no regular file"):
        read_predicted_header(path)
    with pytest.raises(GraphError, match="no regular file"):
        check_graph(path)
    with pytest.raises(RecordsError, match="no regular file"), opened(Path(path)):
        pass


def test_a_pipe_in_place_of_metadata_is_read_as_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.json")
    assert _read_local(str(tmp_path / "a.json")) == b""


@pytest.mark.parametrize("name", ["sparse", "endless"])
def test_metadata_without_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(metadata_files, "LARGEST_DOCUMENT", 2**20)
    path = tmp_path / name
    if name == "sparse":
        with path.open("wb") as stream:
            stream.truncate(2**40)
    else:
        path.symlink_to("/dev/zero")
    assert "more than 1,048,576 bytes" in str(_read_local(str(path)))


def test_a_long_document_is_read_whole(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1_000
    (tmp_path / "a.json").write_bytes(content)
    assert _read_local(str(tmp_path / "a.json")) == content
