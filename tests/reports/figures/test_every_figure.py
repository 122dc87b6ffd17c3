"""What every figure keeps, with three or twelve campaigns: no text is cut, axes have ticks."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.figures import Figure
from reports.figures.completeness.verdicts import LINE_HEIGHT
from reports.look import palettes
from reports.warehouse import Warehouse
from tests.reports.figures.drawing import (
    LETTER_WIDTH,
    items,
    legend_symbols,
    rendered,
    texts,
    texts_outside,
    tick_labels,
)
from tests.reports.frames import Campaign, make_warehouse
from tests.reports.made import all_figures

TWELVE = tuple(
    Campaign(
        f"DM-5{place:02d}00",
        f"w_2025_{place:02d}" if place < 11 else "v30",
        0.5 + 0.05 * place,
        focus="v30" if place == 11 else None,
    )
    for place in range(12)
)


@pytest.fixture(scope="session")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve campaigns with few quanta in one stage."""
    return make_warehouse(tmp_path_factory.mktemp("twelve"), TWELVE, stages=("stage1",), thin=40)


@pytest.fixture(scope="module", params=["data", "twelve"])
def warehouse(request: pytest.FixtureRequest) -> Path:
    """Three campaigns in four stages, or twelve in one."""
    folder: Path = request.getfixturevalue(request.param)
    return folder


@pytest.fixture(scope="module")
def drawn_figures(warehouse: Path) -> list[Figure]:
    with Warehouse(warehouse / "warehouse.duckdb") as opened:
        return [figure for figure in all_figures(opened) if not figure.is_empty]


def test_every_axis_has_at_least_two_labelled_ticks(drawn_figures: list[Figure]) -> None:
    seen = 0
    for figure in drawn_figures:
        for axis, is_continuous, labels in tick_labels(figure.draw()):
            assert len(set(labels)) >= (2 if is_continuous else 1), (figure.name, axis, labels)
            seen += is_continuous
    assert seen > len(drawn_figures)


def test_no_text_is_cut_by_the_sides_of_its_figure(drawn_figures: list[Figure]) -> None:
    for figure in drawn_figures:
        assert texts_outside(texts(figure.draw())) == [], figure.name


def test_tasks_have_one_order_in_all_legends_of_a_stage(
    drawn_figures: list[Figure], warehouse: Path
) -> None:
    with Warehouse(warehouse / "warehouse.duckdb") as opened:
        ranks = opened.query(
            "select stage, task_label from dim_task_display where display_rank is not null "
            "order by stage, display_rank"
        ).to_pylist()
    compared = 0
    for figure in drawn_figures:
        order = [row["task_label"] for row in ranks if row["stage"] == figure.stage]
        for scale in fill_scales(figure):
            named = [label for label in scale if label in order]
            if not named:
                continue
            assert named == sorted(named, key=order.index), figure.name
            # What is grey comes last, and is one entry.
            assert scale[: len(named)] == named, figure.name
            assert len(scale) <= len(named) + 1, figure.name
            compared += 1
    assert compared >= 4


def fill_scales(figure: Figure) -> list[list[str]]:
    """List what the legends of fills name."""
    layers = figure.draw().to_dict()["layer"]
    fills = [layer.get("encoding", {}).get("fill", {}) for layer in layers]
    shown = [fill for fill in fills if fill.get("legend")]
    return [fill["scale"]["domain"] for fill in shown]


@pytest.fixture(scope="module")
def figures_of_twelve(twelve: Path) -> dict[str, Figure]:
    with Warehouse(twelve / "warehouse.duckdb") as opened:
        return {figure.name: figure for figure in all_figures(opened)}


@pytest.mark.parametrize("name", ["MaxRSS_box_all_stacks_stage1", "MaxRSSTask_all_stacks_stage1"])
def test_twelve_campaigns_have_an_entry_each_that_no_other_has(
    figures_of_twelve: dict[str, Figure], name: str
) -> None:
    chart = figures_of_twelve[name].draw()
    said = texts(chart)
    assert all(f">{one.release} ({one.name})</text>" in said for one in TWELVE)
    palette = [palettes.release_colour(place) for place in range(len(TWELVE))]
    shown = [one["fill"] for one in legend_symbols(chart) if one.get("fill") in palette]
    assert shown == palette
    assert len(set(palette)) == len(TWELVE)


def test_the_words_of_twelve_campaigns_fit_into_their_cells(
    figures_of_twelve: dict[str, Figure],
) -> None:
    graph = rendered(figures_of_twelve["Completeness"].draw())
    cells = list(items(graph, "rect"))
    assert len(cells) == len(TWELVE)
    words = [item for item in items(graph, "text") if isinstance(item["text"], list)]
    assert len(words) == len(TWELVE)
    for cell in cells:
        assert cell["height"] >= LINE_HEIGHT * max(len(word["text"]) for word in words)
    longest = max(len(line) for word in words for line in word["text"])
    assert min(cell["width"] for cell in cells) > LETTER_WIDTH * 13 * longest
