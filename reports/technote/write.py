"""Fill the technote's templates: every value through `reports.facts`, every text escaped."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from reports.answers.technote import answer_globals, answer_values
from reports.captions import Usage, over, over_wall_time
from reports.escape import Myst, code, myst, plain, toml_string
from reports.facts import Facts
from reports.figures import Figure, Stage, gap_notes, stages, why_empty
from reports.files import write_file
from reports.look import theme
from reports.marts import Marts
from reports.technote.annexes import annex_globals, annex_values
from reports.technote.conclusions import sentence, verdict

__all__ = ["write_technote"]

TEMPLATES = Path(__file__).parent


@dataclass(frozen=True)
class Section:
    """What the template needs to know of a stage to decide what to say."""

    name: str
    title: str
    focus: dict[str, Any]
    usages: list[dict[str, Any]]
    measured: list[dict[str, Any]]
    figures: list[Figure]
    tasks: list[str]
    other_tasks: list[str]
    notes: tuple[str, ...]
    focus_notes: tuple[str, ...]
    why_empty: str
    conclusion: str
    verdict: str

    @property
    def is_compared(self) -> bool:
        """Whether there are releases to compare: two campaigns with measured quanta."""
        return len(self.measured) > 1


def _section(marts: Marts, facts: Facts, stage: Stage, shown: list[Figure]) -> Section:
    """Gather what the template needs of a stage."""
    campaign = stage.focus["campaign"]
    return Section(
        name=stage.name,
        title=stage.title,
        focus=stage.focus,
        usages=stage.usages,
        measured=[usage for usage in stage.usages if usage["quanta_count"]],
        figures=[figure for figure in shown if figure.stage == stage.name],
        tasks=marts.tasks(campaign, stage.name)["task_label"].to_pylist(),
        other_tasks=marts.other_tasks(campaign, stage.name)["task_label"].to_pylist(),
        notes=gap_notes(stage.usages),
        focus_notes=gap_notes([stage.focus]),
        why_empty=why_empty(stage.focus),
        conclusion=sentence(facts, stage.focus, stage.title, why_empty(stage.focus)),
        verdict=verdict(stage.focus).value,
    )


def environment(facts: Facts, focus: dict[str, Any]) -> jinja2.Environment:
    """Make the Jinja environment: what is printed is escaped unless it is MyST already.

    Parameters
    ----------
    facts : `~reports.facts.Facts`
        Where values come from.
    focus : `dict`
        The focus campaign's row of ``dim_campaigns``.
    """

    def in_stage(column: str, usage: dict[str, Any]) -> str:
        key = {"campaign": usage["campaign"], "stage": usage["stage"]}
        return facts.say("fct_stage_usage", column, **key)

    def usage(stage: Section) -> Usage:
        return Usage(facts, focus["campaign"], stage.name)

    def of_task(column: str, task: str, stage: Section) -> str:
        key = {"campaign": focus["campaign"], "stage": stage.name, "task_label": task}
        return facts.say("fct_task_usage", column, **key)

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        finalize=myst,
        # MyST is escaped by `finalize`; autoescape would be for HTML.
        autoescape=False,
        keep_trailing_newline=True,
    )
    campaign = focus["campaign"]
    made.globals |= answer_globals(facts, campaign) | annex_globals(facts, campaign)
    made.globals |= {
        "say": facts.say,
        "count": facts.count,
        "in_stage": in_stage,
        "usage": lambda column, stage: usage(stage)[column],
        "over": lambda stage: over(usage(stage)),
        "over_wall_time": lambda stage: over_wall_time(usage(stage)),
        "of_task": of_task,
        "code": code,
        "raw": Myst,
        # Options of a directive are YAML, whose double-quoted strings are those of JSON.
        "quoted": lambda text: Myst(json.dumps(plain(text), ensure_ascii=False)),
        "toml": lambda text: Myst(toml_string(text)),
    }
    return made


def write_technote(
    marts: Marts, facts: Facts, shown: list[Figure], *, images: Path, folder: Path
) -> None:
    """Write the sources of the technote.

    Parameters
    ----------
    marts : `~reports.marts.Marts`
        The warehouse.
    facts : `~reports.facts.Facts`
        Where values come from and are recorded.
    shown : `list` [`~reports.figures.Figure`]
        The figures of the report.
    images : `~pathlib.Path`
        Where the figures were written.
    folder : `~pathlib.Path`
        Where the technote goes.
    """
    campaigns = marts.campaigns().to_pylist()
    focus = next(row for row in campaigns if row["is_focus"])
    values: dict[str, Any] = {
        "campaigns": campaigns,
        "focus": focus,
        "lake": marts.lake(),
        "overall_figures": [figure for figure in shown if not figure.stage],
        # Pictures have twice as many pixels as they are wide on a page.
        "width": theme.WIDTH,
        "stages": [_section(marts, facts, stage, shown) for stage in stages(marts)],
    }
    values |= answer_values(marts, facts, focus, shown) | annex_values(marts, facts, focus)
    templates = environment(facts, focus)
    for name in ("index.md", "technote.toml"):
        text = templates.get_template(f"{name}.jinja").render(values)
        write_file(folder / name, text)
    write_file(folder / "conf.py", (TEMPLATES / "conf.py.txt").read_bytes())
    write_file(folder / "_static" / "census.css", (TEMPLATES / "census.css").read_bytes())
    _copy_images(shown, images, folder / "images")


def _copy_images(shown: list[Figure], images: Path, folder: Path) -> None:
    """Copy the figures that the technote shows, and remove what it shows no more."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {f"{figure.name}.png" for figure in shown}
    for name in names:
        new, old = images / name, folder / name
        if not old.is_file() or old.stat().st_mtime_ns != new.stat().st_mtime_ns:
            shutil.copy2(new, old)
    for old in folder.iterdir():
        if old.name not in names:
            old.unlink()
