"""Which figures the report has: their fixed names, their data, and what they say.

The names are a contract (they are dropped into the note unchanged); drawing is the charts' part
and writing files is `reports.export`'s.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from reports import captions, numbers
from reports.charts import (
    completeness,
    over_threshold_strip,
    rss_box,
    rss_cdf,
    rss_histogram,
    task_peaks,
    wall_time_histogram,
)
from reports.charts.parts import Setting
from reports.facts import Facts
from reports.marts import Marts, WarehouseError

__all__ = [
    "Figure",
    "Stage",
    "figures",
    "gap_notes",
    "make_figure",
    "stage_numbers",
    "stage_title",
    "stages",
    "why_empty",
]

NOT_LISTED = "not listed"
"""Stands for the verdict of a stage that the focus campaign does not have in the file."""


@dataclass(frozen=True)
class Stage:
    """A stage as the figures see it.

    Parameters
    ----------
    name : `str`
        Key of the campaigns file.
    number : `str`
        What stands in the names of its figures.
    focus : `dict`
        The focus campaign's row of ``fct_stage_usage``.
    usages : `list` [`dict`]
        The rows of all campaigns that have the stage, in the order of the file.
    label : `str`
        The focus campaign's label in file names.
    """

    name: str
    number: str
    focus: dict[str, Any]
    usages: list[dict[str, Any]]
    label: str

    @property
    def title(self) -> str:
        """The stage in a sentence: ``stage1`` is Stage 1, any other name stands as it is."""
        return stage_title(self.name)


@dataclass(frozen=True)
class Figure:
    """One figure, ready to be drawn.

    Parameters
    ----------
    name : `str`
        Name of its files, without suffix.
    chart : `str`
        Module of `reports.charts` that draws it.
    frames : `tuple` [`pyarrow.Table`]
        Positional arguments of the chart; the figure is empty if the first one is.
    options : `dict`
        Keyword arguments of the chart.
    setting : `~reports.charts.parts.Setting`
        Title, notes, footer, alternative text.
    nothing : `str`
        Why there is nothing to show, should the first frame be empty.
    caption : `str`
        Plain text.
    stage : `str`
        The stage that it belongs to; empty if it is about all.
    part : `str`, optional
        What it is about within its stage: the technote puts those of one part together.
    """

    name: str
    chart: str
    frames: tuple[pa.Table, ...]
    options: dict[str, object]
    setting: Setting
    nothing: str
    caption: str
    stage: str
    part: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw but the reason why."""
        return bool(self.frames[0].num_rows == 0)


@dataclass(frozen=True)
class Shown:
    """What the figures of one stage and one choice of campaigns have in common."""

    stage: Stage
    what: str
    notes: tuple[str, ...]
    footer: str

    def figure(
        self,
        name: str,
        chart: str,
        frames: tuple[pa.Table, ...],
        title: str,
        words: Callable[[], captions.Words],
        nothing: str,
        *,
        part: str,
        **options: object,
    ) -> Figure:
        """Make a figure, with what these figures have in common."""
        return make_figure(
            name,
            chart,
            frames,
            f"{title}, {self.what}",
            words,
            nothing,
            stage=self.stage.name,
            part=part,
            notes=self.notes,
            footer=self.footer,
            options=options,
        )


def make_figure(
    name: str,
    chart: str,
    frames: tuple[pa.Table, ...],
    title: str,
    words: Callable[[], captions.Words],
    nothing: str,
    *,
    stage: str,
    footer: str,
    part: str = "",
    notes: tuple[str, ...] = (),
    options: dict[str, object] | None = None,
) -> Figure:
    """Make a figure; without data it says so in its caption too.

    Parameters
    ----------
    name, chart, frames, nothing, stage, part, options
        As in `Figure`.
    title, footer, notes
        As in `~reports.charts.parts.Setting`; notes stand in the caption too.
    words : `~collections.abc.Callable`
        Makes caption and alternative text; called only where there is data.

    Returns
    -------
    figure : `Figure`
        Ready to be drawn.
    """
    is_empty = frames[0].num_rows == 0
    # The reason why there is nothing may be the declared gap itself.
    shown = tuple(note for note in notes if not (is_empty and note in nothing))
    said = captions.Words(nothing, nothing) if is_empty else words()
    return Figure(
        name=name,
        chart=chart,
        frames=frames,
        options=options or {},
        setting=Setting(title=title, footer=footer, alt_text=said.alt_text, notes=shown),
        nothing=nothing,
        caption=" ".join([said.caption, *shown]),
        stage=stage,
        part=part,
    )


