"""A figure that says why there is nothing to show."""

from __future__ import annotations

import textwrap

import altair as alt
import pyarrow as pa

from reports import theme
from reports.charts.parts import Setting, figure

__all__ = ["chart"]


def chart(reason: str, *, setting: Setting) -> alt.LayerChart:
    """Write a sentence where a chart would be.

    Parameters
    ----------
    reason : `str`
        Why there is nothing.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    """
    lines = textwrap.wrap(textwrap.shorten(reason, 500, placeholder=" …"), 90)
    base = alt.Chart(pa.table({"row": list(range(len(lines))), "text": lines}))
    text = base.mark_text(fontSize=16, color=theme.INK).encode(
        x=alt.value(theme.WIDTH / 2),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingOuter=1)),
        text="text:N",
    )
    return figure([text], setting, height=60 + 28 * len(lines))
