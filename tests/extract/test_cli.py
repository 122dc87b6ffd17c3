from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from extract.cli import app
from tests.extract.tiny import TinyRepository, read_lake

GROUP = typer.main.get_command(app)
COMMANDS: dict[str, object] = GROUP.commands  # type: ignore[attr-defined]
RUN = "a/stage1/20260101T000000Z"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> TinyRepository:
    built = TinyRepository(tmp_path_factory.mktemp("cli"))
    built.add(RUN, {"isr": [1, 2, 3]})
    built.file_of(RUN, "isr", 3).unlink()
    return built


def _call(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself_with_an_example_that_parses(name: str) -> None:
    command = COMMANDS[name]
    text: str = command.help  # type: ignore[attr-defined]
    example = next(line for line in text.splitlines() if line.startswith("Example: "))
    # An example may write its output to a file: that part is the shell's.
    command_line = example.removeprefix("Example: census-extract ").partition(" > ")[0]
    words = command_line.split()
    assert words[0] == name
    command.make_context(name, words[1:], resilient_parsing=False)  # type: ignore[attr-defined]
    for parameter in command.params:  # type: ignore[attr-defined]
        assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"


def test_help_does_not_wait_for_the_stack() -> None:
    code = "import sys, extract.cli; sys.exit(any(m.startswith('lsst') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_run_tells_what_it_did_and_what_could_not_be_read(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1/*"})
    arguments = ("run", campaigns, "--data", tmp_path, "--workers", 1)
    code, output = _call(*arguments)
    assert code == 0
    assert "1 RUN read (1 new, 0 changed), 0 unchanged" in output
    assert "Warning: 1 dataset or job record could not be read" in output
    code, output = _call(*arguments, "--max-rejects", 0)
    assert code == 1
    assert "0 RUNs read (0 new, 0 changed), 1 unchanged" in output
    assert "1 reject, more than --max-rejects 0" in output