def stage_title(name: str) -> str:
    """Write the name of a stage for readers.

    Parameters
    ----------
    name : `str`
        Key of the campaigns file.
    """
    return re.sub(r"^stage[_-]?(\d+)$", r"Stage \1", name)


def stage_numbers(names: list[str]) -> dict[str, str]:
    """Choose what stands for each stage in file names: its digits, else its name.

    Parameters
    ----------
    names : `list` [`str`]
        Stages of the file.

    Returns
    -------
    numbers : `dict` [`str`, `str`]
        Unique: stages whose digits are the same keep their names.
    """
    digits = {name: "".join(re.findall(r"\d+", name)) or name for name in names}
    taken = list(digits.values())
    return {name: short if taken.count(short) == 1 else name for name, short in digits.items()}


def stages(marts: Marts) -> list[Stage]:
    """List the stages of the campaigns file, in its order.

    Raises
    ------
    WarehouseError
        Raised if no campaign has the focus.
    """
    rows = marts.stages().to_pylist()
    focus = next((row for row in marts.campaigns().to_pylist() if row["is_focus"]), None)
    if focus is None:
        raise WarehouseError(
            f"No campaign in {marts.path} has `focus`: give it to one in the campaigns file, "
            "then run `make extract transform`."
        )
    label = re.sub(r"[^A-Za-z0-9._-]", "_", focus["focus_label"] or "focus")
    names = list(dict.fromkeys(row["stage"] for row in rows))
    short = stage_numbers(names)
    found = []
    for name in names:
        usages = [row for row in rows if row["stage"] == name]
        own = next((row for row in usages if row["is_focus"]), None)
        if own is None:
            own = {
                "campaign": focus["campaign"],
                "stage": name,
                "release": focus["release"],
                "threshold_gib": focus["threshold_gib"],
                "quanta_count": 0,
                "run_count": 0,
                "promised_run_count": 0,
                "incomplete_reason": None,
                "completeness_verdict": NOT_LISTED,
                **dict.fromkeys(
                    (
                        "p95_max_rss_bytes",
                        "over_threshold_count",
                        "over_threshold_fraction",
                        "over_threshold_wall_time_fraction",
                    )
                ),
            }
        found.append(Stage(name, short[name], own, usages, label))
    return found


def gap_notes(usages: list[dict[str, Any]]) -> tuple[str, ...]:
    """Say which of the campaigns of a figure are incomplete, and why."""
    notes = []
    for usage in usages:
        where = f"{stage_title(usage['stage'])} of {usage['campaign']}"
        if usage["incomplete_reason"]:
            notes.append(f"{where}: declared incomplete: {usage['incomplete_reason']}")
        elif usage["completeness_verdict"] == "incomplete":
            gaps = numbers.count(usage["gap_count"])
            notes.append(
                f"{where}: incomplete: of the expected quanta, {gaps} left no usable result."
            )
        elif usage["quanta_count"] == 0:
            notes.append(why_empty(usage))
    return tuple(notes)


def why_empty(usage: dict[str, Any]) -> str:
    """Say why a stage of a campaign shows nothing."""
    what = f"No measured quanta in {stage_title(usage['stage'])} of {usage['campaign']}"
    if usage["incomplete_reason"]:
        return f"{what}: declared incomplete: {usage['incomplete_reason']}"
    if usage["completeness_verdict"] == NOT_LISTED:
        return f"{what}: the campaigns file does not list this stage for it."
    if usage["promised_run_count"]:
        return (
            f"{what}: its provenance graph was aggregated and not ingested yet; run "
            "`butler ingest-graph`, then extract again."
        )
    if not usage["run_count"]:
        return f"{what}: no RUN was extracted for it."
    return f"{what}: no quantum succeeded and did work."


