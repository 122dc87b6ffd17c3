"""Figures, files and commands of sizing, requests and changes say what the marts hold."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml
from typer.testing import CliRunner

from reports.answers import words
from reports.answers.bps import request_memory_yaml
from reports.answers.figures import answer_figures
from reports.answers.regressions import find_regressions, parse_share
from reports.answers.technote import answer_values
from reports.charts import (
    concurrency,
    memory_dependence,
    memory_requests,
    release_changes,
    worker_sizing,
)
from reports.charts.parts import EmptyFrameError, Setting
from reports.cli import app
from reports.export import draw
from reports.facts import Facts
from reports.marts import Marts, WarehouseError
from reports.numbers import write
from reports.page.marts import PageMarts
from tests.reports.conftest import HOSTILE_LABEL

SETTING = Setting(title="t", footer="f", alt_text="a")
FOCUS, BEFORE = "DM-53877", "DM-53719"


def rows(data: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize(
    "name", ["worker_sizing", "memory_requests", "release_changes", "concurrency_v30_stage3"]
)
def test_each_figure_is_drawn_with_data(report: Path, name: str) -> None:
    captions = json.loads((report / "captions.json").read_text())
    assert not captions[name]["is_empty"]
    assert captions[name]["alt_text"]
    assert all((report / "images" / f"{name}.{kind}").is_file() for kind in ("png", "svg", "json"))


@pytest.mark.parametrize("module", [memory_requests, release_changes, concurrency])
def test_a_chart_without_data_refuses(module: object) -> None:
    with pytest.raises(EmptyFrameError):
        module.chart(pa.table({}), setting=SETTING)  # type: ignore[attr-defined]


@pytest.mark.parametrize("module", [worker_sizing, memory_dependence])
def test_a_chart_with_a_threshold_and_without_data_refuses(module: object) -> None:
    with pytest.raises(EmptyFrameError):
        module.chart(pa.table({}), setting=SETTING, threshold_gib=6)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def dependent_data(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse of `data`, with three lines of memory against visits."""
    folder = tmp_path_factory.mktemp("dependent")
    shutil.copy(data / "warehouse.duckdb", folder)
    lines = [
        ("unclear", "cannot_tell", 0.3, 3.0, 3.2, None, None, None, False),
        ("small", "grows", 0.9, 1.0, 2.0, 3.0, 2.5, 3.5, True),
        ("large", "grows", 0.8, 2.0, 4.0, 8.0, 6.5, 9.5, True),
    ]
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for task, *line in lines:
            connection.execute(
                "insert into fct_memory_dependence (campaign, stage, task_label, quanta_count, "
                "min_visit_count, max_visit_count, dependence_verdict, explained_fraction, "
                "shallowest_gib, deepest_gib, twice_as_deep_gib, low_twice_as_deep_gib, "
                "high_twice_as_deep_gib, is_growing) "
                "values (?, 'stage3', ?, 40, 2, 17, ?, ?, ?, ?, ?, ?, ?, ?)",
                [FOCUS, task, *line],
            )
    return folder


def test_what_grows_with_depth_is_drawn_first_and_foretold(dependent_data: Path) -> None:
    with Marts(dependent_data / "warehouse.duckdb") as marts:
        shown = answer_figures(marts, Facts(marts))
        figure = next(each for each in shown if each.name == "memory_dependence")
    labels = figure.frames[0]["row_label"].to_pylist()
    assert labels == ["large (Stage 3)", "small (Stage 3)", "unclear (Stage 3)"]
    foretold = figure.frames[0]["twice_as_deep_gib"].to_pylist()
    assert foretold == [8.0, 3.0, None]
    spec = draw(figure).to_dict()
    scale = next(
        layer["encoding"]["x"]["scale"]
        for layer in spec["layer"]
        if layer.get("encoding", {}).get("x", {}).get("scale")
    )
    assert scale["domain"][1] >= 9.5, "the interval of what is foretold must be inside"
    assert "with 17 visits 4 GiB, with twice as many 8 GiB (from 6.5 GiB to 9.5 GiB)" in (
        figure.caption
    )


def test_the_technote_lists_lines_as_the_figure_draws_them(dependent_data: Path) -> None:
    with Marts(dependent_data / "warehouse.duckdb") as marts:
        focus = next(row for row in marts.campaigns().to_pylist() if row["is_focus"])
        values = answer_values(marts, Facts(marts), focus, [])
        said = words.dependence_sentences(Facts(marts), FOCUS)
    listed = [row["task_label"] for row in values["dependences"]]
    assert listed == ["large", "small", "unclear"]
    assert "Of 3 tasks" in said[0]
    assert "the memory of 2 grows with them, of 0 shrinks, and of 1 cannot be told" in said[0]


