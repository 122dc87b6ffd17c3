"""Old names of what `reports.look` holds now; goes when nothing imports it any more."""

from __future__ import annotations

import altair as alt

from ..look.empty import empty_plot
from ..look.layout import Labels, lay_out

__all__ = ["chart"]


def chart(reason: str, *, setting: Labels) -> alt.LayerChart:
    """Write a sentence where a chart would be."""
    return lay_out(empty_plot(reason), setting)
