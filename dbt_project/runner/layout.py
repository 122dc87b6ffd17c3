"""Define the paths under DATA, without dbt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from quanta_census.entrance import command

from .errors import TransformError

__all__ = ["LAKE_TABLES", "MARK", "Layout", "make_folder"]

MARK = ".quanta-census"
"""Name of the file that marks a folder of this program: `make clean` may remove the folder."""

LAKE_TABLES = ("quanta", "expectations", "runs", "rejects", "visits", "jobs", "campaigns", "stages")
"""Tables of the lake that the sources of dbt name."""


@dataclass(frozen=True)
class Layout:
    """Paths of one DATA folder.

    Attributes
    ----------
    root : `pathlib.Path`
        The folder of all outputs.  It is made absolute here, because dbt changes the working
        folder, and views must work from every folder.
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", self.root.absolute())

    @property
    def lake(self) -> Path:
        """The Parquet files that extraction wrote."""
        return self.root / "lake"

    @property
    def warehouse(self) -> Path:
        """The published DuckDB database."""
        return self.root / "warehouse.duckdb"

    @property
    def history(self) -> Path:
        """Verdicts of earlier publications; no rebuild removes this file."""
        return self.root / "history"

    @property
    def dbt(self) -> Path:
        """Logs and compiled SQL: dbt writes nothing into the source tree."""
        return self.root / "dbt"

    @property
    def publication(self) -> Path:
        """Record of what the published warehouse was made from; without it, a build is needed."""
        return self.dbt / "publication.json"

    @property
    def log(self) -> Path:
        """The full log of dbt."""
        return self.dbt / "logs" / "dbt.log"

    @property
    def lake_pattern(self) -> str:
        """Path of the lake, escaped for a quoted DuckDB glob in a format string of dbt-duckdb."""
        return _pattern(self.lake)

    @property
    def history_pattern(self) -> str:
        """Path of the history, escaped like `lake_pattern`."""
        return _pattern(self.history)

    def require_lake(self) -> None:
        """Refuse a lake that is absent or incomplete.

        Raises
        ------
        TransformError
            Raised with the folder and what to do.
        """
        absent = [name for name in LAKE_TABLES if not any((self.lake / name).rglob("*.parquet"))]
        if len(absent) == len(LAKE_TABLES):
            raise TransformError(f"there is no lake in {self.lake}: run {command('extract')} first")
        if absent:
            raise TransformError(
                f"the lake in {self.lake} lacks {', '.join(absent)}: run {command('extract')} again"
            )

    def require_warehouse(self) -> Path:
        """Get the published warehouse.

        Returns
        -------
        warehouse : `pathlib.Path`
            The database file, which exists.

        Raises
        ------
        TransformError
            Raised if nothing was published yet.
        """
        if not self.warehouse.is_file():
            raise TransformError(f"there is no {self.warehouse}: run {command('transform')} first")
        return self.warehouse


def _pattern(folder: Path) -> str:
    """Escape a folder for a quoted DuckDB glob in a format string of dbt-duckdb."""
    globbed = re.sub(r"([*?\[])", r"[\1]", str(folder))
    return globbed.replace("'", "''").replace("{", "{{").replace("}", "}}")


def make_folder(folder: Path) -> None:
    """Make a folder and mark it; a folder that already has other files is not marked.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Folder to make; it may exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        text = "Quanta Census made this folder. `make clean` removes it with all it holds.\n"
        (folder / MARK).write_text(text, encoding="utf-8")
