"""How finely the page tells quanta apart: its size is bounded by leaving detail out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DETAILS", "Detail"]


@dataclass(frozen=True)
class Detail:
    """How finely the page tells quanta apart.

    Parameters
    ----------
    field_count : `int`
        Fields of a campaign that keep their name.
    is_by_band : `bool`
        Whether bands are told apart.
    worst_limit : `int`
        Worst quanta of one (campaign, stage), at most.
    has_every_bps : `bool`
        Whether each campaign has its texts for BPS; else the focus campaign alone.
    has_every_answer : `bool`
        Whether each campaign has its requests and changes; else what has to do with the focus.
    """

    field_count: int
    is_by_band: bool
    worst_limit: int
    has_every_bps: bool
    has_every_answer: bool


DETAILS = (
    Detail(8, True, 500, has_every_bps=True, has_every_answer=True),
    Detail(4, True, 200, has_every_bps=False, has_every_answer=True),
    Detail(0, True, 100, has_every_bps=False, has_every_answer=True),
    Detail(0, False, 50, has_every_bps=False, has_every_answer=True),
    Detail(0, False, 20, has_every_bps=False, has_every_answer=False),
)
"""From fine to coarse: the first that fits is taken."""
