"""What each memory per core costs: cores that idle because their memory is taken, and money."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports.charts.parts import (
    Setting,
    figure,
    line_keys,
    line_layers,
    refuse_empty,
    threshold_line,
)
from reports.look import theme

__all__ = ["chart"]

CURVE_COLOURS = ("#d98e04", "#2a8c82", "#8d6ae4", "#ce401e", "#775618", "#7fdbfe")
"""Colours of the stages by their place in the frame; they come round again."""


def chart(frame: pa.Table, *, setting: Setting, threshold_gib: float) -> alt.LayerChart:
    """Draw overhead and cost against memory per core.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per curve and choice: ``curve``, ``kind`` (overhead or cost),
        ``memory_per_core_gib``, ``fraction`` (0.1 is 10 % more than unlimited memory, or than the
        cheapest choice).
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.
    threshold_gib : `float`
        Where the red line stands, in GiB.

    Raises
    ------
    EmptyFrameError
        Raised if there is no curve.
    """
    refuse_empty(frame, "choice")
    rows = frame.select(["curve", "kind"]).to_pylist()
    names = list(dict.fromkeys(row["curve"] for row in rows if row["kind"] == "overhead"))
    costs = list(dict.fromkeys(row["curve"] for row in rows if row["kind"] == "cost"))
    colours = [
        theme.INK if "all stages" in name else CURVE_COLOURS[place % len(CURVE_COLOURS)]
        for place, name in enumerate(names)
    ]
    base = alt.Chart(frame).encode(
        x=alt.X(
            "memory_per_core_gib:Q",
            title="Memory per core (GiB)",
            scale=alt.Scale(domain=[2, 16], nice=False),
            axis=alt.Axis(values=list(range(2, 17)), format=theme.GIB_FORMAT),
        ),
        y=alt.Y(
            "fraction:Q",
            title=["Core-hours beyond those of unlimited memory;", "dotted: cost beyond the least"],
            scale=alt.Scale(domainMin=0, nice=True),
            axis=alt.Axis(labelExpr=theme.SHARE_LABEL),
        ),
    )
    stroke = alt.Stroke(
        "curve:N",
        title=None,
        sort=names,
        scale=alt.Scale(domain=names, range=colours),
        legend=alt.Legend(orient="bottom", columns=3, symbolType="stroke", symbolSize=600),
    )
    curves = [
        base.transform_filter(alt.FieldEqualPredicate(field="curve", equal=name))
        .mark_line(
            strokeWidth=3 if "all stages" in name else 2,
            point=alt.OverlayMarkDef(size=18, fill="white", strokeWidth=1.2),
        )
        .encode(stroke=stroke)
        for name in names
    ]
    threshold = threshold_line(threshold_gib)
    beside = dict.fromkeys(costs, "cost")
    # Dashes have one scale in a figure: the cost stands in the legend of the threshold's line.
    keys = line_keys({threshold.label: threshold.kind} | beside)
    cost = (
        base.transform_filter(alt.FieldEqualPredicate(field="kind", equal="cost"))
        .transform_calculate(line="datum.curve")
        .mark_line(strokeWidth=3)
        .encode(**keys)
    )
    layers = [*curves, *line_layers([threshold], beside=beside), *([cost] if costs else [])]
    return figure(layers, setting, height=theme.HEIGHT)
