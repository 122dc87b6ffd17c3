"""Every figure of the registry is written, shown and explained; a new one needs one file."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from reports import figures
from reports.citations import Citations
from reports.errors import EmptyFrameError, FigureError
from reports.figures import FIGURES, Definition, figures_in_order, find_figures, memory
from reports.figures.sections import SECTIONS
from reports.run import write_report
from reports.subjects import read_census
from reports.terminal import progress
from reports.warehouse import Warehouse
from tests.reports.figures.drawing import subject
from tests.reports.made import all_figures
from tests.reports.warehouses import FOCUS

RECIPES = Path(__file__).parents[3] / "docs" / "architecture.md"


def recipe() -> str:
    """Give the file that the recipe of a figure shows."""
    section = RECIPES.read_text().split("### A figure\n")[1].split("\n### ")[0]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that the registry finds in the folder of a question, though it is elsewhere."""
    folder = tmp_path / "memory"
    folder.mkdir()
    monkeypatch.setattr(memory, "__path__", [*memory.__path__, str(folder)])
    return folder / "figure_of_the_recipe.py"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Forget the file of a test, so that the next test reads its own."""
    yield
    sys.modules.pop("reports.figures.memory.figure_of_the_recipe", None)
    if hasattr(memory, "figure_of_the_recipe"):
        delattr(memory, "figure_of_the_recipe")


def test_one_file_is_enough_for_a_new_figure(
    data: Path, tmp_path: Path, new_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_file.write_text(recipe())
    known = {definition.name for definition in FIGURES}
    monkeypatch.setattr(figures, "FIGURES", find_figures())
    (new,) = (definition for definition in figures.FIGURES if definition.name not in known)
    (tmp_path / "warehouse.duckdb").symlink_to(data / "warehouse.duckdb")
    write_report(tmp_path, progress=progress).refuse_failed()
    report = tmp_path / "report"
    captions = json.loads((report / "captions.json").read_text())
    text = (report / "technote" / "index.md").read_text().replace("\\", "")
    for stage in "1234":
        name = new.name.format(focus="v30", stage=stage, threshold="6")
        assert (report / "images" / f"{name}.svg").is_file()
        assert (report / "technote" / "images" / f"{name}.png").is_file()
        assert text.count(f"./images/{name}.png") == 1
        assert captions[name]["caption"] in text
        assert not captions[name]["is_empty"]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ('SECTION = "releases"\n', "", r"figure_of_the_recipe\.py has no SECTION"),
        ('SECTION = "releases"', 'SECTION = "elsewhere"', "no section 'elsewhere'; there are"),
        ("def caption(", "def captoin(", r"figure_of_the_recipe\.py has no caption"),
    ],
)
def test_a_figure_without_a_section_or_caption_is_an_error(
    new_file: Path, old: str, new: str, error: str
) -> None:
    text = recipe()
    assert old in text
    new_file.write_text(text.replace(old, new))
    with pytest.raises(FigureError, match=error):
        find_figures()


def test_names_and_places_are_told_apart() -> None:
    assert len({definition.name for definition in FIGURES}) == len(FIGURES)
    places = {(definition.section, definition.place) for definition in FIGURES}
    assert len(places) == len(FIGURES)
    assert {definition.section for definition in FIGURES} == set(SECTIONS)


@pytest.mark.parametrize("definition", FIGURES, ids=lambda definition: definition.name)
def test_every_chart_refuses_an_empty_frame(data: Path, definition: Definition) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        frame = definition.query(warehouse, subject())
    tables = frame if isinstance(frame, tuple) else (frame,)
    empty = tuple(table.slice(0, 0) for table in tables)
    with pytest.raises(EmptyFrameError):
        definition.chart(empty if isinstance(frame, tuple) else empty[0], subject())


def test_a_figure_without_rows_does_not_deny_what_was_measured(data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        made = next(
            replace(definition, query=lambda *_: pa.table({})).make(
                warehouse, Citations(warehouse), about
            )
            for definition, about in figures_in_order(read_census(warehouse))
            if definition.name == "MaxRSS_box_all_stacks_stage{stage}"
        )
    assert made.is_empty
    assert made.caption.startswith("No measured quantum has what this figure shows.")


def test_the_technote_shows_every_figure_once_in_the_order_of_the_registry(
    data: Path, report: Path
) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        expected = [figure.name for figure in all_figures(warehouse)]
    text = (report / "technote" / "index.md").read_text()
    assert re.findall(r"```\{figure\} \./images/(\S+)\.png", text) == expected
    assert list(json.loads((report / "captions.json").read_text())) == expected


def test_figures_say_which_of_the_stages_that_they_show_is_incomplete(
    data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes((data / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update fct_stage_usage set incomplete_reason = 'A disk broke.' "
            f"where campaign = '{FOCUS}' and stage = 'stage3'"
        )
    with Warehouse(path) as warehouse:
        made = {figure.name: figure for figure in all_figures(warehouse)}
    said = f"Stage 3 of {FOCUS}: declared incomplete: A disk broke."
    telling = {name for name, figure in made.items() if said in figure.labels.notes}
    # The figure of completeness has this in its cells.
    assert telling == {name for name in made if "_stage" not in name or "_stage3" in name} - {
        "Completeness"
    }
    assert all(said in made[name].caption for name in telling)
