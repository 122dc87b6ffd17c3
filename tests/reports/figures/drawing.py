"""Draw charts on literal frames, and look at what the renderer makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import altair as alt
import vl_convert

from reports.export import VEGA_LITE_VERSION
from reports.look.layout import Labels, Plot, lay_out
from reports.subjects import Census, Stage, StageSubject

LABELS = Labels("A title", "lake of 2026-11-20", "An alternative text", ("A declared gap",))


def subject(
    *, lines_gib: tuple[float, ...] = (6.0,), bin_gib: float = 1.0, **usage: float
) -> StageSubject:
    """Make the subject of a stage of a campaign with a threshold of 6 GiB."""
    focus: dict[str, Any] = {
        "campaign": "DM-1", "campaign_position": 0, "release": "v30", "threshold_gib": 6.0,
    }  # fmt: skip
    focus |= {"lines_gib": list(lines_gib), "bin_gib": bin_gib}
    values = {
        "p95_max_rss_bytes": 3.06 * 2**30,
        "over_threshold_fraction": 0.1,
        "over_threshold_wall_time_fraction": 0.5,
    }
    census = Census({}, [focus], focus, [])
    return StageSubject(census, [], "Stage 1", stage=Stage("stage1", "1", values | usage, []))


def laid_out(plot: Plot) -> alt.LayerChart:
    """Put `LABELS` on a plot."""
    return lay_out(plot, LABELS)


def drawn(module: ModuleType, frame: object, **usage: float) -> alt.LayerChart:
    """Draw the chart of a figure on a frame."""
    return laid_out(module.chart(frame, subject(lines_gib=(6.0,), bin_gib=1.0, **usage)))


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


def tick_labels(chart: alt.LayerChart) -> Iterator[tuple[str, bool, list[str]]]:
    """List the axes of a chart: ``x`` or ``y``, whether it is continuous, labels that are seen."""
    spec = chart.to_dict()
    vega = vl_convert.vegalite_to_vega(spec, vl_version=VEGA_LITE_VERSION)
    discrete = {scale["name"] for scale in vega["scales"] if scale["type"] in ("band", "point")}
    graph = vl_convert.vegalite_to_scenegraph(spec, vl_version=VEGA_LITE_VERSION)
    for axis in _with_role(graph, "axis"):
        for item in axis["items"]:
            labels = [label for group in _with_role(item, "axis-label") for label in group["items"]]
            seen = [label["text"] for label in labels if label["text"] and label.get("opacity", 1)]
            name = "y" if item["orient"] in ("left", "right") else "x"
            # The lines of a grid are an axis without labels.
            if labels:
                yield name, name not in discrete, seen


def _with_role(node: Any, role: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Walk the scene graph to the marks of a role."""
    if isinstance(node, dict):
        if node.get("role") == role:
            yield node
        for child in node.values():
            yield from _with_role(child, role)
    elif isinstance(node, list):
        for child in node:
            yield from _with_role(child, role)


def legend_symbols(chart: alt.LayerChart) -> list[dict[str, Any]]:
    """List the symbols of all legends, in their order."""
    return [item for mark in _with_role(rendered(chart), "legend-symbol") for item in mark["items"]]


LETTER_WIDTH = 0.45
"""Width of a letter over the size of its font: less than the mean of the figures' font."""


def texts_outside(svg: str) -> list[str]:
    """List the texts of an SVG that begin or end beyond its sides, by the length of the text."""
    root = ET.fromstring(svg)
    width = float(root.get("width", "0"))
    return [text for text, left, right in _placed(root, 0.0) if left < -2 or right > width + 2]


def _placed(node: ET.Element, x: float) -> Iterator[tuple[str, float, float]]:
    """Walk an SVG to its level texts, each with the places where it begins and ends."""
    transform = node.get("transform", "")
    if "rotate" in transform and "rotate(0)" not in transform:
        return
    if moved := re.match(r"translate\(([-\d.e]+)", transform):
        x += float(moved[1])
    if node.tag.endswith("}text"):
        size = float(node.get("font-size", "11px").removesuffix("px"))
        lines = [part.text for part in node] if len(node) else [node.text]
        for line in filter(None, lines):
            long = LETTER_WIDTH * size * len(line)
            begin = {"end": x - long, "middle": x - long / 2}.get(node.get("text-anchor", ""), x)
            yield line, begin, begin + long
    for child in node:
        yield from _placed(child, x)
