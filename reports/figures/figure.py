"""A figure: what its file says of it, and the same with data, ready to be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import ModuleType
from typing import Any, TypeAlias

import altair as alt
import pyarrow as pa

from .. import numbers
from ..citations import Citations
from ..errors import FigureError
from ..escape import plain
from ..look.empty import empty_plot
from ..look.layout import Labels, Plot, lay_out
from ..sentences.completeness import why_empty
from ..subjects import StageSubject, Subject
from ..warehouse import Warehouse
from .sections import SECTIONS

__all__ = ["Definition", "Figure"]

Frame: TypeAlias = pa.Table | tuple[pa.Table, ...]
Text: TypeAlias = Callable[[Citations, Any], str]

REQUIRED = ("NAME", "SECTION", "PLACE", "title", "query", "chart", "caption", "alt_text")
"""What the file of a figure must have."""


@dataclass(frozen=True)
class Figure:
    """One figure with its data, ready to be drawn.

    Parameters
    ----------
    name : `str`
        Name of its files, without suffix.
    section, stage, campaign : `str`
        Where the technote shows it; the stage is empty for a figure about the whole campaign, which
        is the one in focus.
    labels : `~reports.look.layout.Labels`
        Title, notes, footer, alternative text.
    caption : `str`
        Plain text.
    frame : `pyarrow.Table` or `tuple` [`pyarrow.Table`]
        Its data.
    is_empty : `bool`
        Whether there is nothing to draw but the reason why, which is then the caption.
    plot : `~collections.abc.Callable`
        Draws everything but the labels.
    error : `Exception` or `None`
        Why it could not be made: it then says so in its place.
    """

    name: str
    section: str
    stage: str
    campaign: str
    labels: Labels
    caption: str
    frame: Any
    is_empty: bool
    plot: Callable[[], Plot]
    error: Exception | None = None

    def failed(self, error: Exception) -> Figure:
        """Give the figure that stands in place of one that could not be drawn.

        Parameters
        ----------
        error : `Exception`
            What went wrong.
        """
        said = _could_not_be_drawn(error)
        return replace(
            self,
            labels=replace(self.labels, alt_text=said),
            caption=said,
            is_empty=True,
            plot=partial(empty_plot, said),
            error=error,
        )

    def draw(self) -> alt.LayerChart:
        """Draw the figure, or a sentence that says why it is empty."""
        return lay_out(self.plot(), self.labels)


@dataclass(frozen=True)
class Definition:
    """What the file of a figure says of it; the names are explained in `reports.figures`."""

    name: str
    section: str
    place: int
    title: Text
    query: Callable[[Warehouse, Any], Frame]
    chart: Callable[[Any, Any], Plot]
    caption: Text
    alt_text: Text
    why_empty: Text
    is_optional: bool = False

    @classmethod
    def of_module(cls, module: ModuleType) -> Definition:
        """Read the file of a figure.

        Parameters
        ----------
        module : `~types.ModuleType`
            The file, imported.

        Raises
        ------
        FigureError
            Raised if something is missing, or if there is no such section.
        """
        missing = [name for name in REQUIRED if not hasattr(module, name)]
        if missing:
            raise FigureError(
                f"{module.__file__} has no {', '.join(missing)}: every figure needs it."
            )
        if module.SECTION not in SECTIONS:
            raise FigureError(
                f"{module.__file__}: there is no section {module.SECTION!r}; "
                f"there are {', '.join(SECTIONS)}."
            )
        parts = {name.lower(): getattr(module, name) for name in REQUIRED}
        return cls(
            **parts,
            why_empty=getattr(module, "why_empty", _nothing_measured),
            is_optional=getattr(module, "IS_OPTIONAL", False),
        )

    def file_name(self, subject: Subject) -> str:
        """Fill in the name of the figure's files, without suffix.

        Parameters
        ----------
        subject : `~reports.subjects.Subject`
            What the figure is about.
        """
        stage = subject.stage if isinstance(subject, StageSubject) else None
        return self.name.format(
            focus=subject.census.label,
            stage=stage.number if stage else "",
            threshold=f"{subject.threshold_gib:g}",
        )

    def make(self, warehouse: Warehouse, citations: Citations, subject: Subject) -> Figure:
        """Query the data of the figure and say what it says.

        Parameters
        ----------
        warehouse : `~reports.warehouse.Warehouse`
            The warehouse.
        citations : `~reports.citations.Citations`
            Where the values of the caption come from.
        subject : `~reports.subjects.Subject`
            What the figure is about.
        """
        frame = self.query(warehouse, subject)
        first = frame[0] if isinstance(frame, tuple) else frame
        stage = subject.stage if isinstance(subject, StageSubject) else None
        notes = subject.notes
        is_empty = first.num_rows == 0
        if is_empty:
            caption = alt_text = self.why_empty(citations, subject)
            # The reason why there is nothing may be the declared gap itself.
            notes = tuple(note for note in notes if note not in caption)
        else:
            caption = self.caption(citations, subject)
            alt_text = self.alt_text(citations, subject)
        return Figure(
            name=self.file_name(subject),
            section=self.section,
            stage=stage.name if stage else "",
            campaign=subject.campaign,
            labels=Labels(self.title(citations, subject), _footer(subject), alt_text, notes),
            caption=" ".join([caption, *notes]),
            frame=frame,
            is_empty=is_empty,
            plot=lambda: empty_plot(alt_text) if is_empty else self.chart(frame, subject),
        )

    def failed(self, subject: Subject, error: Exception) -> Figure:
        """Give the figure that stands in place of one that could not be made.

        Parameters
        ----------
        subject : `~reports.subjects.Subject`
            What the figure is about.
        error : `Exception`
            What went wrong.
        """
        name = self.file_name(subject)
        bare = Figure(
            name=name,
            section=self.section,
            stage=subject.stage.name if isinstance(subject, StageSubject) else "",
            campaign=subject.campaign,
            labels=Labels(name, _footer(subject), "", subject.notes),
            caption="",
            frame=pa.table({}),
            is_empty=True,
            plot=partial(empty_plot, ""),
        )
        return bare.failed(error)


def _could_not_be_drawn(error: Exception) -> str:
    """Say why there is no figure."""
    # The renderer appends the places in its scripts, which help nobody here.
    reason = plain(str(error).split("\n    at ")[0])
    return f"This figure could not be drawn: {type(error).__name__}: {reason}"


def _nothing_measured(_: Citations, subject: Subject) -> str:
    """Say why there is nothing to show, where the figure has no reason of its own."""
    if any(usage["quanta_count"] for usage in subject.usages):
        return "No measured quantum has what this figure shows."
    if isinstance(subject, StageSubject):
        return " ".join(map(why_empty, subject.usages))
    return f"No quantum of {subject.campaign} was measured."


def _footer(subject: Subject) -> str:
    """Write the small line: where the data comes from."""
    lake = subject.census.lake
    runs = sum(usage["run_count"] or 0 for usage in subject.usages)
    parts = [
        "SIMULATED data" if lake.get("is_simulated") else "",
        f"lake of {lake['extracted_at']:%Y-%m-%d}" if lake.get("extracted_at") else "empty lake",
        f"Quanta Census {lake.get('extractor_version') or 'of unknown version'}",
        numbers.plural(runs, "RUN"),
    ]
    return "  ·  ".join(part for part in parts if part)
