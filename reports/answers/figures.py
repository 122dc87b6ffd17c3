"""The figures of sizing, requests, changes and concurrency: names, data, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reports.answers import words
from reports.answers.packing import packing_frame, packing_words, why_not_packed
from reports.captions import Words
from reports.charts import (
    concurrency,
    memory_dependence,
    memory_requests,
    node_packing,
    release_changes,
    worker_sizing,
)
from reports.facts import Facts
from reports.figures import Figure, footer, gap_notes, make_figure, stage_title, stages, why_empty
from reports.marts import Marts

__all__ = ["SECTION", "answer_figures"]

SECTION = "(answers)"
"""Stands for the stage of figures about whole campaigns: no stage can have this name."""

SHOWN_JOBS = 25
SHOWN_TASKS = 30


def answer_figures(marts: Marts, facts: Facts) -> Iterator[Figure]:
    """List the figures of the answers, each with its data.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    facts : `~reports.facts.Facts`
        Where the values of captions come from.

    Yields
    ------
    figure : `~reports.figures.Figure`
        Those about the whole campaign, then one per stage.
    """
    found = stages(marts)
    focus = next(row for row in marts.campaigns().to_pylist() if row["is_focus"])
    campaign = focus["campaign"]
    lake, everywhere = marts.lake(), [stage.focus for stage in found]
    nothing = f"No quantum of {campaign} was measured."

    def figure(
        name: str,
        chart: str,
        frame: pa.Table,
        title: str,
        said: Callable[[], Words],
        why_not: str,
        stage: str = SECTION,
        usages: list[dict[str, Any]] = everywhere,
        **options: object,
    ) -> Figure:
        return make_figure(
            name,
            chart,
            (frame,),
            title,
            said,
            why_not,
            stage=stage,
            notes=gap_notes(usages),
            footer=footer(lake, usages),
            options=options,
        )

    curves = marts.sizing_curves(campaign)
    titles = [stage_title(name) for name in curves["curve"].to_pylist()]
    yield figure(
        "worker_sizing",
        worker_sizing.__name__,
        curves.set_column(0, "curve", pa.array(titles, pa.string())),
        f"Cores that idle because their memory is taken, {campaign} ({focus['release']})",
        partial(words.sizing, facts, campaign),
        nothing,
        threshold_gib=focus["threshold_gib"],
    )
    yield figure(
        "node_packing",
        node_packing.__name__,
        packing_frame(marts, facts, campaign),
        f"What the cores of real nodes do, {campaign} ({focus['release']})",
        partial(packing_words, marts, facts, campaign),
        why_not_packed(facts, campaign),
    )
    yield figure(
        "memory_requests",
        memory_requests.__name__,
        marts.memory_requests(campaign, SHOWN_JOBS),
        f"Memory to request, from {campaign} ({focus['release']})",
        partial(words.requests, campaign),
        nothing,
    )
    changed = marts.release_changes(campaign, SHOWN_TASKS)
    before = changed["before_campaign"][0].as_py() if changed.num_rows else ""
    yield figure(
        "release_changes",
        release_changes.__name__,
        _with_row_labels(changed),
        f"What changed from {before} to {campaign}" if before else "What changed",
        partial(words.changes, before, campaign),
        f"No quantum of {campaign} has the task and data ID of one in the campaign before it in "
        "the campaigns file.",
        usages=[
            usage
            for stage in found
            for usage in stage.usages
            if usage["campaign"] in (before, campaign)
        ],
    )
    yield figure(
        "memory_dependence",
        memory_dependence.__name__,
        _with_row_labels(marts.memory_dependence(campaign, SHOWN_TASKS)),
        f"Memory against the visits that overlap, {campaign} ({focus['release']})",
        partial(words.dependence, facts, campaign),
        words.no_dependence(campaign),
        threshold_gib=focus["threshold_gib"],
    )
    for stage in found:
        yield figure(
            f"concurrency_{stage.label}_stage{stage.number}",
            concurrency.__name__,
            marts.concurrency(campaign, stage.name),
            f"Memory in use over time, {stage.title} of {campaign} ({focus['release']})",
            partial(words.concurrency, campaign, stage.title),
            why_empty(stage.focus),
            stage=stage.name,
            usages=[stage.focus],
        )


def _with_row_labels(judged: pa.Table) -> pa.Table:
    """Name each row by task and stage, and write verdicts as words."""
    labels = [
        f"{row['task_label']} ({stage_title(row['stage'])})"
        for row in judged.select(["task_label", "stage"]).to_pylist()
    ]
    place = judged.column_names.index("verdict")
    verdicts = pc.replace_substring(judged["verdict"], "_", " ")
    named = judged.set_column(place, "verdict", verdicts)
    return named.append_column("row_label", pa.array(labels, pa.string()))
