"""Read the subjects of a report: the lake, and the campaigns and stages of the file.

`reports.sentences` has the sentences about them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from quanta_census.entrance import command

from .errors import WarehouseError
from .warehouse import Warehouse

__all__ = [
    "NOT_LISTED",
    "Census",
    "Stage",
    "StageSubject",
    "Subject",
    "focus_of",
    "measured_tasks",
    "read_campaigns",
    "read_census",
    "stage_title",
]

NOT_LISTED = "not listed"
"""Verdict of a stage that the focus campaign does not have in the file."""


@dataclass(frozen=True)
class Stage:
    """A stage of the campaigns file.

    Parameters
    ----------
    name : `str`
        Key of the campaigns file.
    number : `str`
        Its name in the names of figures.
    focus : `dict`
        The focus campaign's row of ``fct_stage_usage``; without measurements if there is no row.
    usages : `list` [`dict`]
        The rows of all campaigns that have the stage, in the order of the file.
    """

    name: str
    number: str
    focus: dict[str, Any]
    usages: list[dict[str, Any]]

    @property
    def title(self) -> str:
        """The stage in a sentence."""
        return stage_title(self.name)


@dataclass(frozen=True)
class Census:
    """The campaigns and stages of a warehouse, in the order of the campaigns file.

    Parameters
    ----------
    lake : `dict`
        Row of ``dim_lake``; empty if the lake is empty.
    campaigns : `list` [`dict`]
        Rows of ``dim_campaigns``.
    focus : `dict`
        Row of the focus campaign.
    stages : `list` [`Stage`]
        All stages of the file.
    """

    lake: dict[str, Any]
    campaigns: list[dict[str, Any]]
    focus: dict[str, Any]
    stages: list[Stage]

    @property
    def label(self) -> str:
        """The focus campaign's label, as used in names of files."""
        return re.sub(r"[^A-Za-z0-9._-]", "_", self.focus["focus_label"] or "focus")

    @property
    def campaign(self) -> str:
        """Name of the focus campaign."""
        return str(self.focus["campaign"])

    @property
    def further_focuses(self) -> list[str]:
        """Names of the other campaigns that have a label, in the order of the file."""
        return [
            str(row["campaign"])
            for row in self.campaigns
            if row["focus_label"] and row["campaign"] != self.campaign
        ]

    def seen_from(self, campaign: str) -> Census:
        """Get the same campaigns and stages with the focus on another campaign.

        Parameters
        ----------
        campaign : `str`
            Its name. Stages that it does not list are left out.
        """
        focus = next(row for row in self.campaigns if row["campaign"] == campaign)
        stages = [
            replace(stage, focus=usage)
            for stage in self.stages
            for usage in stage.usages
            if usage["campaign"] == campaign
        ]
        return replace(self, focus=focus, stages=stages)

    @property
    def predecessor(self) -> str | None:
        """Name of the campaign before the focus campaign in the file."""
        names = [row["campaign"] for row in self.campaigns]
        place = names.index(self.campaign)
        return str(names[place - 1]) if place else None


@dataclass(frozen=True)
class Subject:
    """Subject of one figure.

    Parameters
    ----------
    census : `Census`
        The campaigns and stages.
    usages : `list` [`dict`]
        Rows of ``fct_stage_usage`` of the stages and campaigns that the figure shows.
    about : `str`
        The subject in a title.
    notes : `tuple` [`str`], optional
        Texts on shown stages that are incomplete or empty.
    """

    census: Census
    usages: list[dict[str, Any]]
    about: str
    notes: tuple[str, ...] = ()

    @property
    def campaign(self) -> str:
        """Name of the focus campaign."""
        return self.census.campaign

    @property
    def threshold_gib(self) -> float:
        """Threshold of memory per core, in GiB."""
        return float(self.census.focus["threshold_gib"])

    @property
    def lines_gib(self) -> tuple[float, ...]:
        """Lines that figures draw, in GiB: the threshold and further ones."""
        return tuple(self.census.focus["lines_gib"])

    @property
    def bin_gib(self) -> float:
        """Width of the ranges of max RSS, in GiB."""
        return float(self.census.focus["bin_gib"])


