"""The page's modules become one script, and what cannot be joined is refused by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reports.page.build import modules
from reports.page.bundle import BundleError, bundle

ROOT = Path(__file__).parents[2]
CIRCLE = {
    "page": 'import { a } from "./first.js";\na();',
    "first": 'import { b } from "./second.js";\nexport const a = () => b();',
    "second": 'import { a } from "./first.js";\nexport const b = () => a();',
}


def test_modules_stand_after_what_they_import_each_in_a_scope_of_its_own() -> None:
    script = bundle(
        {
            "page": 'import {\n  twice,\n  one as first,\n} from "./numbers.js";\ntwice(first);',
            "numbers": "const two = 2;\nexport const one = 1;\nexport const twice = n => two * n;",
        },
        "page",
    )
    assert script.index("const $numbers") < script.index("const $page")
    assert "const { twice, one: first } = $numbers;" in script
    assert "return Object.freeze({ one, twice });" in script
    assert "import" not in script
    assert "export" not in script


def test_the_script_is_the_same_whatever_the_order_of_the_files() -> None:
    sources = modules()
    assert bundle(sources, "page") == bundle(dict(reversed(sources.items())), "page")


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (CIRCLE, r"in a circle: first.js -> second.js -> first.js"),
        ({"page": 'import { a } from "./page.js";\nexport const a = 1;'}, "page.js -> page.js"),
        ({"page": 'import { a } from "./gone.js";'}, "imports gone.js, which does not exist"),
        (
            {"page": 'import { a, b } from "./one.js";', "one": "export const a = 1;"},
            "imports b from one.js, which does not export it",
        ),
        ({"page": "", "unused": "export const a = 1;"}, "No module imports unused.js"),
        ({"other": ""}, "There is no module page.js"),
        ({"page": 'import * as all from "./one.js";'}, "a form of import or export"),
        ({"page": 'import one from "./one.js";'}, "a form of import or export"),
        ({"page": 'import { a } from "https://example.org/a.js";'}, "a form of import or export"),
        ({"page": "export let a = 1;"}, "a form of import or export"),
        ({"page": "export default 1;"}, "a form of import or export"),
        ({"page": "const a = 1;\nexport { a };"}, "a form of import or export"),
        ({"page": "export const a = 1;\nexport const a = 2;"}, "exports one name twice"),
        (
            {"page": 'import { a-b } from "./one.js";', "one": "export const a = 1;"},
            "write a name",
        ),
    ],
)
def test_what_cannot_be_joined_is_refused_by_name(sources: dict[str, str], message: str) -> None:
    with pytest.raises(BundleError, match=message):
        bundle(sources, "page")


def linter() -> str:
    found = shutil.which("oxlint", path=str(Path(sys.executable).parent))
    assert found is not None, "make setup installs oxlint"
    return found


def test_a_linter_reads_real_modules_and_finds_nothing() -> None:
    command = [linter(), "--deny-warnings", "reports/page/js"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("name", "source", "rule"),
    [
        ("page.js", "document.title = undefinedName;\n", "no-undef"),
        ("page.js", 'import { b } from "./one.js";\nb();\n', "import(named)"),
        ("one.js", 'import { a } from "./page.js";\nexport const b = a;\n', "import(no-cycle)"),
    ],
)
def test_the_linter_would_see_a_fault(tmp_path: Path, name: str, source: str, rule: str) -> None:
    (tmp_path / "page.js").write_text('import { b } from "./one.js";\nexport const a = b;\n')
    (tmp_path / "one.js").write_text("export const a = 1;\n")
    (tmp_path / name).write_text(source)
    shutil.copy(ROOT / ".oxlintrc.json", tmp_path)
    command = [linter(), "--deny-warnings", "-c", ".oxlintrc.json", "."]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert rule in result.stdout
