"""Make legends: a task or a release has the same colour and shape in every figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import altair as alt
import pyarrow as pa

from . import palettes, theme

__all__ = [
    "release_colour",
    "release_count",
    "release_offset",
    "release_order",
    "release_shape",
    "release_stroke",
    "stack_fill",
    "task_fill",
]

LETTER, SYMBOL = 6.7, 50
"""Width of a letter, and of the symbol of a legend with the gaps around it, in CSS pixels."""


def stack_fill(field: str, title: str, colours: Mapping[str, str]) -> alt.Fill:
    """Encode the segments of stacked bars, with a legend below the plot.

    Parameters
    ----------
    field : `str`
        Column of the frame.
    title : `str`
        Title of the legend.
    colours : `~collections.abc.Mapping`
        Colour of each value, in the order of the legend.
    """
    return alt.Fill(
        f"{field}:N",
        title=title,
        sort=list(colours),
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(
            orient="bottom",
            columns=2,
            symbolType="square",
            symbolStrokeWidth=0,
            labelLimit=theme.WIDTH // 2 - 40,
        ),
    )


def task_fill(frame: pa.Table) -> alt.Fill:
    """Encode the task as the colour of its rank in the stage; all others are grey.

    Parameters
    ----------
    frame : `pyarrow.Table`
        Table with ``display_label`` and ``display_rank`` (NULL for the others).
    """
    pairs = {
        (row["display_rank"] is None, row["display_rank"] or 0, row["display_label"])
        for row in frame.select(["display_rank", "display_label"]).to_pylist()
    }
    colours = {
        label: palettes.task_colour(None if other else rank) for other, rank, label in sorted(pairs)
    }
    return stack_fill("display_label", "Task", colours)


def _releases(frame: pa.Table) -> list[tuple[int, str]]:
    """List the releases of a frame by the position of their campaign in the file."""
    pairs = frame.select(["campaign_position", "release_label"]).to_pylist()
    return sorted({(row["campaign_position"], row["release_label"]) for row in pairs})


def release_count(frame: pa.Table) -> int:
    """Count the releases of a frame."""
    return len(_releases(frame))


def release_order(frame: pa.Table) -> list[str]:
    """List the labels of the releases in the order of the campaigns file.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With ``campaign_position`` and ``release_label``.
    """
    return [label for _, label in _releases(frame)]


def _encoded(frame: pa.Table, look: Callable[[int], str]) -> alt.Scale:
    """Map each release to a look that depends only on its position in the file."""
    pairs = _releases(frame)
    return alt.Scale(
        domain=[label for _, label in pairs],
        range=[look(position) for position, _ in pairs],
    )


def _legend(frame: pa.Table) -> alt.Legend:
    """Make the legend of the releases above the plot, in as many rows as they need."""
    longest = max(len(label) for label in release_order(frame))
    # It is above the plot, which is narrower by the names of the tasks.
    names = LETTER * max(len(task) for task in frame["task_label"].to_pylist())
    room = theme.WIDTH - min(names, theme.LABEL_LIMIT) - SYMBOL
    return alt.Legend(
        orient="top",
        columns=max(1, int(room / (LETTER * longest + SYMBOL))),
        symbolSize=120,
        symbolOpacity=1,
    )


def release_colour(frame: pa.Table) -> alt.Fill:
    """Encode the release as its colour, which is the same in every figure."""
    return alt.Fill(
        "release_label:N",
        title=None,
        sort=release_order(frame),
        scale=_encoded(frame, palettes.release_colour),
        legend=_legend(frame),
    )


def release_stroke(frame: pa.Table) -> alt.Stroke:
    """Encode the release as its colour for outlines and lines, in one legend with the fill."""
    return alt.Stroke(
        "release_label:N",
        title=None,
        sort=release_order(frame),
        scale=_encoded(frame, palettes.release_colour),
        legend=_legend(frame),
    )


def release_shape(frame: pa.Table) -> alt.Shape:
    """Encode the release also as a shape, so that points differ without colour."""
    return alt.Shape(
        "release_label:N",
        title=None,
        sort=release_order(frame),
        scale=_encoded(frame, palettes.release_shape),
        legend=_legend(frame),
    )


def release_offset(frame: pa.Table, margin: float = 0.4) -> alt.YOffset:
    """Give each release its own row within the row of the task, so that none hides another.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With the releases.
    margin : `float`, optional
        Space above the first and below the last, in rows of a release.
    """
    return alt.YOffset(
        "release_label:N",
        sort=release_order(frame),
        scale=alt.Scale(paddingInner=0.1, paddingOuter=margin),
    )
