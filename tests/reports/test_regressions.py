"""The gate for the CI of a pipeline: what it judges, what it lets pass, what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from typer.testing import CliRunner

from reports.cli import app
from reports.errors import ChoiceError
from reports.gate.checks import (
    Check,
    Comparison,
    FailOn,
    Measure,
    Outcome,
    compare,
    parse_share,
)
from reports.gate.formats import Format, write
from reports.warehouse import Warehouse
from tests.reports.warehouses import BEFORE, FOCUS, rows

RECIPE = Path(__file__).parents[2] / "docs" / "ci.md"


def comparison(*outcomes: Outcome) -> Comparison:
    """Make a comparison with one check of memory for each outcome."""
    checks = [
        Check("stage1", f"task{place}<&>", Measure.MEMORY, outcome, 1200, 0.25, 0.12, None)
        for place, outcome in enumerate(outcomes)
    ]
    return Comparison("DM-1", "DM-2", 0.1, len(checks), 0, checks)


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("0.1", 0.1), (" 2.5 % ", 0.025)])
def test_a_share_is_read_in_both_forms(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize(
    ("outcomes", "usual", "strict", "lenient"),
    [
        ([Outcome.UNCHANGED], 0, 0, 0),
        ([Outcome.TOLERATED, Outcome.BETTER], 0, 0, 0),
        ([Outcome.UNCHANGED, Outcome.INCONCLUSIVE], 0, 3, 0),
        ([Outcome.INCONCLUSIVE], 1, 3, 0),
        ([Outcome.INCONCLUSIVE, Outcome.WORSE], 2, 2, 2),
    ],
)
def test_what_passes_follows_from_what_was_judged(
    outcomes: list[Outcome], usual: int, strict: int, lenient: int
) -> None:
    found = comparison(*outcomes)
    assert found.exit_status(FailOn.WORSE, allow_unjudged=False) == usual
    assert found.exit_status(FailOn.CANNOT_TELL, allow_unjudged=False) == strict
    assert found.exit_status(FailOn.WORSE, allow_unjudged=True) == lenient


def test_the_text_names_what_was_judged_and_what_could_have_been_seen() -> None:
    text = write(comparison(Outcome.WORSE, Outcome.INCONCLUSIVE), Format.TEXT, FailOn.WORSE)
    assert "Judged 1 of 2 checks" in text
    assert "worse by over 10 %: 1\n  task0<&> (Stage 1), memory: +25.0 %" in text
    assert (
        "inconclusive: 1\n  task1<&> (Stage 1), memory: +25.0 %, 1,200 matched quanta with own "
        "peaks; would have seen a rise of 12 % of the median, no rise of the 95th percentile"
    ) in text
    assert "unchanged: 0\n" in text


def test_markdown_escapes_names_and_folds_the_lists() -> None:
    text = write(comparison(Outcome.BETTER), Format.MARKDOWN, FailOn.WORSE)
    assert "| better | 1 |" in text
    assert "<details><summary>better: 1</summary>" in text
    assert "task0<&>" not in text


def test_json_holds_every_check_with_its_values() -> None:
    found = json.loads(write(comparison(Outcome.INCONCLUSIVE), Format.JSON, FailOn.WORSE))
    assert (found["judged_count"], found["counts"]["inconclusive"]) == (0, 1)
    assert found["checks"] == [
        {
            "stage": "stage1", "task_label": "task0<&>", "measure": "max_rss",
            "outcome": "inconclusive", "quanta_count": 1200, "change_fraction": 0.25,
            "detectable_median_fraction": 0.12, "detectable_p95_fraction": None,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fail_on", "failures", "skipped"), [(FailOn.WORSE, 1, 1), (FailOn.CANNOT_TELL, 2, 0)]
)
def test_junit_counts_what_fails_and_what_is_skipped(
    fail_on: FailOn, failures: int, skipped: int
) -> None:
    found = comparison(Outcome.WORSE, Outcome.INCONCLUSIVE, Outcome.UNCHANGED)
    suite = ElementTree.fromstring(write(found, Format.JUNIT, fail_on)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("3", str(failures))
    assert len(suite.findall("testcase/failure")) == failures
    assert len(suite.findall("testcase/skipped")) == skipped == int(suite.get("skipped", ""))
    assert suite.findall("testcase")[0].get("name") == "task0<&>: memory"


def test_regressions_fail_above_the_limit_alone(data: Path) -> None:
    sql = (
        "select max(regression_fraction), count(*) filter (regression_fraction > 0.1) "
        f"from fct_release_changes where before_campaign = '{BEFORE}' "
        f"and after_campaign = '{FOCUS}'"
    )
    largest, over = rows(data, sql)[0]
    assert isinstance(largest, float)
    command = ["regressions", "--data", str(data)]
    strict = CliRunner().invoke(app, [*command, "--fail-over", "0%"])
    assert strict.exit_code == 2
    usual = CliRunner().invoke(app, command)
    assert usual.exit_code == (2 if over else 0)
    lenient = CliRunner().invoke(app, [*command, "--fail-over", str(largest)])
    assert lenient.exit_code == 0
    unsure = CliRunner().invoke(
        app, [*command, "--fail-over", str(largest), "--fail-on", "cannot-tell"]
    )
    assert unsure.exit_code == 3


def test_every_check_of_the_mart_is_counted_once(data: Path) -> None:
    sql = (
        "select max_rss_verdict, wall_time_verdict from fct_release_changes "
        f"where before_campaign = '{BEFORE}' and after_campaign = '{FOCUS}' and is_matched"
    )
    verdicts = [verdict for row in rows(data, sql) for verdict in row]
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        found = compare(warehouse, limit=0.0)
    assert (found.before, found.after) == (BEFORE, FOCUS)
    assert found.counts == {
        Outcome.WORSE: verdicts.count("worse"),
        Outcome.TOLERATED: 0,
        Outcome.BETTER: verdicts.count("better"),
        Outcome.UNCHANGED: verdicts.count("same"),
        Outcome.INCONCLUSIVE: verdicts.count("cannot_tell"),
    }


def test_a_comparison_of_nothing_is_no_pass(data: Path) -> None:
    command = ["regressions", "--data", str(data)]
    for more, said in (
        (["--after", "DM-0"], "There is no campaign 'DM-0'"),
        (["--after", "DM-53368"], "DM-53368 is the first campaign of the file"),
        (
            ["--before", FOCUS, "--after", BEFORE],
            "DM-53719 and DM-53877 have no task and data ID in common",
        ),
        (["--fail-over", "much"], "is not a share"),
    ):
        result = CliRunner().invoke(app, command + more)
        assert result.exit_code == 1, more
        assert said in result.output
    with (
        Warehouse(data / "warehouse.duckdb") as warehouse,
        pytest.raises(ChoiceError, match="are not compared"),
    ):
        compare(warehouse, limit=0.0, before=FOCUS, after=FOCUS)


def test_the_step_of_the_recipe_for_ci_runs(data: Path, tmp_path: Path) -> None:
    workflow = yaml.safe_load(RECIPE.read_text().split("```yaml\n")[1].split("```")[0])
    [job] = workflow["jobs"].values()
    [step] = [step for step in job["steps"] if step.get("name") == "Gate"]
    programs = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"DATA": str(data), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        found = compare(warehouse, limit=0.1)
    assert done.returncode == found.exit_status(FailOn.WORSE, allow_unjudged=False), done
    suite = ElementTree.parse(tmp_path / "regressions.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == str(found.counts[Outcome.WORSE])
    assert f"Judged {found.judged_count} of" in (tmp_path / "regressions.md").read_text()
