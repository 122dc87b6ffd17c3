"""Each chart of memory draws what its frame holds, through the renderer, and refuses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import altair as alt
import duckdb
import pyarrow as pa
import pytest
import vl_convert

from reports.errors import EmptyFrameError
from reports.figures.memory import (
    _ranges,
    boxes,
    campaign_boxes,
    largest_peaks,
    over_threshold_quanta,
    over_threshold_quanta_log,
    over_threshold_wall_time,
    over_threshold_wall_time_log,
    p95_peaks,
    quanta_cdf,
    quanta_histogram,
    quanta_histogram_log,
    wall_time_cdf,
    wall_time_histogram,
)
from reports.look import palettes, theme
from reports.look.layout import Plot
from reports.warehouse import Warehouse
from tests.reports.figures.drawing import drawn, items, laid_out, rendered, subject, texts
from tests.reports.made import figure_named

LONG_TASK = "makeAnalysisRecalibratedStarAssociationWholeSkyPlotOfEverything"

BOXES = pa.table(
    {
        "task_label": [LONG_TASK, LONG_TASK, "isr"],
        "release_label": ["w_48", "v30", "v30"],
        "campaign_position": pa.array([0, 2, 2], pa.int32()),
        "quanta_count": [100, 100, 1],
        "p50_gib": [3.0, 2.0, 0.5],
        "lower_whisker_gib": [1.0, 1.0, None],
        "p25_gib": [2.0, 1.5, None],
        "p75_gib": [4.0, 3.0, None],
        "upper_whisker_gib": [8.0, 5.0, None],
    }
)
OUTLIERS = pa.table(
    {"task_label": ["isr"], "release_label": ["v30"], "max_rss_gib": pa.array([40.0])}
)
PEAKS = pa.table(
    {
        "task_label": [LONG_TASK, LONG_TASK],
        "release_label": ["w_48", "v30"],
        "campaign_position": pa.array([0, 2], pa.int32()),
        "quanta_count": [4000, 50],
        "is_unlike": [True, True],
        "statistic_gib": [8.0, 5.0],
        "lowest_gib": [5.0, 5.0],
        "highest_gib": [8.0, 8.0],
    }
)
SEGMENTS = pa.table(
    {
        "bucket_gib": pa.array([2, 2, 7], pa.int32()),
        "bucket_end_gib": pa.array([3, 3, 8], pa.int32()),
        "display_label": ["isr", "65 other tasks", "isr"],
        "display_rank": pa.array([1, None, 1], pa.int32()),
        "quanta_count": [1000, 200, 1],
        "lower_quanta_count": [0, 1000, 0],
        "log_lower_quanta_count": [0.5, 1000.0, 0.5],
        "upper_quanta_count": [1000, 1200, 1],
        "total_wall_time_h": [3.0, 1.0, 2.0],
        "lower_total_wall_time_h": [0.0, 3.0, 0.0],
        "log_lower_total_wall_time_h": [1.0, 3.0, 1.0],
        "upper_total_wall_time_h": [3.0, 4.0, 2.0],
    }
)
CDF = pa.table(
    {
        "max_rss_gib": [0.5, 3.0, 9.0],
        "cumulative_quanta_fraction": [0.1, 0.9, 1.0],
        "cumulative_wall_time_fraction": [0.05, 0.5, 1.0],
    }
)
OVER = pa.table(
    {
        "task_label": [LONG_TASK, "isr"],
        "display_rank": pa.array([1, None], pa.int32()),
        "max_rss_gib": [7.0, 23.0],
        "total_wall_time_h": [0.1, 2.0],
        "peak": [over_threshold_quanta.OWN_PEAK, over_threshold_quanta.INHERITED_PEAK],
        "spread": [0.2, 0.9],
    }
)

Draw = Callable[[int], alt.LayerChart]

CHARTS: dict[str, Draw] = {
    "boxes": lambda rows: drawn(boxes, (BOXES.slice(0, rows), OUTLIERS)),
    "campaign_boxes": lambda rows: drawn(campaign_boxes, (BOXES.slice(0, rows), OUTLIERS)),
    "largest_peaks": lambda rows: drawn(largest_peaks, PEAKS.slice(0, rows)),
    "p95_peaks": lambda rows: drawn(p95_peaks, PEAKS.slice(0, rows)),
    "quanta_histogram": lambda rows: drawn(quanta_histogram, SEGMENTS.slice(0, rows)),
    "quanta_histogram_log": lambda rows: drawn(quanta_histogram_log, SEGMENTS.slice(0, rows)),
    "wall_time_histogram": lambda rows: drawn(wall_time_histogram, SEGMENTS.slice(0, rows)),
    "over_threshold_wall_time": lambda n: drawn(over_threshold_wall_time, SEGMENTS.slice(0, n)),
    "over_threshold_wall_time_log": lambda n: drawn(
        over_threshold_wall_time_log, SEGMENTS.slice(0, n)
    ),
    "quanta_cdf": lambda rows: drawn(quanta_cdf, CDF.slice(0, rows)),
    "wall_time_cdf": lambda rows: drawn(wall_time_cdf, CDF.slice(0, rows)),
    "over_threshold_quanta": lambda rows: drawn(over_threshold_quanta, OVER.slice(0, rows)),
    "over_threshold_quanta_log": lambda n: drawn(over_threshold_quanta_log, OVER.slice(0, n)),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_with_title_gap_footer_and_line(name: str) -> None:
    chart = CHARTS[name](3)
    svg = texts(chart)
    png = vl_convert.svg_to_png(svg, scale=2)
    assert png.startswith(b"\x89PNG")
    for said in ("A title", "A declared gap", "lake of 2026-11-20", "6 GiB per core"):
        assert said in svg
    assert chart.to_dict()["description"] == "An alternative text"


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_refuses_an_empty_frame(name: str) -> None:
    with pytest.raises(EmptyFrameError):
        CHARTS[name](0)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_as_wide_as_the_technote_whatever_its_labels(name: str) -> None:
    spec = CHARTS[name](3).to_dict()
    assert spec["width"] == theme.WIDTH
    assert spec["autosize"] == {"type": "fit-x", "contains": "padding"}


def test_an_absurdly_long_name_leaves_room_for_the_data() -> None:
    absurd = pa.array(["x" * 5000, "x" * 5000])
    frame = PEAKS.set_column(0, "task_label", absurd)
    chart = drawn(largest_peaks, frame)
    marks = sorted(item["x"] for item in items(rendered(chart), "symbol") if item.get("size"))
    assert marks[-1] - marks[0] > 50


@pytest.mark.parametrize("name", ["boxes", "largest_peaks", "over_threshold_quanta"])
def test_long_task_names_are_whole(name: str) -> None:
    assert LONG_TASK in texts(CHARTS[name](2))


def test_numbers_of_quanta_stand_beside_points_that_differ_tenfold_in_them() -> None:
    assert "n = 4,000" in texts(drawn(p95_peaks, PEAKS))
    alike = PEAKS.set_column(4, "is_unlike", pa.array([False, False]))
    assert "n = 4,000" not in texts(drawn(p95_peaks, alike))


def test_bars_on_a_logarithmic_axis_have_height() -> None:
    bars = list(items(rendered(CHARTS["quanta_histogram_log"](3)), "rect"))
    assert len(bars) == SEGMENTS.num_rows
    assert all(bar["height"] > 5 and bar["width"] > 5 for bar in bars)
    assert "the top of a bar is its total" in texts(CHARTS["quanta_histogram_log"](3))


def test_a_range_with_little_time_has_a_bar_on_the_logarithmic_axis_of_hours() -> None:
    little = SEGMENTS.slice(2).set_column(
        SEGMENTS.schema.get_field_index("upper_total_wall_time_h"),
        "upper_total_wall_time_h",
        pa.array([0.002]),
    )
    little = little.set_column(
        little.schema.get_field_index("log_lower_total_wall_time_h"),
        "log_lower_total_wall_time_h",
        pa.array([0.001]),
    )
    over = SEGMENTS.slice(0, 1).set_column(0, "bucket_gib", pa.array([6], pa.int32()))
    over = over.set_column(1, "bucket_end_gib", pa.array([7], pa.int32()))
    chart = drawn(over_threshold_wall_time_log, pa.concat_tables([over, little]))
    bars = list(items(rendered(chart), "rect"))
    assert len(bars) == 2
    assert all(bar["height"] > 5 for bar in bars)


def test_marks_over_the_line_are_evenly_spaced_by_memory_on_the_linear_axis_alone() -> None:
    peaks = pa.concat_tables([OVER, OVER.slice(0, 1)]).set_column(
        2, "max_rss_gib", pa.array([8.0, 16.0, 32.0])
    )

    def places(figure: ModuleType) -> list[float]:
        marks = items(rendered(drawn(figure, peaks)), "symbol")
        return sorted(mark["x"] for mark in marks if mark.get("size"))

    low, middle, high = places(over_threshold_quanta)
    assert high - middle == pytest.approx(2 * (middle - low))
    low, middle, high = places(over_threshold_quanta_log)
    assert high - middle == pytest.approx(middle - low)


@pytest.mark.parametrize(
    ("figure", "frame"),
    [
        (boxes, (BOXES, OUTLIERS)),
        (largest_peaks, PEAKS),
        (quanta_histogram, SEGMENTS),
        (wall_time_histogram, SEGMENTS),
        (quanta_cdf, CDF),
    ],
    ids=["boxes", "peaks", "quanta", "wall time", "curve"],
)
def test_each_line_of_the_file_is_drawn_and_named(figure: ModuleType, frame: object) -> None:
    lines = (4.0, 6.0, 10.0)
    chart = laid_out(figure.chart(frame, subject(lines_gib=lines)))
    said = texts(chart)
    assert all(f"{line:g} GiB per core" in said for line in lines)
    spec = json.dumps(chart.to_dict())
    assert all(f'"value": {line}, "line": "{line:g} GiB per core"' in spec for line in lines)


def test_over_the_threshold_a_lower_line_is_left_out_and_a_higher_one_is_inside() -> None:
    of_lines = subject(lines_gib=(4.0, 6.0, 40.0))
    for figure in (over_threshold_quanta, over_threshold_quanta_log):
        chart = laid_out(figure.chart(OVER, of_lines))
        assert "4 GiB per core" not in texts(chart)
        lines = [rule for rule in items(rendered(chart), "rule") if rule.get("strokeDash")]
        assert len(lines) == 2


def test_ranges_have_the_width_that_the_file_asks_for() -> None:
    halves = SEGMENTS.set_column(0, "bucket_gib", pa.array([2.5, 2.5, 7.5]))
    chart = laid_out(quanta_histogram.chart(halves, subject(bin_gib=0.5)))
    assert "in ranges of 0.5 GiB" in texts(chart)
    (half,) = {bar["width"] for bar in items(rendered(chart), "rect")}
    (whole,) = {bar["width"] for bar in items(rendered(CHARTS["quanta_histogram"](3)), "rect")}
    assert half == pytest.approx(whole / 2)


@pytest.mark.parametrize("bin_gib", [1.0, 0.5, 0.25])
def test_the_axis_is_cut_by_the_number_of_ranges_whatever_their_width(bin_gib: float) -> None:
    """60 ranges stay, and of 61 the last is told in words if few quanta are there."""

    def frame(last: int) -> pa.Table:
        ends = [41 * bin_gib, (last + 1) * bin_gib]
        return pa.table({"bucket_end_gib": ends, "quanta_count": [10_000, 1]})

    about = subject(bin_gib=bin_gib)
    assert _ranges.axis_end(frame(59), about) == 60 * bin_gib
    assert _ranges.axis_end(frame(60), about) == 41 * bin_gib


def test_a_number_of_quanta_over_a_low_bar_has_all_its_digits() -> None:
    high, low = 100_000, 1_234
    frame = pa.table(
        {
            "bucket_gib": [2.0, 8.0], "bucket_end_gib": [3.0, 9.0],
            "upper_quanta_count": [high, low],
        }
    )  # fmt: skip
    label = _ranges.tops(
        frame, subject(), "upper_quanta_count", "Quanta", text="format(datum.top, ',d')"
    )
    assert ">1,234</text>" in texts(laid_out(Plot([label], 200)))


def test_stacked_bars_touch_and_end_at_the_total() -> None:
    bars = sorted(
        items(rendered(CHARTS["wall_time_histogram"](3)), "rect"), key=lambda b: (b["x"], -b["y"])
    )
    lower, upper = bars[0], bars[1]
    assert upper["y"] + upper["height"] == pytest.approx(lower["y"])
    # 4 h against 2 h: the total of the first bar is twice the second bar.
    assert lower["height"] + upper["height"] == pytest.approx(2 * bars[2]["height"])


def test_a_task_with_one_quantum_is_a_tick_and_no_box() -> None:
    graph = rendered(CHARTS["boxes"](3))
    rects = list(items(graph, "rect"))
    ticks = [rect for rect in rects if rect["width"] == pytest.approx(3)]
    boxes = [rect for rect in rects if rect["width"] > 3.5]
    assert (len(ticks), len(boxes)) == (3, 2)


def test_the_95th_percentile_and_the_threshold_are_in_the_legend_and_where_they_belong() -> None:
    chart = CHARTS["quanta_histogram"](3)
    assert "95th percentile of quanta: 3.06 GiB" in texts(chart)
    rules = sorted(rule["x"] for rule in items(rendered(chart), "rule"))
    assert rules[0] / rules[1] == pytest.approx(3.06 / 6)


def test_other_tasks_are_grey_and_last_in_the_legend() -> None:
    spec = json.dumps(CHARTS["quanta_histogram"](3).to_dict())
    assert '"domain": ["isr", "65 other tasks"]' in spec
    assert f'"range": ["{palettes.TASKS[0]}", "{palettes.OTHER_TASKS}"]' in spec


def test_a_release_has_the_colour_of_its_campaigns_place_in_the_file() -> None:
    for name in ("boxes", "largest_peaks"):
        spec = json.dumps(CHARTS[name](3).to_dict())
        colours = [palettes.RELEASES[0], palettes.RELEASES[2]]
        assert '"domain": ["w_48", "v30"]' in spec
        assert f'"range": {json.dumps(colours)}' in spec


def test_the_share_that_fits_is_written_on_the_curve() -> None:
    chart = drawn(wall_time_cdf, CDF)
    assert "50 % of wall time fit" in texts(chart)


@pytest.mark.parametrize(("fits", "align"), [(0.05, "right"), (0.93, "left")])
def test_the_share_that_fits_is_written_where_the_curve_leaves_room(
    fits: float, align: str
) -> None:
    chart = drawn(quanta_cdf, CDF, over_threshold_fraction=1 - fits)
    (label,) = (item for item in items(rendered(chart), "text") if "fit" in str(item["text"]))
    assert label["align"] == align
    assert 0 < label["y"] + label["dy"] < theme.HEIGHT


def test_tasks_come_with_the_largest_peak_of_the_focus_first(data: Path) -> None:
    with Warehouse(data / "warehouse.duckdb") as warehouse:
        drawn_boxes = figure_named(warehouse, "MaxRSS_box_all_stacks_stage1").frame[0].to_pylist()
        order = list(dict.fromkeys(box["task_label"] for box in drawn_boxes))
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        expected = connection.sql(
            "select task_label from fct_task_usage where stage = 'stage1' "
            "and campaign = 'DM-53877' order by max_max_rss_bytes desc, task_label"
        ).fetchall()
    assert order == [label for (label,) in expected]


def ranges(*counts: tuple[int, int]) -> pa.Table:
    """Make segments of one task: how many quanta peaked in which GiB."""
    rows = [
        {
            "bucket_gib": gib,
            "bucket_end_gib": gib + 1,
            "display_label": "isr",
            "display_rank": 1,
            "quanta_count": number,
            "lower_quanta_count": 0,
            "log_lower_quanta_count": 0.5,
            "upper_quanta_count": number,
            "total_wall_time_h": number / 10,
            "lower_total_wall_time_h": 0.0,
            "log_lower_total_wall_time_h": 0.01,
            "upper_total_wall_time_h": number / 10,
        }
        for gib, number in counts
    ]
    return pa.Table.from_pylist(rows, schema=SEGMENTS.schema)


WILD = ((1, 10_000), (200, 1))
HISTOGRAMS = [quanta_histogram, quanta_histogram_log, wall_time_histogram]


@pytest.mark.parametrize("module", HISTOGRAMS)
def test_one_wild_value_leaves_the_bars_visible_and_is_told(module: ModuleType) -> None:
    chart = drawn(module, ranges(*WILD))
    widest = max(rect["width"] for rect in items(rendered(chart), "rect"))
    assert widest > 100
    assert "1 quantum (6.00 min) beyond, up to 201 GiB" in texts(chart)


@pytest.mark.parametrize("module", HISTOGRAMS)
def test_what_is_not_rare_is_drawn_however_far_away(module: ModuleType) -> None:
    chart = drawn(module, ranges((1, 10_000), (200, 11)))
    assert "beyond" not in texts(chart)


def test_bars_beyond_the_line_that_are_too_low_have_their_number_on_a_linear_axis() -> None:
    frame = ranges((1, 10_000), (3, 17), (6, 12), (9, 9001))
    svg = texts(drawn(quanta_histogram, frame))
    assert ">12<" in svg
    assert ">17<" not in svg
    assert ">9,001<" not in svg
    assert ">12<" not in texts(drawn(quanta_histogram_log, frame))
