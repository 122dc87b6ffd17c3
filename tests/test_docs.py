"""The documents are correct: commands exist, links resolve, every command has help."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import click
import pytest
import typer

from tests import messages, reference

ROOT = Path(__file__).parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
MODULES = dict(zip(reference.PROGRAMS, ("extract", "dbt_project", "reports"), strict=True))
APPS = reference.PROGRAMS | {
    f"python -m {MODULES[name]}": app for name, app in reference.PROGRAMS.items()
}


def commands(app: typer.Typer) -> dict[str, click.Command]:
    group = typer.main.get_command(app)
    return dict(getattr(group, "commands", {}))


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_in_a_document_exists(path: Path) -> None:
    code = re.findall(r"```(?:sh|bash|console|text)?\n(.*?)```|`([^`\n]+)`", path.read_text(), re.S)
    for block in (text for pair in code for text in pair if text):
        for line in re.findall(r"(?:^|\s|\$ )make ([^\n#;|&\"]*)", block):
            words = [word for word in line.split() if re.fullmatch(r"[a-z][a-z-]*", word)]
            assert set(words) <= make_targets(), f"{path.name}: make {line}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_census_command_in_a_document_exists(path: Path) -> None:
    text = path.read_text()
    for prefix, app in APPS.items():
        for name in re.findall(rf"{re.escape(prefix)} ([a-z]+)", text):
            assert name in commands(app), f"{path.name}: {prefix} {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_resolves(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def anchors(path: Path) -> set[str]:
    """Give the anchors that GitHub makes of the headings of a document."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_anchor_of_a_link_resolves(path: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", path.read_text()):
        if "://" not in target:
            aim = path.parent / target if target else path
            assert anchor in anchors(aim), f"{path.name}: {target}#{anchor}"


@pytest.mark.parametrize("name", sorted(reference.PAGES))
def test_the_reference_is_that_of_the_programs(name: str) -> None:
    written = (reference.FOLDER / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run `python -m tests.reference`"


@pytest.mark.parametrize("title", sorted(reference.SECTIONS))
def test_every_key_of_the_campaigns_file_has_a_description(title: str) -> None:
    for name, field in reference.SECTIONS[title].model_fields.items():
        assert field.description, f"{title}: {name} has no text below it in extract/campaigns.py"


def test_every_how_to_and_decision_is_listed() -> None:
    for folder in ("howto", "decisions"):
        listed = (ROOT / "docs" / folder / "README.md").read_text()
        for path in (ROOT / "docs" / folder).glob("*.md"):
            assert path.name == "README.md" or f"]({path.name})" in listed, path


def test_no_merge_repeats_a_line_of_the_changelog() -> None:
    lines = [line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if len(line) > 40]
    assert [line for line, times in Counter(lines).items() if times > 1] == []


def test_every_question_that_a_document_asks_is_ready() -> None:
    ready = {path.stem for path in (ROOT / "dbt_project" / "analyses").glob("*.sql")}
    for path in DOCUMENTS:
        assert set(re.findall(r"make ask Q=(\w+)", path.read_text())) - {"name"} <= ready, path


@pytest.mark.parametrize("name", sorted(APPS))
def test_every_command_and_option_has_help(name: str) -> None:
    for command_name, command in commands(APPS[name]).items():
        assert command.help, f"{name} {command_name} has no help"
        for parameter in command.params:
            help_text = getattr(parameter, "help", None)
            assert help_text, f"{name} {command_name} {parameter.name} has no help"


def test_every_command_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for prefix in ("census-extract", "census-report"):
        for name in commands(APPS[prefix]):
            assert f"{prefix} {name}" in readme


def test_make_help_lists_every_target() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert {f"make {target}" for target in make_targets()} <= {
        " ".join(line.split()[:2]) for line in shown.splitlines()
    }


def test_every_error_message_is_in_the_page_on_trouble() -> None:
    _, _, listed = messages.PAGE.read_text().partition(messages.MARK)
    assert listed == messages.page_end(), "run python -m tests.messages"


def test_the_page_on_trouble_quotes_texts_of_the_programs() -> None:
    sources = [path for folder in messages.PROGRAMS for path in (ROOT / folder).rglob("*.py")]
    text = "".join(path.read_text() for path in sources)
    said = " ".join(re.sub(r"\"\s+f?\"", "", text).split())
    by_hand, _, _ = messages.PAGE.read_text().partition(messages.MARK)
    quoted = re.findall(r"^\|[^|]*\"([^\"|]+)\"[^|]*\|", by_hand, re.MULTILINE)
    assert len(quoted) >= 6
    for phrase in quoted:
        assert phrase in said, phrase


def test_the_list_of_messages_would_see_a_new_one() -> None:
    for folder, (_, tree) in messages.PROGRAMS.items():
        found = set(messages.messages(folder, messages.error_classes(tree)))
        assert len(found) >= (1 if folder.startswith(".package") else 10), folder


def test_ratios_of_the_projection_check_follow_from_its_numbers() -> None:
    text = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
    (table,) = re.findall(
        r"^\| task \| jobs predicted.*?\n\n", text, flags=re.DOTALL | re.MULTILINE
    )
    checked = 0
    for line in table.strip().splitlines()[2:]:
        cells = [cell.strip().replace(",", "") for cell in line.strip("|").split("|")][1:]
        for predicted, actual, ratio in (cells[:3], cells[3:]):
            if predicted:
                assert abs(float(actual) / float(predicted) - float(ratio)) <= 0.0051
                checked += 1
    assert checked == 12
