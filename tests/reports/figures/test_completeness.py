"""The figure of completeness."""

from __future__ import annotations

import pyarrow as pa
import pytest

from reports.errors import EmptyFrameError
from reports.figures.completeness import caveats, exceptions, verdicts
from tests.reports.figures.drawing import drawn, items, rendered, texts


def test_a_verdict_is_written_in_its_cell() -> None:
    frame = pa.table(
        {
            "stage_title": ["Stage 1", "Stage 1"],
            "stage_position": [0, 0],
            "release_label": ["w_48", "v30"],
            "verdict": ["complete", "incomplete"],
            "words": [["complete", "574,472 expected"], ["incomplete", "3 of 9 left no result"]],
        }
    )
    svg = texts(drawn(verdicts, frame))
    assert "574,472 expected" in svg
    assert "3 of 9 left no result" in svg
    with pytest.raises(EmptyFrameError):
        drawn(verdicts, frame.slice(0, 0))


def test_the_words_of_a_cell_stand_in_its_middle_however_many_lines() -> None:
    frame = pa.table(
        {
            "stage_title": ["Stage 1", "Stage 2"],
            "stage_position": [0, 1],
            "release_label": ["v30", "v30"],
            "verdict": ["complete", "incomplete"],
            "words": [["complete", "9 expected"], ["incomplete", "3 of 9", "left no result"]],
        }
    )
    graph = rendered(drawn(verdicts, frame))
    cells = sorted(cell["y"] + cell["height"] / 2 for cell in items(graph, "rect"))
    words = sorted(
        word["y"] + (word.get("dy") or 0) + verdicts.LINE_HEIGHT * (len(word["text"]) - 1) / 2
        for word in items(graph, "text")
        if isinstance(word["text"], list)
    )
    assert words == pytest.approx(cells)


def test_failures_are_stacked_by_exception_in_the_order_of_the_legend() -> None:
    frame = pa.table(
        {
            "task_label": ["isr (Stage 1)", "isr (Stage 1)", "coadd (Stage 3)"],
            "kind": ["MemoryError", "others", "MemoryError"],
            "place": pa.array([1, 12, 1], pa.int32()),
            "quanta_count": [30, 10, 20],
            "lower_quanta_count": [0, 30, 0],
            "upper_quanta_count": [30, 40, 20],
        }
    )
    for figure in (exceptions, caveats):
        chart = drawn(figure, frame)
        bars = sorted(items(rendered(chart), "rect"), key=lambda bar: (bar["y"], bar["x"]))
        assert [bar["width"] for bar in bars] == pytest.approx(
            [3 * bars[1]["width"], bars[1]["width"], 2 * bars[1]["width"]]
        )
        svg = texts(chart)
        assert svg.index(">MemoryError<") < svg.index(">others<")
        assert "coadd (Stage 3)" in svg
