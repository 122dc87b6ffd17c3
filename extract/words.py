"""How messages write counts and lists of names."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["counted", "shortened"]


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Write a count with its noun in the right number.

    Parameters
    ----------
    count : `int`
        How many.
    noun : `str`
        What is counted, in the singular.
    plural : `str`, optional
        Its plural; by default the noun with an "s".

    Returns
    -------
    text : `str`
        Such as ``1 RUN`` or ``1,107 quanta``.
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def shortened(names: Sequence[str], limit: int = 3) -> str:
    """List names with commas, only the first few of many.

    Parameters
    ----------
    names : `~collections.abc.Sequence` [ `str` ]
        All names.
    limit : `int`, optional
        Names to write out.

    Returns
    -------
    text : `str`
        Such as ``a, b, c and 4 more``.
    """
    shown = ", ".join(names[:limit])
    return f"{shown} and {len(names) - limit:,} more" if len(names) > limit else shown
