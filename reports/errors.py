"""Define the tree of this program's errors: each says what is wrong and what to do.

::

    ReportError
    |-- WarehouseError   the warehouse is absent, damaged or of another version
    |-- ChoiceError      a campaign, policy or share that does not exist
    |-- OutputError      the report cannot be written: disk full, read-only, written by another
    |-- FigureError      a file of `reports.figures` lacks something, or figures could not be drawn
    |-- ComparisonError  a program that a comparison runs is not installed, or failed
    |-- EmptyFrameError  a chart was given nothing to draw
    `-- TechnoteError    the HTML of the technote cannot be built
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from quanta_census.guard import remedy_of

__all__ = [
    "ChoiceError",
    "ComparisonError",
    "EmptyFrameError",
    "FigureError",
    "OutputError",
    "ReportError",
    "TechnoteError",
    "WarehouseError",
]


class ReportError(Exception):
    """Base of all errors of this program."""


class WarehouseError(ReportError):
    """Raised when the warehouse is absent, damaged or of another version."""


class ChoiceError(ReportError):
    """Raised for a choice that does not exist; the message names the existing ones."""


class OutputError(ReportError):
    """Raised when a file or folder cannot be written; the earlier content is unchanged."""

    @classmethod
    def of(cls, path: Path, error: OSError) -> Self:
        """Explain an error of the system for a path.

        Parameters
        ----------
        path : `~pathlib.Path`
            File or folder that could not be written.
        error : `OSError`
            Error of the system.
        """
        return cls(f"{path} cannot be written: {remedy_of(error)}.")


class ComparisonError(ReportError):
    """Raised when a program that a comparison runs is not installed, or fails."""


class FigureError(ReportError):
    """Raised when a file of `reports.figures` is incomplete, or a figure cannot be drawn."""


class EmptyFrameError(ReportError):
    """Raised by a chart that has nothing to draw."""


class TechnoteError(ReportError):
    """Raised when the HTML of the technote cannot be built."""
