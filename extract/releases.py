"""Compare a release label with the software versions of a RUN (D11).

Pure text: nothing is read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["check_release", "label_in", "release_label", "stack_version"]

# The packages whose version is that of the whole stack, best first.
_SPEAKERS = ("lsst_distrib", "lsst_pipe_base", "pipe_base", "lsst.pipe.base", "lsst-pipe-base")

_WEEKLY_LABEL = re.compile(r"w[._](\d{4})[._](\d{1,2})")
_RELEASE_LABEL = re.compile(r"[vor]?(\d+)[._](\d+)[._](\d+)(?:[._-]?rc\.?(\d+))?")
# Weekly builds of the packages are NN.YYYY.WWDD, with DD 00 for the weekly itself. Package indexes
# remove a leading zero of the week.
_WEEKLY_VERSION = re.compile(r"\d+\.(\d{4})\.(\d{1,2})\d{2}")
_RELEASE_VERSION = re.compile(r"(\d+)\.(\d{1,2})\.(\d+)(?:\.?rc(\d+))?")


def stack_version(packages: Mapping[str, str] | None) -> str | None:
    """Choose the version that is that of the whole stack.

    Parameters
    ----------
    packages : `~collections.abc.Mapping` [ `str`, `str` ] or `None`
        Version by package.

    Returns
    -------
    version : `str` or `None`
        Version of lsst_distrib, else of pipe_base; `None` if both are absent.
    """
    return (
        next((packages[name] for name in _SPEAKERS if name in packages), None) if packages else None
    )


def _parse(
    text: str, weekly: re.Pattern[str], release: re.Pattern[str]
) -> tuple[str | int | None, ...] | None:
    """Convert a label or version to a value that can be compared."""
    if match := weekly.fullmatch(text):
        return ("weekly", int(match[1]), int(match[2]))
    if match := release.fullmatch(text):
        return ("release", *(None if part is None else int(part) for part in match.groups()))
    return None


def check_release(label: str, version: str | None) -> str:
    """Compare a release label with a software version.

    Parameters
    ----------
    label : `str`
        Such as ``w_2025_48`` or ``v30.0.0.rc3``.
    version : `str` or `None`
        From `stack_version`.

    Returns
    -------
    verdict : `str`
        ``agrees``, ``contradicts`` or ``not_checkable``.  Hashes of a source build
        cannot be compared.
    """
    ours = _parse(label, _WEEKLY_LABEL, _RELEASE_LABEL)
    theirs = _parse(version or "", _WEEKLY_VERSION, _RELEASE_VERSION)
    if ours is None or theirs is None:
        return "not_checkable"
    return "agrees" if ours == theirs else "contradicts"


def release_label(version: str | None) -> str | None:
    """Write a software version as a release label.

    Parameters
    ----------
    version : `str` or `None`
        From `stack_version`.

    Returns
    -------
    label : `str` or `None`
        Such as ``w_2025_48`` or ``v30.0.0.rc3``; `None` for a hash or no version.
    """
    match _parse(version or "", _WEEKLY_VERSION, _RELEASE_VERSION):
        case ("weekly", year, week):
            return f"w_{year}_{week:02d}"
        case ("release", major, minor, patch, candidate):
            suffix = "" if candidate is None else f".rc{candidate}"
            return f"v{major}.{minor}.{patch}{suffix}"
        case _:
            return None


def label_in(collection: str) -> str | None:
    """Find a release label among the parts of a collection's name.

    Parameters
    ----------
    collection : `str`
        Such as ``LSSTCam/runs/DRP/DP2/w_2025_48/DM-53368/stage1``.

    Returns
    -------
    label : `str` or `None`
        The first part that is a release label; `None` if there is none.
    """
    for part in collection.split("/"):
        if _WEEKLY_LABEL.fullmatch(part) or _RELEASE_LABEL.fullmatch(part):
            return part
    return None
