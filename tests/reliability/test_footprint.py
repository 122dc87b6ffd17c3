"""A census writes only its own files, in folders of any name, and opens no connection."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import dbt_project.runner.cli
import extract.cli
import reports.cli
from extract.butler.repository import open_repository
from extract.copies import pull
from extract.errors import LakeError, RepositoryError
from tests.extract.tiny import TinyRepository
from tests.reliability.killing import ROOT, STEPS, Census

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("parsed_project")]

WATCH = """\
import json, os, sys

def watch(event, arguments):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.bind"):
        with open(os.environ["CENSUS_WATCHED"], "a") as log:
            log.write(json.dumps([sys.argv[:2], event, repr(arguments)]) + chr(10))

sys.addaudithook(watch)
"""
"""Every Python process imports it when it starts, workers too."""

QUIET = {"socket.gethostname", "socket.getservbyname"}
"""Events that ask this machine alone."""


NAME = "a #*[x] 'q' \"d\" $ % {c} \u03b1"
"""Of a folder: characters that a shell, SQL, a URI, a glob or a template would take for more."""

UMASK = 0o027
"""Neither the usual one nor that of private files, so both show."""


@pytest.fixture(scope="module")
def census(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A census of two RUNs made under an umask, each connection of it written down."""
    root = tmp_path_factory.mktemp("census") / NAME
    root.mkdir()
    repository = TinyRepository(root)
    for number in (1, 2):
        repository.add(f"a/stage1/{number}", {"isr": [1, 2], "calibrateImage": [1]})
    campaigns = repository.campaigns({"stage1": "a/stage1/*"}).rename(root / f"{NAME}.yaml")
    census = Census(campaigns, root / "data")
    (root / "sitecustomize.py").write_text(WATCH)
    log = root / "connections"
    log.touch()
    for step in STEPS:
        done = subprocess.run(
            [*_without_network(), *census.command(step)],
            cwd=ROOT,
            umask=UMASK,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": str(root), "CENSUS_WATCHED": str(log)},
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return root


def _without_network() -> list[str]:
    """Give the command that takes the network away, where this user may: C code is not watched."""
    command = ["unshare", "--net"]
    try:
        may = subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return []
    return command if may else []


def _made(root: Path) -> Iterator[Path]:
    """Give all that the census made."""
    return (root / "data").rglob("*")


def test_files_have_the_permissions_that_the_umask_leaves(census: Path) -> None:
    found = {
        path.relative_to(census): stat.S_IMODE(path.lstat().st_mode)
        for path in _made(census)
        if not path.is_symlink()
    }
    assert len(found) > 50
    wrong = {
        str(path): oct(mode)
        for path, mode in found.items()
        if mode != (0o777 if (census / path).is_dir() else 0o666) & ~UMASK
    }
    assert not wrong


def test_a_census_of_local_files_talks_to_nobody(census: Path) -> None:
    said = [json.loads(line) for line in (census / "connections").read_text().splitlines()]
    assert not [each for each in said if each[1] not in QUIET]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["extract", "status", "FILE"], "a/stage1/2"),
        (["extract", "check", "FILE"], "ok    DM-1 stage1: 2 RUNs"),
        (["extract", "push", "COPY"], "files copied"),
        (["extract", "pull", "COPY"], "unchanged"),
        (["dbt_project", "build"], "is of this lake and these models already"),
        (["dbt_project", "sql", "--format", "csv", "select count(*) n from fct_quanta"], "n\n6\n"),
        (["dbt_project", "ask", "--format", "csv", "worst_quanta"], "calibrateImage"),
        (["reports", "summary"], "Stage 1"),
        (["reports", "publish", "PUBLIC"], "index.html"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_a_census_works_in_a_folder_of_any_name(census: Path, words: list[str], said: str) -> None:
    places = {"FILE": census / f"{NAME}.yaml", "COPY": census / "copy", "PUBLIC": census / "public"}
    command = [sys.executable, "-m", *(str(places.get(word, word)) for word in words)]
    done = subprocess.run(
        [*command, "--data", str(census / "data")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert said in done.stdout + done.stderr


def test_clean_works_in_a_folder_of_any_name(census: Path) -> None:
    shutil.copytree(census / "data", census / "cleaned", copy_function=os.link)
    subprocess.run(["make", "clean", f"DATA={census / 'cleaned'}"], cwd=ROOT, check=True)
    assert {path.name for path in (census / "cleaned").iterdir()} == {"lake", "history"}


@pytest.mark.parametrize("part", ["?", "\\"])
@pytest.mark.parametrize(
    ("app", "words"),
    [
        (extract.cli.app, ["run", "campaigns/demo.yaml"]),
        (dbt_project.runner.cli.app, ["build"]),
        (reports.cli.app, ["run"]),
    ],
    ids=["extract", "transform", "report"],
)
def test_a_name_that_a_library_misreads_is_refused(
    app: typer.Typer, words: list[str], part: str, tmp_path: Path
) -> None:
    data = tmp_path / f"a{part}b"
    done = CliRunner().invoke(app, [*words, "--data", str(data)], env={"COLUMNS": "1000"})
    assert done.exit_code == 2
    assert f"has {part} in its name" in done.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a%41b", "a$HOME", "a#b"])
def test_a_place_that_the_butler_would_look_for_elsewhere_is_refused(
    name: str, tmp_path: Path
) -> None:
    place = tmp_path / name
    with (
        pytest.raises(RepositoryError, match="the Butler would open"),
        open_repository(str(place)),
    ):
        raise AssertionError
    with pytest.raises(LakeError, match="would be copied to or from"):
        pull(tmp_path / "lake", str(place), may_replace=False, say=print)
    demo = CliRunner().invoke(extract.cli.app, ["demo", str(place)])
    assert demo.exit_code == 1
    assert "the Butler would write the demo into" in demo.output
    assert not list(tmp_path.iterdir())


def test_the_watch_would_see_a_connection(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    log = tmp_path / "connections"
    code = "import socket; socket.socket().connect_ex(('127.0.0.1', 1))"
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "CENSUS_WATCHED": str(log)},
    )
    assert "socket.connect" in log.read_text()
