"""Write the data dictionary: every mart and column with unit and meaning, from dbt's manifest."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from .engine import project_environment, read_project
from .layout import Layout

__all__ = ["render", "write"]

_HEAD = """# Data dictionary

Every mart of the warehouse (schema `main` of `$DATA/warehouse.duckdb`): columns, types, units.
Written by `python -m dbt_project dictionary` from the models; do not edit it by hand.
"""


def render() -> str:
    """Write the dictionary of the current models.

    Returns
    -------
    text : `str`
        Markdown; the same models give the same text.

    Raises
    ------
    TransformError
        Raised if the project cannot be parsed.
    """
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        with project_environment(layout, layout.root, "75%"):
            nodes = read_project(layout).writable_manifest().to_dict()["nodes"]
    marts = [
        node
        for node in nodes.values()
        if node["resource_type"] == "model" and node["schema"] == "main"
    ]
    sections = [_section(node) for node in sorted(marts, key=lambda node: str(node["name"]))]
    return "\n".join([_HEAD, *sections])


def write(path: Path) -> None:
    """Write the dictionary to a file.

    Parameters
    ----------
    path : `pathlib.Path`
        The Markdown file.
    """
    path.write_text(render())


def _section(node: dict[str, Any]) -> str:
    """Describe one mart."""
    lines = [f"## {node['name']}", "", _text(node["description"]), ""]
    lines += ["| column | type | unit | meaning |", "|---|---|---|---|"]
    for column in node["columns"].values():
        unit = column["config"]["meta"]["unit"]
        meaning = _text(column["description"]).replace("|", "\\|")
        lines.append(f"| `{column['name']}` | {column['data_type']} | {unit} | {meaning} |")
    return "\n".join([*lines, ""])


def _text(description: str) -> str:
    """Join a description's lines."""
    return " ".join(description.split())
