"""Two RUNs in one command, by the real programs on a real repository."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reports.cli import app
from tests.extract.tiny import TinyRepository

pytestmark = pytest.mark.slow

OLD, NEW = "u/me/w_2026_01/20260101T000000Z", "u/me/w_2026_05/20260201T000000Z"


def compare(data: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["compare", *words, "--data", str(data)])
    return result.exit_code, result.output


def test_two_runs_become_a_report(tmp_path: Path) -> None:
    repository = TinyRepository(tmp_path)
    repository.add(OLD, {"isr": [1, 2, 3]}, peak_bytes=1 << 30)
    repository.add(NEW, {"isr": [1, 2, 3]}, peak_bytes=2 << 30)
    root = str(tmp_path / "repo")
    status, said = compare(tmp_path / "data", OLD, NEW, "--repository", root)
    assert status == 0, said
    assert "1 task with matched data IDs" in said
    page = (tmp_path / "data" / "report" / "index.html").read_text(encoding="utf-8")
    assert "w_2026_05-20260201T000000Z" in page


def test_a_program_that_fails_ends_the_comparison(tmp_path: Path) -> None:
    status, said = compare(tmp_path / "data", "a", "b", "--repository", str(tmp_path / "none"))
    assert status == 1
    assert "census-extract init failed; see its message above" in said


def test_a_program_that_is_not_installed_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    status, said = compare(tmp_path / "data", "a", "b", "--repository", "repo")
    assert status == 1
    assert "pip install 'quanta-census[extract,warehouse]'" in said
