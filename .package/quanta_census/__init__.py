"""Quanta Census: what every quantum of a campaign used, what is missing, and what to buy.

The parent of the three programs ``extract``, ``dbt_project`` and ``reports``.  This file imports
none of them, so that each works without the packages that only the others need.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .reports.published import Published

__all__ = ["open"]

_ROOT = Path(__file__).resolve().parents[2]
if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "dbt_project").is_dir():
    # A checkout has the three programs at its top level, a wheel has them in this folder.
    __path__.append(str(_ROOT))


def open(data: str | Path = "data") -> Published:
    """Open what `census-transform` has published, to read marts and figures in Python.

    Parameters
    ----------
    data : `str` or `~pathlib.Path`, optional
        The folder of all outputs, or the warehouse file in it.

    Returns
    -------
    published : `~quanta_census.reports.published.Published`
        Marts as Arrow, pandas or Polars, figures as Altair charts.

    Raises
    ------
    WarehouseError
        Raised if there is no warehouse, or if another version built it.
    """
    # Not above: extraction works without what the report needs.
    from .reports.published import Published

    return Published(Path(data))
