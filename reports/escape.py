"""Escape text from outside for markup and pictures.

Task names, remarks, fields and reasons come from a campaigns file or a repository.  They may
contain HTML, Markdown, MyST or anything else, and must be shown as plain text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

__all__ = ["Myst", "code", "csv_text", "drawable", "myst", "plain", "toml_string", "yaml_key"]

_PUNCTUATION = re.compile(r"([!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
# These are plain text at our places, so they need no backslash, except for `_TYPOGRAPHY`.
_HARMLESS = frozenset("%(),-./:;?")
# Texts that Sphinx would change to a link (a.org, //a, http://a), a dash, dots or a sign.
_TYPOGRAPHY = re.compile(
    r"""
    \.(?=[^\s\d.]) | (?<=\.)\. | \.(?=\.)        # a.org, ...
    | :(?=/) | /(?=/)                             # http://, //a
    | -(?=-) | (?<=-)- | ,(?=,) | [?](?=[?])      # --, ,,, ????
    | [(](?=(?:c|r|p|tm)[)])                      # (c)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_YAML_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
# Spreadsheets ignore blanks, and some also accept the wide forms of East Asian scripts.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")


class Myst(str):
    """Text that is MyST already: it is not escaped again."""

    __slots__ = ()


def plain(text: str) -> str:
    """Write text on one line, without control characters and invisible formatting characters.

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
        and not _is_noncharacter(ord(character))
    ).strip()


def _is_noncharacter(code: int) -> bool:
    """Whether Unicode calls it a noncharacter; XML and YAML refuse some of these."""
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


# Characters that XML forbids, invisible ones, and those that end a line in a Vega expression.
_UNDRAWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)
# Properties of every JavaScript object: Vega looks up texts in objects, and would find these.
_JAVASCRIPT = re.compile(
    "constructor|hasOwnProperty|isPrototypeOf|propertyIsEnumerable|toLocaleString|toString|valueOf"
    "|__(?:proto|defineGetter|defineSetter|lookupGetter|lookupSetter)__"
)


def drawable(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    """Change texts that would make the renderer of figures fail.

    A character that XML forbids would end the whole process; it becomes the replacement
    character.  A name that is a property of every JavaScript object gets a blank at its end.

    Parameters
    ----------
    value : `object`
        Value of JSON: a specification of Vega-Lite with its data.

    Returns
    -------
    value : `object`
        The same with changed texts.  Equal texts stay equal everywhere.
    """
    if isinstance(value, str):
        text = _UNDRAWABLE.sub("\ufffd", value)
        return f"{text} " if _JAVASCRIPT.fullmatch(text) else text
    if isinstance(value, dict):
        return {key: drawable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [drawable(one) for one in value]
    return value


def yaml_key(label: str) -> str:
    """Write a label as a YAML key, after two blanks, that every reader reads as this text.

    Parameters
    ----------
    label : `str`
        A task or cluster.  Words with another meaning in YAML (``yes``, ``null``), and texts
        that are not a plain word, are quoted.
    """
    is_short = len(label) <= 1000
    if is_short and label.isascii() and label.isidentifier() and label.lower() not in _YAML_WORDS:
        return label
    quoted = '"' + "".join(_yaml_character(character) for character in label) + '"'
    # A key of more than 1,024 characters needs its own sign; the colon then begins a line.
    return quoted if len(quoted) <= 1000 else f"? {quoted}\n  "


def _yaml_character(character: str) -> str:
    """Write a character inside a double-quoted text of YAML."""
    if character in '"\\':
        return f"\\{character}"
    code = ord(character)
    if character.isprintable() and not _is_noncharacter(code):
        return character
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def csv_text(text: str | None) -> str | None:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    Parameters
    ----------
    text : `str` or `None`
        A cell.
    """
    return f"'{text}" if text and _FORMULA.match(text) else text


def myst(value: object) -> Myst:
    """Escape a value for MyST, inside a paragraph or a table.

    Every character that could have a meaning gets a backslash, which CommonMark removes again.

    Parameters
    ----------
    value : `object`
        Value to write; `Myst` is not changed.
    """
    if isinstance(value, Myst):
        return value
    text = plain(str(value))
    meant = {match.start() for match in re.finditer(_TYPOGRAPHY, text)}
    escaped = "".join(
        character
        if character in _HARMLESS and place not in meant
        else re.sub(_PUNCTUATION, r"\\\1", character)
        for place, character in enumerate(text)
    )
    # The start of a line could still be a list, a numbered list, a heading or a table.
    return Myst(re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([-+=%:])", r"\\\1", escaped)))


def code(label: str) -> Myst:
    """Write a label in the font of code, if it has only the usual characters of labels.

    Parameters
    ----------
    label : `str`
        A task, campaign or release.
    """
    return Myst(f"`{label}`") if _LABEL.fullmatch(label) else myst(label)


def toml_string(text: str) -> str:
    """Quote text for TOML, whose basic strings are those of JSON except for some escapes.

    Parameters
    ----------
    text : `str`
        Text from outside.
    """
    return json.dumps(plain(text), ensure_ascii=False)
