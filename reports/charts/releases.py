"""Old names of what `reports.look` holds now; goes when nothing imports it any more."""

from __future__ import annotations

from ..look.axes import memory_axis, task_axis, task_height
from ..look.legends import (
    release_colour,
    release_offset,
    release_order,
    release_shape,
    release_stroke,
)

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
