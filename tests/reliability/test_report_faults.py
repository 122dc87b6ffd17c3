"""What the report says when it cannot read or write: one message, and nothing half-written."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from reports import cli
from reports import figures as registry
from reports.errors import OutputError
from reports.files import alone, write_file
from tests.reports.frames import Campaign, make_warehouse

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
IS_ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of two campaigns and one stage, and no report."""
    campaigns = (Campaign("DM-1", "w1", 0.5), Campaign("DM-2", "v30", 1.0, focus="v30"))
    return make_warehouse(tmp_path_factory.mktemp("small"), campaigns, stages=("stage1",), thin=40)


@pytest.fixture
def data(small: Path, tmp_path: Path) -> Path:
    """A folder with that warehouse alone."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(small / "warehouse.duckdb", folder)
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not IS_ROOT or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def report(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "reports", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | settings,
    )  # fmt: skip


def refused(*arguments: str, **settings: str) -> str:
    """Run it, expect one clear error, and give its text."""
    done = report(*arguments, **settings)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_full_disk_is_named_and_the_next_run_is_whole(data: Path, small_disk: Path) -> None:
    # The report goes to the small disk, the warehouse does not fit there.
    (data / "report").symlink_to(small_disk)
    said = refused("run", "--data", str(data))
    assert "its disk is full: free some space, then run again" in said
    assert not list(small_disk.rglob("*.partial"))
    for file in small_disk.rglob("*.svg"):
        assert file.read_text().rstrip().endswith("</svg>")


@pytest.mark.parametrize("command", ["run", "summary", "requests", "regressions"])
def test_a_folder_in_the_warehouses_place_is_named(command: str, tmp_path: Path) -> None:
    (tmp_path / "warehouse.duckdb").mkdir()
    said = refused(command, "--data", str(tmp_path))
    assert f"{tmp_path}/warehouse.duckdb is a folder" in said
    assert "remove or rename the folder" in said


@pytest.mark.parametrize("command", ["run", "summary", "requests", "regressions"])
@pytest.mark.parametrize("damage", ["cut", "overwritten", "empty", "text"])
def test_a_damaged_warehouse_is_one_line(command: str, damage: str, data: Path) -> None:
    path = data / "warehouse.duckdb"
    content = path.read_bytes()
    half = len(content) // 2
    path.write_bytes(
        {
            "cut": content[:half],
            "overwritten": content[:12288] + b"\xa5" * (len(content) - 12288),
            "empty": b"",
            "text": b"no database\n" * 1000,
        }[damage]
    )
    said = refused(command, "--data", str(data))
    assert "make transform" in said
    assert str(path) in said


def test_a_file_in_the_reports_place_is_named(data: Path) -> None:
    (data / "report").write_text("mine")
    assert "a file with this name exists" in refused("run", "--data", str(data))
    assert (data / "report").read_text() == "mine"


def test_a_file_in_the_place_of_a_folder_of_the_report_is_named(data: Path) -> None:
    (data / "report").mkdir()
    (data / "report" / "images").write_text("mine")
    assert f"{data}/report/images cannot be written" in refused("run", "--data", str(data))


@pytest.mark.skipif(IS_ROOT, reason="root may write into read-only folders")
def test_a_read_only_folder_is_named(data: Path) -> None:
    data.chmod(0o500)
    try:
        assert "may not write there" in refused("run", "--data", str(data))
    finally:
        data.chmod(0o700)


def test_a_read_only_file_system_is_named(data: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    (data / "report").symlink_to(small_disk)
    assert "its file system is read-only: choose another DATA" in refused(
        "run", "--data", str(data)
    )


@pytest.mark.parametrize("part", ["query", "caption", "chart"])
def test_a_figure_that_fails_says_so_in_its_place_and_takes_no_other_away(
    part: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no\nsuch thing")

    broken = copy.deepcopy(registry.FIGURES)
    (completeness,) = (one for one in broken if one.name == "Completeness")
    object.__setattr__(completeness, part, fail)
    monkeypatch.setattr(registry, "FIGURES", broken)
    done = CliRunner().invoke(cli.app, ["run", "--data", str(data)])
    why = "This figure could not be drawn: ValueError: no such thing"
    assert done.exit_code == 1
    assert f"Error: 1 figure could not be drawn. Completeness: {why}" in done.stderr
    captions = json.loads((data / "report" / "captions.json").read_text())
    assert captions["Completeness"]["caption"] == why
    assert {name for name, one in captions.items() if why in one["caption"]} == {"Completeness"}
    assert "could not be drawn" in (data / "report" / "images" / "Completeness.svg").read_text()
    assert (data / "report" / "index.html").is_file()
    monkeypatch.undo()
    assert CliRunner().invoke(cli.app, ["run", "--data", str(data)]).exit_code == 0
    assert "could not be" not in (data / "report" / "images" / "Completeness.svg").read_text()


def test_requests_and_regressions_ask_for_no_focus_where_campaigns_are_named(data: Path) -> None:
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        connection.execute("update dim_campaigns set is_focus = false")
    for command in ("requests", "regressions", "summary", "run"):
        assert "has `focus`: add it to one" in refused(command, "--data", str(data))
    for more in (["requests", "--evidence", "DM-1"], ["requests", "--evidence", "all"]):
        assert report(*more, "--data", str(data)).returncode == 0
    named = ["regressions", "--allow-unjudged", "--before", "DM-1", "--after", "DM-2"]
    assert report(*named, "--data", str(data)).returncode in (0, 2)
    assert "no campaign 'DM-9'" in refused(
        "regressions", "--before", "DM-9", "--data", str(data), "--after", "DM-1"
    )


def test_a_second_report_at_once_is_refused(data: Path) -> None:
    with alone(data / "report"):
        said = refused("run", "--data", str(data))
    assert f"Another report is being written in {data}/report: wait" in said
    with alone(data / "report"), pytest.raises(OutputError), alone(data / "report"):
        pass


def test_two_writers_of_one_file_share_no_partial_name(tmp_path: Path) -> None:
    """Both wrote to the same `.partial` name, and one found it gone."""
    script = (
        "import sys; from pathlib import Path; from reports.files import write_file\n"
        "for n in range(200): write_file(Path(sys.argv[1]), sys.argv[2] * 50000 + str(n))\n"
    )
    path = tmp_path / "file"
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(path), letter], cwd=ROOT)
        for letter in "ab"
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert path.read_text() in ("a" * 50000 + "199", "b" * 50000 + "199")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_what_a_killed_report_left_is_swept_and_files_have_the_users_umask(tmp_path: Path) -> None:
    left = tmp_path / "report" / "images" / ".a.svg.0123.partial"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    old = os.umask(0o027)
    try:
        with alone(tmp_path / "report"):
            write_file(tmp_path / "report" / "new" / "file", "x")
    finally:
        os.umask(old)
    assert not left.exists()
    assert (tmp_path / "report" / "new" / "file").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "report" / "new").stat().st_mode & 0o777 == 0o750


def test_an_interrupt_is_one_line_and_status_130(data: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "reports", "run", "--data", str(data)],
        cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        # What a shell starts in the background ignores interrupts, and so would this program.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(data.glob("report/images/*.svg")) and time.monotonic() < deadline:
        assert running.poll() is None
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said == "Error: interrupted: what was there before is unchanged; run again.\n"
    assert not list(data.rglob("*.partial"))


def test_what_nobody_foresaw_is_one_message_and_its_traceback_shows_on_request(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a \x1b[31mnumber")

    monkeypatch.setattr(cli, "request_memory_yaml", fail)
    monkeypatch.delenv("CENSUS_DEBUG", raising=False)
    result = CliRunner().invoke(cli.app, ["requests", "--data", str(data)])
    assert result.exit_code == 1
    assert "Error: unexpected ZeroDivisionError: a [31mnumber\n" in result.output
    assert "Please report it" in result.output
    assert "Traceback" not in result.output
