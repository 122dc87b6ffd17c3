"""How URIs are written where people read them, and paths that URIs cannot name."""

from __future__ import annotations

import re

__all__ = ["read_elsewhere", "without_secrets"]

_USER = re.compile(r"(?<=://)[^/?#@\s]*@")
_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*?(?=[:;,.)]*(?:\s|$))")


def read_elsewhere(path: str) -> str | None:
    """Tell where `lsst.resources` looks for a local path, if elsewhere.

    It expands variables, decodes ``%41``, and leaves out what follows a ``#`` in a file's name.

    Parameters
    ----------
    path : `str`
        Absolute path, or a URI, in which all of that is meant so.

    Returns
    -------
    other : `str` or `None`
        The other path; `None` where the files are found.
    """
    # Workers need none of it.
    from lsst.resources import ResourcePath

    if "://" in path or not path.startswith("/"):
        return None
    other = ResourcePath(path, forceDirectory=False).ospath
    return None if other.rstrip("/") == path.rstrip("/") else other


def without_secrets(text: str) -> str:
    """Leave out user, password, query and fragment of the URIs in a text.

    A query may be a signature that opens a store to anybody.

    Parameters
    ----------
    text : `str`
        A URI, or a text in which some stand.

    Returns
    -------
    shown : `str`
        The rest; a text without URIs is given back as it is.
    """
    if "://" not in text:
        return text
    return _QUERY.sub(r"\1", _USER.sub("", text))