def footer(lake: dict[str, Any], usages: list[dict[str, Any]]) -> str:
    """Write the small line: where the data comes from.

    Parameters
    ----------
    lake : `dict`
        Row of ``dim_lake``.
    usages : `list` [`dict`]
        Rows of ``fct_stage_usage`` that the figure shows.
    """
    runs = sum(usage["run_count"] or 0 for usage in usages)
    parts = [
        "SIMULATED data" if lake.get("is_simulated") else "",
        f"lake of {lake['extracted_at']:%Y-%m-%d}" if lake.get("extracted_at") else "empty lake",
        f"Quanta Census {lake.get('extractor_version') or 'of unknown version'}",
        "1 RUN" if runs == 1 else f"{numbers.count(runs)} RUNs",
    ]
    return "  ·  ".join(part for part in parts if part)


def figures(marts: Marts, facts: Facts) -> Iterator[Figure]:
    """List the figures of all stages, each with its data.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    facts : `~reports.facts.Facts`
        Where the values of captions come from.

    Yields
    ------
    figure : `Figure`
        In the order of the stages, and of the note within a stage.
    """
    lake = marts.lake()
    yield _completeness_figure(marts, lake)
    for stage in stages(marts):
        yield from _release_figures(marts, facts, lake, stage)
        yield from _focus_figures(marts, facts, lake, stage)


def _completeness_figure(marts: Marts, lake: dict[str, Any]) -> Figure:
    """Show which stages of which campaigns are accounted for."""
    frame = marts.verdicts()
    titles = [stage_title(name) for name in frame["stage"].to_pylist()]
    return make_figure(
        "Completeness",
        completeness.__name__,
        (frame.append_column("stage_title", pa.array(titles, pa.string())),),
        "Completeness of the measurement",
        captions.completeness,
        "The campaigns file lists no stage.",
        stage="",
        footer=footer(lake, marts.stages().to_pylist()),
    )


def _release_figures(
    marts: Marts, facts: Facts, lake: dict[str, Any], stage: Stage
) -> Iterator[Figure]:
    """List the figures that show all releases of a stage."""
    focus = stage.focus
    threshold = focus["threshold_gib"]
    shown = Shown(
        stage=stage,
        what=f"{stage.title}, all releases",
        notes=gap_notes(stage.usages),
        footer=footer(lake, stage.usages),
    )
    nothing = " ".join(why_empty(usage) for usage in stage.usages)
    about = (facts, focus["campaign"], stage.name, stage.title)
    yield shown.figure(
        f"MaxRSS_box_all_stacks_stage{stage.number}",
        rss_box.__name__,
        (marts.task_boxes(stage.name), marts.task_outliers(stage.name)),
        "Max RSS per task",
        partial(captions.box, *about),
        nothing,
        part="releases",
        threshold_gib=threshold,
    )
    for name, column, statistic in (
        ("MaxRSSTask_all_stacks", "max_max_rss_bytes", "Largest max RSS"),
        ("95percTask_all_stacks", "p95_max_rss_bytes", "95th percentile of max RSS"),
    ):
        yield shown.figure(
            f"{name}_stage{stage.number}",
            task_peaks.__name__,
            (marts.task_peaks(stage.name, column),),
            f"{statistic} per task",
            partial(captions.peaks, *about, statistic),
            nothing,
            part="releases",
            threshold_gib=threshold,
            statistic=statistic,
        )
    yield shown.figure(
        f"MaxRSS_box_common_visits_stage{stage.number}",
        rss_box.__name__,
        (marts.common_boxes(stage.name), marts.common_extremes(stage.name)),
        "Max RSS per task on common visits and places",
        partial(captions.common_boxes, *about),
        _nothing_common(stage, nothing),
        part="common",
        threshold_gib=threshold,
    )


