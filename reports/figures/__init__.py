"""The figures: one file each, in the folder of the question that it answers.

A file holds everything about its figure, which the registry reads by these names:

``NAME``
    Name of its files, a contract: ``{focus}``, ``{stage}`` and ``{threshold}`` are filled in.
``SECTION``
    Where the technote shows it, a key of `reports.figures.sections`; this decides, too, what the
    figure is about: a stage or the whole campaign, one campaign or all.
``PLACE``
    Its place among the figures of its section.
``title(citations, subject)``, ``caption(citations, subject)``, ``alt_text(citations, subject)``
    What it says.  The last two are called only where there is data.
``query(warehouse, subject)``
    Its data: one Arrow table, or a tuple whose first table decides whether there is anything.
``chart(frame, subject)``
    Its drawing from what the query gave; it refuses an empty frame.
``why_empty(citations, subject)``
    Optional: why there is nothing to show, should the table be empty.
``IS_OPTIONAL``
    Optional: a report leaves the figure out where there is nothing to show.

A file whose name begins with an underscore holds what several figures share.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from ..citations import Citations
from ..subjects import Census, Subject
from ..warehouse import Warehouse
from .figure import Definition, Figure
from .sections import subjects_in_order

__all__ = ["FIGURES", "Definition", "Figure", "figures", "figures_in_order", "find_figures"]


def find_figures() -> tuple[Definition, ...]:
    """Read every file of this package that defines a figure, in the order of their places.

    Raises
    ------
    FigureError
        Raised if a file lacks what every figure has, or if its section does not exist.
    """
    found = []
    for question in pkgutil.iter_modules(__path__):
        if not question.ispkg:
            continue
        folder = importlib.import_module(f"{__name__}.{question.name}")
        for file in pkgutil.iter_modules(folder.__path__):
            if not file.name.startswith("_"):
                module = importlib.import_module(f"{folder.__name__}.{file.name}")
                found.append(Definition.of_module(module))
    return tuple(sorted(found, key=lambda definition: (definition.place, definition.name)))


FIGURES = find_figures()
"""Every figure; those of one section stand in the order of the technote."""


def figures(warehouse: Warehouse, citations: Citations, census: Census) -> Iterator[Figure]:
    """Make all figures with their data, in the order of the technote.

    One that fails takes no other away: it has an `error`, and says so in its place.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    citations : `~reports.citations.Citations`
        Where the values of captions come from.
    census : `~reports.subjects.Census`
        The campaigns and stages.
    """
    for definition, subject in figures_in_order(census):
        try:
            made = definition.make(warehouse, citations, subject)
        except Exception as error:
            made = definition.failed(subject, error)
        else:
            if made.is_empty and definition.is_optional:
                continue
        yield made


def figures_in_order(census: Census) -> Iterator[tuple[Definition, Subject]]:
    """Name all figures and what each is about, in the order of the technote, without their data.

    Parameters
    ----------
    census : `~reports.subjects.Census`
        The campaigns and stages.
    """
    for section, subject in subjects_in_order(census):
        for definition in FIGURES:
            if definition.section == section:
                yield definition, subject
    for campaign in census.further_focuses:
        for section, subject in subjects_in_order(census.seen_from(campaign)):
            for definition in FIGURES:
                # Figures without a label in their name show all campaigns, or the first alone.
                if definition.section == section and "{focus}" in definition.name:
                    yield definition, subject
