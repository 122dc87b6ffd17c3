"""Damage that no checksum tells of, and damage that something else would tell first."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

import extract.sources.provenance.container as module
from extract.errors import GraphError
from extract.sources.provenance import check_graph, describe_graph, plan_slices, read_slice
from extract.sources.provenance.container import Decompressor, read_directory, verified_checksums
from tests.bench.make_graph import synthetic_quanta, write_graph

Change = Callable[[bytearray], None]

_HEADER_SIZE = 17
_ROW_SIZE = 88
_QUANTA, _METADATA = 1, 3
_OFFSET, _SIZE = 0, 1


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graphs") / "sound.qg"
    write_graph(path, synthetic_quanta(30, failed_fraction=0), with_dictionary=False)
    return path


def rewritten(graph: Path, path: Path, name: str, change: Change) -> Path:
    """Write a graph again with one member changed, and the checksum that belongs to it."""
    with zipfile.ZipFile(graph) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.infolist():
            content = bytearray(old.read(entry))
            if entry.filename == name:
                change(content)
            new.writestr(entry.filename, bytes(content))
    return path


def read(path: Path) -> int:
    """Read a whole graph, and count its quanta."""
    (part,) = plan_slices(describe_graph(check_graph(str(path))), 1)
    return read_slice(part, lambda *_: None).attempts_count


def address(member: int, part: int, value: int) -> Change:
    """Change one integer of the first quantum's addresses."""

    def change(content: bytearray) -> None:
        for row in range(_HEADER_SIZE, len(content), _ROW_SIZE):
            places = [row + 24 + 16 * number for number in range(4)]
            if int.from_bytes(content[places[_QUANTA] + 8 : places[_QUANTA] + 16], "big"):
                place = places[member] + 8 * part
                content[place : place + 8] = value.to_bytes(8, "big")
                return
        raise ValueError("no quantum")

    return change


def first_byte(value: int) -> Change:
    def change(content: bytearray) -> None:
        content[0] = value

    return change


def other_integers(content: bytearray) -> None:
    header = json.loads(zstandard.decompress(bytes(content))) | {"int_size": 3}
    content[:] = zstandard.compress(json.dumps(header).encode())


def one_row_less(content: bytearray) -> None:
    del content[-_ROW_SIZE:]


def test_a_graph_that_was_only_written_again_is_read(graph: Path, tmp_path: Path) -> None:
    same = rewritten(graph, tmp_path / "same.qg", "nodes.addr", lambda _: None)
    assert read(same) == read(graph) == 30


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("nodes.addr", address(_METADATA, _OFFSET, 2**63), "impossible address"),
        ("nodes.addr", address(_METADATA, _SIZE, 2**64 - 1), "impossible address"),
        ("nodes.addr", address(_QUANTA, _OFFSET, 2**63), "impossible address"),
        ("nodes.addr", address(_METADATA, _OFFSET, 2**40), "outside member metadata.mb"),
        ("nodes.addr", address(_METADATA, _SIZE, 8), "empty block in member metadata.mb"),
        ("nodes.addr", address(_METADATA, _SIZE, 20), "addresses account for"),
        ("nodes.addr", one_row_less, "rows need"),
        ("nodes.addr", first_byte(4), "integers of 4 bytes, the header of 8"),
        ("header.json.zst", other_integers, "integers of 3 bytes, not 1, 2, 4 or 8"),
        ("quanta.mb", first_byte(1), "size of a block differs"),
        ("metadata.mb", first_byte(1), "size of a block differs"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(
    graph: Path, tmp_path: Path, name: str, change: Change, said: str
) -> None:
    path = rewritten(graph, tmp_path / "odd.qg", name, change)
    with pytest.raises(GraphError, match=said) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_damage_is_told_in_place_of_what_came_of_it(graph: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.qg"
    content = bytearray(graph.read_bytes())
    # The number of rows: without the sum, a size that does not fit would be told.
    content[read_directory(str(graph))["nodes.addr"].offset + 8] ^= 1
    path.write_bytes(content)
    with pytest.raises(GraphError, match=r"nodes\.addr is damaged \(CRC32"):
        check_graph(str(path))


def test_an_interrupt_goes_before_damage(graph: Path) -> None:
    wrong = [replace(member, crc=0) for member in read_directory(str(graph)).values()]
    with pytest.raises(KeyboardInterrupt), verified_checksums(str(graph), wrong):
        raise KeyboardInterrupt


def test_a_file_that_went_away_does_not_hide_the_error_before(graph: Path) -> None:
    members = list(read_directory(str(graph)).values())
    with pytest.raises(GraphError, match="said before"), verified_checksums("/gone", members):
        raise GraphError("said before")


def test_one_damaged_frame_costs_no_other() -> None:
    frames = [memoryview(zstandard.compress(b"%d" % number * 9)) for number in range(3)]
    frames[1] = frames[1][:-2]
    first, damaged, nothing, last = Decompressor(b"").many([frames[0], frames[1], None, frames[2]])
    assert (first, nothing, last) == (b"0" * 9, None, b"2" * 9)
    assert isinstance(damaged, ValueError)


def test_frames_that_are_large_together_are_decompressed_when_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LARGEST_FRAME", 100)
    decompressor = Decompressor(b"")
    frame = memoryview(zstandard.compress(b"x" * 60))
    asked: list[object] = []
    monkeypatch.setattr(decompressor, "_try", asked.append)
    contents = iter(decompressor.many([frame, frame]))
    next(contents)
    assert len(asked) == 1
