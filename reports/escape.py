"""Making text from outside harmless in the markup that it is put into.

Task names, remarks, fields and reasons come from a campaigns file or a repository: they may hold
HTML, Markdown, MyST or anything else, and must show as what they are.
"""

from __future__ import annotations

import json
import re
import unicodedata

__all__ = ["Myst", "code", "myst", "plain", "toml_string"]

_PUNCTUATION = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
# Read as text in every place where we put them, so they need no backslash.
_HARMLESS = frozenset("%'(),-./:;?\"")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")


class Myst(str):
    """Text that is MyST already: it is not escaped again."""

    __slots__ = ()


def plain(text: str) -> str:
    """Put text on one line without control or invisible formatting characters.

    Parameters
    ----------
    text : `str`
        Text from outside.
    """
    spaced = re.sub(r"\s+", " ", text)
    return "".join(
        character
        for character in spaced
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    ).strip()


def myst(value: object) -> Myst:
    """Escape a value for MyST, inside a paragraph or a table.

    Every character that could mean something gets a backslash, which CommonMark takes away again.

    Parameters
    ----------
    value : `object`
        What to write; `Myst` passes as it is.
    """
    if isinstance(value, Myst):
        return value
    text = plain(str(value))
    escaped = "".join(
        character if character in _HARMLESS else re.sub(_PUNCTUATION, r"\\\1", character)
        for character in text
    )
    # What begins a line could still be a list, a number of one, a heading or a table.
    return Myst(re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([-+=%:])", r"\\\1", escaped)))


def code(label: str) -> Myst:
    """Write a label in the font of code, if it is made of the letters that labels are made of.

    Parameters
    ----------
    label : `str`
        A task, campaign or release.
    """
    return Myst(f"`{label}`") if _LABEL.fullmatch(label) else myst(label)


def toml_string(text: str) -> str:
    """Quote text for TOML, whose basic strings are those of JSON but for some escapes.

    Parameters
    ----------
    text : `str`
        Text from outside.
    """
    return json.dumps(plain(text), ensure_ascii=False)
