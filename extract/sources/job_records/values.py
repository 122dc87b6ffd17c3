"""Read sizes, times and exit codes as the batch systems write them.

Pure functions: text or numbers in, the lake's units out, `None` for absent values.
Anything else raises `ValueError`.
"""

from __future__ import annotations

import datetime
import math
import re

from ...words import one_line

__all__ = [
    "GIB",
    "KIB",
    "LARGEST_BYTES",
    "MIB",
    "count_nodes",
    "duration_s",
    "elapsed_s",
    "host_name",
    "instant_us",
    "parse_size",
    "positive_bytes",
    "shortened",
    "signal_of",
    "unix_us",
]

KIB = 1024
MIB = 1024**2
GIB = 1024**3

LARGEST_BYTES = 2**52
"""4 PiB: a larger size means a damaged record."""

_UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1024 * GIB, "P": 1024**2 * GIB}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]?)")
_DURATION = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_LAST_US = 4_102_444_800_000_000  # the year 2100
_DIAGNOSTIC_CHARACTERS = 300


def positive_bytes(value: float | None, unit: int) -> int | None:
    """Give a size in bytes.

    Parameters
    ----------
    value : `float`, optional
        The size; batch systems write 0 if they did not measure it.
    unit : `int`
        Bytes of the unit.

    Returns
    -------
    size : `int` or `None`
        Bytes; `None` for 0 and for an absent value.

    Raises
    ------
    ValueError
        Raised if it is negative or larger than any machine.
    """
    if value is None or value == 0:
        return None
    size = value * unit
    if not 0 < size <= LARGEST_BYTES:
        raise ValueError(f"a size of {value:g} x {unit} bytes cannot be")
    return round(size)


def parse_size(text: str, bare: int) -> int | None:
    """Read a size with one of Slurm's suffixes, such as ``4000M`` or ``1.5G``.

    Parameters
    ----------
    text : `str`
        Size with one of the suffixes K, M, G, T, P, or without.
    bare : `int`
        Bytes of the unit if there is no suffix.

    Returns
    -------
    size : `int` or `None`
        Bytes; `None` for an empty text and for 0.

    Raises
    ------
    ValueError
        Raised if the text is not a size.
    """
    text = text.strip()
    if not text:
        return None
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no size: expected a number with K, M, G, T or P")
    number, suffix = match.groups()
    return positive_bytes(float(number), _UNITS[suffix] if suffix else bare)


def instant_us(text: str | None, zone: datetime.tzinfo | None) -> int | None:
    """Read a time in ISO 8601.

    Parameters
    ----------
    text : `str`, optional
        The time; an empty text, ``Unknown`` and ``None`` mean that there is none.
    zone : `datetime.tzinfo`, optional
        Zone of a time without one; `None` is the zone of this machine.

    Returns
    -------
    instant : `int` or `None`
        Microseconds since 1970 in UTC.

    Raises
    ------
    ValueError
        Raised if the text is not a time, or is before 1970 or after 2100.
    """
    if not text or text in ("Unknown", "None", "N/A"):
        return None
    try:
        when = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r:.60} is no time in ISO 8601") from None
    if when.tzinfo is None:
        when = when.astimezone() if zone is None else when.replace(tzinfo=zone)
    return _checked((when - _EPOCH) // datetime.timedelta(microseconds=1))


def unix_us(seconds: float | None) -> int | None:
    """Read a time in seconds since 1970; 0 means that there is none."""
    if not seconds:
        return None
    if not math.isfinite(seconds):
        raise ValueError(f"{seconds} is no time")
    return _checked(round(seconds * 1_000_000))


def _checked(instant: int) -> int:
    if not 0 < instant < _LAST_US:
        raise ValueError("a time before 1970 or after 2100 cannot be")
    return instant


def elapsed_s(started: int | None, ended: int | None) -> float | None:
    """Give the seconds between two instants; `None` if one is unknown or they are reversed."""
    if started is None or ended is None or ended < started:
        return None
    return (ended - started) / 1_000_000


def duration_s(text: str) -> float | None:
    """Read a duration as Slurm writes it: ``[days-][hours:]minutes:seconds[.fraction]``.

    Raises
    ------
    ValueError
        Raised if the text is not a duration.
    """
    text = text.strip()
    if not text:
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r:.60} is no duration: expected [days-][hours:]minutes:seconds")
    days, hours, minutes, seconds = match.groups()
    return int(days or 0) * 86400 + int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)


def host_name(text: str | None) -> str | None:
    """Get the host from ``slot@host``, ``user@host`` or a host's name.

    Returns
    -------
    host : `str` or `None`
        The host; `None` if the text names none, as in records that hide it.
    """
    if not text:
        return None
    host = text.rpartition("@")[2]
    return host if _HOST.fullmatch(host) else None


def count_nodes(node_list: str) -> int:
    """Count the nodes of a Slurm node list such as ``a[01-03,07],b``; at least 1."""
    count = 0
    for prefix, ranges in re.findall(r"([^,\[\]]+)(?:\[([^\]]*)\])?", node_list):
        if not prefix.strip():
            continue
        for part in ranges.split(",") if ranges else [""]:
            first, _, last = part.partition("-")
            both = first.isdigit() and last.isdigit()
            count += int(last) - int(first) + 1 if both else 1
    return max(count, 1)


def signal_of(exit_code: int) -> int | None:
    """Get the signal of a shell's exit code, which is 128 plus the signal."""
    return exit_code - 128 if 128 < exit_code <= 128 + 64 else None


def shortened(text: str | None) -> str | None:
    """Write a message on one line of limited length; `None` if it is empty."""
    return one_line(text or "")[:_DIAGNOSTIC_CHARACTERS] or None
