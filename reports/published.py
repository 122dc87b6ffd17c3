"""Give marts and figures of a published warehouse to notebooks and other programs."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import altair as alt
import pyarrow as pa

from .citations import Citations
from .errors import FigureError, WarehouseError
from .figures import Definition, figures_in_order
from .subjects import Census, Subject, read_census
from .warehouse import Relation, Warehouse

if TYPE_CHECKING:
    import pandas
    import polars

__all__ = ["Published"]


class Published:
    """A published warehouse, open read-only.

    Parameters
    ----------
    path : `~pathlib.Path`
        The folder of all outputs, or the warehouse file in it.

    Raises
    ------
    WarehouseError
        Raised if there is no warehouse, or if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        path = path.resolve()
        self._warehouse = Warehouse(path if path.is_file() else path / "warehouse.duckdb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._warehouse.__exit__(kind, error, traceback)

    @cached_property
    def _census(self) -> Census:
        return read_census(self._warehouse)

    @cached_property
    def _figures(self) -> dict[str, tuple[Definition, Subject]]:
        return {
            definition.file_name(subject): (definition, subject)
            for definition, subject in figures_in_order(self._census)
        }

    @cached_property
    def marts(self) -> dict[str, str]:
        """Name of each mart and ready question (`dict` [`str`, `str`]), with its description."""
        rows = self._warehouse.query(
            """
            select
                if(schema_name = 'main', table_name, schema_name || '.' || table_name) as name,
                coalesce(comment, '') as description
            from (
                select schema_name, table_name, comment from duckdb_tables()
                union all
                select schema_name, view_name, comment from duckdb_views() where not internal
            )
            where schema_name in ('main', 'questions')
            order by all
            """
        )
        return dict(zip(rows["name"].to_pylist(), rows["description"].to_pylist(), strict=True))

    @property
    def figures(self) -> list[str]:
        """Names of the figures (`list` [`str`]), in the order of the technote."""
        return list(self._figures)

    def arrow(self, name: str) -> pa.Table:
        """Read a whole mart, or the answer of a ready question, as an Arrow table.

        Parameters
        ----------
        name : `str`
            A key of `marts`.

        Returns
        -------
        table : `pyarrow.Table`
            All its rows; the data dictionary says what the columns mean, with units.

        Raises
        ------
        WarehouseError
            Raised if there is no such mart.
        """
        return self._relation(name).to_arrow_table()

    def pandas(self, name: str) -> pandas.DataFrame:
        """Read as `arrow` does, as a data frame of pandas, which must be installed.

        Parameters
        ----------
        name : `str`
            A key of `marts`.

        Returns
        -------
        frame : `pandas.DataFrame`
            All its rows.

        Raises
        ------
        WarehouseError
            Raised if there is no such mart.
        ModuleNotFoundError
            Raised if pandas is not installed.
        """
        return self._relation(name).df()

    def polars(self, name: str) -> polars.DataFrame:
        """Read as `arrow` does, as a data frame of Polars, which must be installed.

        Parameters
        ----------
        name : `str`
            A key of `marts`.

        Returns
        -------
        frame : `polars.DataFrame`
            All its rows.

        Raises
        ------
        WarehouseError
            Raised if there is no such mart.
        ModuleNotFoundError
            Raised if Polars is not installed.
        """
        frame: polars.DataFrame = self._relation(name).pl()
        return frame

    def _relation(self, name: str) -> Relation:
        if name not in self.marts:
            raise WarehouseError(f"There is no mart {name!r}{_nearest(name, list(self.marts))}")
        return self._warehouse.relation(name)

    def sql(self, query: str) -> pa.Table:
        """Run a query.

        Parameters
        ----------
        query : `str`
            One statement that reads.

        Returns
        -------
        table : `pyarrow.Table`
            Its rows.

        Raises
        ------
        WarehouseError
            Raised if the query is wrong.
        """
        return self._warehouse.query(query)

    def figure(self, name: str) -> alt.LayerChart:
        """Draw a figure of the technote.

        Parameters
        ----------
        name : `str`
            One of `figures`.

        Returns
        -------
        chart : `altair.LayerChart`
            The chart, with its data.

        Raises
        ------
        FigureError
            Raised if there is no such figure.
        """
        if name not in self._figures:
            raise FigureError(f"There is no figure {name!r}{_nearest(name, self.figures)}")
        definition, subject = self._figures[name]
        return definition.make(self._warehouse, Citations(self._warehouse), subject).draw()


def _nearest(name: str, known: list[str]) -> str:
    """Suggest names that are similar to a wrong one, else give the number of names."""
    close = get_close_matches(name, known, n=3)
    return f": did you mean {' or '.join(close)}?" if close else f": there are {len(known)}."
