"""Write URIs without credentials for messages, and find paths that URIs cannot name."""

from __future__ import annotations

import re

__all__ = ["read_elsewhere", "without_secrets"]

_USER = re.compile(r"(?<=://)[^/?#@\s]*@")
_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*?(?=[:;,.)]*(?:\s|$))")


def read_elsewhere(path: str) -> str | None:
    """Find the path that `lsst.resources` uses for a local path, if it is another one.

    It expands variables, decodes ``%41``, and removes the part after a ``#`` in a file's name.

    Parameters
    ----------
    path : `str`
        Absolute path, or a URI in which this is intended.

    Returns
    -------
    other : `str` or `None`
        The other path; `None` if it is the same.
    """
    # Imported here, because workers do not need it.
    from lsst.resources import ResourcePath

    if "://" in path or not path.startswith("/"):
        return None
    other = ResourcePath(path, forceDirectory=False).ospath
    return None if other.rstrip("/") == path.rstrip("/") else other


def without_secrets(text: str) -> str:
    """Remove user, password, query and fragment from the URIs in a text.

    A query may be a signature that gives access to a store.

    Parameters
    ----------
    text : `str`
        A URI, or a text with URIs.

    Returns
    -------
    shown : `str`
        The text without these parts; a text without URIs is unchanged.
    """
    if "://" not in text:
        return text
    return _QUERY.sub(r"\1", _USER.sub("", text))
