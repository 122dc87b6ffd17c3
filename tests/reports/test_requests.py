"""The file of requests for BPS, and the command that writes it."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from reports.citations import Citations
from reports.cli import app
from reports.requests import request_memory_yaml
from reports.sentences.requests import request_sentences
from reports.warehouse import Warehouse
from tests.reports.conftest import HOSTILE_LABEL
from tests.reports.warehouses import BEFORE, FOCUS, rows


def test_the_bps_file_requests_what_the_mart_says_and_guesses_nothing(
    data: Path, report: Path
) -> None:
    text = (report / "bps" / "requestMemory.yaml").read_text()
    loaded = yaml.safe_load(text)
    requested = {
        (section, job, entry["requestMemory"])
        for section, jobs in loaded.items()
        for job, entry in jobs.items()
    }
    sql = (
        "select case job_kind when 'task' then 'pipetask' else 'cluster' end, job_label, "
        "request_memory_mib from fct_memory_requests "
        f"where campaign = '{FOCUS}' and policy = (select policy from fct_request_totals "
        f"where is_default and campaign = '{FOCUS}') and job_kind != 'member' "
        "and task_labels is not null and has_enough_evidence"
    )
    assert requested == set(rows(data, sql))
    assert requested
    guessed = sql.replace("and has_enough_evidence", "and not has_enough_evidence")
    for _, job, _ in rows(data, guessed):
        assert f"#   {job}: " in text
        assert job not in {known for _, known, _ in requested}
    assert text.startswith("# SIMULATED")


def test_labels_cannot_leave_their_place_in_the_bps_file(hostile_data: Path) -> None:
    with Warehouse(hostile_data / "warehouse.duckdb") as warehouse:
        text = request_memory_yaml(warehouse)
    loaded = yaml.safe_load(text) or {}
    assert set(loaded) <= {"pipetask", "cluster"}
    labels = {job for jobs in loaded.values() for job in jobs}
    assert HOSTILE_LABEL in labels or f"#   {HOSTILE_LABEL}: " in text


def test_the_bps_file_says_where_nobody_retries(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(data / "warehouse.duckdb", copy)
    said = "# But parsl does not raise the memory of a job that was killed: it stays dead.\n"
    with Warehouse(copy) as warehouse:
        assert said not in request_memory_yaml(warehouse)
    with duckdb.connect(str(copy)) as connection:
        connection.execute("update fct_memory_requests set wms = 'parsl'")
    with Warehouse(copy) as warehouse:
        assert said in request_memory_yaml(warehouse)


def test_what_a_kill_raised_is_said(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "warehouse.duckdb"
    shutil.copy(data / "warehouse.duckdb", copy)
    default = (
        f"campaign = '{FOCUS}' and policy = (select policy from fct_request_totals "
        f"where is_default and campaign = '{FOCUS}')"
    )
    with duckdb.connect(str(copy)) as connection:
        for mart in ("fct_memory_requests", "fct_pooled_requests"):
            connection.execute(f"update {mart} set is_raised_by_kill = false")
        connection.execute("update fct_request_totals set raised_job_count = 0")
    with Warehouse(copy) as warehouse:
        assert "raised" not in request_memory_yaml(warehouse)
        assert "follow from kills" not in " ".join(request_sentences(Citations(warehouse), FOCUS))
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "update fct_memory_requests set is_raised_by_kill = true, killed_job_count = 3, "
            f"max_killed_request_mib = 4096 where {default}"
        )
        connection.execute(f"update fct_request_totals set raised_job_count = 2 where {default}")
    with Warehouse(copy) as warehouse:
        text = request_memory_yaml(warehouse)
        (said,) = [
            one for one in request_sentences(Citations(warehouse), FOCUS) if "from kills" in one
        ]
    assert "# raised: above a request at which jobs were killed" in text
    assert ", killed 3 at up to 4096, raised; " in text
    assert yaml.safe_load(text)
    assert " jobs 2 follow from kills. " in said


def test_requests_of_any_policy_and_evidence_are_written(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "requests.yaml"
    command = ["requests", "--data", str(data), "--policy", "max_margin"]
    for evidence, sql in (
        (BEFORE, f"fct_memory_requests where campaign = '{BEFORE}' and job_kind != 'member' and"),
        ("all", "fct_pooled_requests where"),
    ):
        more = ["--evidence", evidence, "--output", str(file)]
        result = CliRunner().invoke(app, [*command, *more])
        assert result.exit_code == 0, result.output
        assert str(file) in result.output
        loaded = yaml.safe_load(file.read_text())
        requested = {
            (job, entry["requestMemory"]) for jobs in loaded.values() for job, entry in jobs.items()
        }
        expected = rows(
            data,
            f"select job_label, request_memory_mib from {sql} policy = 'max_margin' "
            "and task_labels is not null and has_enough_evidence",
        )
        assert requested == set(expected)
        assert requested
    assert "of 3 campaigns" in file.read_text()
    printed = CliRunner().invoke(app, [*command, "--evidence", "all"])
    assert printed.output == file.read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--policy", "p42"],
            "no policy 'p42'; the policies are p95_retry, p99, max_margin, least_waste",
        ),
        (
            ["--evidence", "DM-0"],
            f"'DM-0'; the campaigns are DM-53368, {BEFORE}, {FOCUS}, and 'all'",
        ),
    ],
)
def test_an_unknown_policy_or_campaign_names_what_there_is(
    data: Path, options: list[str], said: str
) -> None:
    result = CliRunner().invoke(app, ["requests", "--data", str(data), *options])
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())
