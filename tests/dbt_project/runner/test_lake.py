"""A lake that is damaged, unfinished or of another version is refused, each by name."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbt_project.runner import build as builder
from dbt_project.runner.build import build
from dbt_project.runner.errors import TransformError
from dbt_project.runner.lake import check_content, read_manifest
from dbt_project.runner.layout import Layout
from extract.lake.schema import LAKE_SCHEMA_VERSION
from extract.lake.store import read_manifest as read_as_extraction_does
from tests.lake_factory import SyntheticLake, seal

Damage = Callable[[Path], object]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A small lake without a warehouse."""
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30")
    run = lake.run("DM-1", "stage1", "runs/1")
    for detector in range(20):
        data_id: dict[str, int | str] = {"instrument": "LSSTCam", "visit": 1, "detector": detector}
        lake.quantum("DM-1", "stage1", run, "isr", data_id, peak_gib=1.0 + detector)
    layout = Layout(tmp_path)
    lake.write(layout.lake)
    return layout


@pytest.fixture
def quanta(layout: Layout) -> Path:
    """Its one file of quanta."""
    (file,) = (layout.lake / "quanta").rglob("*.parquet")
    return file


def check(layout: Layout) -> None:
    check_content(layout, read_manifest(layout, LAKE_SCHEMA_VERSION))


def change_manifest(layout: Layout, **values: object) -> None:
    path = layout.lake / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def fill_with_garbage(file: Path) -> None:
    file.write_bytes(os.urandom(file.stat().st_size))


def cut_short(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def test_a_lake_as_extraction_left_it_passes(layout: Layout) -> None:
    check(layout)
    # Both sides read the same file.
    files = read_as_extraction_does(layout.lake).files
    manifest = read_manifest(layout, LAKE_SCHEMA_VERSION)
    assert manifest.digests == {name: file.sha256 for name, file in files.items()}
    assert manifest.sizes == {name: file.bytes_count for name, file in files.items()}


@pytest.mark.parametrize("damage", [flip_a_bit, fill_with_garbage])
def test_content_that_changed_is_named_with_a_remedy(
    layout: Layout, quanta: Path, damage: Damage
) -> None:
    damage(quanta)
    name = quanta.relative_to(layout.lake)
    with pytest.raises(TransformError, match=rf"{name} has changed .*: remove this file and run"):
        check(layout)


@pytest.mark.parametrize(
    ("damage", "said"),
    [(Path.unlink, "does not exist"), (cut_short, "bytes, but was written with")],
)
def test_files_that_are_gone_or_cut_short_are_named(
    layout: Layout, quanta: Path, damage: Damage, said: str
) -> None:
    damage(quanta)
    with pytest.raises(TransformError, match=rf"{quanta.name} .*{said}.*run `make extract` again"):
        read_manifest(layout, LAKE_SCHEMA_VERSION)


def test_a_file_that_no_extraction_wrote_is_not_read(layout: Layout, quanta: Path) -> None:
    (quanta.parent / "more.parquet").write_bytes(quanta.read_bytes())
    with pytest.raises(TransformError, match=r"more.parquet was not written by the extraction"):
        read_manifest(layout, LAKE_SCHEMA_VERSION)


def test_a_column_that_is_absent_is_named_and_not_read_as_absent_values(
    layout: Layout, quanta: Path
) -> None:
    table = pq.read_table(quanta, partitioning=None).drop_columns(["max_rss_bytes"])
    pq.write_table(table, quanta)
    seal(layout.lake)
    with pytest.raises(
        TransformError, match=rf"{quanta.name} does not have the .*: max_rss_bytes:"
    ):
        check(layout)


def test_a_file_of_garbage_that_extraction_vouches_for_is_named(
    layout: Layout, quanta: Path
) -> None:
    fill_with_garbage(quanta)
    seal(layout.lake)
    with pytest.raises(TransformError, match=rf"{quanta.name} is not a Parquet file"):
        check(layout)


def test_many_troubles_are_one_line(layout: Layout) -> None:
    for file in (layout.lake).rglob("*.parquet"):
        flip_a_bit(file)
    with pytest.raises(TransformError, match=r"and \d more: remove these files") as caught:
        check(layout)
    assert "\n" not in str(caught.value)


def test_an_extraction_that_did_not_finish_is_told(layout: Layout) -> None:
    change_manifest(layout, is_finished=False)
    with pytest.raises(TransformError, match=r"did not finish: run `make extract` again"):
        read_manifest(layout, LAKE_SCHEMA_VERSION)
    (layout.lake / "manifest.json").unlink()
    with pytest.raises(TransformError, match=r"did not finish: run `make extract` again"):
        read_manifest(layout, LAKE_SCHEMA_VERSION)


def test_an_extraction_that_goes_on_is_waited_for(layout: Layout) -> None:
    change_manifest(layout, is_finished=False)
    with (layout.lake / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(TransformError, match=r"an extraction is writing .*: wait"):
            read_manifest(layout, LAKE_SCHEMA_VERSION)


@pytest.mark.parametrize(
    ("version", "remedy"),
    [(1, r"remove .*/lake \(or choose another DATA\)"), (99, "update this program")],
)
def test_a_lake_of_another_version_is_told_with_its_remedy(
    layout: Layout, version: int, remedy: str
) -> None:
    change_manifest(layout, lake_schema_version=version)
    with pytest.raises(TransformError, match=rf"schema version {version}.*{remedy}"):
        read_manifest(layout, LAKE_SCHEMA_VERSION)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        b"\xff\xfe",
        {"files": 1},
        {"columns": None},
        {"files": {"a": {}}},
        {"files": {"a": {"bytes_count": 1e999, "sha256": ""}}},
    ],
)
def test_a_damaged_manifest_is_one_line(layout: Layout, content: bytes | dict[str, Any]) -> None:
    if isinstance(content, bytes):
        (layout.lake / "manifest.json").write_bytes(content)
    else:
        change_manifest(layout, **content)
    with pytest.raises(TransformError, match=r"manifest.json is damaged: remove .*/lake and run"):
        read_manifest(layout, LAKE_SCHEMA_VERSION)


def test_a_lake_that_changes_while_it_is_read_is_not_published(
    copied: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = copied.warehouse.stat()

    def extract_meanwhile(*_: object) -> list[object]:
        (file,) = (copied.lake / "campaigns" / "campaign=DM-1").rglob("*.parquet")
        pq.write_table(pq.read_table(file, partitioning=None), file, compression="none")
        seal(copied.lake)
        return []

    monkeypatch.setattr(builder, "_run_tests", extract_meanwhile)
    with pytest.raises(TransformError, match=r"changed the lake .* while it was read"):
        build(copied)
    assert copied.warehouse.stat().st_ino == before.st_ino


def test_rows_that_extraction_counted_and_the_lake_lacks_are_found(copied: Layout) -> None:
    (runs,) = (copied.lake / "runs/campaign=DM-3/stage=stage4").rglob("*.parquet")
    table = pq.read_table(runs, partitioning=None)
    position = table.schema.get_field_index("attempts_count")
    counts = pa.array([7] * len(table), table.schema.field(position).type)
    pq.write_table(table.set_column(position, table.schema.field(position), counts), runs)
    seal(copied.lake)
    with pytest.raises(TransformError, match=r"(?s)hold_the_attempts.*counted_count=7, .*=6"):
        build(copied)