@dataclass(frozen=True, kw_only=True)
class StageSubject(Subject):
    """Subject of one figure of a stage.

    Parameters
    ----------
    stage : `Stage`
        The stage.
    """

    stage: Stage


def stage_title(name: str) -> str:
    """Write the name of a stage for readers: ``stage1`` is Stage 1, other names do not change.

    Parameters
    ----------
    name : `str`
        Key of the campaigns file.
    """
    return re.sub(r"^stage[_-]?(\d+)$", r"Stage \1", name)


def read_campaigns(warehouse: Warehouse) -> list[dict[str, Any]]:
    """Read the rows of ``dim_campaigns``, in the order of the campaigns file.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    """
    rows: list[dict[str, Any]] = warehouse.query(
        "from dim_campaigns order by campaign_position"
    ).to_pylist()
    return rows


def focus_of(campaigns: list[dict[str, Any]], warehouse: Warehouse) -> dict[str, Any]:
    """Get the campaign that has the focus.

    Parameters
    ----------
    campaigns : `list` [`dict`]
        All of them.
    warehouse : `~reports.warehouse.Warehouse`
        Warehouse of the campaigns.

    Raises
    ------
    WarehouseError
        Raised if no campaign has the focus.
    """
    focus = next((row for row in campaigns if row["is_focus"]), None)
    if focus is None:
        raise WarehouseError(
            f"No campaign in {warehouse.path} has `focus`: add it to one in the campaigns file, "
            f"then run {command('extract')} and {command('transform')}."
        )
    return focus


def read_census(warehouse: Warehouse) -> Census:
    """Read the campaigns and stages of a warehouse.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.

    Raises
    ------
    WarehouseError
        Raised if no campaign has the focus.
    """
    lakes = warehouse.query("from dim_lake").to_pylist()
    campaigns = read_campaigns(warehouse)
    focus = focus_of(campaigns, warehouse)
    usages = warehouse.query(
        """
        select usage.*, campaign_position
        from fct_stage_usage as usage join dim_campaigns using (campaign)
        order by stage_position, campaign_position
        """
    ).to_pylist()
    numbers = _file_numbers(list(dict.fromkeys(row["stage"] for row in usages)))
    stages = []
    for name, number in numbers.items():
        of_stage = [row for row in usages if row["stage"] == name]
        own = next((row for row in of_stage if row["is_focus"]), _not_listed(focus, name))
        stages.append(Stage(name, number, own, of_stage))
    return Census(lakes[0] if lakes else {}, campaigns, focus, stages)


def measured_tasks(warehouse: Warehouse, campaign: str, stage: str) -> list[str]:
    """List the measured tasks of a stage; most wall time over the threshold comes first.

    Parameters
    ----------
    warehouse : `~reports.warehouse.Warehouse`
        The warehouse.
    campaign, stage : `str`
        Names of the campaign and the stage.
    """
    tasks: list[str] = warehouse.query(
        """
        select task_label
        from fct_task_usage
        where campaign = $1 and stage = $2 and quanta_count > 0
        order by over_threshold_wall_time_h desc, p95_max_rss_bytes desc, task_label
        """,
        [campaign, stage],
    )["task_label"].to_pylist()
    return tasks


def _file_numbers(names: list[str]) -> dict[str, str]:
    """Choose the name of each stage in file names: its digits, or its name if two share them."""
    digits = {name: "".join(re.findall(r"\d+", name)) or name for name in names}
    taken = list(digits.values())
    return {name: short if taken.count(short) == 1 else name for name, short in digits.items()}


def _not_listed(focus: dict[str, Any], stage: str) -> dict[str, Any]:
    """Make the row of a stage that the focus campaign does not have."""
    unknown = (
        "p95_max_rss_bytes",
        "over_threshold_count",
        "over_threshold_fraction",
        "over_threshold_wall_time_fraction",
        "killed_job_fraction",
        "incomplete_reason",
    )
    return {
        "campaign": focus["campaign"],
        "stage": stage,
        "release": focus["release"],
        "threshold_gib": focus["threshold_gib"],
        "quanta_count": 0,
        "run_count": 0,
        "promised_run_count": 0,
        "completeness_verdict": NOT_LISTED,
        "fit_verdict": "no_data",
        **dict.fromkeys(unknown),
    }
