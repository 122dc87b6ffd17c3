"""Each output of the report shows each hostile text as text."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from pathlib import Path

import pyarrow as pa
import pytest
import vl_convert
import yaml
from markdown_it import MarkdownIt

from quanta_census.terminal import printable
from reports.escape import csv_text, drawable, myst, plain, yaml_key
from reports.run import write_table
from tests.reliability.nasty import NASTY, SURROGATE

# As Sphinx reads a technote: with links, dashes and quotes made out of plain text.
TECHNOTE = MarkdownIt("commonmark", {"linkify": True, "typographer": True}).enable(
    ["table", "strikethrough", "linkify", "replacements", "smartquotes"]
)

each = pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())


@each
def test_the_technote_shows_it_as_it_is(text: str) -> None:
    tokens = TECHNOTE.parse(f"Begin {myst(text)} end")
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    read = "".join(child.content for child in children)
    assert read.split() == f"Begin {plain(text)} end".split()


@each
def test_a_spreadsheet_runs_no_cell_of_a_table(text: str, tmp_path: Path) -> None:
    table = pa.table(
        {
            "label": [text, None, "plain"],
            "labels": pa.array([[text, "b"], None, []], pa.list_(pa.string())),
            "number": [-1, 2, 3],
        }
    )
    write_table(table, tmp_path / "t.csv")
    written = (tmp_path / "t.csv").read_bytes().decode()
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert len(rows) == 3
    for row in rows:
        for name in ("label", "labels"):
            assert row[name].lstrip()[:1] not in {*"=+-@", "\uff1d", "\uff0b", "\uff0d", "\uff20"}
            assert row[name][:1] not in {"\t", "\r", "\n"}
    assert rows[0]["label"] in (text, f"'{text}")
    assert [row["number"] for row in rows] == ["-1", "2", "3"]


def test_an_ordinary_cell_stays_as_it_is() -> None:
    for text in ("isr", "2025-12-01", "a=b", "isr+calibrateImage", '{"visit":1}', "1-2", None):
        assert csv_text(text) == text


@each
def test_a_label_stays_a_text_in_yaml(text: str) -> None:
    written = f"pipetask:\n  {yaml_key(text)}:  # {plain(text)}\n    requestMemory: 1\n"
    assert yaml.safe_load(written) == {"pipetask": {text: {"requestMemory": 1}}}


@each
def test_the_terminal_is_left_alone(text: str) -> None:
    shown = printable(f"Error: {text}")
    assert all(
        character == "\n" or character.isprintable() for character in shown if character < "\x7f"
    )
    assert not {"\x1b", "\x9b", "\x07", "\r", "\u202e", "\u2066", "\ufeff"} & set(shown)


def test_a_lone_surrogate_is_dropped_where_text_becomes_bytes() -> None:
    assert plain(SURROGATE) == "ab"
    assert printable(SURROGATE) == "ab"
    assert yaml.safe_load(myst(SURROGATE)) == "ab"


JAVASCRIPT = ("constructor", "toString", "valueOf", "hasOwnProperty", "__proto__", "isPrototypeOf")


@pytest.mark.parametrize("text", [*NASTY.values(), *JAVASCRIPT], ids=[*NASTY.keys(), *JAVASCRIPT])
def test_a_figure_shows_it_beside_others(text: str) -> None:
    order = {"sort": [text, "isr"]}
    colour = {"field": "task", "type": "nominal", "scale": {"domain": [text, "isr"]}, **order}
    chart = {
        "title": text,
        "data": {"values": [{"task": text, "gib": 1}, {"task": "isr", "gib": 2}]},
        "mark": "bar",
        "encoding": {
            "x": {"field": "gib", "type": "quantitative", "stack": True},
            "y": {"field": "task", "type": "nominal", **order},
            "color": colour,
        },
    }
    drawn = ET.fromstring(vl_convert.vegalite_to_svg(drawable(chart)))
    bars = [one for one in drawn.iter() if one.get("aria-roledescription") == "bar"]
    assert len(bars) == 2
