"""Every error that this program foresees: each message is one line, most with a remedy.

::

    ExtractionError
    ├── CampaignsError      the campaigns file, or what it names
    ├── LakeError           the lake: written by another version, locked, its disk full
    ├── WorkerError         workers are gone
    └── ReadingError        something that should be read; other RUNs do not suffer from it
"""

from __future__ import annotations

__all__ = ["CampaignsError", "ExtractionError", "LakeError", "ReadingError", "WorkerError"]


class ExtractionError(Exception):
    """Something that the program foresaw; the message is one line for users."""


class CampaignsError(ExtractionError):
    """The campaigns file cannot be used; the message says where and why."""


class LakeError(ExtractionError):
    """The lake cannot be used."""


class WorkerError(ExtractionError):
    """Workers are gone; what was finished is in the lake."""


class ReadingError(ExtractionError):
    """Something that should be read cannot be."""
