"""Write the reference pages from the programs: `python -m tests.reference`.

Commands come from the command lines themselves, keys of the campaigns file from its model, terms
from the report's glossary; a test compares the pages with what this module writes.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pydantic
import typer

import dbt_project.runner.cli
import extract.cli
import reports.cli
from extract.campaigns import Campaign, CampaignsFile, Demo, NodeType, Prices, Stage
from reports.glossary import GLOSSARY

FOLDER = Path(__file__).parent.parent / "docs" / "reference"

PROGRAMS = {
    "census-extract": extract.cli.app,
    "census-transform": dbt_project.runner.cli.app,
    "census-report": reports.cli.app,
}

SECTIONS: dict[str, type[pydantic.BaseModel]] = {
    "The file": CampaignsFile,
    "A campaign": Campaign,
    "A stage": Stage,
    "A type of node": NodeType,
    "Prices": Prices,
    "The demo": Demo,
}

_HEAD = "`python -m tests.reference` writes this page; do not edit it by hand.\n"


def commands_page() -> str:
    """Write every command with its arguments and options."""
    lines = ["# Commands", "", _HEAD]
    lines += ["`--help` (`-h`) prints the same. In a checkout the commands are in `.venv/bin`.", ""]
    for program, app in PROGRAMS.items():
        group = typer.main.get_command(app)
        lines += [f"## {program}", "", _text(group.help or ""), ""]
        lines += _parameter_table(group.params)
        for name, command in sorted(getattr(group, "commands", {}).items()):
            lines += _command_lines(program, name, command)
    return "\n".join(lines).rstrip() + "\n"


def _command_lines(program: str, name: str, command: click.Command) -> Iterator[str]:
    """Describe one command."""
    yield from (f"### {program} {name}", "")
    for paragraph in (command.help or "").split("\n\n"):
        yield from (_text(paragraph), "")
    yield from _parameter_table(command.params)


def _parameter_table(parameters: Sequence[Any]) -> Iterator[str]:
    """Describe arguments and options."""
    rows = [_parameter_row(each) for each in parameters if not _is_help(each)]
    if rows:
        yield from ("| argument or option | meaning | default |", "|---|---|---|", *rows, "")


def _is_help(parameter: click.Parameter) -> bool:
    return parameter.name == "help"


def _parameter_row(parameter: click.Parameter) -> str:
    """Describe one argument or option."""
    if parameter.param_type_name == "argument":
        name = parameter.metavar or (parameter.name or "").upper()
        name = name if parameter.required else f"[{name}]"
    else:
        name = ", ".join(parameter.opts)
    default = parameter.default
    shown = "" if callable(default) or default in (None, False, (), []) else str(default)
    # A default inside the environment differs from one installation to the next.
    shown = "" if shown.startswith("/") else shown
    meaning = _text(getattr(parameter, "help", None) or "")
    cell = meaning.replace("|", "\\|")
    return f"| `{name}` | {cell} | {f'`{shown}`' if shown else ''} |"


def campaigns_page() -> str:
    """Write every key of the campaigns file."""
    lines = ["# The campaigns file", "", _HEAD]
    lines += [
        "YAML; an unknown key is an error. `census-extract example` prints a file with comments, "
        "and `census-extract init` proposes one from a repository.",
        "",
    ]
    for title, model in SECTIONS.items():
        lines += [f"## {title}", "", "| key | value | default | meaning |", "|---|---|---|---|"]
        for name, said in model.model_fields.items():
            default = "required" if said.is_required() else _default(said.get_default())
            meaning = _text(said.description or "").replace("|", "\\|")
            lines.append(f"| `{name}` | {_kind(said.annotation)} | {default} | {meaning} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _default(value: object) -> str:
    """Write a default; an empty one is none."""
    if value is None or value == () or isinstance(value, pydantic.BaseModel):
        return ""
    return "" if "Undefined" in repr(value) else f"`{value}`"


def _kind(annotation: object) -> str:
    """Name the kind of value that a key takes."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_kind(each) for each in arguments if each is not type(None))
    if origin is typing.Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin is typing.Annotated:
        return _kind(arguments[0])
    if origin is tuple:
        return f"list of {_kind(arguments[0])}s"
    if origin is dict:
        return f"mapping of names to {_kind(arguments[1])}"
    names = {str: "text", int: "integer", float: "number", bool: "true or false"}
    if isinstance(annotation, type) and annotation in names:
        return names[annotation]
    return next((title.lower() for title, model in SECTIONS.items() if model is annotation), "text")


def _text(words: str) -> str:
    """Join lines."""
    return " ".join(words.replace("\b", "").split())


def glossary_page() -> str:
    """Write the terms that the page and the technote explain, too."""
    lines = ["# Glossary", "", _HEAD]
    for term, meaning in GLOSSARY.items():
        lines += [f"**{term}**: {meaning}", ""]
    return "\n".join(lines).rstrip() + "\n"


PAGES = {
    "commands.md": commands_page,
    "campaigns-file.md": campaigns_page,
    "../glossary.md": glossary_page,
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page_name, page in PAGES.items():
        (FOLDER / page_name).write_text(page(), encoding="utf-8")
