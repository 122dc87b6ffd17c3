"""The technote: no number is typed, each can be asked for again, nothing from outside is markup."""

from __future__ import annotations

import ast
import json
import re
import shutil
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest
from markdown_it import MarkdownIt

from reports import figures, sentences, technote
from reports.citations import Citations, comparable
from reports.figures.sections import SECTIONS
from reports.numbers import write
from reports.sentences.memory import conclusion
from reports.subjects import read_census
from reports.technote.write import write_technote
from reports.warehouse import Warehouse
from tests.reports.frames import LOST_REASON
from tests.reports.warehouses import FOCUS, rows

TEMPLATES = Path(technote.__file__).parent
NAMES_WITH_DIGITS = ("95 %", "95th percentile", "CC-BY-4.0", "p95_retry")
"""The only names with digits in what is written."""


def without_names(text: str) -> str:
    for name in NAMES_WITH_DIGITS:
        text = text.replace(name, "")
    return text


def test_templates_hold_no_digits_of_their_own() -> None:
    for file in TEMPLATES.glob("*.jinja"):
        said = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", file.read_text(), flags=re.DOTALL)
        assert not re.findall(r".*\d.*", without_names(said)), file.name


def test_expressions_of_templates_hold_no_digits_but_those_of_columns() -> None:
    for file in TEMPLATES.glob("*.jinja"):
        for expression in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", file.read_text(), flags=re.DOTALL):
            outside_quotes = re.sub(r'"[a-z0-9_]*"', "", without_names(expression))
            assert not re.search(r"\d", outside_quotes), expression


@pytest.mark.parametrize("package", [figures, sentences], ids=["figures", "sentences"])
def test_captions_and_sentences_hold_no_digits_of_their_own(package: ModuleType) -> None:
    columns = re.compile(r"[a-z]*p?\d\d_[a-z_]+")
    for file in Path(str(package.__file__)).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(file.read_text())):
            if not isinstance(function, ast.FunctionDef) or function.name in ("query", "chart"):
                continue
            if package is figures and function.name not in ("caption", "alt_text", "why_empty"):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    said = without_names(node.value)
                    assert columns.fullmatch(said) or not re.search(r"\d", said), (file, said)


def test_sections_of_figures_all_stand_in_the_templates() -> None:
    text = "".join(file.read_text() for file in TEMPLATES.glob("*.jinja"))
    for section in SECTIONS:
        assert f'"{section}"' in text, section


def recorded(report: Path) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = json.loads((report / "technote" / "provenance.json").read_text())
    return facts


def test_each_recorded_value_is_what_the_warehouse_holds(data: Path, report: Path) -> None:
    facts = recorded(report)
    assert len(facts) > 1000
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for fact in facts:
            column = "count(*)" if fact["column"] == "*" else f'"{fact["column"]}"'
            where = " and ".join(f'"{name}" = ?' for name in fact["key"]) or "true"
            rows = connection.execute(
                f'select {column} from "{fact["mart"]}" where {where}', list(fact["key"].values())
            ).fetchall()
            assert len(rows) == 1, fact
            assert comparable(rows[0][0]) == fact["value"], fact
            assert write(fact["column"], rows[0][0]) == fact["text"], fact


def test_each_number_in_the_text_was_recorded(report: Path) -> None:
    text = (report / "technote" / "index.md").read_text()
    said = {
        number for fact in recorded(report) for number in re.findall(r"\d[\d.,]*", fact["text"])
    }
    prose = re.sub(
        r"```\{figure\}.*|:name: .*|:width: .*|`[^`\n]*`|v30\.0\.0\.rc\d|DM-\d+|w_2025_48", "", text
    )
    prose = re.sub(r"Stage \d|stage\d|GiB", "", without_names(prose).replace("\\", ""))
    found = {number.rstrip(".,") for number in re.findall(r"\d[\d.,]*", prose)}
    assert found <= {number.rstrip(".,") for number in said}


def test_the_gap_and_its_reason_are_told_in_its_stage(report: Path) -> None:
    text = (report / "technote" / "index.md").read_text().replace("\\", "")
    stage4 = text.split("## Stage 4\n")[1]
    assert f"Stage 4 of DM-53368: declared incomplete: {LOST_REASON}" in stage4
    assert "declared: Hardware failures" in text.split("## Stage 1\n")[0]


def test_every_figure_is_shown_with_its_picture(report: Path) -> None:
    text = (report / "technote" / "index.md").read_text()
    shown = re.findall(r"```\{figure\} \./images/(\S+)", text)
    written = json.loads((report / "captions.json").read_text())
    assert len(shown) == len(set(shown)) > 48
    assert set(shown) == {f"{name}.png" for name in written}
    assert {file.name for file in (report / "technote" / "images").iterdir()} == set(shown)


def annex(report: Path, title: str) -> str:
    """Give the text of an annex, its escapes taken away."""
    text = (report / "technote" / "index.md").read_text().replace("\\", "")
    return text.split(f"## Annex: {title}\n")[1].split("\n## ")[0]


