"""Join the page's JavaScript modules into one script, in the order of their imports.

The page is one file that opens from ``file://`` under a content security policy, where a browser
cannot load modules from other files. So the modules of ``js/`` become functions inside one script,
each with its own scope, and each import becomes a constant. Linters, editors and readers see
ordinary modules, and only Python is needed to make the page.

These forms of import and export are allowed, one statement at the start of a line::

    import { first, second as other } from "./module.js";
    export const name = ...
    export const name = async () => ...
    export function name() ...

A module that is missing, imported in a circle, never imported, or asked for a name that it does not
export is an error, and so is every other form of import and export. ``export let`` is refused
because an importer would keep the first value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BundleError", "bundle"]

_IMPORT = re.compile(
    r'^import \{(?P<names>[^{}]*)\} from "\./(?P<module>[a-z_]+)\.js";$', re.MULTILINE
)
_EXPORT = re.compile(
    r"^export (?P<kind>const|function|class) (?P<name>[A-Za-z_$][\w$]*)", re.MULTILINE
)
_ANY = re.compile(r"^\s*(?:import\b(?!\s*[.(])|export\b).*", re.MULTILINE)
_NAME = re.compile(r"^(?P<name>[A-Za-z_$][\w$]*)(?: as (?P<local>[A-Za-z_$][\w$]*))?$")


class BundleError(ValueError):
    """Raised when the modules cannot be joined; names the module and the fault."""


@dataclass(frozen=True)
class _Module:
    """A module: the names that it imports and exports, and its text."""

    imports: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    exports: tuple[str, ...]
    text: str


def _read(name: str, source: str) -> _Module:
    """Parse a module; its lines keep their numbers."""
    imports = []
    for found in _IMPORT.finditer(source):
        names = []
        for part in filter(None, (one.strip() for one in found["names"].split(","))):
            match = _NAME.match(part)
            if match is None:
                raise BundleError(f"{name}.js imports {part!r}: write a name, or `name as other`.")
            names.append((match["name"], match["local"] or match["name"]))
        imports.append((found["module"], tuple(names)))
    rest = _IMPORT.sub(lambda found: "\n" * found[0].count("\n"), source)
    exports = tuple(found["name"] for found in _EXPORT.finditer(rest))
    if len(set(exports)) < len(exports):
        raise BundleError(f"{name}.js exports one name twice.")
    rest = _EXPORT.sub(r"\g<kind> \g<name>", rest)
    other = _ANY.search(rest)
    if other is not None:
        raise BundleError(
            f"{name}.js has a form of import or export that the page does not join: "
            f"{other[0].strip()!r}."
        )
    return _Module(tuple(imports), exports, rest.strip("\n"))


def _order(modules: Mapping[str, _Module], entry: str) -> list[str]:
    """List the modules that an entry needs, each after the modules that it imports."""
    ordered: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            circle = " -> ".join(f"{one}.js" for one in (*path[path.index(name) :], name))
            raise BundleError(f"Modules import each other in a circle: {circle}.")
        if name not in modules:
            raise BundleError(f"{path[-1]}.js imports {name}.js, which does not exist.")
        if name in ordered:
            return
        for imported, _ in modules[name].imports:
            visit(imported, (*path, name))
        ordered.append(name)

    if entry not in modules:
        raise BundleError(f"There is no module {entry}.js.")
    visit(entry, ())
    return ordered


def bundle(sources: Mapping[str, str], entry: str) -> str:
    """Join modules into one script.

    Parameters
    ----------
    sources : `~collections.abc.Mapping`
        Text of each module by its name without ``.js``.
    entry : `str`
        The module that starts the page.

    Returns
    -------
    script : `str`
        One function without global names; the same modules give the same text.

    Raises
    ------
    BundleError
        Raised if a module is missing, unused, part of a circle, or imports an unknown name.
    """
    modules = {name: _read(name, source) for name, source in sorted(sources.items())}
    ordered = _order(modules, entry)
    unused = sorted(set(modules) - set(ordered))
    if unused:
        raise BundleError(f"No module imports {', '.join(f'{name}.js' for name in unused)}.")
    parts = []
    for name in ordered:
        module = modules[name]
        taken = []
        for imported, names in module.imports:
            absent = sorted({one for one, _ in names} - set(modules[imported].exports))
            if absent:
                raise BundleError(
                    f"{name}.js imports {', '.join(absent)} from {imported}.js, "
                    "which does not export it."
                )
            shown = ", ".join(one if one == local else f"{one}: {local}" for one, local in names)
            taken.append(f"const {{ {shown} }} = ${imported};\n")
        given = f"return Object.freeze({{ {', '.join(module.exports)} }});\n"
        parts.append(f"const ${name} = (() => {{\n{''.join(taken)}{module.text}\n{given}}})();\n")
    return f'(() => {{\n"use strict";\n{"".join(parts)}}})();\n'