def test_a_campaign_without_depths_says_that_nothing_can_be_told(report: Path) -> None:
    captions = json.loads((report / "captions.json").read_text())
    assert captions["memory_dependence"]["is_empty"]
    assert "what memory depends on cannot be told" in captions["memory_dependence"]["caption"]
    text = (report / "technote" / "index.md").read_text()
    assert "what memory depends on cannot be told" in text.split("### What memory depends on")[1]


def test_a_stage_that_ran_nothing_says_so(hostile_report: Path) -> None:
    captions = json.loads((hostile_report / "captions.json").read_text())
    empty = captions["concurrency_v30_stagefinale"]
    assert empty["is_empty"]
    assert "No measured quanta in finale of DM-2" in empty["caption"]


def test_curves_of_sizing_are_those_of_the_mart(data: Path, report: Path) -> None:
    spec = json.loads((report / "images" / "worker_sizing.json").read_text())
    (drawn,) = (d for d in spec["datasets"].values() if "memory_per_core_gib" in d[0])
    found = {
        (row["curve"], row["memory_per_core_gib"]): row["fraction"]
        for row in drawn
        if row["kind"] == "overhead"
    }
    sql = (
        "select 'Stage ' || stage[-1], memory_per_core_gib, overhead_fraction "
        f"from fct_worker_sizing where campaign = '{FOCUS}' union all "
        "select 'all stages', memory_per_core_gib, overhead_fraction "
        f"from fct_campaign_sizing where campaign = '{FOCUS}'"
    )
    assert found == {(curve, memory): value for curve, memory, value in rows(data, sql)}


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
        f"where campaign = '{FOCUS}' and policy = 'p95_retry' and job_kind != 'member' "
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
    with Marts(hostile_data / "warehouse.duckdb") as marts:
        text = request_memory_yaml(marts)
    loaded = yaml.safe_load(text) or {}
    assert set(loaded) <= {"pipetask", "cluster"}
    labels = {job for jobs in loaded.values() for job in jobs}
    assert HOSTILE_LABEL in labels or f"#   {HOSTILE_LABEL}: " in text


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
        (["--policy", "p42"], "no policy 'p42'; there are p95_retry, p99, max_margin, least_waste"),
        (["--evidence", "DM-0"], f"'DM-0'; there are DM-53368, {BEFORE}, {FOCUS}, and all for all"),
    ],
)
def test_an_unknown_policy_or_campaign_names_what_there_is(
    data: Path, options: list[str], said: str
) -> None:
    result = CliRunner().invoke(app, ["requests", "--data", str(data), *options])
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


def test_tables_of_the_answers_are_written(data: Path, report: Path) -> None:
    with (report / "tables" / "fct_worker_sizing.csv").open() as lines:
        written = list(csv.DictReader(lines))
    assert [(len(written),)] == rows(data, "select count(*) from fct_worker_sizing")


def test_the_technote_has_a_row_for_each_back_test(data: Path, report: Path) -> None:
    text = (report / "technote" / "index.md").read_text()
    totals = rows(data, "from fct_request_backtest_totals")
    section = text.split("Requests computed from one campaign")[1].split("### Better or worse")[0]
    assert totals
    assert section.count("\n| `DM-") == len(totals)


def test_the_technote_gives_changes_with_their_intervals(data: Path, report: Path) -> None:
    judged = rows(
        data,
        "select low_paired_max_rss_change_fraction, high_paired_max_rss_change_fraction "
        "from fct_release_changes where is_against_predecessor and verdict in ('worse', 'better') "
        f"and after_campaign = '{FOCUS}' and low_paired_max_rss_change_fraction is not null "
        "order by regression_fraction desc nulls last limit 1",
    )
    text = (report / "technote" / "index.md").read_text().replace("\\", "")
    section = text.split("### Better or worse")[1].split("###")[0]
    assert judged
    low, high = (write("change_fraction", value) for value in judged[0])
    assert f" ({low} to {high})" in section


