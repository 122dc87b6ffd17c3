"""The command that fails when a task became worse."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from reports.cli import app
from reports.errors import ChoiceError
from reports.regressions import find_regressions, parse_share
from reports.warehouse import Warehouse
from tests.reports.warehouses import BEFORE, FOCUS, rows


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
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        found = find_regressions(warehouse, limit=0.0)
        assert (found.before, found.after) == (BEFORE, FOCUS)
        assert all(row["verdict"] == "worse" for row in found.over)
        with pytest.raises(ChoiceError, match="are not compared"):
            find_regressions(warehouse, limit=0.0, before=FOCUS, after=FOCUS)
