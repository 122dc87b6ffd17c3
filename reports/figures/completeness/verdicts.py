"""Which stages of which campaigns are accounted for: one cell each, with its verdict in words."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from ...citations import Citations
from ...look import theme
from ...look.empty import refuse_empty
from ...look.layout import Plot
from ...look.palettes import COMPLETENESS
from ...subjects import Subject
from ...warehouse import Warehouse
from ..sql import RELEASE_LABEL, STAGE_TITLE

NAME = "Completeness"
SECTION = "completeness"
PLACE = 1

ROW_HEIGHT = 66
"""Height of a campaign's row, in CSS pixels."""

LINE_HEIGHT = 17
"""Height of a line of a cell's words, in CSS pixels."""


def title(_: Citations, __: Subject) -> str:
    """Name the figure."""
    return "Completeness of the measurement"


def query(warehouse: Warehouse, _: Subject) -> pa.Table:
    """Get the verdict of every stage and campaign, with the lines of text of its cell."""
    return warehouse.query(
        f"""
        select
            stage,
            {RELEASE_LABEL} as release_label,
            completeness_verdict as verdict,
            case
                when gap_count > 0 then [
                    completeness_verdict,
                    format('{{:,}} of {{:,}}', gap_count, expected_count),
                    'left no usable result'
                ]
                when completeness_verdict = 'unverified'
                    then [completeness_verdict, format('{{:,}} measured', quanta_count)]
                else [completeness_verdict, format('{{:,}} expected', expected_count)]
            end as words,
            {STAGE_TITLE} as stage_title,
            stage_position
        from fct_stage_usage as usage join dim_campaigns as campaigns using (campaign)
        order by campaign_position, stage_position, stage
        """  # noqa: S608  (constants)
    )


def chart(frame: pa.Table, _: Subject) -> Plot:
    """Draw one cell per stage and campaign."""
    refuse_empty(frame, "stage")
    by_stage = frame.sort_by("stage_position")
    stages = list(dict.fromkeys(by_stage["stage_title"].to_pylist()))
    releases = list(dict.fromkeys(frame["release_label"].to_pylist()))
    base = alt.Chart(frame).encode(
        x=alt.X(
            "stage_title:N",
            title=None,
            sort=stages,
            scale=alt.Scale(padding=0.03),
            axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False),
        ),
        y=alt.Y(
            "release_label:N",
            title=None,
            sort=releases,
            scale=alt.Scale(padding=0.06),
            axis=alt.Axis(ticks=False, domain=False, labelPadding=8),
        ),
    )
    cells = base.mark_rect().encode(
        fill=alt.Fill(
            "verdict:N",
            scale=alt.Scale(domain=list(COMPLETENESS), range=list(COMPLETENESS.values())),
            legend=None,
        )
    )
    return Plot([cells, *_words(base, frame)], height=len(releases) * ROW_HEIGHT)


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


def caption(_: Citations, __: Subject) -> str:
    """Explain the verdicts."""
    return (
        "Whether every quantum that was expected is accounted for, by stage and campaign. "
        "Complete: all are. Declared: some left no usable result, and the campaigns file says why. "
        "Incomplete: some left none, and nobody said why. Unverified: nothing independent says "
        "what was expected."
    )


def alt_text(_: Citations, __: Subject) -> str:
    """Describe the figure for readers who cannot see it."""
    return (
        "A table of verdicts, one row per campaign and one column per stage; the numbers are in "
        "the table of completeness."
    )


def why_empty(_: Citations, __: Subject) -> str:
    """Say why there is nothing to show."""
    return "The campaigns file lists no stage."
