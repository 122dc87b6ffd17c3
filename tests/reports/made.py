"""Figures of a warehouse, as a report makes them."""

from __future__ import annotations

from reports.citations import Citations
from reports.figures import Figure, figures
from reports.subjects import read_census
from reports.warehouse import Warehouse


def all_figures(warehouse: Warehouse) -> list[Figure]:
    """Make all figures of a warehouse, in the order of the technote."""
    made = list(figures(warehouse, Citations(warehouse), read_census(warehouse)))
    for figure in made:
        if figure.error:
            raise figure.error
    return made


def figure_named(warehouse: Warehouse, name: str) -> Figure:
    """Make the figure with a name."""
    return next(figure for figure in all_figures(warehouse) if figure.name == name)
