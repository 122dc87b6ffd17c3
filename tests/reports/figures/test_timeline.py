"""When it ran: the figures of stages."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from reports.figures.timeline import concurrency, cpu_over_wall_time, wall_time_boxes
from tests.reports.figures.drawing import drawn, items, rendered, subject, texts


def test_a_stage_that_ran_nothing_says_so(hostile_report: Path) -> None:
    captions = json.loads((hostile_report / "captions.json").read_text())
    empty = captions["concurrency_v30_stagefinale"]
    assert empty["is_empty"]
    assert "No measured quanta in finale of DM-2" in empty["caption"]


def parted(count: int) -> tuple[pa.Table, pa.Table, pa.Table]:
    """An axis of so many parts of 10 bins with margins of 6, and the task of the first bin."""
    begins = [16 * part + 6 for part in range(count)]
    spells = pa.table(
        {
            "spell_position": list(range(count)),
            "margin_begin": [begin - 6 for begin in begins],
            "axis_position": begins,
            "axis_end": [begin + 10 for begin in begins],
            "began": [f"2026-01-{part + 1:02d} 16:50" for part in range(count)],
        }
    )
    ticks = pa.table(
        {
            "axis_position": [begin + 1.5 for begin in begins],
            "ticked_at": [datetime(2026, 1, part + 1, 17, tzinfo=UTC) for part in range(count)],
        }
    )
    bins = pa.table(
        {
            "bin_begin": [6],
            "bin_end": [7],
            "display_label": ["isr"],
            "display_rank": [1],
            "lower_resident_gib": [0.0],
            "upper_resident_gib": [4.0],
        }
    )
    return bins, spells, ticks


def test_a_time_that_is_left_out_is_a_band_with_the_date_that_follows() -> None:
    said = texts(drawn(concurrency, parted(2)))
    assert ">2026-01-01 16:50</text>" in said
    assert ">2026-01-02 16:50</text>" in said
    assert said.count(">17:00</text>") == 2


def test_twelve_parts_of_an_axis_have_a_date_each_with_room_for_it() -> None:
    dates = [
        item
        for item in items(rendered(drawn(concurrency, parted(12))), "text")
        if str(item.get("text", "")).startswith("2026-01")
    ]
    places = sorted(item["x"] for item in dates)
    assert len(places) == 12
    assert min(b - a for a, b in itertools.pairwise(places)) > 12


def test_midnight_is_written_as_its_day() -> None:
    bins, spells, ticks = parted(1)
    midnight = pa.array([datetime(2026, 1, 2, tzinfo=UTC)])
    said = texts(drawn(concurrency, (bins, spells, ticks.set_column(1, "ticked_at", midnight))))
    assert ">02 Jan</text>" in said


TIMES = pa.table(
    {
        "task_label": ["long", "lone"],
        "release_label": ["v30", "v30"],
        "campaign_position": pa.array([0, 0], pa.int32()),
        "p50_s": [600.0, 6.0],
        "lower_whisker_s": [60.0, None],
        "p25_s": [300.0, None],
        "p75_s": [1200.0, None],
        "upper_whisker_s": [3600.0, None],
    }
)
EXTREMES = pa.table({"task_label": ["long"], "release_label": ["v30"], "extreme_s": [36_000.0]})


def test_wall_times_are_boxes_with_durations_that_people_say() -> None:
    chart = drawn(wall_time_boxes, (TIMES, EXTREMES))
    said = texts(chart)
    assert all(f">{tick}</text>" in said for tick in ("10 s", "1 min", "10 min", "1 h", "10 h"))
    marks = [mark["x"] for mark in items(rendered(chart), "rect") if mark["width"] > 3.5]
    assert len(marks) == 1


def test_times_that_are_all_alike_still_have_two_ticks() -> None:
    alike = TIMES.slice(1).set_column(3, "p50_s", pa.array([20.0]))
    said = texts(drawn(wall_time_boxes, (alike, EXTREMES.slice(0, 0))))
    assert ">10 s</text>" in said
    assert ">1 min</text>" in said


def test_a_core_that_is_busy_half_the_time_has_a_bar_up_to_half_of_the_line() -> None:
    frame = pa.table({"task_label": ["t"], "cpu_time_fraction": [0.5], "timed_wall_time_h": [1.0]})
    graph = rendered(drawn(cpu_over_wall_time, frame))
    (bar,) = items(graph, "rect")
    (line,) = (rule for rule in items(graph, "rule") if rule["x"] > 1)
    assert bar["width"] == pytest.approx(line["x"] / 2)


def test_measured_quanta_without_times_are_not_called_unmeasured() -> None:
    timeless = subject(quanta_count=3)
    timeless.stage.focus["campaign"] = "DM-1"
    said = cpu_over_wall_time.why_empty(None, timeless)  # type: ignore[arg-type]
    assert said == "No CPU time of any measured quantum of Stage 1 of DM-1 is known."
