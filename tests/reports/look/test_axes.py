"""Axes of memory."""

from __future__ import annotations

import pyarrow as pa
import pytest

from reports.look.axes import log_memory_scale, log_ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.5, 60.0, [0.5, 1, 2, 4, 8, 16, 32, 64]),
        (6.0, 22.0, [6, 8, 12, 16, 24]),
        (6.0, 9.0, [6, 7, 8]),
        (6.1, 6.1, [5, 6, 7]),
        (1.13, 1.13, [1, 1.25]),
        (0.99, 0.99, [0.875, 1, 1.25]),
    ],
)
def test_a_memory_axis_always_has_ticks_that_are_read_easily(
    low: float, high: float, ticks: list[float]
) -> None:
    _, found = log_memory_scale([pa.chunked_array([[low, high]])])
    assert found == ticks


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.5, 2000, [1, 10, 100, 1000]),
        (0.04, 0.14, [0.05, 0.1]),
        (0.06, 0.18, [0.06, 0.07, 0.08, 0.09, 0.1]),
        (1, 3, [1, 2]),
    ],
)
def test_a_logarithmic_axis_has_finer_ticks_where_there_are_few(
    low: float, high: float, ticks: list[float]
) -> None:
    assert log_ticks(low, high) == pytest.approx(ticks)
