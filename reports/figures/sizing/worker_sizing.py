"""What each memory per core charges beyond unlimited memory, by what jobs request."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa

from ...citations import Citations
from ...look import palettes, theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.lines import line_layers, memory_lines
from ...requests import POLICY_NAMES
from ...sentences.sizing import charge_sentences, sizing_sentences
from ...subjects import Subject
from ...warehouse import Warehouse

NAME = "worker_sizing"
SECTION = "sizing"
PLACE = 1

CURVES = {
    "exact": ("exactly its peak (best case)", theme.INK, "triangle-down"),
    **{
        name: (short, palettes.POLICIES[name], palettes.POLICY_SHAPES[name])
        for name, short in POLICY_NAMES.items()
    },
}
"""What jobs request, by policy: name, colour and shape of its curve."""


def title(_: Citations, subject: Subject) -> str:
    """Name the figure."""
    return f"Core-hours charged by memory per core, {subject.about}"


def query(warehouse: Warehouse, subject: Subject) -> pa.Table:
    """Get the overhead of all stages by what jobs request; 0.1 is 10 % more than needed."""
    return warehouse.query(
        """
        select policy, memory_per_core_gib, overhead_fraction
        from fct_campaign_sizing
        where campaign = $1 and slot_count > 0
        order by policy, memory_per_core_gib
        """,
        [subject.campaign],
    )


def chart(frame: pa.Table, subject: Subject) -> Plot:
    """Draw the overhead against memory per core, one curve for each thing to request."""
    refuse_empty(frame, "choice")
    used = set(frame["policy"].to_pylist())
    shown = {name: curve for name, curve in CURVES.items() if name in used}
    names, colours, shapes = zip(*shown.values(), strict=True)
    frame = frame.append_column(
        "curve", pa.array([shown[name][0] for name in frame["policy"].to_pylist()])
    )
    legend: dict[str, Any] = {
        "title": "Each job requests",
        "sort": list(names),
        "legend": alt.Legend(orient="bottom", columns=3),
    }
    curves = alt.Chart(frame).encode(
        x=alt.X(
            "memory_per_core_gib:Q",
            title="Memory per core (GiB)",
            scale=alt.Scale(domain=[2, 16], nice=False),
            axis=alt.Axis(values=list(range(2, 17)), format=theme.GIB_FORMAT),
        ),
        y=alt.Y(
            "overhead_fraction:Q",
            title="Core-hours beyond those of unlimited memory",
            scale=alt.Scale(domainMin=0, nice=True),
            axis=alt.Axis(labelExpr=theme.SHARE_LABEL),
        ),
        stroke=alt.Stroke(
            "curve:N", scale=alt.Scale(domain=list(names), range=list(colours)), **legend
        ),
    )
    # Shapes tell the curves apart in greyscale.
    shape = alt.Shape("curve:N", scale=alt.Scale(domain=list(names), range=list(shapes)), **legend)
    drawn = [
        curves.mark_line(strokeWidth=2),
        curves.mark_point(size=44, fill="white", strokeWidth=1.5).encode(shape=shape),
    ]
    lines = memory_lines(subject.lines_gib, subject.threshold_gib)
    return Plot([*drawn, *line_layers(lines)], height=theme.HEIGHT)


def caption(citations: Citations, subject: Subject) -> str:
    """Explain the curves."""
    return (
        f"How much more core-hours {subject.campaign} is charged than with unlimited memory, by "
        "memory per core. Each attempt of a job is charged the cores whose memory holds its "
        "request, and at least its CPUs. Each curve is a way to request memory; the lowest is the "
        f"best case. {' '.join(charge_sentences(citations, subject.campaign))}"
    )


def alt_text(citations: Citations, subject: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        f"Falling curves of core-hours that {subject.campaign} is charged by memory per core, one "
        "for each policy of requests. "
        f"{' '.join(sizing_sentences(citations, subject.campaign))}"
    )
