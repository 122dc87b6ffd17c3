"""Labels around a plot, and the figure that has nothing to draw."""

from __future__ import annotations

from reports.look.empty import empty_plot
from reports.look.layout import Labels, lay_out
from tests.reports.figures.drawing import laid_out, texts


def test_a_notice_says_why_there_is_nothing() -> None:
    svg = texts(laid_out(empty_plot("No measured quanta: the graph was not ingested.")))
    assert "No measured quanta: the graph was not ingested." in svg
    assert "lake of 2026-11-20" in svg


def test_a_long_declared_gap_is_broken_into_lines_that_fit() -> None:
    labels = Labels("A title", "footer", "alt", ("gap " * 400,))
    spec = lay_out(empty_plot("nothing"), labels).to_dict()
    lines = spec["title"]["subtitle"]
    assert 1 < len(lines) <= 4
    assert all(len(line) <= 125 for line in lines)
    assert lines[-1].endswith("…")
