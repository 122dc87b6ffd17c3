"""Each chart draws what its frame holds, really (through the renderer), and refuses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import altair as alt
import pyarrow as pa
import pytest
import vl_convert

from reports.charts import (
    completeness,
    notice,
    over_threshold_strip,
    rss_box,
    rss_cdf,
    rss_histogram,
    task_peaks,
    wall_time_histogram,
    worker_sizing,
)
from reports.charts.parts import EmptyFrameError, Setting, log_memory_scale
from reports.export import VEGA_LITE_VERSION
from reports.look import theme

LONG_TASK = "makeAnalysisRecalibratedStarAssociationWholeSkyPlotOfEverything"
SETTING = Setting("A title", "lake of 2026-11-20", "An alternative text", ("A declared gap",))

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
        "peak": [over_threshold_strip.OWN_PEAK, over_threshold_strip.INHERITED_PEAK],
        "spread": [0.2, 0.9],
    }
)

Draw = Callable[[int], alt.LayerChart]


def _cut(frame: pa.Table, rows: int) -> pa.Table:
    return frame.slice(0, rows)


CHARTS: dict[str, Draw] = {
    "rss_box": lambda n: rss_box.chart(_cut(BOXES, n), OUTLIERS, setting=SETTING, threshold_gib=6),
    "task_peaks": lambda n: task_peaks.chart(
        _cut(PEAKS, n), setting=SETTING, threshold_gib=6, statistic="Largest max RSS"
    ),
    "rss_histogram": lambda n: rss_histogram.chart(
        _cut(SEGMENTS, n), setting=SETTING, threshold_gib=6, p95_gib=3.06
    ),
    "rss_histogram_log": lambda n: rss_histogram.chart(
        _cut(SEGMENTS, n), setting=SETTING, threshold_gib=6, p95_gib=3.06, is_log=True
    ),
    "wall_time_histogram": lambda n: wall_time_histogram.chart(
        _cut(SEGMENTS, n), setting=SETTING, threshold_gib=6
    ),
    "rss_cdf": lambda n: rss_cdf.chart(
        _cut(CDF, n), setting=SETTING, threshold_gib=6, fits_fraction=0.9
    ),
    "over_threshold_strip": lambda n: over_threshold_strip.chart(
        _cut(OVER, n), setting=SETTING, threshold_gib=6
    ),
}


def rendered(chart: alt.LayerChart) -> dict[str, Any]:
    """Compile and lay out a chart as the renderer does: its scene graph."""
    graph: dict[str, Any] = vl_convert.vegalite_to_scenegraph(
        chart.to_dict(), vl_version=VEGA_LITE_VERSION
    )
    return graph


def items(node: Any, kind: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Walk the scene graph to the items of data marks of a kind."""
    if isinstance(node, dict):
        if node.get("marktype") == kind and node.get("role") in (None, "mark"):
            yield from node.get("items", [])
        for child in node.values():
            yield from items(child, kind)
    elif isinstance(node, list):
        for child in node:
            yield from items(child, kind)


def texts(chart: alt.LayerChart) -> str:
    """Give the SVG of a chart: all its text as it is drawn."""
    svg: str = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE_VERSION)
    return svg


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
    chart = task_peaks.chart(frame, setting=SETTING, threshold_gib=6, statistic="Largest max RSS")
    marks = sorted(item["x"] for item in items(rendered(chart), "symbol") if item.get("size"))
    assert marks[-1] - marks[0] > 50


@pytest.mark.parametrize("name", ["rss_box", "task_peaks", "over_threshold_strip"])
def test_long_task_names_are_whole(name: str) -> None:
    assert LONG_TASK in texts(CHARTS[name](2))


def test_bars_on_a_logarithmic_axis_have_height() -> None:
    bars = list(items(rendered(CHARTS["rss_histogram_log"](3)), "rect"))
    assert len(bars) == SEGMENTS.num_rows
    assert all(bar["height"] > 5 and bar["width"] > 5 for bar in bars)
    assert "the top of a bar is its total" in texts(CHARTS["rss_histogram_log"](3))


def test_stacked_bars_touch_and_end_at_the_total() -> None:
    bars = sorted(
        items(rendered(CHARTS["wall_time_histogram"](3)), "rect"), key=lambda b: (b["x"], -b["y"])
    )
    lower, upper = bars[0], bars[1]
    assert upper["y"] + upper["height"] == pytest.approx(lower["y"])
    # 4 h against 2 h: the total of the first bar is twice the second bar.
    assert lower["height"] + upper["height"] == pytest.approx(2 * bars[2]["height"])


def test_a_task_with_one_quantum_is_a_tick_and_no_box() -> None:
    graph = rendered(CHARTS["rss_box"](3))
    rects = list(items(graph, "rect"))
    ticks = [rect for rect in rects if rect["width"] == pytest.approx(3)]
    boxes = [rect for rect in rects if rect["width"] > 3.5]
    assert (len(ticks), len(boxes)) == (3, 2)


