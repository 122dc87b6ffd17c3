"""Old name of `reports.figures.changes.release_changes`; goes when the page imports it no more."""

from __future__ import annotations

from ..figures.changes.release_changes import VERDICTS

__all__ = ["VERDICTS"]
