"""Define the levels of detail of the page, which limit its size."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DETAILS", "Detail"]


@dataclass(frozen=True)
class Detail:
    """A level of detail of the page.

    Parameters
    ----------
    field_count : `int`
        Number of fields of a campaign that keep their name.
    is_by_band : `bool`
        Whether bands are separate.
    worst_limit : `int`
        Largest number of worst quanta of one (campaign, stage).
    has_every_bps : `bool`
        Whether each campaign has its texts for BPS; else only the focus campaign.
    has_every_answer : `bool`
        Whether each campaign has its requests and changes; else only those with the focus campaign.
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
"""Levels from fine to coarse; the first that fits is used."""
