"""Writing files so that a reader never sees a part of one."""

from __future__ import annotations

from pathlib import Path

__all__ = ["MARK", "make_folder", "write_file"]

MARK = ".quanta-census"
"""A folder with a file of this name is ours: `make clean` may remove it."""


def write_file(path: Path, content: str | bytes) -> bool:
    """Write a file at once, unless it holds that already.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to write; its folder is made.
    content : `str` or `bytes`
        Text is written as UTF-8.

    Returns
    -------
    is_new : `bool`
        Whether the file changed.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(data)
    partial.replace(path)
    return True


def make_folder(folder: Path) -> None:
    """Make a folder and mark it as ours; one that held something else before stays unmarked.

    Parameters
    ----------
    folder : `~pathlib.Path`
        What to make; may be there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        text = "Quanta Census made this folder. `make clean` removes it with all it holds.\n"
        (folder / MARK).write_text(text, encoding="utf-8")
