"""When it ran: the figures of stages."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from reports.figures.timeline import cpu_over_wall_time, wall_time_boxes
from tests.reports.figures.drawing import drawn, items, rendered, subject, texts


def test_a_stage_that_ran_nothing_says_so(hostile_report: Path) -> None:
    captions = json.loads((hostile_report / "captions.json").read_text())
    empty = captions["concurrency_v30_stagefinale"]
    assert empty["is_empty"]
    assert "No measured quanta in finale of DM-2" in empty["caption"]


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
