"""Publishing: everything is there, every link resolves, and nothing of others is touched."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.errors import OutputError
from reports.publish.folder import Published, publish
from reports.publish.workbook import workbook
from reports.run import TABLES
from tests.reports.conftest import SCRIPT


class Links(HTMLParser):
    """The addresses that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


@pytest.fixture(scope="module")
def published(data: Path, report: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    assert report.is_dir()
    return publish(data, tmp_path_factory.mktemp("web") / "public")


def test_page_figures_tables_and_dictionary_are_there(published: Published) -> None:
    names = set(published.written)
    assert {"index.html", "page/index.html", "dictionary.html", "figures/index.html"} <= names
    for table in TABLES:
        assert {f"tables/{table}.csv", f"tables/{table}.parquet"} <= names
    assert "bps/requestMemory.yaml" in names
    assert pq.read_table(published.folder / "tables/fct_stage_usage.parquet").num_rows > 0


@pytest.mark.parametrize("name", ["index", "figures/index", "tables/index", "dictionary"])
def test_every_link_of_the_pages_resolves_inside_the_folder(
    published: Published, name: str
) -> None:
    page = published.folder / f"{name}.html"
    links = Links()
    links.feed(page.read_text(encoding="utf-8"))
    local = [link for link in links.found if not link.startswith("data:")]
    assert local
    for link in local:
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve()
        assert target.is_file(), link
        assert published.folder in target.parents
        if anchor:
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8")


def test_what_is_not_made_is_left_out_and_named(published: Published) -> None:
    said = " ".join(published.sentences())
    assert "census-report technote" in said
    assert "census-transform docs" in said
    assert "technote/" not in (published.folder / "index.html").read_text(encoding="utf-8")


def test_technote_and_docs_are_published_when_they_are_newer_than_their_sources(
    data: Path, report: Path, tmp_path: Path
) -> None:
    made = {
        report / "technote" / "_build" / "html" / "index.html": "technote/index.html",
        data / "docs" / "index.html": "docs/index.html",
    }
    for path in made:
        path.parent.mkdir(parents=True)
        path.write_text("<p>made</p>")
    published = publish(data, tmp_path / "public")
    assert set(made.values()) <= set(published.written)
    assert published.left_out == []
    for path in made:
        path.unlink()
    again = publish(data, tmp_path / "public")
    assert len(again.left_out) == 2
    assert not (tmp_path / "public" / "technote" / "index.html").exists()


def test_a_folder_of_others_is_refused_and_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match="not empty and not ours"):
        publish(data, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_the_report_itself_is_no_place_to_publish(data: Path, report: Path) -> None:
    with pytest.raises(OutputError, match="choose another folder"):
        publish(data, report)


def test_texts_from_outside_are_no_markup(
    hostile_data: Path, hostile_report: Path, tmp_path: Path
) -> None:
    assert hostile_report.is_dir()
    published = publish(hostile_data, tmp_path / "public")
    for name in ("index.html", "figures/index.html", "tables/index.html", "dictionary.html"):
        assert SCRIPT not in (published.folder / name).read_text(encoding="utf-8")


def test_a_workbook_holds_texts_as_texts_and_leaves_absent_values_empty(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["=1+1", None, "https://x"],
            "bytes": [2**60, 3, None],
            "share": [0.5, float("inf"), float("nan")],
            "at": pa.array([datetime(2026, 1, 2, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC")),
            "names": [["a", "b"], [], None],
        }
    )
    content = workbook({"a_table_with_a_name_longer_than_31_characters": table})
    assert content == workbook({"a_table_with_a_name_longer_than_31_characters": table})
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
        strings = archive.read("xl/sharedStrings.xml").decode()
        assert "a_table_with_a_name_longer_t" in archive.read("xl/workbook.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    for text in ("=1+1", "https://x", str(2**60), "a;b", "2026-01-02"):
        assert text in strings
    assert re.search(r'<c r="C2"><v>0\.5</v>', sheet)
    assert 'r="A3"' not in sheet
