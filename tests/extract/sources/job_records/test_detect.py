"""Kinds told by content, compression, bounded memory, and files that are no records."""

from __future__ import annotations

import gzip
import json
import lzma
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.errors import RecordsError
from extract.sources.job_records import BadRecord, JobRecord, Kind, detect_kind, read_records

from .test_htcondor import ad, submit
from .test_panda import FAILED, FINISHED
from .test_slurm import HEADER, job, line


def text_of(kind: Kind) -> str:
    match kind:
        case Kind.PANDA:
            return json.dumps([FINISHED, FAILED])
        case Kind.SLURM_TEXT:
            return f"{HEADER}\n{line('1')}\n"
        case Kind.SLURM_JSON:
            return json.dumps({"jobs": [job()]})
        case Kind.HTCONDOR_LOG:
            return submit()
        case Kind.HTCONDOR_JSON:
            return json.dumps([ad()], indent=1)
        case Kind.EMPTY:
            return "\n\n"


@pytest.mark.parametrize("kind", Kind)
def test_the_content_tells_the_kind_and_the_name_does_not(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / "records.json.log.txt"
    path.write_text(text_of(kind))
    assert detect_kind(path) is kind


def test_an_empty_list_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_text("[]")
    assert detect_kind(path) is Kind.EMPTY
    assert list(read_records(path)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello\n", "is not a file of job records"),
        ("a,b,c\n1,2,3\n", "is not a file of job records"),
        ('{"a": 1}\n', "has no job records"),
        ("[1, 2]", "has no job records"),
        ("{", "has no job records"),
    ],
)
def test_another_file_is_refused_with_what_is_expected(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "records"
    path.write_text(text)
    with pytest.raises(RecordsError, match=rf"{path}.*{said}.*condor_history"):
        list(read_records(path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match=r"nowhere.*No such file"):
        detect_kind(tmp_path / "nowhere")


def several_frames(content: bytes) -> bytes:
    half = len(content) // 2
    return zstandard.compress(content[:half]) + zstandard.compress(content[half:])


@pytest.mark.parametrize(
    "compress", [gzip.compress, zstandard.compress, lzma.compress, several_frames]
)
@pytest.mark.parametrize("kind", [Kind.PANDA, Kind.SLURM_TEXT])
def test_compressed_files_are_read_as_plain_ones(
    tmp_path: Path, kind: Kind, compress: Callable[[bytes], bytes]
) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    content = text_of(kind).encode()
    plain.write_bytes(content)
    packed.write_bytes(compress(content))
    assert list(read_records(packed)) == list(read_records(plain)) != []


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress, lzma.compress])
def test_a_compressed_file_that_is_cut_keeps_what_came_before(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "packed"
    records = [FINISHED | {"pandaid": n, "batchid": str(n * 7919)} for n in range(20_000)]
    content = compress("\n".join(json.dumps(record) for record in records).encode())
    path.write_bytes(content[: len(content) * 3 // 4])
    rows = list(read_records(path))
    bad = [row for row in rows if isinstance(row, BadRecord)]
    assert len(rows) > 5000
    assert len(bad) == 1
    assert isinstance(rows[-1], BadRecord)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    text = json.dumps(FINISHED)
    with path.open("w") as sink:
        sink.write("[")
        sink.write(",\n".join([text] * 30_000))
        sink.write("]")
    assert path.stat().st_size > 20 * 1024**2
    tracemalloc.start()
    count = sum(isinstance(row, JobRecord) for row in read_records(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_000
    assert peak < 12 * 1024**2


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=4), st.sampled_from(sorted(Kind)))
def test_no_damage_raises_anything_but_the_error_of_records(
    tmp_path_factory: pytest.TempPathFactory, at: int, damage: bytes, kind: Kind
) -> None:
    content = bytearray(text_of(kind).encode())
    at %= len(content)
    content[at : at + len(damage)] = damage
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(content)
    try:
        rows = list(read_records(path))
    except RecordsError:
        return
    assert all(isinstance(row, JobRecord | BadRecord) for row in rows)
