"""Write dbt's documentation as one static page."""

from __future__ import annotations

import shutil
from pathlib import Path

from .engine import invoke, project_environment, read_project
from .layout import Layout, make_folder

__all__ = ["write"]


def write(layout: Layout) -> Path:
    """Write the page of the published warehouse.

    Parameters
    ----------
    layout : `Layout`
        Paths of the warehouse.

    Returns
    -------
    page : `pathlib.Path`
        One HTML file that needs neither a server nor a network.

    Raises
    ------
    TransformError
        Raised if there is no warehouse.
    """
    layout.require_warehouse()
    with project_environment(layout, layout.root, "75%"):
        invoke(layout, read_project(layout), ["docs", "generate", "--static"])
    page = layout.root / "docs" / "index.html"
    make_folder(page.parent)
    shutil.copyfile(layout.dbt / "target" / "static_index.html", page)
    return page