def test_a_dry_run_writes_nothing(repository: TinyRepository, tmp_path: Path) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1/*"})
    code, output = _call("run", campaigns, "--data", tmp_path / "data", "--dry-run")
    assert code == 0
    assert f"DM-1 stage1: {RUN}: read (new), 3 quanta in plain files" in output
    assert not (tmp_path / "data").exists()


def test_status_shows_what_the_lake_holds_and_what_a_run_would_do(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1/*"})
    _, before = _call("status", campaigns, "--data", tmp_path)
    assert "read (new)" in before
    _call("run", campaigns, "--data", tmp_path, "--workers", 1)
    _, after = _call("status", campaigns, "--data", tmp_path)
    (line,) = [line for line in after.splitlines() if RUN in line]
    assert line.split()[:7] == ["DM-1", "stage1", RUN, "metadata_files", "3", "0", "1"]
    assert "nothing (unchanged)" in line
    assert read_lake(tmp_path, "runs").num_rows == 1


def test_status_tells_of_a_file_that_somebody_cut_short(
    repository: TinyRepository, tmp_path: Path
) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1/*"})
    _call("run", campaigns, "--data", tmp_path, "--workers", 1)
    (file,) = (tmp_path / "lake" / "quanta" / "campaign=DM-1").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:-1])
    _, output = _call("status", campaigns, "--data", tmp_path)
    (line,) = [line for line in output.splitlines() if RUN in line]
    assert line.endswith("read again (damaged in the lake), 3 quanta in plain files")


def test_status_fits_a_terminal_that_is_narrow(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.chain("a/stage2", RUN)
    repository.chain("a/empty")
    lost = {"collections": "a/empty", "incomplete": "Lost."}
    stages = {"stage1": "a/stage1/*", "stage2": "a/stage2", "stage3": lost}
    campaigns = repository.campaigns(stages)
    _call("run", campaigns, "--data", tmp_path, "--workers", 1)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "95")
    _, output = _call("status", campaigns, "--data", tmp_path)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in output.splitlines()]
    assert lines[0] == "DM-1 stage1  a/stage1"
    assert lines[2].split()[:5] == [RUN.rpartition("/")[2], "files", "3", "0", "1"]
    assert lines[2].endswith("nothing")
    assert "1 input set aside: 1 of stage1" in lines
    assert lines[-2].endswith("declared incomplete: Lost.")
    assert max(map(len, lines)) <= 95
    monkeypatch.setenv("COLUMNS", "300")
    assert RUN in _call("status", campaigns, "--data", tmp_path)[1]


def test_check_says_one_line_for_each_thing(repository: TinyRepository, tmp_path: Path) -> None:
    campaigns = repository.campaigns({"stage1": "a/stage1/*", "stage2": "a/gone"})
    code, output = _call("check", campaigns, "--data", tmp_path)
    lines = output.splitlines()
    assert code == 1
    assert [line[:5] for line in lines] == ["ok   ", "ok   ", "ok   ", "FAIL "]
    assert "stage1: 1 RUN," in lines[2]
    assert "the expected quanta are not known" in lines[2]
    assert "no collection 'a/gone'" in lines[3]
    assert not list(tmp_path.iterdir())


def test_check_tells_of_a_stage_in_which_there_is_nothing_to_read(
    repository: TinyRepository, tmp_path: Path
) -> None:
    repository.chain("a/inputs", RUN)
    stages = {"stage1": "a/stage1/*", "stage2": "a/inputs"}
    code, output = _call("check", repository.campaigns(stages), "--data", tmp_path)
    assert code == 1
    (failed,) = [line for line in output.splitlines() if line.startswith("FAIL ")]
    assert failed.startswith(
        "FAIL  DM-1 stage2: 0 RUNs, 1 input set aside: 1 of stage1, but nothing to read: "
    )
    declared = {"collections": "a/inputs", "incomplete": "The disk broke."}
    campaigns = repository.campaigns({**stages, "stage2": declared})
    assert _call("check", campaigns, "--data", tmp_path)[0] == 0


def test_check_warns_of_what_may_be_a_slip_and_passes(
    repository: TinyRepository, tmp_path: Path
) -> None:
    repository.add("b/inputs", {"makeWarp": [1]})
    repository.chain("odd", "b/inputs", RUN)
    gap = {"collections": "odd", "quantum_graphs": "submit/*.qg", "incomplete": "Lost."}
    code, output = _call("check", repository.campaigns({"stage1": gap}), "--data", tmp_path)
    assert code == 0
    outside, no_graph = [line for line in output.splitlines() if line.startswith("warn  ")]
    assert f"DM-1 stage1: 2 RUNs outside its collections (b/inputs, {RUN})" in outside
    assert no_graph.startswith("warn  DM-1 stage1: there is no predicted graph ")


def test_an_interrupted_run_says_how_to_go_on(
    repository: TinyRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    campaigns = repository.campaigns({"stage1": "a/stage1/*"})
    with monkeypatch.context() as patch:
        patch.setattr("extract.run.slices_of", interrupt)
        code, output = _call("run", campaigns, "--data", tmp_path, "--workers", 1)
    assert code == 130
    assert "Error: interrupted: run again to continue." in output
    assert _call("run", campaigns, "--data", tmp_path, "--workers", 1)[0] == 0
    assert read_lake(tmp_path, "quanta").num_rows == 3


@pytest.mark.parametrize("stamp", ["{", "{}", "[]"])
def test_a_damaged_stamp_of_the_demo_is_told(tmp_path: Path, stamp: str) -> None:
    campaigns = tmp_path / "demo.yaml"
    text = "demo: {}\ncampaigns: {DM-1: {release: a, focus: b, stages: {s: a}}}\n"
    campaigns.write_text(text)
    (tmp_path / "data" / "demo").mkdir(parents=True)
    (tmp_path / "data" / "demo" / "census-demo.json").write_text(stamp)
    code, output = _call("run", campaigns, "--data", tmp_path / "data")
    assert code == 1
    assert "census-demo.json: is damaged" in output
    assert f"remove {tmp_path}/data/demo" in output
    assert len(output.splitlines()) == 1


def test_a_demo_is_not_built_in_the_place_of_a_file(tmp_path: Path) -> None:
    pytest.importorskip("extract.demo", reason="the stacks of older releases build no demo")
    (tmp_path / "file").write_text("")
    code, output = _call("demo", tmp_path / "file")
    assert code == 1
    assert output.startswith(f"Error: {tmp_path}/file: cannot be written: a file with its name")


@pytest.mark.parametrize("command", ["run", "status", "check"])
def test_a_faulty_file_is_one_line_and_status_1(tmp_path: Path, command: str) -> None:
    code, output = _call(command, tmp_path / "gone.yaml", "--data", tmp_path)
    assert code == 1
    assert output.splitlines() == [f"Error: {tmp_path}/gone.yaml: there is no such file"]


def test_a_killed_process_of_a_demo_build_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("extract.demo", reason="the stacks of older releases build no demo")

    def die(*_: object, **__: object) -> None:
        raise BrokenExecutor("A process was terminated abruptly")

    monkeypatch.setattr("extract.demo.build", die)
    code, output = _call("demo", tmp_path / "demo")
    assert code == 1
    assert output.splitlines()[0].startswith("Error: a process that builds the demo died")