def test_the_95th_percentile_and_the_threshold_are_in_the_legend_and_where_they_belong() -> None:
    chart = CHARTS["rss_histogram"](3)
    assert "95th percentile of quanta: 3.06 GiB" in texts(chart)
    rules = sorted(rule["x"] for rule in items(rendered(chart), "rule"))
    assert rules[0] / rules[1] == pytest.approx(3.06 / 6)


@pytest.mark.parametrize("has_prices", [True, False])
def test_the_cost_is_dotted_on_the_plot_and_in_the_legend(has_prices: bool) -> None:
    rows = [("Stage 1", "overhead", 4.0, 0.5), ("Stage 1", "overhead", 8.0, 0.1)]
    if has_prices:
        rows += [("cost, all stages", "cost", 4.0, 0.0), ("cost, all stages", "cost", 8.0, 0.3)]
    names = ("curve", "kind", "memory_per_core_gib", "fraction")
    frame = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    chart = worker_sizing.chart(frame, setting=SETTING, threshold_gib=6)
    drawn = vl_convert.vegalite_to_svg(chart.to_json(), vl_version=VEGA_LITE_VERSION)
    # The curve, and its symbol in the legend; the threshold's dashes are others.
    assert drawn.count('stroke-dasharray="2,3"') == (2 if has_prices else 0)
    assert drawn.count('stroke-dasharray="8,4"') == 2
    assert ("cost, all stages" in drawn) == has_prices


def test_other_tasks_are_grey_and_last_in_the_legend() -> None:
    spec = json.dumps(CHARTS["rss_histogram"](3).to_dict())
    assert '"domain": ["isr", "65 other tasks"]' in spec
    assert f'"range": ["{theme.TASK_COLOURS[0]}", "{theme.OTHER_TASKS_COLOUR}"]' in spec


def test_a_release_has_the_colour_of_its_campaigns_place_in_the_file() -> None:
    for name in ("rss_box", "task_peaks"):
        spec = json.dumps(CHARTS[name](3).to_dict())
        colours = [theme.RELEASE_COLOURS[0], theme.RELEASE_COLOURS[2]]
        assert '"domain": ["w_48", "v30"]' in spec
        assert f'"range": {json.dumps(colours)}' in spec


def test_the_share_that_fits_is_written_on_the_curve() -> None:
    chart = rss_cdf.chart(
        CDF,
        setting=SETTING,
        threshold_gib=6,
        fits_fraction=0.5,
        weight="cumulative_wall_time_fraction",
    )
    assert "50.0 % of wall time fit" in texts(chart)


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


def test_a_verdict_is_written_in_its_cell() -> None:
    frame = pa.table(
        {
            "stage_title": ["Stage 1", "Stage 1"],
            "release_label": ["w_48", "v30"],
            "verdict": ["complete", "incomplete"],
            "words": [["complete", "574,472 expected"], ["incomplete", "3 of 9 left no result"]],
        }
    )
    svg = texts(completeness.chart(frame, setting=SETTING))
    assert "574,472 expected" in svg
    assert "3 of 9 left no result" in svg
    with pytest.raises(EmptyFrameError):
        completeness.chart(_cut(frame, 0), setting=SETTING)


def test_the_words_of_a_cell_stand_in_its_middle_however_many_lines() -> None:
    frame = pa.table(
        {
            "stage_title": ["Stage 1", "Stage 2"],
            "release_label": ["v30", "v30"],
            "verdict": ["complete", "incomplete"],
            "words": [["complete", "9 expected"], ["incomplete", "3 of 9", "left no result"]],
        }
    )
    graph = rendered(completeness.chart(frame, setting=SETTING))
    cells = sorted(cell["y"] + cell["height"] / 2 for cell in items(graph, "rect"))
    words = sorted(
        word["y"] + (word.get("dy") or 0) + completeness.LINE_HEIGHT * (len(word["text"]) - 1) / 2
        for word in items(graph, "text")
        if isinstance(word["text"], list)
    )
    assert words == pytest.approx(cells)


@pytest.mark.parametrize(("fits", "align"), [(0.05, "right"), (0.93, "left")])
def test_the_share_that_fits_is_written_where_the_curve_leaves_room(
    fits: float, align: str
) -> None:
    chart = rss_cdf.chart(CDF, setting=SETTING, threshold_gib=6, fits_fraction=fits)
    (label,) = (item for item in items(rendered(chart), "text") if "fit" in str(item["text"]))
    assert label["align"] == align
    assert 0 < label["y"] + label["dy"] < theme.HEIGHT


def test_a_notice_says_why_there_is_nothing() -> None:
    svg = texts(notice.chart("No measured quanta: the graph was not ingested.", setting=SETTING))
    assert "No measured quanta: the graph was not ingested." in svg
    assert "lake of 2026-11-20" in svg


def test_a_long_declared_gap_is_broken_into_lines_that_fit() -> None:
    setting = Setting("A title", "footer", "alt", ("gap " * 400,))
    spec = notice.chart("nothing", setting=setting).to_dict()
    lines = spec["title"]["subtitle"]
    assert 1 < len(lines) <= 4
    assert all(len(line) <= 125 for line in lines)
    assert lines[-1].endswith("…")
