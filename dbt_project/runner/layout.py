"""Where things lie under DATA, and how to look at them; no dbt here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from quanta_census.entrance import command

from .errors import TransformError

__all__ = ["LAKE_TABLES", "MARK", "Layout", "make_folder"]

MARK = ".quanta-census"
"""A folder with a file of this name is ours: `make clean` may remove it."""

LAKE_TABLES = ("quanta", "expectations", "runs", "rejects", "visits", "jobs", "campaigns", "stages")
"""Tables of the lake that the sources of dbt name."""


@dataclass(frozen=True)
class Layout:
    """Paths of one DATA folder.

    Attributes
    ----------
    root : `pathlib.Path`
        The folder of all outputs.  It is made absolute here, once: dbt changes the working folder,
        and views must not depend on where they are read from.
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
        """What earlier publications said; no rebuild removes it."""
        return self.root / "history"

    @property
    def dbt(self) -> Path:
        """Logs and compiled SQL: dbt writes nothing into the source tree."""
        return self.root / "dbt"

    @property
    def publication(self) -> Path:
        """What the published warehouse was made from; no warehouse is believed without it."""
        return self.dbt / "publication.json"

    @property
    def log(self) -> Path:
        """The full log of dbt."""
        return self.dbt / "logs" / "dbt.log"

    @property
    def lake_pattern(self) -> str:
        """The lake as text inside a quoted DuckDB glob inside a format string of dbt-duckdb."""
        return _pattern(self.lake)

    @property
    def history_pattern(self) -> str:
        """The history, as `lake_pattern` is the lake."""
        return _pattern(self.history)

    def require_lake(self) -> None:
        """Refuse a lake that is absent or not whole.

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
        """Give the published warehouse.

        Returns
        -------
        warehouse : `pathlib.Path`
            The database file, which exists.

        Raises
        ------
        TransformError
            Raised when nothing was published yet.
        """
        if not self.warehouse.is_file():
            raise TransformError(f"there is no {self.warehouse}: run {command('transform')} first")
        return self.warehouse


def _pattern(folder: Path) -> str:
    """Write a folder as text inside a quoted DuckDB glob inside a format string of dbt-duckdb."""
    globbed = re.sub(r"([*?\[])", r"[\1]", str(folder))
    return globbed.replace("'", "''").replace("{", "{{").replace("}", "}}")


def make_folder(folder: Path) -> None:
    """Make a folder and mark it as ours; one that held something else before stays unmarked.

    Parameters
    ----------
    folder : `~pathlib.Path`
        What to make; may be there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        text = "Quanta Census made this folder. `make clean` removes it with all it holds.\n"
        (folder / MARK).write_text(text, encoding="utf-8")
