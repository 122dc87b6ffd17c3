"""The command line makes paths absolute, and errors are one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reports import cli
from reports.cli import app


@pytest.mark.parametrize("command", ["run", "summary", "technote", "requests", "regressions"])
def test_every_command_works_with_a_relative_data(
    command: str, data: Path, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def build(sources: Path, *, environment: Path) -> Path:
        assert environment.is_absolute()
        seen.append(sources)
        return sources

    monkeypatch.setattr(cli, "build_html", build)
    monkeypatch.chdir(data.parent)
    result = CliRunner().invoke(app, [command, "--data", data.name])
    assert result.exit_code in ((0, 2) if command == "regressions" else (0,)), result.output
    assert seen == ([report / "technote"] if command == "technote" else [])


def test_the_commands_of_the_test_are_all_there_are() -> None:
    names = {command.name for command in app.registered_commands}
    assert names == {
        "compare",
        "digest",
        "publish",
        "run",
        "summary",
        "technote",
        "requests",
        "regressions",
    }


def test_a_relative_output_is_named_in_full(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["requests", "--data", str(data), "--output", "r.yaml"])
    assert result.output.strip() == f"Requests: {tmp_path / 'r.yaml'}"
    assert (tmp_path / "r.yaml").is_file()
