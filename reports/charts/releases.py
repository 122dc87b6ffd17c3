"""What the charts that compare releases share: rows of tasks, colours and shapes of releases."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from reports import theme

__all__ = [
    "memory_axis",
    "release_colour",
    "release_offset",
    "release_order",
    "release_shape",
    "release_stroke",
    "task_axis",
    "task_height",
]

_LEGEND = alt.Legend(orient="top", direction="horizontal", symbolSize=120, symbolOpacity=1)


def _releases(frame: pa.Table) -> list[tuple[int, str]]:
    """List the releases of a frame by the position of their campaign in the file."""
    pairs = frame.select(["campaign_position", "release_label"]).to_pylist()
    return sorted({(row["campaign_position"], row["release_label"]) for row in pairs})


def release_order(frame: pa.Table) -> list[str]:
    """List the labels of the releases in the order of the campaigns file.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With ``campaign_position`` and ``release_label``.
    """
    return [label for _, label in _releases(frame)]


def _encoded(frame: pa.Table, values: tuple[str, ...]) -> alt.Scale:
    """Map each release to a value that depends on its position in the file alone."""
    pairs = _releases(frame)
    return alt.Scale(
        domain=[label for _, label in pairs],
        range=[values[position % len(values)] for position, _ in pairs],
    )


def release_colour(frame: pa.Table) -> alt.Fill:
    """Encode the release as the colour that it has in every figure."""
    return alt.Fill(
        "release_label:N",
        title=None,
        sort=release_order(frame),
        scale=_encoded(frame, theme.RELEASE_COLOURS),
        legend=_LEGEND,
    )


def release_stroke(frame: pa.Table) -> alt.Stroke:
    """Encode the release as the same colour for outlines and lines, in one legend with the fill."""
    return alt.Stroke(
        "release_label:N",
        title=None,
        sort=release_order(frame),
        scale=_encoded(frame, theme.RELEASE_COLOURS),
        legend=_LEGEND,
    )


def release_shape(frame: pa.Table) -> alt.Shape:
    """Encode the release as a shape too, so that points differ without colour."""
    return alt.Shape(
        "release_label:N",
        title=None,
        sort=release_order(frame),
        scale=_encoded(frame, theme.RELEASE_SHAPES),
        legend=_LEGEND,
    )


def release_offset(frame: pa.Table, margin: float = 0.4) -> alt.YOffset:
    """Give each release a row of its own within that of the task, so that none hides another.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With the releases.
    margin : `float`, optional
        Room above the first and below the last, in rows of a release.
    """
    return alt.YOffset(
        "release_label:N",
        sort=release_order(frame),
        scale=alt.Scale(paddingInner=0.1, paddingOuter=margin),
    )


def task_height(frame: pa.Table, release_height: float) -> float:
    """Give the height of all tasks' rows, in CSS pixels.

    Parameters
    ----------
    frame : `pyarrow.Table`
        With ``task_label`` and the releases.
    release_height : `float`
        Height of one release within a task's row, in CSS pixels.
    """
    tasks = pc.count_distinct(frame["task_label"]).as_py()
    return float(max(18.0, release_height * (len(_releases(frame)) + 0.8)) * tasks)


def memory_axis(ticks: list[float]) -> alt.Axis:
    """Make the axis of memory: above the rows, where reading begins, as the rows may be many.

    Parameters
    ----------
    ticks : `list` [`float`]
        In GiB.
    """
    return alt.Axis(values=ticks, format=theme.GIB_FORMAT, orient="top")


def task_axis(frame: pa.Table) -> alt.Y:
    """Encode the task as a row, in the frame's order, its name whole, lines between the rows.

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