def cells(text: str) -> list[list[str]]:
    """Give the cells of all rows of the tables in a text, heads and rules left out."""
    rows = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)
    return [row.split(" | ") for row in rows if not row.startswith(("Task |", "Stage |"))]


def test_what_folds_is_opened_and_closed(report: Path) -> None:
    lines = (report / "technote" / "index.md").read_text().splitlines()
    opened = 0
    unfolded = []
    for line in lines:
        opened += line.startswith("::::{dropdown} ")
        opened -= line == "::::"
        assert opened in (0, 1)
        if not opened:
            unfolded.append(line)
    assert opened == 0
    # Tables of all tasks fold, and no heading does: Sphinx would refuse it.
    assert len(unfolded) < 0.6 * len(lines)
    # A page to read: the answer, a short chapter for each stage, and what to buy.
    assert len(unfolded) <= 760
    assert "\n\n\n" not in (report / "technote" / "index.md").read_text()
    headings = [line for line in lines if line.startswith("#")]
    assert [line for line in unfolded if line.startswith("#")] == headings


def test_a_stage_lists_the_tasks_over_the_line(data: Path, report: Path) -> None:
    text = (report / "technote" / "index.md").read_text()
    listed = text.split("### Tasks over the line in Stage 4\n")[1].split("\n## ")[0]
    over = rows(
        data,
        f"select task_label from fct_task_usage where campaign = '{FOCUS}' "
        "and stage = 'stage4' and over_threshold_count > 0",
    )
    found = {row[0].strip("`") for row in cells(listed)}
    assert found == {task for (task,) in over}


def test_annexes_list_every_task_with_its_statistics(data: Path, report: Path) -> None:
    rows = cells(annex(report, "statistics of every task"))
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        expected = connection.sql(
            "select task_label, p75_max_rss_bytes from fct_task_usage "
            "where campaign = 'DM-53877' and quanta_count > 0"
        ).fetchall()
    found = sorted((row[0].strip("`"), row[5]) for row in rows)
    assert found == sorted((task, write("_bytes", value)) for task, value in expected)


def test_annexes_account_for_every_task_with_a_problem(data: Path, report: Path) -> None:
    rows = cells(annex(report, "what failed and what is missing"))
    assert rows
    for row in rows:
        expected, *parts = (int(cell.replace(",", "")) for cell in row[3:12])
        assert expected == sum(parts), row
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        (missing,) = connection.sql(
            "select sum(missing_count) from fct_task_completeness"
        ).fetchall()[0]
    assert sum(int(row[11].replace(",", "")) for row in rows) == missing > 0


def test_annexes_show_the_versions_that_differ_and_no_others(report: Path) -> None:
    text = annex(report, "software and RUN collections")
    assert "| `lsst_distrib` | w_2025_48 | v30.0.0.rc2 | v30.0.0.rc3 |" in text
    assert "Packages with one version everywhere: 1;" in text
    assert "numpy" not in text
    assert "| runs/DM-53368/stage4/20251202T000000Z | metadata files |" in text


def test_annexes_compare_tasks_on_what_campaigns_share(data: Path, report: Path) -> None:
    rows = cells(annex(report, "releases on common input"))
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        expected = connection.sql(
            "select task_label, campaign, common_count, quanta_count from fct_task_common_usage "
            "where common_count > 0"
        ).fetchall()
    found = sorted((row[0].strip("`"), row[3].strip("`"), *row[1:3], row[4]) for row in rows)
    assert found == sorted(
        (task, campaign, "visit", f"{visits:,}", f"{quanta:,}")
        for task, campaign, visits, quanta in expected
    )


def test_conclusions_change_with_the_numbers(report: Path, hostile_report: Path) -> None:
    def conclusion(folder: Path, stage: str) -> str:
        text = (folder / "technote" / "index.md").read_text()
        return text.split(f"\n## {stage}\n\n")[1].split("\n\n")[0]

    assert "is not enough for Stage 4" in conclusion(report, "Stage 4")
    assert "is enough for most of the work" in conclusion(report, "Stage 2")
    assert "per core is enough: all" in conclusion(hostile_report, "Stage 1")
    assert conclusion(hostile_report, "finale") == (
        "No conclusion: No measured quanta in finale of DM-2: no RUN was extracted for it."
    )


def test_the_title_names_the_instruments_of_the_data(report: Path) -> None:
    title = (report / "technote" / "index.md").read_text().split("\n")[0]
    assert title.startswith("# Memory use of LSSTCam campaigns: DM")


def test_the_abstract_gives_the_answer_of_every_stage(report: Path, hostile_report: Path) -> None:
    def abstract(folder: Path) -> str:
        text = (folder / "technote" / "index.md").read_text()
        return text.split("```{abstract}\n")[1].split("```")[0]

    assert re.search(r"Stage 4 does not fit \(\d\d %\)", abstract(report))
    assert "Stage 1 fits (0 %), Stage 2 has no data, finale has no data." in abstract(
        hostile_report
    )


