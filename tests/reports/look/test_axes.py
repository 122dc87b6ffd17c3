"""Axes of memory."""

from __future__ import annotations

import pyarrow as pa
import pytest

from reports.look.axes import log_memory_scale


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.5, 60.0, [0.5, 1, 2, 4, 8, 16, 32, 64]),
        (6.0, 22.0, [6, 8, 12, 16, 24]),
        (6.0, 9.0, [6, 7, 8]),
    ],
)
def test_a_memory_axis_always_has_ticks_that_are_read_easily(
    low: float, high: float, ticks: list[float]
) -> None:
    _, found = log_memory_scale([pa.chunked_array([[low, high]])])
    assert found == ticks
