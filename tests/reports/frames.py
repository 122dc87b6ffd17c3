"""A warehouse for tests of the report: the published tasks, made by the real models.

Quanta are simulated around the published statistics of DMTN-334 (campaign DM-54249, CC-IN2P3,
CC BY 4.0; ``published_tasks.csv``), laid down as a lake and transformed by `dbt_project`.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.lake_factory import SyntheticLake

STAGES = ("stage1", "stage2", "stage3", "stage4")
LOST_REASON = "Hardware failures; metrics of many quanta were lost."


@dataclass(frozen=True)
class Campaign:
    """A simulated campaign: how far its peaks lie from the published ones, and what it lost."""

    name: str
    release: str
    scale: float = 1.0
    focus: str | None = None
    fields: tuple[str, ...] = ("COSMOS", "EDFS")
    description: str = "Pilot of DP2."
    gaps: Mapping[str, str] = field(default_factory=dict)
    more_stages: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=lambda: {"numpy": "2.3.5"})


CAMPAIGNS = (
    Campaign(
        "DM-53368",
        "w_2025_48",
        1.7,
        fields=("WIDE", "DDF", "COSMOS", "M49"),
        description="Large-scale test over several fields.",
        gaps={"stage4": LOST_REASON},
    ),
    Campaign("DM-53719", "v30.0.0.rc2", 0.95),
    Campaign("DM-53877", "v30.0.0.rc3", focus="v30"),
)


def published_tasks() -> list[dict[str, str]]:
    """List the tasks of the published tables with their quantiles of max RSS in GiB."""
    with (Path(__file__).parent / "published_tasks.csv").open() as lines:
        return list(csv.DictReader(lines))


def peaks_gib(task: Mapping[str, str], scale: float, thin: int) -> list[float]:
    """Draw max RSS in GiB by inverting a distribution through the published quantiles."""
    seed = int.from_bytes(hashlib.sha256(f"{task['task_label']}{scale}".encode()).digest()[:4])
    number = max(1, int(task["quanta_count"]) // thin)
    drawn = np.random.default_rng(seed).uniform(size=number)
    quantiles = [float(task[name]) for name in ("min_gib", "p50_gib", "p95_gib", "max_gib")]
    gib = np.interp(drawn, [0, 0.5, 0.95, 1], quantiles)
    # Only what is far from the floor of a Python process grew in the older release.
    return [float(value) for value in gib * np.where(gib > 2, scale, 1.0)]


def make_warehouse(
    data: Path,
    campaigns: tuple[Campaign, ...] = CAMPAIGNS,
    *,
    stages: tuple[str, ...] = STAGES,
    empty_stages: tuple[str, ...] = (),
    rename: Mapping[str, str] | None = None,
    thin: int = 4,
    copies: int = 1,
) -> Path:
    """Write a lake of the published tasks and transform it.

    Parameters
    ----------
    data : `~pathlib.Path`
        Folder of all outputs.
    campaigns : `tuple` [`Campaign`], optional
        The campaigns of the file.
    stages, empty_stages : `tuple` [`str`], optional
        Stages with data, and stages of the file that left nothing.
    rename : `~collections.abc.Mapping`, optional
        Task labels to replace, by hostile ones.
    thin : `int`, optional
        Takes one of so many quanta.
    copies : `int`, optional
        How often each quantum is there, under data IDs of its own: more data, nothing else.

    Returns
    -------
    data : `~pathlib.Path`
        The same folder, now with ``warehouse.duckdb``.
    """
    lake = SyntheticLake()
    for campaign in campaigns:
        own_stages = (*stages, *campaign.more_stages)
        lake.campaign(
            campaign.name,
            release=campaign.release,
            focus=campaign.focus,
            stages={stage: campaign.gaps.get(stage) for stage in (*own_stages, *empty_stages)},
            fields=list(campaign.fields),
            description=campaign.description,
        )
        for stage in own_stages:
            run = lake.run(
                campaign.name,
                stage,
                f"runs/{campaign.name}/{stage}/20251202T000000Z",
                packages=json.dumps({"lsst_distrib": campaign.release} | dict(campaign.packages)),
            )
            lake.visit(campaign.name, stage, 2025120200001)
            for task in published_tasks():
                if f"stage{task['stage']}" != stage:
                    continue
                label = (rename or {}).get(task["task_label"], task["task_label"])
                is_lost = stage in campaign.gaps and len(label) % 2 == 1
                for index, drawn in enumerate(peaks_gib(task, campaign.scale, thin) * copies):
                    # No two quanta of a task peak at the same byte.
                    peak = drawn * (1 + 1e-6 * index)
                    where = (campaign.name, stage, run, label)
                    data_id: dict[str, int | str] = {
                        "instrument": "LSSTCam",
                        "visit": index,
                        "detector": 1,
                    }
                    if is_lost:
                        lake.expect(*where, data_id)
                        continue
                    lake.quantum(
                        *where,
                        data_id,
                        peak_gib=peak,
                        prep_gib=peak if index % 3 == 2 else peak / 2,
                        wall_s=40 + 30 * peak**1.5 + index % 17,
                    )
    lake.write(data / "lake")
    build(Layout(data))
    return data