def test_summary_names_the_cores_that_idle_and_what_changed(data: Path) -> None:
    result = CliRunner().invoke(app, ["summary", "--data", str(data)])
    said = " ".join(result.output.split())
    assert f"With 6 GiB per core, the work of all stages of {FOCUS} occupies" in said
    assert f"tasks with matched data IDs in {BEFORE} and {FOCUS}" in said


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("0.1", 0.1), (" 2.5 % ", 0.025)])
def test_a_share_is_read_in_both_forms(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


def test_regressions_fail_above_the_limit_alone(data: Path) -> None:
    sql = (
        "select max(regression_fraction), count(*) filter (regression_fraction > 0.1) "
        f"from fct_release_changes where before_campaign = '{BEFORE}' "
        f"and after_campaign = '{FOCUS}'"
    )
    largest, over = rows(data, sql)[0]
    assert isinstance(largest, float)
    strict = CliRunner().invoke(app, ["regressions", "--data", str(data), "--fail-over", "0%"])
    assert strict.exit_code == 2
    assert "Worse by: the largest change that made a verdict" in " ".join(strict.output.split())
    usual = CliRunner().invoke(app, ["regressions", "--data", str(data)])
    assert usual.exit_code == (2 if over else 0)
    lenient = CliRunner().invoke(
        app, ["regressions", "--data", str(data), "--fail-over", str(largest)]
    )
    assert lenient.exit_code == 0
    assert ": 0 of " in lenient.output
    assert "Worse by" not in lenient.output


def test_a_comparison_of_nothing_is_no_pass(data: Path) -> None:
    command = ["regressions", "--data", str(data)]
    for more, said in (
        (["--after", "DM-0"], "There is no campaign 'DM-0'"),
        (["--after", "DM-53368"], "No campaign stands before DM-53368"),
        (["--before", FOCUS, "--after", BEFORE], "No quantum of DM-53719 has the task"),
        (["--fail-over", "much"], "is no share"),
    ):
        result = CliRunner().invoke(app, command + more)
        assert result.exit_code == 1, more
        assert said in result.output


def test_regressions_are_those_of_the_pair(data: Path) -> None:
    with Marts(data / "warehouse.duckdb") as marts:
        found = find_regressions(marts, limit=0.0)
        assert (found.before, found.after) == (BEFORE, FOCUS)
        assert all(row["verdict"] == "worse" for row in found.over)
        with pytest.raises(WarehouseError, match="are not compared"):
            find_regressions(marts, limit=0.0, before=FOCUS, after=FOCUS)


def test_figures_say_which_of_the_stages_that_they_show_is_incomplete(
    data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update fct_stage_usage set incomplete_reason = 'A disk broke.' "
            f"where campaign = '{FOCUS}' and stage = 'stage3'"
        )
    with Marts(path) as marts:
        figures = {figure.name: figure for figure in answer_figures(marts, Facts(marts))}
    said = f"Stage 3 of {FOCUS}: declared incomplete: A disk broke."
    telling = {name for name, figure in figures.items() if said in figure.setting.notes}
    assert telling == {name for name in figures if "_stage" not in name} | {
        "concurrency_v30_stage3"
    }
    assert all(said in figures[name].caption for name in telling)


def test_a_peak_of_no_bytes_is_in_no_figure_and_last_on_the_page(
    data: Path, tmp_path: Path
) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    pair = f"before_campaign = '{BEFORE}' and after_campaign = '{FOCUS}'"
    tasks = rows(
        data, f"select stage, task_label from fct_release_changes where {pair} and is_matched"
    )
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        for (stage, task), (end, change) in zip(
            tasks, (("before", "null"), ("after", "-1")), strict=False
        ):
            connection.execute(
                f"update fct_release_changes set {end}_p95_max_rss_bytes = 0, "
                f"p95_max_rss_change_fraction = {change} "
                f"where {pair} and stage = $1 and task_label = $2",
                [stage, task],
            )
    with PageMarts(tmp_path / "warehouse.duckdb") as marts:
        shown = marts.release_changes(FOCUS, len(tasks))
        listed = marts.page_changes(is_focus_only=False).filter(
            (pc.field("before_campaign") == BEFORE)
            & (pc.field("after_campaign") == FOCUS)
            & pc.field("is_matched")
        )
    names = [
        [tuple(row.values()) for row in table.select(["stage", "task_label"]).to_pylist()]
        for table in (shown, listed)
    ]
    assert set(names[0]) == set(tasks[2:])
    assert set(names[1][:-2]) == set(tasks[2:])
    assert set(names[1][-2:]) == set(tasks[:2])


def test_slow_nodes_come_before_those_with_too_few_quanta_to_tell(
    data: Path, tmp_path: Path
) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.executemany(
            "insert into fct_node_usage "
            "(campaign, stage, node_name, attempted_quanta_count, slowdown_fraction, is_slow) "
            f"values ('{FOCUS}', 'stage1', ?, 40, ?, ?)",
            [["few", 9.0, False], ["slow", 0.5, True], ["slower", 0.7, True]],
        )
    with PageMarts(tmp_path / "warehouse.duckdb") as marts:
        listed = marts.page_hosts().filter(pc.field("campaign") == FOCUS)
    assert listed["node_name"].to_pylist()[:3] == ["slower", "slow", "few"]
