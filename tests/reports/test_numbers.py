"""How numbers are written."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reports.numbers import change, duration, gib, hours, percent, plural, write


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("max_rss_bytes", 6 * 2**30, "6.00 GiB"),
        ("p95_max_rss_bytes", 3.3e9, "3.07 GiB"),
        ("threshold_gib", 6.5, "6.5 GiB"),
        ("threshold_gib", 6.0, "6 GiB"),
        ("request_memory_mib", 60000, "60,000 MiB"),
        ("per_visit_mib", 1.5, "1.5 MiB"),
        ("quanta_count", 574472, "574,472"),
        ("over_threshold_fraction", 0.0033738, "0.34 %"),
        ("total_wall_time_h", 8267.89, "8,267.89 h"),
        ("total_wall_time_s", Decimal("12.345678"), "12.35 s"),
        ("p50_waiting_wall_time_s", 1790.04, "1,790 s"),
        ("charged_core_h", 21.919, "21.92 core hours"),
        ("charged_core_h", 422.4386, "422.4 core hours"),
        ("projected_core_h", 11357.8, "11,358 core hours"),
        ("wasted_gib_h", 2159.54, "2,160 GiB h"),
        ("total_cost", 53590.03, "53,590"),
        ("extracted_at", datetime(2025, 12, 1, 8, 5, tzinfo=UTC), "2025-12-01 08:05 UTC"),
        ("fields", ["COSMOS", "EDFS"], "COSMOS, EDFS"),
        ("is_focus", True, "yes"),
        ("p95_max_rss_bytes", None, "not known"),
    ],
)
def test_the_unit_in_a_columns_name_decides_how_it_is_written(
    column: str, value: object, text: str
) -> None:
    assert write(column, value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.25, "25 %"),
        (0.0774, "7.7 %"),
        (0.9226, "92 %"),
        (0.994, "99.4 %"),
        (0.999644, "99.96 %"),
        (1e-7, "0.000010 %"),
        (1 - 1e-9, "> 99.99 %"),
        (1.523, "152 %"),
        (-0.0123, "-1.2 %"),
    ],
)
def test_a_share_is_never_rounded_to_nothing_or_to_all(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00 h"),
        (1234.5, "1,234.50 h"),
        (1, "1.00 h"),
        (0.02, "1.20 min"),
        (1 / 3600, "1.00 s"),
        (0.0123 / 3600, "0.012 s"),
    ],
)
def test_a_time_that_stands_alone_has_the_unit_that_fits(value: float, text: str) -> None:
    assert duration(value) == text


def test_one_thing_has_a_noun_of_its_own() -> None:
    assert plural(1, "task") == "1 task"
    assert plural(1200, "task") == "1,200 tasks"
    assert plural(0, "quantum", "quanta") == "0 quanta"


def test_a_change_has_its_sign() -> None:
    assert (change(0.5), change(-0.021)) == ("+50.0 %", "-2.1 %")


def test_gib_is_never_called_gb() -> None:
    assert gib(1234.5) == "1,234.5 GiB"
    assert gib(0.0) == "0 GiB"


def test_a_short_time_is_not_written_as_zero() -> None:
    assert hours(0.00032) == "0.00032 h"
    assert hours(0) == "0.00 h"
