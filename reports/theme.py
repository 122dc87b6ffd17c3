"""Old name of `reports.look.theme`; goes when nothing imports it any more."""

from __future__ import annotations

from .look.theme import (
    CONFIG,
    COUNT_FORMAT,
    HOURS_FORMAT,
    LINE_DASHES,
    OTHER_TASKS_COLOUR,
    RELEASE_COLOURS,
    SHARE_LABEL,
    TASK_COLOURS,
)

__all__ = [
    "CONFIG",
    "COUNT_FORMAT",
    "HOURS_FORMAT",
    "LINE_DASHES",
    "OTHER_TASKS_COLOUR",
    "RELEASE_COLOURS",
    "SHARE_LABEL",
    "TASK_COLOURS",
]
