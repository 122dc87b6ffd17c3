"""Inline sources and data into one HTML file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.files import write_file
from reports.page.data import DETAILS, Detail, gather, script_json
from reports.page.marts import PageMarts

__all__ = ["LIMIT_BYTES", "render", "write_page"]

LIMIT_BYTES = 5_000_000
"""The page stays below this."""

# In this order: each may use what stands above it.
SCRIPTS = (
    "numbers", "data", "selection", "elements", "downloads", "charts", "tables", "sizing",
    "requests", "changes", "running", "page",
)  # fmt: skip

_PAGE = files("reports.page")


@cache
def vega_bundle() -> str:
    """Get Vega, Vega-Lite and Vega-Embed as one script for all charts of the page."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # An HTML parser ends a script at this text, wherever it stands.
    return bundle.replace("</script", "<\\/script")


def _script() -> str:
    """Join the page's scripts: one function, so that nothing becomes global."""
    parts = "\n".join((_PAGE / "js" / f"{name}.js").read_text() for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _hash(text: str) -> str:
    """Name an inline script or style in a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render(marts: PageMarts, detail: Detail) -> str:
    """Make the page.

    Parameters
    ----------
    marts : `~reports.page.marts.PageMarts`
        The warehouse.
    detail : `~reports.page.data.Detail`
        How finely it tells quanta apart.
    """
    environment = Environment(
        loader=PackageLoader("reports.page", ""), autoescape=True, undefined=StrictUndefined
    )
    bundle, script = vega_bundle(), _script()
    style = (_PAGE / "page.css").read_text()
    # Nothing is loaded, nothing is sent, and no script runs but these two; Vega evaluates its
    # expressions by an interpreter, so that no text ever becomes code.
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(bundle)} {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return environment.get_template("page.html.j2").render(
        policy=policy,
        version=version("quanta-census"),
        style=Markup(style),
        bundle=Markup(bundle),
        script=Markup(script),
        data=Markup(script_json(gather(marts, detail))),
    )


def write_page(data: Path) -> Path:
    """Write the page of a warehouse, as fine as fits.

    Parameters
    ----------
    data : `~pathlib.Path`
        Folder that holds ``warehouse.duckdb``.

    Returns
    -------
    path : `~pathlib.Path`
        ``report/index.html`` inside.

    Raises
    ------
    ~reports.marts.WarehouseError
        Raised if the warehouse is absent or of another version.
    """
    path = data / "report" / "index.html"
    with PageMarts(data / "warehouse.duckdb") as marts:
        for detail in DETAILS:
            page = render(marts, detail)
            if len(page.encode()) < LIMIT_BYTES:
                break
    write_file(path, page)
    return path
