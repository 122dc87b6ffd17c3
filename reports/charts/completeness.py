"""Which stages of which campaigns are accounted for: one cell each, with its verdict in words."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from reports.charts.parts import Setting, figure, refuse_empty
from reports.look import theme

__all__ = ["chart"]

ROW_HEIGHT = 66
"""Height of a stage's row, in CSS pixels."""

LINE_HEIGHT = 17
"""Height of a line of a cell's words, in CSS pixels."""

COLOURS = {
    "complete": "#d4ebdc",
    "declared": "#fbe3b5",
    "incomplete": "#f0a9a0",
    "unverified": "#dddddd",
}
"""Background of a cell by verdict; the verdict is written in the cell too."""


def chart(frame: pa.Table, *, setting: Setting) -> alt.LayerChart:
    """Draw the verdict of each stage and campaign.

    Parameters
    ----------
    frame : `pyarrow.Table`
        One row per (stage, campaign), in the order of both: ``stage_title``, ``release_label``,
        ``verdict``, and ``words``: the lines of text of the cell.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.

    Raises
    ------
    EmptyFrameError
        Raised if there is no stage.
    """
    refuse_empty(frame, "stage")
    stages = list(dict.fromkeys(frame["stage_title"].to_pylist()))
    releases = list(dict.fromkeys(frame["release_label"].to_pylist()))
    base = alt.Chart(frame).encode(
        x=alt.X(
            "release_label:N",
            title=None,
            sort=releases,
            scale=alt.Scale(padding=0.03),
            axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False),
        ),
        y=alt.Y(
            "stage_title:N",
            title=None,
            sort=stages,
            scale=alt.Scale(padding=0.06),
            axis=alt.Axis(ticks=False, domain=False, labelPadding=8),
        ),
    )
    cells = base.mark_rect().encode(
        fill=alt.Fill(
            "verdict:N",
            scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
            legend=None,
        )
    )
    return figure([cells, *_words(base, frame)], setting, height=len(stages) * ROW_HEIGHT)


def _words(base: alt.Chart, frame: pa.Table) -> list[alt.Chart]:
    """Write the words of each cell in its middle: text of several lines begins at the first one."""
    lengths = pc.list_value_length(frame["words"])
    layers = []
    for lines in sorted(set(lengths.to_pylist())):
        chosen = base.properties(data=frame.filter(pc.equal(lengths, lines)))
        up = -LINE_HEIGHT * (lines - 1) / 2
        mark = chosen.mark_text(
            fontSize=13, lineHeight=LINE_HEIGHT, baseline="middle", color=theme.INK, dy=up
        )
        layers.append(mark.encode(text="words:N"))
    return layers
