"""Fill a folder for a static web server with all parts of a report and an index."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from quanta_census.entrance import command

from ..citations import Citations
from ..errors import OutputError
from ..files import alone, write_file
from ..run import TABLES
from ..sentences.answer import answer_lines
from ..subjects import read_census
from ..warehouse import Warehouse
from .dictionary import marts
from .workbook import workbook

__all__ = ["WEB_MARK", "Publication", "publish"]

WEB_MARK = ".quanta-census-web"
"""Name of the file that marks a folder of `publish`, which may fill the folder again.

It differs from the mark of a folder of outputs: `publish` removes files that a publication no
longer has, and it must never remove a lake.
"""

WORKBOOK = "tables/quanta-census.xlsx"


@dataclass
class Publication:
    """Result of a publication.

    Attributes
    ----------
    folder : `pathlib.Path`
        Folder of the publication.
    written : `list` [`str`]
        Files, relative to the folder.
    left_out : `list` [`str`]
        Missing parts, each with the command that makes it.
    """

    folder: Path
    written: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> None:
        """Write one file and remember it."""
        write_file(self.folder / name, content)
        self.written.append(name)

    def copy(self, source: Path, name: str) -> bool:
        """Copy a file or all files below a folder, and say whether there was any."""
        found = False
        for path in _files(source):
            inside = path.relative_to(source).as_posix()
            self.write(name if path == source else f"{name}/{inside}", path.read_bytes())
            found = True
        return found

    def sentences(self) -> list[str]:
        """Say what was published, and what was not."""
        published = f"Published {len(self.written):,} files: {self.folder / 'index.html'}"
        return [published, *(f"Left out: {text}" for text in self.left_out)]


def publish(data: Path, folder: Path) -> Publication:
    """Publish the report of a warehouse.

    Parameters
    ----------
    data : `~pathlib.Path`
        Folder of all outputs, with a report that is up to date.
    folder : `~pathlib.Path`
        Folder to fill; it is made if needed. Files of an earlier publication that this one does
        not have are removed.

    Returns
    -------
    published : `Publication`
        What was written and what was left out.

    Raises
    ------
    OutputError
        Raised if the folder has other files, or if it cannot be written.
    WarehouseError
        Raised if there is no warehouse.
    """
    report = data / "report"
    if report in folder.parents:
        raise OutputError(f"{folder} is inside the report: choose another folder.")
    _refuse_others(folder)
    published = Publication(folder)
    write_file(folder / WEB_MARK, "`census-report publish` fills this folder.\n")
    with Warehouse(data / "warehouse.duckdb") as warehouse, alone(folder):
        published.copy(report / "index.html", "page/index.html")
        published.copy(report / "images", "figures")
        published.copy(report / "bps", "bps")
        published.copy(report / "tables", "tables")
        has_technote = _copy_technote(published, report / "technote")
        has_docs = _copy_docs(published, data)
        tables = {name: warehouse.mart(name) for name in TABLES}
        for name, table in tables.items():
            buffer = io.BytesIO()
            pq.write_table(table, buffer, compression="zstd")
            published.write(f"tables/{name}.parquet", buffer.getvalue())
        published.write(WORKBOOK, workbook(tables))
        _write_pages(published, warehouse, report, has_technote=has_technote, has_docs=has_docs)
        _remove_others(published)
    return published


def _refuse_others(folder: Path) -> None:
    """Refuse a folder that `publish` did not make: its files would be mixed, or removed."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / WEB_MARK).is_file():
        raise OutputError(
            f"{folder} is not empty and was not made by `publish` (it has no file {WEB_MARK}): "
            "choose another folder."
        )
    for name in ("lake", "warehouse.duckdb"):
        if (folder / name).exists():
            raise OutputError(
                f"{folder} also has {name}, which publishing would remove: choose another folder."
            )


def _copy_technote(published: Publication, sources: Path) -> bool:
    """Copy the technote's HTML if it was built from these sources."""
    html = sources / "_build" / "html"
    page, source = html / "index.html", sources / "index.md"
    if page.is_file() and page.stat().st_mtime >= source.stat().st_mtime:
        return published.copy(html, "technote")
    published.left_out.append(
        "the technote's HTML, which is not built: `census-report technote`, then publish again"
    )
    return False


def _copy_docs(published: Publication, data: Path) -> bool:
    """Copy dbt's documentation if it is of this warehouse."""
    page, warehouse = data / "docs" / "index.html", data / "warehouse.duckdb"
    if page.is_file() and page.stat().st_mtime >= warehouse.stat().st_mtime:
        return published.copy(page, "docs/index.html")
    published.left_out.append(
        "dbt's documentation, which is not made: `census-transform docs`, then publish again"
    )
    return False


def _write_pages(
    published: Publication,
    warehouse: Warehouse,
    report: Path,
    *,
    has_technote: bool,
    has_docs: bool,
) -> None:
    """Write the index, the gallery of figures, the list of tables and the dictionary."""
    captions = json.loads((report / "captions.json").read_text(encoding="utf-8"))
    census = read_census(warehouse)
    environment = Environment(
        loader=PackageLoader(str(__package__), "templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    style = (files(__package__) / "publish.css").read_text(encoding="utf-8")
    known = marts(warehouse)
    meanings = {mart.name: mart.meaning for mart in known}
    values: dict[str, Any] = {
        "style": Markup(style),  # This text is our own, not from outside.
        "version": version("quanta-census"),
        "census": census,
        "answers": answer_lines(Citations(warehouse), census),
        "captions": captions,
        "tables": {name: meanings.get(name, "") for name in TABLES},
        "workbook": WORKBOOK,
        "marts": known,
        "has_technote": has_technote,
        "has_docs": has_docs,
        "report_command": command("report"),
    }
    for name in ("index", "figures/index", "tables/index", "dictionary"):
        template = environment.get_template(f"{name.replace('/', '_')}.html.j2")
        root = "../" * name.count("/")
        published.write(f"{name}.html", template.render(root=root, **values))


def _files(path: Path) -> Iterator[Path]:
    """List a file, or the files below a folder, by name, without hidden files."""
    if path.is_file():
        yield path
    elif path.is_dir():
        for folder, names, found in os.walk(path):
            names[:] = sorted(name for name in names if not name.startswith("."))
            yield from (Path(folder) / name for name in sorted(found) if not name.startswith("."))


def _remove_others(published: Publication) -> None:
    """Remove files of an earlier publication."""
    kept = {published.folder / name for name in published.written}
    for path in _files(published.folder):
        if path not in kept:
            path.unlink()
