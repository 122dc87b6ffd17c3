"""Draw the replacement of a chart that has no data."""

from __future__ import annotations

import textwrap

import altair as alt
import pyarrow as pa

from ..errors import EmptyFrameError
from . import theme
from .layout import Plot

__all__ = ["empty_plot", "refuse_empty"]


def refuse_empty(frame: pa.Table, rows: str) -> None:
    """Raise an error if a chart has nothing to draw.

    Parameters
    ----------
    frame : `pyarrow.Table`
        Data of the chart.
    rows : `str`
        Name of a row, for the message.

    Raises
    ------
    EmptyFrameError
        Raised if the frame has no rows.
    """
    if frame.num_rows == 0:
        raise EmptyFrameError(f"no {rows} to draw")


def empty_plot(reason: str) -> Plot:
    """Write a sentence in place of a chart.

    Parameters
    ----------
    reason : `str`
        Reason why there is no chart.
    """
    lines = textwrap.wrap(textwrap.shorten(reason, 500, placeholder=" …"), 90)
    base = alt.Chart(pa.table({"row": list(range(len(lines))), "text": lines}))
    text = base.mark_text(fontSize=16, color=theme.INK).encode(
        x=alt.value(theme.WIDTH / 2),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingOuter=1)),
        text="text:N",
    )
    return Plot([text], height=60 + 28 * len(lines))
