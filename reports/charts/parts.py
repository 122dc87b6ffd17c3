"""Old names of what `reports.look` holds now; goes when nothing imports it any more."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from ..errors import EmptyFrameError
from ..look.axes import log_memory_scale
from ..look.empty import refuse_empty
from ..look.layout import Labels as Setting
from ..look.layout import Plot, lay_out
from ..look.legends import task_fill
from ..look.lines import Line, line_keys, line_layers, threshold_line

__all__ = [
    "EmptyFrameError",
    "Line",
    "Setting",
    "figure",
    "line_keys",
    "line_layers",
    "log_memory_scale",
    "refuse_empty",
    "task_fill",
    "threshold_line",
]


def figure(layers: Sequence[alt.Chart], setting: Setting, *, height: float) -> alt.LayerChart:
    """Lay a figure out."""
    return lay_out(Plot(layers, height), setting)
