"""User, password and signature of a URI open a store: they stand in no file and no message."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import extract.cli
from extract.errors import CampaignsError, StoreError
from extract.sources import predicted_graphs
from extract.uris import without_secrets
from tests.extract.sources.test_predicted_graphs import header_of, identifiers, write_graph
from tests.extract.stores.repositories import webdav_app
from tests.extract.stores.servers import Doorman, serve
from tests.extract.tiny import TinyRepository, read_lake, run_extraction


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("davs://me:secret@host:1/a/b.qg?sig=secret#secret", "davs://host:1/a/b.qg"),
        ("https://secret@host/a?X-Amz-Signature=secret: gone", "https://host/a: gone"),
        ("from http://a:secret@h/x to s3://b/y?secret now", "from http://h/x to s3://b/y now"),
        ("/path/a?b#c.qg", "/path/a?b#c.qg"),
        ("file:///path/me@host/a.qg", "file:///path/me@host/a.qg"),
    ],
)
def test_only_what_opens_a_store_is_left_out(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_errors_never_say_a_secret() -> None:
    assert "secret" not in str(StoreError("http://me:secret@host/a: is down"))


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    """Make a repository of one RUN."""
    repository = TinyRepository(tmp_path)
    repository.add("a/stage1/1", {"isr": [1, 2]})
    repository.chain("a/stage1", "a/stage1/1")
    return repository


def test_a_predicted_graph_is_read_by_a_signed_uri_and_stored_without(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quanta = {"isr": identifiers(2, seed=1)}
    (tmp_path / "served").mkdir()
    write_graph(tmp_path / "served" / "a.qg", quanta, [])
    # A real header takes a whole pipeline: what is tested is the way of the URI.
    monkeypatch.setattr(predicted_graphs, "read_predicted_header", lambda _: header_of(quanta))
    with serve(Doorman(webdav_app(tmp_path / "served"))) as address:
        uri = f"http://me:secret@{address}/a.qg?signature=secret"
        stage = {"collections": "a/stage1", "quantum_graphs": uri}
        campaigns, data = repository.campaigns({"stage1": stage}), tmp_path / "data"
        assert run_extraction(campaigns, data).graphs_read == 1
        assert run_extraction(campaigns, data).graphs_read == 0, "unchanged"
        status = CliRunner().invoke(
            extract.cli.app, ["status", str(campaigns), "--data", str(data)]
        )
    shown = f"http://{address}/a.qg"
    assert {row["graph_uri"] for row in read_lake(data, "expectations").to_pylist()} == {shown}
    assert read_lake(data, "stages").to_pylist()[0]["quantum_graphs"] == [shown]
    assert "secret" not in status.output
    for path in data.rglob("*"):
        assert "secret" not in path.name
        assert not path.is_file() or b"secret" not in path.read_bytes(), path


def test_a_graph_that_cannot_be_read_is_told_without(
    repository: TinyRepository, tmp_path: Path
) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "a.qg").write_text("no graph")
    with serve(Doorman(webdav_app(tmp_path / "served"))) as address:
        uri = f"http://me:secret@{address}/a.qg?signature=secret"
        stage = {"collections": "a/stage1", "quantum_graphs": uri}
        campaigns = repository.campaigns({"stage1": stage})
        done = CliRunner().invoke(
            extract.cli.app, ["run", str(campaigns), "--data", str(tmp_path / "data")]
        )
    assert done.exit_code == 1
    assert "a.qg: cannot be read as a predicted graph" in done.output
    assert "secret" not in done.output


def test_two_graphs_that_differ_by_a_query_alone_are_refused(
    repository: TinyRepository, tmp_path: Path
) -> None:
    (tmp_path / "a.qg").write_text("")
    with serve(Doorman(webdav_app(tmp_path))) as address:
        uris = [f"http://{address}/a.qg?part={number}" for number in (1, 2)]
        stage = {"collections": "a/stage1", "quantum_graphs": uris}
        with pytest.raises(CampaignsError, match="two predicted graphs differ only in"):
            run_extraction(repository.campaigns({"stage1": stage}), tmp_path / "data")
