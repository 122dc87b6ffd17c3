"""What follows from the numbers of a stage, in one sentence that changes with them."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = ["FEW", "SOME", "Verdict", "verdict"]

FEW = 0.01
"""Share of wall time over the line up to which the rest can be retried with more memory."""

SOME = 0.1
"""Share of wall time over the line up to which a few larger nodes are enough."""


class Verdict(Enum):
    """Whether a stage fits in the memory per core."""

    NO_DATA = "no data"
    FITS = "fits"
    NEARLY = "nearly"
    MOSTLY = "mostly"
    DOES_NOT_FIT = "does not fit"


def verdict(usage: dict[str, Any]) -> Verdict:
    """Judge a stage by the share of wall time, not of quanta, that is over the line.

    Parameters
    ----------
    usage : `dict`
        Row of ``fct_stage_usage``.
    """
    if not usage["quanta_count"]:
        return Verdict.NO_DATA
    if not usage["over_threshold_count"]:
        return Verdict.FITS
    share = usage["over_threshold_wall_time_fraction"]
    if share <= FEW:
        return Verdict.NEARLY
    return Verdict.MOSTLY if share <= SOME else Verdict.DOES_NOT_FIT
