"""A lake is copied to a store and back: with the same files, none twice and none incomplete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from typer.testing import CliRunner

import extract.cli
from extract import copies
from extract.copies import pull, push
from extract.errors import LakeError
from tests.extract.stores.conftest import S3_KEYS
from tests.extract.stores.repositories import webdav_app
from tests.extract.stores.servers import Doorman, dead_address, serve
from tests.extract.tiny import TinyRepository, run_extraction


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a lake of one RUN."""
    root = tmp_path_factory.mktemp("tiny")
    repository = TinyRepository(root)
    repository.add("a/stage1/1", {"isr": [1, 2]})
    repository.chain("a/stage1", "a/stage1/1")
    run_extraction(repository.campaigns({"stage1": "a/stage1"}), root / "data")
    return root / "data" / "lake"


@contextmanager
def s3(_: Path) -> Iterator[str]:
    doorman = Doorman(DomainDispatcherApplication(create_backend_app))
    with serve(doorman) as address, pytest.MonkeyPatch.context() as patch:
        for name, value in {"S3_ENDPOINT_URL": f"http://{address}", **S3_KEYS}.items():
            patch.setenv(name, value)
        client = boto3.client("s3", endpoint_url=f"http://{address}", region_name="us-east-1")
        client.create_bucket(Bucket="copies")
        yield "s3://copies/of/lake"


@contextmanager
def webdav(folder: Path) -> Iterator[str]:
    folder.mkdir()
    with serve(Doorman(webdav_app(folder, readonly=False))) as address:
        yield f"dav://{address}/of/lake"


@contextmanager
def folder(path: Path) -> Iterator[str]:
    yield str(path / "of" / "lake")


def digests(root: Path) -> dict[str, str]:
    """Tell what is in each file, but for what a process leaves for the next one."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def quiet(_: str) -> None:
    """Hear nothing."""


def send(lake: Path, uri: str, **options: Any) -> copies.Copied:  # noqa: ANN401
    return push(lake, uri, **{"may_replace": False, "say": quiet, **options})


def fetch(lake: Path, uri: str, **options: Any) -> copies.Copied:  # noqa: ANN401
    return pull(lake, uri, **{"may_replace": False, "say": quiet, **options})


@pytest.mark.parametrize("store", [s3, webdav, folder])
def test_a_lake_comes_back_as_it_was_and_is_sent_once(
    lake: Path,
    tmp_path: Path,
    store: Any,  # noqa: ANN401
) -> None:
    with store(tmp_path / "store") as uri:
        first, second = send(lake, uri), send(lake, uri)
        assert first.copied_count == len(digests(lake)) - 1, "all but the manifest"
        assert (second.copied_count, second.kept_count) == (0, first.copied_count)
        assert fetch(tmp_path / "back", uri).copied_count == first.copied_count
        assert digests(tmp_path / "back") == digests(lake)
        assert fetch(tmp_path / "back", uri).copied_count == 0


@pytest.mark.parametrize("direction", ["push", "pull"])
def test_what_was_interrupted_is_not_finished_and_goes_on(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, direction: str
) -> None:
    store, back = tmp_path / "store", tmp_path / "back"
    monkeypatch.setattr(copies, "_BETWEEN_NOTES", 2)
    if direction == "pull":
        send(lake, str(store))
    heard: list[str] = []

    def interrupt(line: str) -> None:
        heard.append(line)
        if len(heard) == 2:
            raise KeyboardInterrupt

    def copy(say: Any) -> copies.Copied:  # noqa: ANN401
        if direction == "push":
            return send(lake, str(store), say=say)
        return fetch(back, str(store), say=say)

    with pytest.raises(KeyboardInterrupt):
        copy(interrupt)
    target = store if direction == "push" else back
    assert json.loads((target / "manifest.json").read_text())["is_finished"] is False
    if direction == "push":
        with pytest.raises(LakeError, match="is incomplete"):
            fetch(back, str(store))
    assert copy(quiet).kept_count == 4
    assert digests(target) == digests(lake)


def test_a_file_that_changed_on_the_way_is_not_put_in_its_place(lake: Path, tmp_path: Path) -> None:
    store, back = tmp_path / "store", tmp_path / "back"
    send(lake, str(store))
    quanta = next(store.glob("quanta/campaign=DM-1/**/*.parquet"))
    content = bytearray(quanta.read_bytes())
    content[100] ^= 1
    quanta.write_bytes(content)
    with pytest.raises(LakeError, match="its content is not what was pushed"):
        fetch(back, str(store))
    assert not list(back.glob("quanta/campaign=DM-1/**/*.parquet"))


def test_a_damaged_file_of_the_lake_is_not_sent(lake: Path, tmp_path: Path) -> None:
    fetch_from = tmp_path / "first"
    send(lake, str(fetch_from))
    mine = tmp_path / "mine"
    fetch(mine, str(fetch_from))
    quanta = next(mine.glob("quanta/campaign=DM-1/**/*.parquet"))
    quanta.write_bytes(quanta.read_bytes()[:-1] + b"x")
    with pytest.raises(LakeError, match=r"is damaged: remove it, run census-extract run"):
        send(mine, str(tmp_path / "second"))


def test_campaigns_that_only_the_target_has_are_not_lost_unasked(
    lake: Path, tmp_path: Path
) -> None:
    repository = TinyRepository(tmp_path)
    repository.add("b/stage1/1", {"isr": [1]})
    repository.chain("b/stage1", "b/stage1/1")
    text = repository.campaigns({"stage1": "b/stage1"}).read_text().replace("DM-1", "DM-2")
    (tmp_path / "other.yaml").write_text(text)
    run_extraction(tmp_path / "other.yaml", tmp_path / "data")
    store = tmp_path / "store"
    send(lake, str(store))
    other = tmp_path / "data" / "lake"
    with pytest.raises(LakeError, match=r"has campaigns that .* does not have \(DM-1\)"):
        send(other, str(store))
    assert send(other, str(store), may_replace=True).removed_count > 0
    assert digests(store) == digests(other)


@pytest.mark.parametrize(
    "name", ["../../x.parquet", "/etc/x.parquet", "quanta/campaign=../stage=a/b/x.parquet", "x"]
)
def test_a_manifest_that_names_files_elsewhere_is_refused(
    lake: Path, tmp_path: Path, name: str
) -> None:
    store = tmp_path / "store"
    send(lake, str(store))
    content = json.loads((store / "manifest.json").read_text())
    content["files"][name] = {"bytes_count": 1, "sha256": "0"}
    (store / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(LakeError, match="which is not a file of a lake"):
        fetch(tmp_path / "back", str(store))


def test_errors_of_a_store_are_one_line_without_secrets(lake: Path, tmp_path: Path) -> None:
    uri = f"dav://me:secret@{dead_address()}/lake?signature=abc"
    done = CliRunner().invoke(extract.cli.app, ["push", uri, "--data", str(lake.parent)])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("Error: dav://127.0.0.1")
    assert "secret" not in done.stderr
    assert "signature" not in done.stderr


def test_there_must_be_something_to_copy(lake: Path, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="there is no lake: run census-extract run first"):
        send(tmp_path / "nothing", str(tmp_path / "store"))
    with pytest.raises(LakeError, match="there is no lake: push one first"):
        fetch(tmp_path / "back", str(tmp_path / "store"))
    assert not (tmp_path / "back").exists()
