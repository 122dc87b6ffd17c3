"""Model how much memory and time a quantum of the demo takes.

Quantiles of max RSS follow the published statistics of each task; wall times
give the published order of hours per quantum of each stage.  Pure functions.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from .tasks import OLD_WEEKLY, PublishedRss, Task

__all__ = ["Release", "cpu_fraction", "own_rss_gib", "rss_quantile_gib", "wall_time_s"]

_OLD_WEEKLY_MAX_GIB = {
    "consolidateSingleVisitStar": 5.0,
    "consolidateVisitSummary": 5.0,
    "makeAnalysisSingleVisitStarAssociationWholeSkyPlot": 3.7,
    "standardizeSingleVisitStar": 7.4,
    "isr": 7.1,
    "associateIsolatedStar": 43.6,
    "calibrateImage": 7.4,
    "makeInitialVisitDetectorTable": 1.8,
    "analyzeSingleVisitStarAssociation": 179.0,
}
"""Largest peaks on w_2025_48, read by eye from DMTN-334's figure MaxRSSTask_all_stacks_stage1."""

_CHANGES = {
    ("v30.0.0.rc2", "associateIsolatedStar"): 0.88,
    ("v30.0.0.rc2", "calibrateImage"): 0.96,
    ("v30.0.0.rc2", "standardizeSingleVisitStar"): 0.96,
    ("v30.0.0.rc2", "deblendCoaddFootprints"): 1.12,
    ("v30.0.0.rc2", "consolidateObject"): 0.9,
    ("v30.0.0.rc2", "gaussianProcessesTurbulenceFit"): 0.97,
}
"""Peaks of a release, divided by those of v30.0.0.rc3: the first three follow
that figure, the others are invented."""

_OWN_GIB = {"isr": (1.41, 1.44, 1.50)}
"""Own need of a task (min, median, max) if its published peaks come from others of its cluster."""

_WALL_S = {
    "isr": 60.0, "calibrateImage": 120.0, "standardizeSingleVisitStar": 6.0,
    "associateIsolatedStar": 130.0, "analyzeSingleVisitStarAssociation": 220.0,
    "fgcmBuildFromIsolatedStar": 2400.0, "fgcmFitCycle": 5400.0, "fgcmOutputProducts": 900.0,
    "gbdesHealpix3AstrometricFit": 700.0, "gaussianProcessesTurbulenceFit": 1000.0,
    "refitPsfModelDetector": 60.0,
    "recalibrateSingleVisitStar": 14.0, "standardizeRecalibratedStar": 6.0,
    "makeDirectWarp": 70.0, "makePsfMatchedWarp": 50.0, "assembleDeepCoadd": 210.0,
    "assembleTemplateCoadd": 140.0, "assembleCellCoadd": 300.0, "detectCoaddPeaks": 45.0,
    "deblendCoaddFootprints": 550.0, "measureObjectUnforced": 270.0, "measureObjectForced": 210.0,
    "fitDeblendedObjectsExp": 550.0, "fitDeblendedObjectsSersic": 750.0,
    "metadetectionShear": 450.0,
    "makeHealSparsePropertyMaps": 170.0, "splitPrimaryObject": 60.0,
    "reprocessVisitImage": 210.0, "standardizeSource": 8.0, "buildTemplate": 55.0,
    "subtractImages": 120.0, "detectAndMeasureDiaSource": 90.0, "filterDiaSource": 4.0,
    "computeReliability": 40.0, "filterDiaSourcePostReliability": 3.0, "standardizeDiaSource": 6.0,
    "forcedPhotObjectDetector": 110.0, "forcedPhotDiaObjectDetector": 80.0, "skyCorr": 900.0,
    "analyzeSourceAssociation": 420.0, "associateAnalysisSource": 300.0,
    "generateEphemerides": 3000.0,
    "consolidateSsTables": 1800.0,
}  # fmt: skip
"""Median wall times in seconds.

The first three follow DMTN-334's integrated wall times of stage 1; the others are set so that each
stage has about the published hours per quantum (summary_DM-54249: 63, 52, 105 and 72 s).
"""


@dataclasses.dataclass(frozen=True)
class Release:
    """The properties of a software release that the demo shows.

    ``label`` as campaigns name it, ``path`` as collections do, ``version`` as ``packages`` has it.
    """

    label: str
    path: str
    version: str

    @property
    def is_old(self) -> bool:
        """Whether this is the weekly with larger peaks."""
        return self.label == OLD_WEEKLY


def _assumed(task: Task) -> PublishedRss:
    """Make statistics for a task that the note does not list, from its request."""
    request = (task.request_memory_mib or 2048) / 1024
    return PublishedRss(
        mean=0.37 * request,
        median=0.36 * request,
        min=0.3 * request,
        max=0.55 * request,
        p95=0.45 * request,
    )


