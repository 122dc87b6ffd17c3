"""Text from outside on a terminal: nothing in it moves the cursor, colours or turns around."""

from __future__ import annotations

import unicodedata
from typing import Any

from rich.console import Console
from rich.text import Text

__all__ = ["SafeConsole", "printable"]


def printable(text: str) -> str:
    """Take out what would move the cursor, colour the terminal or turn the text around.

    Parameters
    ----------
    text : `str`
        A message, with names from outside in it; its own line breaks stay.

    Returns
    -------
    text : `str`
        The same without control, format and surrogate characters.
    """
    return "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )


class SafeConsole(Console):
    """A console that prints only what is printable of any text, in tables too."""

    def render_str(self, text: str, **settings: Any) -> Text:  # noqa: ANN401 as rich has them
        """Turn text into what is printed."""
        return super().render_str(printable(text), **settings)
