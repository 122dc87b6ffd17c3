"""Draw charts on literal frames, and look at what the renderer makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

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
