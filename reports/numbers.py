"""Write numbers for readers; the unit in a column's name decides the format.

Pure text functions: the meaning and the origin of a number are not decided here.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal

__all__ = ["change", "count", "duration", "gib", "hours", "percent", "plural", "quantity", "write"]

GIB = 2**30

_HUNDRED, _THOUSAND = 100, 1000
"""From where on a quantity has one decimal, and none."""

HALF = 50
"""Percentage above which a share is written with one digit of its rest."""


def count(value: float) -> str:
    """Write a number of things, with separators of thousands."""
    return f"{round(value):,}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """Write a number of things with their noun: 1 task, 2 tasks.

    Parameters
    ----------
    number : `int`
        Number of things.
    one, many : `str`
        The noun of one thing, and of several (default: with an s).
    """
    return f"{count(number)} {one if number == 1 else many or f'{one}s'}"


def change(fraction: float) -> str:
    """Write a change with its sign; 0.5 is 50 % more.

    Parameters
    ----------
    fraction : `float`
        The change, divided by the value before.
    """
    return f"{100 * fraction:+.1f} %"


def gib(value: float) -> str:
    """Write a memory.

    Parameters
    ----------
    value : `float`
        Memory in GiB.

    Returns
    -------
    text : `str`
        At most two decimals, and the unit.
    """
    return f"{value:,.2f}".rstrip("0").rstrip(".") + " GiB"


def quantity(value: float) -> str:
    """Write a number whose decimals mean less the larger it is.

    Parameters
    ----------
    value : `float`
        How much, in any unit.

    Returns
    -------
    text : `str`
        Two decimals below 100, one below 1000, and none from there on.
    """
    return f"{value:,.{2 if abs(value) < _HUNDRED else int(abs(value) < _THOUSAND)}f}"


def hours(value: float) -> str:
    """Write a time in hours: two decimals, or two significant digits below a hundredth."""
    text = f"{value:,.2f}" if value == 0 or abs(value) >= 0.01 else _significant(value, 2)
    return f"{text} h"


def duration(value: float) -> str:
    """Write a single time, in the largest unit in which it is at least 1.

    Parameters
    ----------
    value : `float`
        Time in hours.

    Returns
    -------
    text : `str`
        Hours, minutes or seconds with two decimals; below a second two significant digits.
    """
    for unit, per_hour in (("h", 1), ("min", 60), ("s", 3600)):
        if value == 0 or value * per_hour >= 1:
            return f"{value * per_hour:,.2f} {unit}"
    return f"{_significant(3600 * value, 2)} s"


def percent(fraction: float) -> str:
    """Write a share with two significant digits; near 100 %, with one digit of the rest.

    Parameters
    ----------
    fraction : `float`
        Share from 0 to 1.

    Returns
    -------
    text : `str`
        0 % and 100 % are written only if they are exact.
    """
    part = 100 * fraction
    if fraction in (0, 1):
        return f"{part:.0f} %"
    if abs(part) <= HALF:
        return f"{part:.{min(max(0, _decimals(part, 2)), 12)}f} %"
    rest = 100 - part
    text = f"{part:.{min(max(0, _decimals(rest, 1)), 2) if rest else 2}f}"
    return "> 99.99 %" if fraction < 1 and float(text) >= 100 else f"{text} %"


def _decimals(value: float, digits: int) -> int:
    """Count the decimals that a number needs to show some significant digits."""
    return digits - 1 - math.floor(math.log10(abs(value)))


def _significant(value: float, digits: int) -> str:
    """Write a number with some significant digits and no exponent."""
    return f"{value:.{_decimals(value, digits)}f}"


def write(column: str, value: object) -> str:
    """Write a value of a mart in the format of its column.

    Parameters
    ----------
    column : `str`
        Column of a mart; its suffix is its unit (design: ``_bytes``, ``_gib``, ``_h``, ...).
    value : `object`
        Value of the column; `None` if it is not known.

    Returns
    -------
    text : `str`
        Plain text, not escaped for any markup.
    """
    if value is None:
        return "not known"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(write(column, item) for item in value)
    if isinstance(value, str | bool) or not isinstance(value, int | float | Decimal):
        return _text(value)
    number = float(value)
    if column.endswith("_bytes"):
        return f"{number / GIB:,.2f} GiB"
    if column.endswith("_gib"):
        return gib(number)
    if column.endswith("_mib"):
        return f"{number:,.2f}".rstrip("0").rstrip(".") + " MiB"
    if column.endswith("_fraction"):
        return percent(number)
    if column.endswith("_gib_h"):
        return f"{quantity(number)} GiB h"
    if column.endswith("_core_h"):
        return f"{quantity(number)} core hours"
    if column.endswith("_node_days"):
        return f"{quantity(number)} node days"
    if column.endswith("_h"):
        return hours(number)
    if column.endswith("_s"):
        return f"{quantity(number)} s"
    return count(number) if number == round(number) else quantity(number)


def _text(value: object) -> str:
    """Write a value that is not a number; a boolean becomes a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
