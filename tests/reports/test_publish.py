"""Publishing: everything is there, every link resolves, and nothing of others is touched."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from xlsxwriter.utility import xl_rowcol_to_cell

from reports.errors import OutputError
from reports.files import MARK, make_folder
from reports.publish.folder import WEB_MARK, Publication, publish
from reports.publish.workbook import workbook
from reports.run import TABLES
from reports.warehouse import Warehouse
from tests.reports.conftest import SCRIPT

pytestmark = pytest.mark.slow


class Links(HTMLParser):
    """The addresses that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


@pytest.fixture(scope="module")
def published(data: Path, report: Path, tmp_path_factory: pytest.TempPathFactory) -> Publication:
    assert report.is_dir()
    return publish(data, tmp_path_factory.mktemp("web") / "public")


def test_page_figures_tables_and_dictionary_are_there(published: Publication) -> None:
    names = set(published.written)
    assert {"index.html", "page/index.html", "dictionary.html", "figures/index.html"} <= names
    for table in TABLES:
        assert {f"tables/{table}.csv", f"tables/{table}.parquet"} <= names
    assert "bps/requestMemory.yaml" in names
    assert pq.read_table(published.folder / "tables/fct_stage_usage.parquet").num_rows > 0


@pytest.mark.parametrize("name", ["index", "figures/index", "tables/index", "dictionary"])
def test_every_link_of_the_pages_resolves_inside_the_folder(
    published: Publication, name: str
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


def test_what_is_not_made_is_left_out_and_named(published: Publication) -> None:
    said = " ".join(published.sentences())
    assert "census-report technote" in said
    assert "census-transform docs" in said
    assert "technote/" not in (published.folder / "index.html").read_text(encoding="utf-8")


def test_technote_and_docs_are_published_when_they_are_newer_than_their_sources(
    data: Path, report: Path, tmp_path: Path
) -> None:
    own = tmp_path / "data"
    shutil.copytree(report, own / "report")
    shutil.copy2(data / "warehouse.duckdb", own)
    made = {
        own / "report" / "technote" / "_build" / "html" / "index.html": "technote/index.html",
        own / "docs" / "index.html": "docs/index.html",
    }
    for path in made:
        path.parent.mkdir(parents=True)
        path.write_text("<p>made</p>")
    published = publish(own, tmp_path / "public")
    assert set(made.values()) <= set(published.written)
    assert published.left_out == []
    for path in made:
        os.utime(path, (0, 0))
    again = publish(own, tmp_path / "public")
    assert len(again.left_out) == 2
    assert not (tmp_path / "public" / "technote" / "index.html").exists()


def test_a_folder_of_others_is_refused_and_left_alone(data: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match="not empty and was not made by `publish`"):
        publish(data, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_of_outputs_is_refused_and_left_alone(data: Path, tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    make_folder(outputs)
    (outputs / "lake" / "quanta").mkdir(parents=True)
    held = sorted(outputs.rglob("*"))
    with pytest.raises(OutputError, match="was not made by `publish`"):
        publish(data, outputs)
    assert sorted(outputs.rglob("*")) == held


@pytest.mark.parametrize("name", ["lake", "warehouse.duckdb"])
def test_a_publication_into_which_outputs_were_written_is_refused(
    data: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / WEB_MARK).touch()
    (tmp_path / name).mkdir()
    with pytest.raises(OutputError, match=f"also has {name}"):
        publish(data, tmp_path)
    assert (tmp_path / name).is_dir()


def test_an_own_folder_is_filled_again_and_what_is_gone_is_removed(
    data: Path, report: Path, tmp_path: Path
) -> None:
    assert report.is_dir()
    publish(data, tmp_path / "public")
    (tmp_path / "public" / "figures" / "old.png").touch()
    publish(data, tmp_path / "public")
    assert not (tmp_path / "public" / "figures" / "old.png").exists()
    assert not (tmp_path / "public" / MARK).exists()


def test_the_report_itself_is_no_place_to_publish(data: Path, report: Path) -> None:
    with pytest.raises(OutputError, match="choose another folder"):
        publish(data, report)
    with pytest.raises(OutputError, match="is inside the report"):
        publish(data, report / "web")


def test_texts_from_outside_are_no_markup(
    hostile_data: Path, hostile_report: Path, tmp_path: Path
) -> None:
    assert hostile_report.is_dir()
    published = publish(hostile_data, tmp_path / "public")
    for name in ("index.html", "figures/index.html", "tables/index.html", "dictionary.html"):
        assert SCRIPT not in (published.folder / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TABLES)
def test_every_number_of_a_mart_is_a_number_in_the_workbook(
    data: Path, tmp_path: Path, name: str
) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        table = warehouse.query(f'from "{name}" order by all limit 50')
    (tmp_path / "x.xlsx").write_bytes(workbook({name: table}))
    with zipfile.ZipFile(tmp_path / "x.xlsx") as archive:
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet2.xml"))
    kinds = {cell.get("r"): cell.get("t") for cell in sheet.iterfind(".//{*}sheetData//{*}c")}
    for index, column in enumerate(table.schema):
        if not (pa.types.is_integer(column.type) or is_fraction(column.type)):
            continue
        for row, value in enumerate(table[column.name].to_pylist(), start=1):
            if value is not None:
                assert kinds[xl_rowcol_to_cell(row, index)] is None, (column.name, value)


def is_fraction(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def test_a_workbook_holds_texts_as_texts_and_leaves_absent_values_empty(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["=1+1", None, "https://x"],
            "bytes": [2**60, 3, None],
            "share": [0.5, float("inf"), float("nan")],
            "at": pa.array([datetime(2026, 1, 2, tzinfo=UTC)] * 3, pa.timestamp("us", "UTC")),
            "names": [["a", "b"], [], None],
            "sum": pa.array([Decimal("12.5"), Decimal(3), None], pa.decimal128(38, 2)),
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
    assert re.search(r'<c r="F2"><v>12\.5</v>', sheet)
    assert 'r="A3"' not in sheet
