"""Read files of records as streams, compressed or not: lines, or JSON one value at a time.

At most one record and one block of the file are in memory.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from ...errors import RecordsError
from ...words import one_line
from ..claims import require_file
from .model import BadRecord

__all__ = ["LARGEST_RECORD", "Item", "json_items", "lines", "opened"]

LARGEST_RECORD = 16 * 1024**2
"""Most bytes of a record; real ones have some thousand."""

_BLOCK = 1024**2
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_XZ = b"\xfd7zXZ\x00"

_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)
"""Errors of the decompressors on a damaged or truncated file."""

Item = tuple[int, Any]
"""Number of a record, from 1, and its value."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, and decompress it by the format of its first bytes.

    Parameters
    ----------
    path : `pathlib.Path`
        The file; plain, gzip, zstd or xz.

    Yields
    ------
    stream : `typing.BinaryIO`
        Its decompressed content.

    Raises
    ------
    RecordsError
        Raised if it cannot be opened.
    """
    try:
        require_file(str(path))
        raw = path.open("rb")
    except ValueError as error:
        raise RecordsError(f"{path}: cannot be read: {error}") from None
    except OSError as error:
        raise RecordsError(f"{path}: cannot be read: {error.strerror}") from None
    with raw:
        head = raw.read(len(_XZ))
        raw.seek(0)
        if head.startswith(_GZIP):
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw))
        elif head.startswith(_ZSTD):
            # As in `zstd` itself, several frames one after the other are one file.
            reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
            stream = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, reader), _BLOCK))
        elif head.startswith(_XZ):
            stream = cast(BinaryIO, lzma.open(raw))  # noqa: SIM115 - `raw` is closed
        else:
            stream = raw
        yield stream


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes] | BadRecord]:
    """Read a file line by line.

    Parameters
    ----------
    stream : `typing.BinaryIO`
        From `opened`.

    Yields
    ------
    line : `tuple` [ `int`, `bytes` ] or `BadRecord`
        Number of the line, from 1, and its text without the end.  Empty lines are left out.  A
        line that is too long is skipped, and data after damaged compression is lost.  Both are
        reported.
    """
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LARGEST_RECORD + 1)
            if len(line) > LARGEST_RECORD:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(_BLOCK)
                yield BadRecord(number, f"a line of more than {LARGEST_RECORD:,} bytes")
                continue
        except _BROKEN as error:
            yield BadRecord(number, _lost(error))
            return
        if not line:
            return
        if text := line.strip(b"\r\n"):
            yield number, text


def _lost(error: BaseException) -> str:
    reason = one_line(error) or type(error).__name__
    return f"the file is damaged or cut here, and what follows is lost: {reason}"


class _Text:
    """Text of a stream; only the part that is not used yet is in memory."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self.buffer = ""
        self.at = 0
        self.has_ended = False

    def more(self) -> bool:
        """Read another block, and say whether there was one."""
        if self.has_ended:
            return False
        # A block is as large as the text in memory: so a large value is not parsed many times.
        block = self._stream.read(max(_BLOCK, len(self.buffer) - self.at))
        self.buffer = self.buffer[self.at :] + self._decoder.decode(block, final=not block)
        self.at = 0
        self.has_ended = not block
        return not self.has_ended

    def peek(self) -> str:
        """Give the next character that is not a space; an empty text at the end."""
        while True:
            while self.at < len(self.buffer):
                character = self.buffer[self.at]
                if not character.isspace():
                    return character
                self.at += 1
            if not self.more():
                return ""

    def take(self, expected: str) -> None:
        """Skip a character that must be next."""
        found = self.peek()
        if found != expected:
            raise ValueError(f"expected {expected!r}, found {found or 'the end of the file'!r}")
        self.at += 1


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)

_TOKEN = 16
"""Distance from the end of a block, in characters, in which the error of a cut value lies."""


def _value(text: _Text) -> Any:  # noqa: ANN401 - any JSON
    """Parse one value, and read as much text as it needs."""
    text.peek()
    while True:
        try:
            value, end = _DECODER.raw_decode(text.buffer, text.at)
        except json.JSONDecodeError as error:
            held = len(text.buffer) - text.at
            # A cut value fails at the end of the text in memory, or in a string that does not end.
            is_cut = error.pos > len(text.buffer) - _TOKEN or error.msg.startswith("Unterminated")
            if not is_cut or held > LARGEST_RECORD:
                raise ValueError(error.msg) from None
            if not text.more():
                raise ValueError(
                    error.msg if text.peek() else "the file ends where a value should be"
                ) from None
            continue
        except RecursionError:
            raise ValueError("values are nested too deeply") from None
        # A number may continue in the next block.
        if end == len(text.buffer) and isinstance(value, int | float) and text.more():
            continue
        text.at = end
        return value


