"""Lists the error messages of the three programs: ``python -m tests.messages`` writes the page.

It reads them from the source, so the page has all that are raised, and all of the two tables
that explain errors of stores and of the file system.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from extract.butler import store_errors
from quanta_census import guard

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/troubleshooting.md"
MARK = "<!-- Below this line: written by `python -m tests.messages` -->\n"

PROGRAMS = {
    ".package/quanta_census": ("Every command", Path(".package/quanta_census/terminal.py")),
    "extract": ("`census-extract`", Path("extract/errors.py")),
    "dbt_project": ("`census-transform`", Path("dbt_project/runner/errors.py")),
    "reports": ("`census-report`", Path("reports/errors.py")),
}
"""Folder to the command of a program and the tree of its errors."""

DEVELOPERS = {"EmptyFrameError", "FigureError"}
"""Errors for developers of figures, which users of the commands do not see."""

SHORTEST = 12
"""A message with fewer characters of its own only passes another one on."""


def error_classes(tree: Path) -> dict[str, str]:
    """Give the errors of a program and the first line of what each means."""
    parsed = ast.parse((ROOT / tree).read_text(encoding="utf-8"))
    return {
        node.name: (ast.get_docstring(node) or "").splitlines()[0]
        for node in parsed.body
        if isinstance(node, ast.ClassDef) and node.name not in DEVELOPERS
    }


def messages(folder: str, classes: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the class and the pattern of each message that a program raises."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        parsed = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in parsed.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        for node in ast.walk(parsed):
            if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
                continue
            name = ast.unparse(node.exc.func).rsplit(".", 1)[-1]
            if name in classes and node.exc.args:
                text = re.sub(r"\s+", " ", pattern(node.exc.args[0], constants)).strip()
                if len(re.sub(r"…|[^\w]", "", text)) >= SHORTEST:
                    yield name, text


def pattern(node: ast.expr, constants: dict[str, str]) -> str:
    """Write a message with an ellipsis where a value stands."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if name in constants:
            return constants[name]
        case ast.FormattedValue(value=value):
            return pattern(value, constants)
        case ast.JoinedStr(values=parts):
            return "".join(pattern(part, constants) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return pattern(left, constants) + pattern(right, constants)
        case _:
            return "…"


def explanations() -> Iterator[str]:
    """Write what the programs say of errors that libraries and the system raise."""
    meanings = [text for _, text, _ in store_errors._MEANINGS]
    for title, texts in (
        ("A registry or a store", [re.sub(r"(?:\{\w+\})+", "…", text) for text in meanings]),
        ("A file that cannot be written", list(guard._REMEDIES.values())),
    ):
        yield from ("", f"## {title}", "")
        yield from (f"- `…: {text}`" for text in sorted(set(texts)))


def page_end() -> str:
    """Write all messages, by program and by error."""
    lines = list(explanations())
    for folder, (command, tree) in PROGRAMS.items():
        classes = error_classes(tree)
        found: dict[str, set[str]] = defaultdict(set)
        for name, text in messages(folder, classes):
            found[name].add(text)
        lines += ["", f"## {command}"]
        for name, meaning in classes.items():
            if found[name]:
                lines += ["", f"### {name}", "", meaning, ""]
                lines += [f"- `{text.replace('`', '')}`" for text in sorted(found[name])]
    return "\n".join([*lines, ""])


def main() -> None:
    """Renew the page's list."""
    begin, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    PAGE.write_text(begin + MARK + page_end(), encoding="utf-8")


if __name__ == "__main__":
    main()
