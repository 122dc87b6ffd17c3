"""Fill the technote's templates: every value is cited, every text from outside escaped."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from ..citations import Citations
from ..escape import Myst, code, myst, plain, toml_string
from ..figures import Figure
from ..figures.sections import OF_STAGE
from ..files import write_file
from ..glossary import GLOSSARY
from ..look import theme
from ..sentences.answer import answer_lines
from ..sentences.changes import change_sentences
from ..sentences.completeness import gap_notes, why_empty
from ..sentences.depth import depth_sentences
from ..sentences.kills import kill_lines, killed_in_stage
from ..sentences.memory import conclusion, quanta_over, verdict_words, wall_time_over
from ..sentences.records import queue_sentences
from ..sentences.requests import request_sentences
from ..sentences.sizing import NO_NODES, packing_sentences, sizing_sentences
from ..sentences.timeline import running_sentences
from ..subjects import Census, Stage, measured_tasks
from ..warehouse import Warehouse
from .tables import annex_rows, cell_functions, table_rows

__all__ = ["write_technote"]

TEMPLATES = Path(__file__).parent

TERMS = (
    "Closed form",
    "Gap",
    "Inherited peak",
    "Measured",
    "No work",
    "Own peak",
    "Slot",
    "Superseded",
    "Unmeasured",
)
"""Terms of the glossary that the note explains."""


@dataclass(frozen=True)
class StageText:
    """What the template needs to know of a stage to decide what to say."""

    name: str
    title: str
    focus: dict[str, Any]
    usages: list[dict[str, Any]]
    measured: list[dict[str, Any]]
    tasks: list[str]
    over_tasks: list[str]
    other_tasks: list[str]
    notes: tuple[str, ...]
    focus_notes: tuple[str, ...]
    conclusion: str
    verdict: str
    kills: str

    @property
    def is_compared(self) -> bool:
        """Whether there are releases to compare: two campaigns with measured quanta."""
        return len(self.measured) > 1


def _stage_text(warehouse: Warehouse, citations: Citations, stage: Stage) -> StageText:
    """Gather what the template needs of a stage."""
    campaign, reason = stage.focus["campaign"], why_empty(stage.focus)
    tasks = measured_tasks(warehouse, campaign, stage.name)
    over = {
        row["task_label"]
        for row in citations.rows("fct_task_usage", campaign=campaign, stage=stage.name)
        if row["over_threshold_count"]
    }
    return StageText(
        name=stage.name,
        title=stage.title,
        focus=stage.focus,
        usages=stage.usages,
        measured=[usage for usage in stage.usages if usage["quanta_count"]],
        tasks=tasks,
        over_tasks=[task for task in tasks if task in over],
        other_tasks=_tasks_without_colour(warehouse, campaign, stage.name),
        notes=gap_notes(stage.usages),
        focus_notes=gap_notes([stage.focus]),
        conclusion=conclusion(citations, stage.focus, stage.title, reason),
        verdict=verdict_words(citations, stage.focus),
        kills=killed_in_stage(citations, campaign, stage.name),
    )


def _tasks_without_colour(warehouse: Warehouse, campaign: str, stage: str) -> list[str]:
    """List the tasks that share the grey colour in the figures of a stage."""
    tasks: list[str] = warehouse.query(
        """
        select task_label
        from fct_task_usage left join dim_task_display using (stage, task_label)
        where campaign = $1 and stage = $2 and display_rank is null and quanta_count > 0
        order by task_label
        """,
        [campaign, stage],
    )["task_label"].to_pylist()
    return tasks


@dataclass(frozen=True)
class FurtherText:
    """What the template needs to know of a further campaign that has figures of its own."""

    campaign: str
    release: str
    stages: list[StageText]


def _further_text(warehouse: Warehouse, citations: Citations, census: Census) -> FurtherText:
    """Gather what the template needs of a further campaign with the focus."""
    return FurtherText(
        campaign=census.campaign,
        release=census.focus["release"],
        stages=[_stage_text(warehouse, citations, stage) for stage in census.stages],
    )


def _figures_of(made: list[Figure], campaign: str) -> Callable[..., list[Figure]]:
    """Make the function by which the templates get the figures of a section, in their order."""

    def figures_of(
        section: str, stage: StageText | None = None, of: str = campaign
    ) -> list[Figure]:
        key = (section, stage.name if stage else "", of)
        return [each for each in made if (each.section, each.stage, each.campaign) == key]

    return figures_of


def _environment(citations: Citations, census: Census) -> jinja2.Environment:
    """Make the Jinja environment: what is printed is escaped unless it is MyST already."""

    def usage(stage: StageText) -> Any:  # noqa: ANN401
        return citations.stage_usage(stage.focus)

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        finalize=myst,
        # MyST is escaped by `finalize`; autoescape would be for HTML.
        autoescape=False,
        keep_trailing_newline=True,
    )
    made.globals |= cell_functions(citations, census.campaign)
    made.globals |= {
        "cite": citations.cite,
        "count": citations.count,
        "usage": lambda column, stage: usage(stage)[column],
        "over": lambda stage: quanta_over(usage(stage)),
        "over_wall_time": lambda stage: wall_time_over(usage(stage)),
        "code": code,
        "raw": Myst,
        # Options of a directive are YAML, whose double-quoted strings are those of JSON.
        "quoted": lambda text: Myst(json.dumps(plain(text), ensure_ascii=False)),
        "toml": lambda text: Myst(toml_string(text)),
    }
    return made


def write_technote(
    warehouse: Warehouse,
    citations: Citations,
    census: Census,
    made: list[Figure],
    *,
    images: Path,
    folder: Path,
) -> None:
    """Write the sources of the technote.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    citations : `~reports.citations.Citations`
        Where values come from and are recorded.
    census : `~reports.subjects.Census`
        The campaigns and stages.
    made : `list` [`~reports.figures.Figure`]
        The figures of the report.
    images : `~pathlib.Path`
        Where the figures were written.
    folder : `~pathlib.Path`
        Where the technote goes.
    """
    campaign = census.campaign
    values: dict[str, Any] = {
        "campaigns": census.campaigns,
        "focus": census.focus,
        "instruments": sorted(
            {
                name
                for row in census.campaigns
                for name in (row["instruments"] or "").split(", ")
                if name
            }
        ),
        "lake": census.lake,
        "figures_of": _figures_of(made, campaign),
        "stage_sections": tuple(OF_STAGE),
        "further": [
            _further_text(warehouse, citations, census.seen_from(name))
            for name in census.further_focuses
        ],
        # Pictures have twice as many pixels as they are wide on a page.
        "width": theme.WIDTH,
        "stages": [_stage_text(warehouse, citations, stage) for stage in census.stages],
        "answer": answer_lines(citations, census) + kill_lines(citations, census),
        "sizing": sizing_sentences(citations, campaign),
        "request_sentences": request_sentences(citations, campaign),
        "queue_sentences": queue_sentences(citations, campaign),
        "packing": packing_sentences(citations, census),
        "no_nodes": NO_NODES,
        "glossary": GLOSSARY,
        "terms": TERMS,
        "change_sentences": change_sentences(citations, census.predecessor, campaign),
        "dependence_sentences": depth_sentences(citations, campaign),
        "running_sentences": running_sentences(citations, campaign),
    }
    values |= table_rows(citations, census) | annex_rows(citations, census)
    templates = _environment(citations, census)
    for name in ("index.md", "technote.toml"):
        text = templates.get_template(f"{name}.jinja").render(values)
        # Conditions of the templates leave empty lines behind.
        write_file(folder / name, re.sub(r"\n{3,}", "\n\n", text))
    write_file(folder / "conf.py", (TEMPLATES / "conf.py.txt").read_bytes())
    write_file(folder / "_static" / "census.css", (TEMPLATES / "census.css").read_bytes())
    _copy_images(made, images, folder / "images")


def _copy_images(made: list[Figure], images: Path, folder: Path) -> None:
    """Copy the figures that the technote shows, and remove every other one."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {f"{figure.name}.png" for figure in made}
    for name in names:
        new, old = images / name, folder / name
        if not old.is_file() or old.stat().st_mtime_ns != new.stat().st_mtime_ns:
            shutil.copy2(new, old)
    for old in folder.iterdir():
        if old.name not in names:
            old.unlink()
