"""Make the page's charts as Vega-Lite specifications by question; the page adds the rows."""

from __future__ import annotations

from typing import Any

from . import changes, memory, sizing, timeline

__all__ = ["specifications"]


def specifications() -> dict[str, Any]:
    """Make every specification of the page by name."""
    return {
        name: specification
        for question in (memory, changes, sizing, timeline)
        for name, specification in question.specifications().items()
    }
