"""Pieces of SQL that several figures use."""

from __future__ import annotations

__all__ = ["GIB", "RELEASE_LABEL", "STAGE_TITLE"]

GIB = "1073741824.0"
"""Bytes in a GiB."""

RELEASE_LABEL = "campaigns.release || ' (' || campaign || ')'"
"""A release with its campaign, since two may have one release; ``campaigns`` must be joined."""

STAGE_TITLE = r"regexp_replace(stage, '^stage[_-]?(\d+)$', 'Stage \1')"
"""A stage for readers, as `reports.subjects.stage_title` writes it."""
