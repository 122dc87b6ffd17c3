"""How URIs are written where people read them: without what opens a store."""

from __future__ import annotations

import re

__all__ = ["without_secrets"]

_USER = re.compile(r"(?<=://)[^/?#@]*@")
_QUERY = re.compile(r"[?#]\S*")


def without_secrets(uri: str) -> str:
    """Leave out user, password, query and fragment of a URI: a query may be a signature.

    Parameters
    ----------
    uri : `str`
        A URI; a path is given back as it is.

    Returns
    -------
    shown : `str`
        The rest.
    """
    if "://" not in uri:
        return uri
    return _QUERY.sub("", _USER.sub("", uri))