def test_figures_of_a_stage_stand_with_the_words_about_them(report: Path) -> None:
    text = (report / "technote" / "index.md").read_text()
    section = text.split("## Stage 2\n")[1].split("\n## Stage 3\n")[0]
    releases, alone = section.split("### Stage 2 in `DM-53877`\n")
    assert re.findall(r"images/(\w+?)_stage2", releases) == [
        "MaxRSS_box_all_stacks",
        "MaxRSSTask_all_stacks",
        "95percTask_all_stacks",
        "MaxRSS_box_common_visits",
    ]
    time = alone.split("A campaign pays for time.")[1].split("The cumulative shares")[0]
    assert re.findall(r"images/(\w+)\.png", time) == ["MaxRSS_distro_CumulatedCPU_v30_stage2"]
    shown = [name for name in re.findall(r"images/(\S+)\.png", text) if name.endswith("_stage2")]
    assert len(shown) == len(set(shown))


def test_releases_are_compared_in_words_only_where_there_are_two(
    report: Path, hostile_report: Path
) -> None:
    compared = "A comparison on the same visits is fairer"
    assert (report / "technote" / "index.md").read_text().count(compared) == 4
    text = (hostile_report / "technote" / "index.md").read_text()
    assert text.count(compared) == 1
    stage2 = text.split("## Stage 2\n")[1].split("\n## ")[0]
    assert "The comparison of releases below shows the campaigns that have data." in stage2
    assert "Share of wall time over" not in stage2


def test_the_final_table_has_the_numbers_of_the_stages(data: Path, report: Path) -> None:
    text = (report / "technote" / "index.md").read_text()
    table = text.split("\n## Answer\n")[1].split("\n## ")[0]
    assert text.index("\n## Answer\n") < text.index("\n## Introduction\n")
    rows = re.findall(r"^\| Stage \d \| (.*?) \| (.*?) \|", table, re.MULTILINE)
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        expected = connection.sql(
            "select quanta_count, over_threshold_count from fct_stage_usage "
            "where campaign = 'DM-53877' order by stage"
        ).fetchall()
    assert rows == [(f"{quanta:,}", f"{over:,}") for quanta, over in expected]


def test_a_conclusion_names_what_it_cannot_cover(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute("update fct_stage_usage set failed_count = 7 where stage = 'stage1'")
        connection.execute(
            "update fct_stage_usage set completeness_verdict = 'incomplete', gap_count = 1234 "
            "where stage = 'stage2'"
        )
    with Warehouse(path) as warehouse:
        citations = Citations(warehouse)
        rows = [stage.focus for stage in read_census(warehouse).stages]
        said = {row["stage"]: conclusion(citations, row, row["stage"], "") for row in rows}
    assert said["stage1"].endswith(" Excludes 7 failed quanta.")
    assert "1,234 expected quanta left no" in said["stage2"]
    assert "failed" not in said["stage3"]


def test_texts_from_outside_are_never_markup(hostile_report: Path) -> None:
    text = (hostile_report / "technote" / "index.md").read_text()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = {token.type for token in tokens}
    kinds |= {child.type for token in tokens for child in token.children or []}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    fences = {token.info for token in tokens if token.type == "fence"}
    assert all(re.match(r"\{(figure|abstract|rst-class)\}", info) for info in fences)
    # Maths and substitutions of MyST begin with these.
    assert not re.search(r"(?<!\\)\$", text)
    assert "{{" not in text.replace("\\{\\{", "")


def test_the_configuration_of_the_technote_is_readable(report: Path, hostile_report: Path) -> None:
    for folder in (report, hostile_report):
        settings = tomllib.loads((folder / "technote" / "technote.toml").read_text())
        assert settings["technote"]["id"].startswith("Quanta-Census-DM-")
        assert "Simulated" in settings["technote"]["status"]["note"]
        assert settings["technote"]["date_updated"].isoformat() == "2025-12-21"
        ast.parse((folder / "technote" / "conf.py").read_text())


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


def test_campaigns_with_labels_stand_side_by_side(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "warehouse.duckdb", tmp_path)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute(
            "update dim_campaigns set focus_label = 'rc2' where campaign = 'DM-53719'"
        )
    with Warehouse(tmp_path / "warehouse.duckdb") as warehouse:
        citations, census = Citations(warehouse), read_census(warehouse)
        made = list(figures.figures(warehouse, citations, census))
        (tmp_path / "images").mkdir()
        for figure in made:
            (tmp_path / "images" / f"{figure.name}.png").write_bytes(b"")
        write_technote(
            warehouse, citations, census, made, images=tmp_path / "images", folder=tmp_path
        )
        tasks = warehouse.query(
            """
            select distinct stage, task_label from fct_task_usage
            where over_threshold_count > 0 and campaign in ('DM-53719', 'DM-53877')
            """
        ).num_rows
    text = (tmp_path / "index.md").read_text()
    _, _, chapter = text.partition("## Campaigns side by side")
    table, _, own = chapter.partition("\n## `DM-53719`")
    assert table.count("\n| Stage ") == tasks + 1
    assert "MaxRSS_CDF_rc2_stage1.png" in own
    assert "_v30_" not in own.partition("\n## ")[0]