def _published(task: Task, release: Release) -> PublishedRss:
    """Give the statistics that a task has in the demo of a release."""
    rss = task.published or _assumed(task)
    factor = _CHANGES.get((release.label, task.label), 1.0)
    if release.is_old:
        top = _OLD_WEEKLY_MAX_GIB.get(task.label, 1.7 * rss.max)
        median = 1.3 * rss.median
        # The 95th percentile changes by a factor halfway between both factors, on a log scale.
        p95 = rss.p95 * math.sqrt(1.3 * max(top / rss.max, 1.0))
        return PublishedRss(1.3 * rss.mean, median, 1.05 * rss.min, top, min(p95, top))
    return dataclasses.replace(
        rss, median=factor * rss.median, max=factor * rss.max, p95=factor * rss.p95
    )


@cache
def _knots(rss: PublishedRss) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give the knots of the quantile function: probabilities, logarithms of GiB."""
    low = 2 * rss.median - rss.p95
    if low <= rss.min:
        points = [(0.0, rss.min), (0.5, rss.median), (0.95, rss.p95)]
    else:
        # The published minimum is an outlier; the middle of the distribution is assumed symmetric.
        points = [(0.0, rss.min), (0.04, low), (0.5, rss.median), (0.95, rss.p95)]
    top = rss.max / rss.p95
    points += [(u, rss.p95 * top ** ((u - 0.95) / 0.05) ** 3) for u in (0.97, 0.98, 0.99, 1.0)]
    return tuple(u for u, _ in points), tuple(math.log(gib) for _, gib in points)


def rss_quantile_gib(task: Task, release: Release, u: float) -> float:
    """Give a quantile of the task's peaks, inherited ones included.

    Parameters
    ----------
    task : `Task`
        The task.
    release : `Release`
        The release it runs on.
    u : `float`
        Probability, 0 to 1.

    Returns
    -------
    rss : `float`
        Max RSS in GiB.
    """
    return math.exp(float(np.interp(u, *_knots(_published(task, release)))))


def own_rss_gib(
    task: Task, release: Release, u: float, mates_before: Sequence[Task], jitter: float
) -> float:
    """Give the memory that a quantum needs by itself.

    Parameters
    ----------
    task, release, u
        As for `rss_quantile_gib`.
    mates_before : `~collections.abc.Sequence` [`Task`]
        Tasks of its cluster that run before it in the same process.
    jitter : `float`
        A uniform number of this quantum alone, 0 to 1.

    Returns
    -------
    rss : `float`
        Own need in GiB.  If the published median is not above that of ``mates_before``, the
        published values count as inherited, and the need is lower.
    """
    if task.label in _OWN_GIB:
        low, median, high = _OWN_GIB[task.label]
        return float(np.interp(u, (0.0, 0.5, 1.0), (low, median, high))) * (
            1.3 if release.is_old else 1.0
        )
    need = rss_quantile_gib(task, release, u)
    if any(
        mate.label not in _OWN_GIB
        and mate.published is not None
        and task.published is not None
        and task.published.median <= 1.015 * mate.published.median
        for mate in mates_before
    ):
        return 0.55 * need
    return need * (1.0 - 0.012 * jitter)


def _default_wall_s(task: Task) -> float:
    """Give the median wall time of a task that has none of its own."""
    if "detector" in task.dimensions or task.is_leaf:
        return 25.0
    return 60.0 if {"patch", "visit"} & set(task.dimensions) else 90.0


def wall_time_s(task: Task, release: Release, u: float, luck: float) -> float:
    """Give the wall time from prep to end.

    Parameters
    ----------
    task, release, u
        As for `rss_quantile_gib`; a quantum that needs more memory takes longer.
    luck : `float`
        A uniform number of this execution, 0 to 1.

    Returns
    -------
    wall_time : `float`
        Seconds.
    """
    spread = 0.5 * (u - 0.5) + 0.7 * (luck - 0.5)
    return _WALL_S.get(task.label, _default_wall_s(task)) * math.exp(spread) * (
        1.18 if release.is_old else 1.0
    )  # fmt: skip


def cpu_fraction(task: Task, luck: float) -> float:
    """Give CPU time divided by wall time: below 1 for one CPU, about 0.6 times several CPUs."""
    if task.cpus > 1:
        return task.cpus * (0.5 + 0.2 * luck)
    waits = task.label.startswith(("consolidate", "make", "associate", "split", "select"))
    return (0.55 if waits else 0.85) + 0.13 * luck
