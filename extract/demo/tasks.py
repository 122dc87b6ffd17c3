"""Describe the pipeline of the demo: the tasks of a release in each stage, and their clusters.

Only facts of the pipeline are here; `extract.demo.model` has the resource usage.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Sequence
from functools import cache
from pathlib import Path

__all__ = ["STAGES", "PublishedRss", "Task", "parent_label", "stage_tasks"]

STAGES = ("stage1", "stage2", "stage3", "stage4")
"""Names of the stages, as in the collections of a campaign."""

OLD_WEEKLY = "w_2025_48"
"""The release whose pipeline corrects the sky in stage 2."""

_LEAVES = (
    "analyze", "plot", "validate", "makeBinned", "makeWholeTract", "makeAnalysis", "makeMetric",
    "makeSingleBandRGB", "makeRGB", "objectTable", "objectParentTable", "photometric", "refCat",
    "writeAllSky",
)  # fmt: skip
"""Prefixes of the labels of tasks that only analyse or plot: no other task waits for them."""

_BRANCHES = frozenset(
    {
        "metadetectionShear", "consolidateShearObject", "makeHealSparsePropertyMaps",
        "consolidateHealSparsePropertyMaps", "makeDeepCoaddInputSummaryTract",
        "makeTemplateCoaddInputSummaryTract", "makeDeepCoaddInputSummary",
        "makeTemplateCoaddInputSummary", "forcedPhotDiaObjectDetector",
        "standardizeDiaObjectForcedSource", "fitStellarMotion", "generateEphemerides",
        "consolidateSsTables", "consolidateVisitDiaSource", "skyCorr",
    }
)  # fmt: skip
"""Tasks whose failure blocks only the tasks that name them as parent, not the whole stage."""

_PARENTS = {
    "makeInitialVisitDetectorTable": "consolidateVisitSummary",
    "makeInitialVisitTable": "consolidateVisitSummary",
    "makeVisitDetectorTable": "updateVisitSummary",
    "makeVisitTable": "updateVisitSummary",
    "makePsfMatchedWarp": "makeDirectWarp",
    "makePrettyPsfMatchedWarp": "makePrettyDirectWarp",
    "consolidateShearObject": "metadetectionShear",
    "metadetectionShear": "assembleCellCoadd",
    "consolidateSsTables": "generateEphemerides",
    "consolidateHealSparsePropertyMaps": "makeHealSparsePropertyMaps",
    "makeDeepCoaddInputSummary": "makeDeepCoaddInputSummaryTract",
    "makeTemplateCoaddInputSummary": "makeTemplateCoaddInputSummaryTract",
    "consolidateVisitDiaSource": "standardizeDiaSource",
    "buildTemplate": "reprocessVisitImage",
    "skyCorr": "reprocessVisitImage",
    "associateDiaSource": "consolidateVisitDiaSource",
    "forcedPhotObjectDetector": "reprocessVisitImage",
    "standardizeObjectForcedSource": "forcedPhotObjectDetector",
    "forcedPhotDiaObjectDetector": "calculateDiaObject",
    "standardizeDiaObjectForcedSource": "forcedPhotDiaObjectDetector",
    "associateAnalysisSource": "consolidateSource",
    "makePrettyDirectWarp": "skyCorr",
    "makeWholeTractPrettyCoaddImage": "assemblePrettyCoadd",
    "makeWholeTractPrettyNImage": "assemblePrettyCoadd",
}
"""Parents of tasks for which the order of the list does not give the right one."""

_RUNS_BEFORE = {
    "computeObjectEpochs": "rewriteObject",
    "makeWholeTractDeepNImage": "makeWholeTractImage",
}
"""Tasks that run before a task which is earlier in the list: their published peaks are lower."""


@dataclasses.dataclass(frozen=True)
class PublishedRss:
    """Statistics of one task's max RSS as DMTN-334 prints them, in GiB."""

    mean: float
    median: float
    min: float
    max: float
    p95: float


@dataclasses.dataclass(frozen=True)
class Task:
    """A task of the pipeline in one stage.

    ``dimensions`` and ``cluster_dimensions`` are names of Butler dimensions;
    ``request_memory_mib`` is the BPS request in MiB, `None` where there is none;
    ``published`` is `None` for tasks that the note does not list.
    """

    stage: str
    step: str
    label: str
    task_class: str
    dimensions: tuple[str, ...]
    cluster: str
    cluster_dimensions: tuple[str, ...]
    request_memory_mib: int | None
    cpus: int
    published: PublishedRss | None

    @property
    def is_leaf(self) -> bool:
        """Whether no other task reads what this one writes."""
        return self.label.startswith(_LEAVES)


def _read(name: str) -> list[dict[str, str]]:
    """Read one of the package's tables."""
    # Not by the name of the package, because that is different in a wheel.
    text = (Path(__file__).parent / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def stage_tasks(release: str, stage: str) -> tuple[Task, ...]:
    """List the tasks of a stage in the order in which they run.

    Parameters
    ----------
    release : `str`
        Release label; ``w_2025_48`` has ``skyCorr`` in stage 2, later ones in stage 4.
    stage : `str`
        One of `STAGES`.

    Returns
    -------
    tasks : `tuple` [`Task`, ...]
        Tasks, parents before children.
    """
    rss = {
        row["task_label"]: PublishedRss(
            *(float(row[f"{k}_gib"]) for k in ("mean", "median", "min", "max", "p95"))
        )
        for row in _read("max_rss.csv")
    }
    tasks: list[Task] = []
    for row in _read("stage_tasks.csv"):
        label = row["task_label"]
        home = f"stage{row['stage']}"
        if label == "skyCorr" and release == OLD_WEEKLY:
            home = "stage2"
        if home != stage:
            continue
        tasks.append(
            Task(
                stage=stage,
                step=row["step"],
                label=label,
                task_class=row["task_class"],
                dimensions=tuple(filter(None, row["dimensions"].split("|"))),
                cluster=row["cluster"],
                cluster_dimensions=tuple(filter(None, row["cluster_dimensions"].split("|"))),
                request_memory_mib=int(row["request_memory_mib"] or 0) or None,
                cpus=int(row["request_cpus_count"] or 1),
                published=rss.get(label),
            )
        )
    for label, successor in _RUNS_BEFORE.items():
        labels = [task.label for task in tasks]
        if label in labels:
            tasks.insert(labels.index(successor), tasks.pop(labels.index(label)))
    return tuple(tasks)


def _grain(task: Task) -> int:
    """Rank the size of a task's quanta: detector, visit or patch, tract, whole."""
    for rank, names in ((4, {"detector"}), (3, {"visit", "patch"}), (2, {"tract", "healpix3"})):
        if names & set(task.dimensions):
            return rank
    return 1


def parent_label(tasks: Sequence[Task], position: int) -> str | None:
    """Find the task of the stage after which a task runs.

    Parameters
    ----------
    tasks : `~collections.abc.Sequence` [`Task`]
        The stage, in running order.
    position : `int`
        Position of the task in question.

    Returns
    -------
    label : `str` or `None`
        The last task before it that others wait for and whose quanta are at least as fine; else the
        last that others wait for; `None` for the first of a stage.
    """
    task = tasks[position]
    named = _PARENTS.get(task.label)
    if named is not None and any(t.label == named for t in tasks[:position]):
        return named
    before = [t for t in tasks[:position] if not t.is_leaf and t.label not in _BRANCHES]
    finer = [t for t in before if _grain(t) >= _grain(task)]
    chosen = finer or before
    return chosen[-1].label if chosen else None
