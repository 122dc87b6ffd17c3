"""Make axes: memory with ticks at powers of two, and tasks in rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from . import theme
from .legends import release_count

__all__ = [
    "log_memory_scale",
    "log_ticks",
    "log_time_scale",
    "memory_axis",
    "task_axis",
    "task_height",
]

TICK_STEPS = ((1.0,), (1.0, 1.5), (1.0, 1.25, 1.5, 1.75))
"""Multiples of a power of two that can be ticks, from coarse to fine."""

FEWEST_TICKS = 4
"""Number of ticks of memory that is enough; with fewer, finer ticks are used."""

FEWEST = 2
"""Least number of ticks of an axis, because a single tick gives no scale."""

DIGITS = ((1,), (1, 2, 5), tuple(range(1, 10)))
"""First digits of the ticks of a logarithmic axis, from coarse to fine."""

DURATIONS = (
    0.001, 0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0, 360_000.0, 3_600_000.0,
)  # fmt: skip
"""Ticks of durations in seconds: 1 ms to 1,000 h."""

DURATION_LABEL = (
    "datum.value < 60 ? format(datum.value, '~r') + ' s' : "
    "datum.value < 3600 ? format(datum.value / 60, '~r') + ' min' : "
    "format(datum.value / 3600, ',~r') + ' h'"
)


def log_memory_scale(
    columns: Sequence[pa.ChunkedArray], *, include: Sequence[float] = ()
) -> tuple[alt.Scale, list[float]]:
    """Make a logarithmic scale of memory that doubles from tick to tick.

    Parameters
    ----------
    columns : `~collections.abc.Sequence` [`pyarrow.ChunkedArray`]
        Values to draw, in GiB.
    include : `~collections.abc.Sequence` [`float`], optional
        Further values that must be on the axis, in GiB.

    Returns
    -------
    scale : `altair.Scale`
        Just wide enough.
    ticks : `list` [`float`]
        In GiB: powers of two, and multiples between them if there are few.
    """
    known = [value for value in include if value > 0]
    for column in columns:
        extremes = pc.min_max(column).as_py()
        known += [value for value in extremes.values() if value is not None and value > 0]
    low, high = 0.93 * min(known), 1.1 * max(known)
    exponents = range(math.floor(math.log2(low)), math.floor(math.log2(high)) + 1)
    for steps in TICK_STEPS:
        ticks = [step * 2.0**exponent for exponent in exponents for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= FEWEST_TICKS:
            break
    if len(ticks) < FEWEST:
        # The distance of the finest ticks is at most a quarter of the lower one.
        fine = [step * 2.0**exponent for exponent in exponents for step in TICK_STEPS[-1]]
        fine.append(2.0 ** (exponents[-1] + 1))
        low = max(tick for tick in fine if tick <= low)
        high = min(tick for tick in fine if tick >= high)
        ticks = [tick for tick in fine if low <= tick <= high]
    scale = alt.Scale(type="log", base=2, domain=[low, high], nice=False)
    return scale, ticks


def log_ticks(low: float, high: float) -> list[float]:
    """Choose the ticks of a logarithmic axis: decades, and multiples between them if they are few.

    Parameters
    ----------
    low, high : `float`
        Ends of the axis, above 0. The upper one is at least three times the lower one.

    Returns
    -------
    ticks : `list` [`float`]
        Two or more.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in DIGITS:
        ticks = [digit * 10.0**power for power in powers for digit in digits]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= FEWEST:
            break
    return ticks


def log_time_scale(columns: Sequence[pa.ChunkedArray]) -> tuple[alt.Scale, alt.Axis]:
    """Make a logarithmic scale of durations, with common ticks: 1 min, 10 min, 1 h.

    Parameters
    ----------
    columns : `~collections.abc.Sequence` [`pyarrow.ChunkedArray`]
        Values to draw, in seconds.

    Returns
    -------
    scale, axis : `altair.Scale`, `altair.Axis`
        Wide enough for all values, and for at least two ticks.
    """
    extremes = [pc.min_max(column).as_py() for column in columns]
    known = [value for pair in extremes for value in pair.values() if value]
    low, high = 0.9 * min(known), 1.1 * max(known)
    below = max((tick for tick in DURATIONS if tick <= low), default=low)
    above = min((tick for tick in DURATIONS if tick >= high), default=high)
    ticks = [tick for tick in DURATIONS if low <= tick <= high]
    if len(ticks) < FEWEST:
        low, high = below, above
        ticks = [tick for tick in DURATIONS if low <= tick <= high]
    scale = alt.Scale(type="log", domain=[low, high], nice=False)
    return scale, alt.Axis(values=ticks, labelExpr=DURATION_LABEL, orient="top")


def memory_axis(ticks: list[float]) -> alt.Axis:
    """Make the axis of memory, above the rows, because there may be many rows.

    Parameters
    ----------
    ticks : `list` [`float`]
        In GiB.
    """
    return alt.Axis(values=ticks, format=theme.GIB_FORMAT, orient="top")


def task_axis(frame: pa.Table) -> alt.Y:
    """Encode the task as a row, in the order of the frame, with its whole name and dividing lines.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With ``task_label``; the order of its rows is that of the tasks.
    """
    tasks = list(dict.fromkeys(frame["task_label"].to_pylist()))
    return alt.Y(
        "task_label:N",
        title=None,
        sort=tasks,
        scale=alt.Scale(padding=0),
        axis=alt.Axis(
            grid=True, tickBand="extent", ticks=False, labelPadding=6, labelLimit=theme.LABEL_LIMIT
        ),
    )


def task_height(frame: pa.Table, release_height: float) -> float:
    """Get the height of the rows of all tasks, in CSS pixels.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With ``task_label`` and the releases.
    release_height : `float`
        Height of one release within a task's row, in CSS pixels.
    """
    tasks = pc.count_distinct(frame["task_label"]).as_py()
    return float(max(18.0, release_height * (release_count(frame) + 0.8)) * tasks)
