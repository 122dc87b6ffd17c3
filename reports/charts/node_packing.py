"""How full real nodes get: cores in use and cores that idle, beside what the closed form says."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from reports.charts.parts import Setting, figure, refuse_empty
from reports.look import theme

__all__ = ["SHARES", "chart"]

SHARES = {
    "in use": "#7f9fb5",
    "idle: memory is taken": "#b5452f",
    "idle: kept for a slot of several cores": "#ded6c4",
}
"""What a core can be, and its colour; each has a lightness of its own."""

CLOSED_FORM = "in use by the closed form"

TICK = "M-0.12,-1H0.12V1H-0.12Z"
"""A tick as the symbol of a legend: a path in a square from -1 to 1."""

ROW_HEIGHT = 24


def chart(frame: pa.Table, *, setting: Setting) -> alt.LayerChart:
    """Draw the shares of the cores as one bar per stage and shape of node.

    Parameters
    ----------
    frame : `pyarrow.Table`
        Three rows per bar, in the order of the bars: ``row_label``, ``share`` (a key of `SHARES`),
        ``fraction`` (of all cores, 0 to 1), ``closed_form_fraction`` (the same in all three).
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer.

    Raises
    ------
    EmptyFrameError
        Raised if nothing was packed.
    """
    refuse_empty(frame, "packing")
    labels = list(dict.fromkeys(frame["row_label"].to_pylist()))
    names = list(SHARES)
    row = alt.Y("row_label:N", title=None, sort=labels, axis=alt.Axis(labelLimit=theme.LABEL_LIMIT))
    share = alt.Scale(domain=[0, 1])
    bars = (
        alt.Chart(frame)
        .transform_calculate(place=f"indexof({names}, datum.share)")
        .mark_bar(size=ROW_HEIGHT - 8)
        .encode(
            y=row,
            x=alt.X(
                "fraction:Q",
                title="Share of the cores while slots wait for their turn",
                scale=share,
                axis=alt.Axis(labelExpr=theme.SHARE_LABEL, tickCount=10),
            ),
            order="place:Q",
            fill=alt.Fill(
                "share:N",
                title=None,
                sort=names,
                scale=alt.Scale(domain=names, range=list(SHARES.values())),
                legend=alt.Legend(orient="bottom", columns=3, symbolType="square"),
            ),
        )
    )
    ticks = (
        alt.Chart(frame)
        .transform_filter(alt.FieldEqualPredicate(field="share", equal=names[0]))
        .transform_calculate(mark=f"'{CLOSED_FORM}'")
        .mark_tick(thickness=3, size=ROW_HEIGHT - 4, opacity=1)
        .encode(
            y=row,
            x=alt.X("closed_form_fraction:Q", scale=share),
            color=alt.Color(
                "mark:N",
                title=None,
                scale=alt.Scale(domain=[CLOSED_FORM], range=[theme.INK]),
                legend=alt.Legend(orient="top", symbolType=TICK, symbolSize=250),
            ),
        )
    )
    return figure([bars, ticks], setting, height=ROW_HEIGHT * len(labels))
