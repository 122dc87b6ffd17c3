"""Write figures as PNG, SVG and Vega-Lite JSON under their fixed names.

A figure without data is also written; it says why there is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from xml.sax.saxutils import quoteattr

import altair as alt
import vl_convert

from .errors import OutputError
from .escape import drawable, plain
from .figures import Figure
from .files import write_file

__all__ = ["export", "write_figure"]

PNG_SCALE = 2
MADE_BY = f"quanta-census {version('quanta-census')}, vl-convert {version('vl-convert-python')}"
VEGA_LITE_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def write_figure(figure: Figure, folder: Path) -> bool:
    """Write the three files of a figure.

    The JSON is written last and contains the versions of the libraries.  If it exists and would
    not change, the pictures would not change either, and nothing is written.

    Parameters
    ----------
    figure : `~reports.figures.Figure`
        Figure to write.
    folder : `~pathlib.Path`
        Target; it must exist.

    Returns
    -------
    is_new : `bool`
        Whether anything was written.
    """
    spec = drawable(figure.draw().to_dict(validate=False))
    spec["usermeta"] = {"name": figure.name, "made_by": MADE_BY}
    text = json.dumps(spec, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    files = {suffix: folder / f"{figure.name}.{suffix}" for suffix in ("json", "svg", "png")}
    if (
        all(file.is_file() for file in files.values())
        and files["json"].read_bytes() == text.encode()
    ):
        return False
    # A picture has one alternative text. Labels of its parts take time and add nothing.
    bare = spec | {"config": spec["config"] | {"aria": False}}
    svg = vl_convert.vegalite_to_svg(bare, vl_version=VEGA_LITE_VERSION)
    # The renderer does not write the description, which a screen reader needs.
    name = quoteattr(plain(figure.labels.alt_text))
    svg = svg.replace("<svg ", f'<svg role="img" aria-label={name} ', 1)
    write_file(files["svg"], svg)
    write_file(files["png"], vl_convert.svg_to_png(svg, scale=PNG_SCALE))
    write_file(files["json"], text)
    return True


def export(figures: Iterable[Figure], folder: Path) -> Iterator[tuple[Figure, bool]]:
    """Write all figures, and remove every other figure from the folder.

    If a figure cannot be drawn, a sentence that says so is written in its place.

    Parameters
    ----------
    figures : `~collections.abc.Iterable` [`~reports.figures.Figure`]
        Figures to write.
    folder : `~pathlib.Path`
        Target; it is made.

    Yields
    ------
    figure, is_new : `~reports.figures.Figure`, `bool`
        Each figure as it was written, and whether anything changed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = set()
    for figure in figures:
        names.add(figure.name)
        written = figure
        try:
            is_new = write_figure(figure, folder)
        except OutputError:
            raise
        except Exception as error:
            written = figure.failed(error)
            is_new = write_figure(written, folder)
        yield written, is_new
    for file in folder.iterdir():
        if file.stem not in names and file.suffix in (".png", ".svg", ".json"):
            file.unlink()