def json_items(stream: BinaryIO, paths: tuple[tuple[str, ...], ...]) -> Iterator[Item | BadRecord]:
    """Read the records of a JSON document or of JSON lines, one at a time.

    Parameters
    ----------
    stream : `typing.BinaryIO`
        From `opened`.
    paths : `tuple` [ `tuple` [ `str`, ... ], ... ]
        Keys that lead to the list of records if the document is a mapping, such as
        ``("hits", "hits")``.  If the document is a list, its items are records.  Mappings one
        after the other without these keys are records themselves.

    Yields
    ------
    item : `tuple` [ `int`, `typing.Any` ] or `BadRecord`
        Number and value of each record.  The records after a fault in a list are lost, and this
        is reported.  JSON lines continue with the next line.
    """
    text = _Text(stream)
    number = 0
    try:
        first = text.peek()
        if first == "[":
            for value in _list(text):
                number += 1
                yield number, value
            if text.peek():
                raise ValueError("there is more behind the end of the list")
            return
        if first == "{" and _has_path(text, paths):
            for value in _found(text, paths):
                number += 1
                yield number, value
            return
    except UnicodeDecodeError as error:
        yield BadRecord(number + 1, f"is no UTF-8: {error.reason}, and what follows is lost")
        return
    except ValueError as error:
        yield BadRecord(number + 1, f"is no JSON: {error}; what follows is lost")
        return
    except _BROKEN as error:
        yield BadRecord(number + 1, _lost(error))
        return
    yield from _separate(text)


def _list(text: _Text) -> Iterator[Any]:
    """Iterate over a list, one value at a time."""
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        yield _value(text)
        if text.peek() == "]":
            text.take("]")
            return
        text.take(",")


def _has_path(text: _Text, paths: tuple[tuple[str, ...], ...]) -> bool:
    """Say whether a mapping is an envelope of records, from its first keys, before it is read."""
    while len(text.buffer) - text.at < _BLOCK and text.more():
        pass
    # Records have none of these keys at their first level, and envelopes have them near the top.
    depth, at = 0, text.at
    while at < len(text.buffer):
        character = text.buffer[at]
        if character == '"':
            try:
                key, end = _DECODER.raw_decode(text.buffer, at)
            except json.JSONDecodeError:
                return False
            if depth == 1 and text.buffer[end : end + 8].lstrip().startswith(":"):
                opens = text.buffer[end : end + 32].lstrip(": \t\r\n")[:1]
                if any(key == path[0] and opens in "[{" for path in paths):
                    return True
            at = end
            continue
        depth += (character in "{[") - (character in "}]")
        at += 1
        if depth == 0:
            return False
    return False


def _found(text: _Text, paths: tuple[tuple[str, ...], ...]) -> Iterator[Any]:
    """Iterate over a mapping, and over the list of records to which a path leads."""
    text.take("{")
    while text.peek() != "}":
        key = _value(text)
        text.take(":")
        rest = tuple(path[1:] for path in paths if path[0] == key)
        if () in rest and text.peek() == "[":
            yield from _list(text)
        elif any(rest) and text.peek() == "{":
            yield from _found(text, tuple(path for path in rest if path))
        else:
            _value(text)
        if text.peek() == ",":
            text.take(",")
    text.take("}")


def _separate(text: _Text) -> Iterator[Item | BadRecord]:
    """Iterate over values one after the other, as in JSON lines."""
    number = 0
    while True:
        number += 1
        try:
            if not text.peek():
                return
            yield number, _value(text)
        except UnicodeDecodeError as error:
            yield BadRecord(number, f"is no UTF-8: {error.reason}, and what follows is lost")
            return
        except ValueError as error:
            yield BadRecord(number, f"is no JSON: {error}")
            if not _next_line(text):
                return
        except _BROKEN as error:
            yield BadRecord(number, _lost(error))
            return


def _next_line(text: _Text) -> bool:
    """Go to the next line that begins like a record, and say whether there is one."""
    try:
        while True:
            end = text.buffer.find("\n{", text.at)
            if end >= 0:
                text.at = end + 1
                return True
            # The end of the line may be at the end of this block.
            text.at = max(text.at, len(text.buffer) - 1)
            if not text.more():
                return False
    except _BROKEN:
        return False
