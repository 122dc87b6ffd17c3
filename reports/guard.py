"""Configure the error handling of all programs with the errors and texts of this one."""

from __future__ import annotations

from contextlib import AbstractContextManager

from quanta_census.guard import Debug
from quanta_census.guard import clear_errors as guarded

from .errors import ReportError

__all__ = ["Debug", "clear_errors"]


def clear_errors() -> AbstractContextManager[None]:
    """Report every error as one message and an exit status; a traceback only on request."""
    return guarded(
        ReportError, interrupted="interrupted: what was there before is unchanged; run again."
    )
