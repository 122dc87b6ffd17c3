"""Define the errors of this program: each is one message that says what to do."""

from __future__ import annotations

__all__ = ["TransformError"]


class TransformError(Exception):
    """Something that the user must know; nothing was published."""
