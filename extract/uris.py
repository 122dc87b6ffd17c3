"""How URIs are written where people read them: without what opens a store."""

from __future__ import annotations

import re

__all__ = ["without_secrets"]

_USER = re.compile(r"(?<=://)[^/?#@\s]*@")
_QUERY = re.compile(r"(://[^\s?#]*)[?#]\S*?(?=[:;,.)]*(?:\s|$))")


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
