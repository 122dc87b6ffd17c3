"""Write sources and data into one HTML file that needs no other file."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..files import write_file
from ..glossary import plain_glossary
from ..warehouse import Warehouse
from .bundle import bundle
from .data import gather, script_json
from .detail import DETAILS, Detail
from .questions import QUESTIONS

__all__ = ["LIMIT_BYTES", "modules", "render", "write_page"]

LIMIT_BYTES = 5_000_000
"""Largest size of the page."""

_PAGE = files(__package__)


@cache
def vega_bundle() -> str:
    """Get Vega, Vega-Lite and Vega-Embed as one script for all charts of the page."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    # An HTML parser ends a script at this text, at any place.
    return bundle.replace("</script", "<\\/script")


def modules() -> dict[str, str]:
    """Read the page's scripts by their names."""
    return {
        path.name.removesuffix(".js"): path.read_text(encoding="utf-8")
        for path in sorted((_PAGE / "js").iterdir(), key=lambda path: path.name)
        if path.name.endswith(".js")
    }


def _hash(text: str) -> str:
    """Give the hash of an inline script or style for a content security policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _focus(data: dict[str, Any]) -> str | None:
    """Get the name of the campaign that the page shows first."""
    campaigns = data["tables"]["campaigns"]["columns"]
    names = [campaigns["campaign"]["values"][code] for code in campaigns["campaign"]["codes"]]
    return next(
        (name for name, is_focus in zip(names, campaigns["is_focus"], strict=True) if is_focus),
        names[0] if names else None,
    )


def render(warehouse: Warehouse, detail: Detail) -> str:
    """Make the page.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    detail : `~reports.page.detail.Detail`
        Level of detail.
    """
    environment = Environment(
        loader=PackageLoader(str(__package__), "templates"),
        autoescape=True,
        undefined=StrictUndefined,
    )
    data = gather(warehouse, detail)
    focus = _focus(data)
    vega, script = vega_bundle(), bundle(modules(), "page")
    style = (_PAGE / "page.css").read_text(encoding="utf-8")
    # Nothing is loaded or sent, and only these two scripts run. Vega evaluates its expressions
    # with an interpreter, so that no text becomes code.
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(vega)} {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return environment.get_template("page.html.j2").render(
        policy=policy,
        questions=list(QUESTIONS),
        sections=[pair for question in QUESTIONS.values() for pair in question.SECTIONS.items()],
        title=f"{focus} · Quanta Census" if focus else "Quanta Census",
        version=version("quanta-census"),
        glossary=plain_glossary(),
        style=Markup(style),
        bundle=Markup(vega),
        script=Markup(script),
        data=Markup(script_json(data)),
    )


def write_page(data: Path) -> Path:
    """Write the page of a warehouse, with the most detail that fits.

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
    ~reports.errors.WarehouseError
        Raised if the warehouse is absent or of another version.
    """
    path = data / "report" / "index.html"
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        for detail in DETAILS:
            page = render(warehouse, detail)
            if len(page.encode()) < LIMIT_BYTES:
                break
    write_file(path, page)
    return path
