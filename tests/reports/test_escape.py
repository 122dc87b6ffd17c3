"""Any text from outside is shown as plain text."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.escape import Myst, code, myst, plain, toml_string
from tests.reports.conftest import HOSTILE_LABEL, HOSTILE_TEXT, SCRIPT

MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")


def read_back(markdown: str) -> str:
    """Read a paragraph as CommonMark; fail if it is anything but one paragraph of text."""
    tokens = MARKDOWN.parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    return "".join(child.content for child in children)


@pytest.mark.parametrize(
    "text",
    [
        SCRIPT,
        HOSTILE_LABEL,
        HOSTILE_TEXT,
        "# heading",
        "- list",
        "1. list",
        "2) list",
        "> quote",
        "    code",
        "a\n\nb",
        "+++",
        ":::{warning}",
        ":name: value",
        "% comment",
        "(target)=",
        "&lt;b&gt; &amp;",
        "***",
        "===",
        "[a]: http://x",
        "<https://example.org>",
        "~~gone~~",
        "a\\",
    ],
)
def test_markup_from_outside_is_read_back_as_text(text: str) -> None:
    assert read_back(myst(text)) == plain(text)


@given(st.text(min_size=1))
def test_any_text_is_read_back_as_itself(text: str) -> None:
    if plain(text):
        assert read_back(myst(text)) == plain(text)


@given(st.text())
def test_a_cell_of_a_table_holds_the_whole_text_and_no_more(text: str) -> None:
    table = f"| a | b |\n|---|---|\n| {myst(text)} | end |\n"
    html = MARKDOWN.render(table)
    assert html.count("<td>") == 2
    assert html.rstrip().endswith("<td>end</td>\n</tr>\n</tbody>\n</table>")


def test_controls_and_direction_marks_are_taken_out() -> None:
    assert plain("a\x00b\u202ec\x1b[31m\ud800") == "abc[31m"


def test_a_plain_label_is_set_as_code_and_any_other_is_escaped() -> None:
    assert code("makeDirectWarp") == "`makeDirectWarp`"
    assert code("DM-53877") == "`DM-53877`"
    assert "`" not in code("a`b").replace("\\`", "")


def test_what_is_myst_already_is_not_escaped_again() -> None:
    assert myst(Myst("`a`")) == "`a`"


@given(st.text())
def test_toml_gives_the_text_back(text: str) -> None:
    assert tomllib.loads(f"a = {toml_string(text)}")["a"] == plain(text)
    assert json.loads(toml_string(text)) == plain(text)