def _focus_figures(
    marts: Marts, facts: Facts, lake: dict[str, Any], stage: Stage
) -> Iterator[Figure]:
    """List the figures of the focus campaign in a stage."""
    focus = stage.focus
    campaign, threshold = focus["campaign"], focus["threshold_gib"]
    shown = Shown(
        stage=stage,
        what=f"{stage.title} of {campaign} ({focus['release']})",
        notes=gap_notes([focus]),
        footer=footer(lake, [focus]),
    )
    about = (facts, campaign, stage.name, stage.title)
    end = f"{stage.label}_stage{stage.number}"
    upper_end = f"{stage.label}_upper{threshold:g}_stage{stage.number}"
    empty, nothing_over = why_empty(focus), _nothing_over(focus)
    segments = marts.rss_segments(campaign, stage.name)
    first = math.floor(threshold)
    cdf = marts.rss_cdf(campaign, stage.name)
    over = marts.quanta_over_threshold(campaign, stage.name)
    for name, is_log in ((end, False), (f"{stage.label}_log_stage{stage.number}", True)):
        yield shown.figure(
            f"MaxRSS_distro_per_task_{name}",
            rss_histogram.__name__,
            (segments,),
            "Quanta per range of max RSS",
            partial(captions.histogram, *about, is_log=is_log),
            empty,
            part="quanta",
            threshold_gib=threshold,
            p95_gib=(focus["p95_max_rss_bytes"] or 0) / numbers.GIB,
            is_log=is_log,
        )
    yield shown.figure(
        f"MaxRSS_distro_CumulatedCPU_{end}",
        wall_time_histogram.__name__,
        (segments,),
        "Integrated wall time per range of max RSS",
        partial(captions.wall_time, *about, is_upper=False),
        empty,
        part="wall_time",
        threshold_gib=threshold,
    )
    yield shown.figure(
        f"MaxRSS_CDF_{end}",
        rss_cdf.__name__,
        (cdf.select(["max_rss_gib", "cumulative_quanta_fraction"]),),
        "Cumulative fraction of quanta",
        partial(captions.cumulative, *about, of_wall_time=False),
        empty,
        part="cumulative",
        threshold_gib=threshold,
        fits_fraction=1 - (focus["over_threshold_fraction"] or 0),
    )
    yield shown.figure(
        f"MaxRSS_stripplot_per_task_{upper_end}_walltime",
        over_threshold_strip.__name__,
        (over,),
        f"{_how_many(over.num_rows, focus['over_threshold_count'])} over {numbers.gib(threshold)}",
        partial(captions.over_threshold, *about),
        nothing_over,
        part="over",
        threshold_gib=threshold,
    )
    yield shown.figure(
        f"MaxRSS_distro_CumulatedCPU_{upper_end}",
        wall_time_histogram.__name__,
        (marts.rss_segments(campaign, stage.name, first_gib=first),),
        f"Integrated wall time over {numbers.gib(threshold)}",
        partial(captions.wall_time, *about, is_upper=True),
        nothing_over,
        part="over",
        threshold_gib=threshold,
        first_gib=float(first),
    )
    yield shown.figure(
        f"MaxRSS_CDF_{end}_walltime",
        rss_cdf.__name__,
        (cdf.select(["max_rss_gib", "cumulative_wall_time_fraction"]),),
        "Cumulative fraction of wall time",
        partial(captions.cumulative, *about, of_wall_time=True),
        empty,
        part="cumulative",
        threshold_gib=threshold,
        weight="cumulative_wall_time_fraction",
        fits_fraction=1 - (focus["over_threshold_wall_time_fraction"] or 0),
    )


def _nothing_common(stage: Stage, nothing: str) -> str:
    """Say why releases cannot be compared on common input."""
    measured = [usage["campaign"] for usage in stage.usages if usage["quanta_count"]]
    if not measured:
        return nothing
    if len(measured) == 1:
        return f"Releases cannot be compared in {stage.title}: {measured[0]} alone was measured."
    return (
        f"No visit and no place of the sky in {stage.title} was measured by all campaigns that "
        f"have the same task ({', '.join(measured)}): their input differs."
    )


def _how_many(shown: int, total: int | None) -> str:
    """Say whether all quanta over the line are shown or the largest of them."""
    if total is None or shown == total:
        return "Quanta"
    return f"The {numbers.count(shown)} largest of {numbers.count(total)} quanta"


def _nothing_over(usage: dict[str, Any]) -> str:
    """Say why nothing is over the line: no data, or all quanta fit."""
    if not usage["quanta_count"]:
        return why_empty(usage)
    return (
        f"No quantum of {stage_title(usage['stage'])} of {usage['campaign']} exceeds "
        f"{numbers.gib(usage['threshold_gib'])}: the largest peak is "
        f"{numbers.write('max_max_rss_bytes', usage['max_max_rss_bytes'])}."
    )
