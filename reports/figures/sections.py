"""The sections of the technote that show figures, in its order, and the subject of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..sentences.completeness import gap_notes
from ..subjects import Census, Stage, StageSubject, Subject

__all__ = ["AFTER_STAGES", "BEFORE_STAGES", "OF_STAGE", "SECTIONS", "subjects_in_order"]


def _everything(census: Census) -> Subject:
    """Take all campaigns in all stages; such a figure itself shows what is incomplete."""
    usages = [usage for stage in census.stages for usage in stage.usages]
    return Subject(census, usages, "all campaigns")


def _releases(census: Census, stage: Stage) -> StageSubject:
    """Take all campaigns in one stage."""
    about = f"{stage.title}, all releases"
    return StageSubject(census, stage.usages, about, gap_notes(stage.usages), stage=stage)


def _focus_in_stage(census: Census, stage: Stage) -> StageSubject:
    """Take the focus campaign in one stage."""
    about = f"{stage.title} of {census.campaign} ({census.focus['release']})"
    return StageSubject(census, [stage.focus], about, gap_notes([stage.focus]), stage=stage)


def _focus(census: Census) -> Subject:
    """Take the focus campaign in all stages."""
    usages = [stage.focus for stage in census.stages]
    about = f"{census.campaign} ({census.focus['release']})"
    return Subject(census, usages, about, gap_notes(usages))


def _focus_and_predecessor(census: Census) -> Subject:
    """Take the focus campaign and the one before it in the file, in all stages."""
    pair = (census.predecessor, census.campaign)
    usages = [
        usage for stage in census.stages for usage in stage.usages if usage["campaign"] in pair
    ]
    about = f"{census.predecessor} and {census.campaign}"
    return Subject(census, usages, about, gap_notes(usages))


BEFORE_STAGES: Mapping[str, Callable[[Census], Subject]] = {
    "completeness": _everything,
    "failures": _focus,
}
"""Sections before those of the stages."""

OF_STAGE: Mapping[str, Callable[[Census, Stage], StageSubject]] = {
    "releases": _releases,
    "common_input": _releases,
    "quanta": _focus_in_stage,
    "wall_time": _focus_in_stage,
    "cumulative": _focus_in_stage,
    "over_threshold": _focus_in_stage,
    "timeline": _focus_in_stage,
    "tasks": _focus_in_stage,
}
"""Sections that each stage has."""

AFTER_STAGES: Mapping[str, Callable[[Census], Subject]] = {
    "sizing": _focus,
    "requests": _focus,
    "changes": _focus_and_predecessor,
    "depth": _focus,
}
"""Sections about the whole campaign."""

SECTIONS = (*BEFORE_STAGES, *OF_STAGE, *AFTER_STAGES)
"""Names of all sections."""


def subjects_in_order(census: Census) -> Iterator[tuple[str, Subject]]:
    """List sections with what their figures are about, in the order of the technote.

    Parameters
    ----------
    census : `~reports.subjects.Census`
        The campaigns and stages.

    Yields
    ------
    section, subject : `str`, `~reports.subjects.Subject`
        A section of the stages comes once for each stage.
    """
    for name, subject in BEFORE_STAGES.items():
        yield name, subject(census)
    for stage in census.stages:
        for name, stage_subject in OF_STAGE.items():
            yield name, stage_subject(census, stage)
    for name, subject in AFTER_STAGES.items():
        yield name, subject(census)
