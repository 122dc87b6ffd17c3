"""Make an axis of time without the long times in which nothing ran."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from . import theme

__all__ = ["POSITION_FORMAT", "spell_layers", "tick_text", "time_axis"]

POSITION_FORMAT = ".3f"
"""Vega expression for the label of a place on the axis."""


def time_axis(column: str, spells: pa.Table, ticks: pa.Table) -> alt.X:
    """Encode a column of places on the axis, with round instants as labels.

    Parameters
    ----------
    column : `str`
        Places, in bins.
    spells : `pyarrow.Table`
        Parts of the axis, with their ends ``axis_end``.
    ticks : `pyarrow.Table`
        ``axis_position`` in bins and ``ticked_at`` (UTC).
    """
    labels = ", ".join(
        f"'{row['axis_position']:{POSITION_FORMAT}}': '{row['ticked_at']:{tick_text(row)}}'"
        for row in ticks.to_pylist()
    )
    return alt.X(
        f"{column}:Q",
        title="Time (UTC)",
        scale=alt.Scale(domain=[0, pc.max(spells["axis_end"]).as_py()], nice=False),
        axis=alt.Axis(
            values=ticks["axis_position"].to_pylist(),
            labelExpr=f"({{{labels}}})[format(datum.value, '{POSITION_FORMAT}')]",
            labelOverlap=True,
        ),
    )


def tick_text(row: dict[str, object]) -> str:
    """Write an instant: the day if one begins, else the time.

    Parameters
    ----------
    row : `dict`
        With ``ticked_at``.
    """
    at = row["ticked_at"]
    if f"{at:%H:%M:%S}" == "00:00:00":
        return "%d %b"
    return "%H:%M" if f"{at:%S}" == "00" else "%H:%M:%S"


def spell_layers(spells: pa.Table) -> list[alt.Chart]:
    """Draw a grey band for each time that is left out, and the date on which each part begins.

    Parameters
    ----------
    spells : `pyarrow.Table`
        Parts of the axis: ``spell_position``, ``margin_begin`` and ``axis_position`` in bins,
        ``began`` (text).
    """
    base = alt.Chart(spells)
    bands = (
        base.transform_filter("datum.spell_position > 0")
        .mark_rect(color=theme.FAINT)
        .encode(x="margin_begin:Q", x2="axis_position:Q")
    )
    dates = (
        base.transform_calculate(middle="(datum.margin_begin + datum.axis_position) / 2")
        .mark_text(angle=270, align="left", baseline="middle", fontSize=12, color=theme.INK)
        .encode(
            x="middle:Q",
            y=alt.value(theme.HEIGHT - 6),
            text="began:N",
        )
    )
    return [bands, dates]
