"""A store that cannot be reached is waited for once, not once for each of its RUNs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from tests.extract.stores.commands import Outcome, lake_table, run_command, run_process
from tests.extract.stores.repositories import Repository, configure_elsewhere, webdav_app
from tests.extract.stores.servers import dead_address, serve
from tests.extract.stores.small_repository import FILES_RUN, GRAPH_RUN
from tests.extract.tiny import TinyRepository

RUNS = [f"u/tiny/{number}" for number in range(8)]


class Mortal:
    """A server that falls silent at the first request for a path with a part."""

    def __init__(self, app: WSGIApplication, last_words: str) -> None:
        self._app = app
        self._last_words = last_words
        self._is_silent = False
        self._is_back = threading.Event()
        self.unanswered = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._is_silent |= self._last_words in environ["PATH_INFO"]
        if self._is_silent and not self._is_back.is_set():
            self.unanswered += 1
            self._is_back.wait(60)
        return self._app(environ, start_response)

    @contextmanager
    def on_duty(self) -> Iterator[str]:
        """Serve, and answer everything again at the end; yields the store's root."""
        with serve(self) as address:
            try:
                yield f"http://{address}/"
            finally:
                self.come_back()

    def come_back(self) -> None:
        """Answer again."""
        self._is_back.set()


@pytest.fixture(scope="module")
def eight_runs(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Eight RUNs of plain files in one chain, and a chain of none."""
    root = tmp_path_factory.mktemp("tiny")
    repository = TinyRepository(root)
    for run in RUNS:
        repository.add(run, {"isr": [1, 2]})
    repository.chain(FILES_RUN, *RUNS)
    repository.chain(GRAPH_RUN)
    return Repository(str(root / "repo"))


def errors(outcome: Outcome) -> list[str]:
    return [line for line in outcome.text.splitlines() if line.startswith("Error: ")]


@pytest.mark.parametrize("store", ["silent", "dead"])
def test_a_store_that_is_down_fails_all_its_runs_in_one_line_after_one_wait(
    store: str, eight_runs: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than a busy machine takes to open the repository.
    monkeypatch.setattr("extract.butler.store_errors.ANSWER_LIMIT_S", 4.0)
    server = Mortal(webdav_app(Path(eight_runs.name)), last_words="")
    with server.on_duty() as silent:
        where = {"silent": silent, "dead": f"http://{dead_address()}/"}[store]
        path = configure_elsewhere(eight_runs, where, tmp_path)
        outcome = run_command("run", Repository(str(path)), tmp_path / "x", "--workers", "1")
        asked = server.unanswered
    assert outcome.code == 1
    (line,) = errors(outcome)
    assert line.startswith(f"Error: {where.rstrip('/')}: no")
    assert f"Not tried: 8 RUNs that it keeps (DM-1 stage1: {RUNS[0]} to " in line
    assert asked <= 1
    assert "\n0 RUNs read" in f"\n{outcome.text}"


def test_a_store_that_goes_down_costs_only_the_runs_that_wait_for_it(
    eight_runs: Repository, tmp_path: Path
) -> None:
    impatient = {"LSST_HTTP_TIMEOUT_CONNECT": "1", "LSST_HTTP_TIMEOUT_READ": "1",
                 "LSST_HTTP_BACKOFF_MIN": "0.01", "LSST_HTTP_BACKOFF_MAX": "0.02"}  # fmt: skip
    server = Mortal(webdav_app(Path(eight_runs.name)), last_words=RUNS[3])
    options = ("--workers", "1", "--threads", "4")
    with server.on_duty() as where:
        there = Repository(str(configure_elsewhere(eight_runs, where, tmp_path)), impatient)
        outcome = run_process("run", there, tmp_path / "x", *options)
        server.come_back()
        read = set(lake_table(outcome.data, "quanta")["run"].to_pylist())
        again = run_process("run", there, tmp_path / "x", *options)
    assert outcome.code == 1
    *waited, summed_up = errors(outcome)
    assert 1 <= len(waited) <= 2  # One is read while the next stands ready.
    assert all("no answer in time" in line for line in waited)
    assert f"Not tried: {5 - len(waited)} RUNs that it keeps (" in summed_up
    assert read == set(RUNS[:3])
    assert again.code == 0
    assert "5 RUNs read (5 new, 0 changed), 3 unchanged" in again.text


def test_a_store_that_refuses_one_run_keeps_nobody_from_reading_the_others(
    eight_runs: Repository, tmp_path: Path
) -> None:
    app = webdav_app(Path(eight_runs.name))

    def refusing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if any(run in environ["PATH_INFO"] for run in (RUNS[0], RUNS[4])):
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        answer: Iterable[bytes] = app(environ, start_response)
        return answer

    with serve(refusing) as address:
        path = configure_elsewhere(eight_runs, f"http://{address}/", tmp_path)
        outcome = run_command("run", Repository(str(path)), tmp_path / "x", "--workers", "1")
    assert outcome.code == 1
    assert [RUNS[0] in errors(outcome)[0], RUNS[4] in errors(outcome)[1]] == [True, True]
    assert len(errors(outcome)) == 2
    assert "6 RUNs read" in outcome.text
