"""Write counts, lists of names and texts of other programs for messages."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["counted", "named", "one_line", "shortened"]


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Write a count with its noun in the right number.

    Parameters
    ----------
    count : `int`
        Number of things.
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


def named(error: BaseException) -> str:
    """Write an error of a library in one line, with its type.

    Parameters
    ----------
    error : `BaseException`
        The error.

    Returns
    -------
    text : `str`
        Such as ``KeyError: 'a'``.
    """
    return f"{type(error).__name__}: {one_line(error)}"


def one_line(value: object) -> str:
    """Write a text on one line.

    Parameters
    ----------
    value : `object`
        An error, or a text of several lines.

    Returns
    -------
    text : `str`
        The text, with each run of white space replaced by one blank.
    """
    return " ".join(str(value).split())


def shortened(names: Sequence[str], limit: int = 3) -> str:
    """List names with commas; of many names only the first few.

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
    first = ", ".join(names[:limit])
    return f"{first} and {len(names) - limit:,} more" if len(names) > limit else first
