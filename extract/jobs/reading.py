"""Define the two kinds of jobs: describe something to read, and read a slice of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import HeaderOnlyError
from ..sources import SOURCES, Description, Outcome, Place
from .slices import SliceWriter, WrittenSlice

__all__ = ["describe", "read"]


def describe(source: str, place: Place) -> Description:
    """Describe something to read.

    Parameters
    ----------
    source : `str`
        Name of the source.
    place : `extract.sources.Place`
        What to describe.

    Returns
    -------
    description : `extract.sources.Description`
        The description.
    """
    return SOURCES[source].describe(place)


def read(
    source: str,
    part: Any,  # noqa: ANN401 - the source's own
    header: pa.RecordBatch | None,
    stem: Path,
) -> WrittenSlice:
    """Read a slice and write its rows into its own files.

    Parameters
    ----------
    source : `str`
        Name of the source.
    part : `object`
        One of its slices.
    header : `pyarrow.RecordBatch` or `None`
        Rows of ``expectations`` that the header gives, for one slice of each unit.
    stem : `pathlib.Path`
        Path of the files, without suffix.

    Returns
    -------
    written : `WrittenSlice`
        Its files and counts.
    """
    writer = _writer(header, stem)
    try:
        outcome = SOURCES[source].read(part, writer.add)
    except HeaderOnlyError as error:
        writer = _writer(header, stem)
        outcome = Outcome(f"{error}; only the counts of its header are used")
    return replace(writer.finish(), warning=outcome.warning, unread=outcome.unread)


def _writer(header: pa.RecordBatch | None, stem: Path) -> SliceWriter:
    """Make the writer of a slice's files."""
    writer = SliceWriter(stem)
    if header is not None:
        writer.add("expectations", header)
    return writer
