"""Plan an extraction: find the RUNs, the stage that owns each, and what is new.

Planning queries repositories and the manifest.  It reads no metadata and writes
nothing.  `extract.run` executes a plan, and ``status`` and ``--dry-run`` show it.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from lsst.resources import ResourcePath

from .butler.collections import is_glob
from .butler.registered import RunContents
from .butler.repository import Repository
from .butler.store_errors import answered, explain
from .campaigns import CampaignsFile
from .errors import CampaignsError, RepositoryError
from .job_records import RecordsPlan, plan_records
from .lake.store import Manifest
from .sources import PREDICTED_GRAPH, SOURCES
from .uris import without_secrets
from .words import counted, shortened

__all__ = [
    "NO_STAGE",
    "TO_READ",
    "GraphPlan",
    "Plan",
    "RunPlan",
    "StageKey",
    "make_plan",
    "needed_repositories",
    "select_stages",
]

StageKey = tuple[str, str]
"""Names of a campaign and of one of its stages."""

TO_READ = ("read", "reread", "repair", "retry")
"""Actions that read."""

NO_STAGE = "no stage of the file"
"""Owner of inputs that no stage owns.  It has spaces, so no stage can have this name."""


@dataclass(frozen=True)
class RunPlan:
    """One RUN that a stage's collections lead to."""

    campaign: str
    stage: str
    run: str
    collection: str
    chain_position: int
    location: str
    """Repository."""

    set_aside_for: str | None
    """The stage that owns the RUN if it is only an input here, or `NO_STAGE`."""

    contents: RunContents | None
    """Its content; `None` if the RUN is set aside."""

    action: str
    """``read`` (new), ``reread`` (changed), ``repair`` (damaged in the lake), ``retry`` (files
    that could not be read can be now), ``keep`` (unchanged) or ``none``."""

    @property
    def fingerprint(self) -> str:
        """Text that changes when the RUN must be read again; empty if it is set aside."""
        return self.contents.fingerprint if self.contents else ""


@dataclass(frozen=True)
class GraphPlan:
    """One predicted graph of a stage."""

    campaign: str
    stage: str
    uri: str
    """Its name in the lake: the URI without credentials."""

    location: str = field(repr=False)
    """Path or URI that opens it."""

    fingerprint: str
    action: str
    """As in `RunPlan`."""


@dataclass
class Plan:
    """All that an extraction would do."""

    stages: list[StageKey]
    """The selected stages, in the order of the file."""

    runs: list[RunPlan] = field(default_factory=list)
    graphs: list[GraphPlan] = field(default_factory=list)
    records: list[RecordsPlan] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def runs_of(self, stage: StageKey) -> list[RunPlan]:
        """List the RUNs of a stage in chain order."""
        return [run for run in self.runs if (run.campaign, run.stage) == stage]

    def inputs_of(self, stage: StageKey) -> str | None:
        """Describe in one line which RUNs of a stage's collections are only its inputs.

        Parameters
        ----------
        stage : `tuple` [ `str`, `str` ]
            Campaign and stage.

        Returns
        -------
        inputs : `str` or `None`
            The number of RUNs that each other stage owns, and the names of those without a stage.
        """
        by_owner: dict[str, list[str]] = {}
        for run in self.runs_of(stage):
            if run.set_aside_for is not None:
                by_owner.setdefault(run.set_aside_for, []).append(run.run)
        if not by_owner:
            return None
        count = sum(map(len, by_owner.values()))
        owned_by_none = by_owner.pop(NO_STAGE, [])
        parts = [f"{len(runs)} of {owner}" for owner, runs in by_owner.items()]
        if owned_by_none:
            parts.append(
                f"{len(owned_by_none)} of {NO_STAGE} (name those to read): "
                + ", ".join(owned_by_none)
            )
        return f"{counted(count, 'input')} set aside: {'; '.join(parts)}"

    def graphs_of(self, stage: StageKey) -> list[GraphPlan]:
        """List the predicted graphs of a stage."""
        return [graph for graph in self.graphs if (graph.campaign, graph.stage) == stage]


def select_stages(
    file: CampaignsFile, campaign: str | None = None, stage: str | None = None
) -> list[StageKey]:
    """List the stages of the file, or those of one campaign or of one name.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file.
    campaign, stage : `str`, optional
        Names to select by.

    Returns
    -------
    stages : `list` [ `tuple` [ `str`, `str` ] ]
        Campaign and stage, in the order of the file.

    Raises
    ------
    CampaignsError
        Raised if no campaign or stage has this name.
    """
    if campaign is not None and campaign not in file.campaigns:
        raise CampaignsError(
            f"{file.path}: there is no campaign {campaign!r}; the campaigns are "
            f"{', '.join(file.campaigns)}"
        )
    everything = [
        (name, own) for name, declared in file.campaigns.items() for own in declared.stages
    ]
    chosen = [
        (name, own) for name, own in everything if campaign in (None, name) and stage in (None, own)
    ]
    if not chosen:
        known = ", ".join(
            dict.fromkeys(own for name, own in everything if campaign in (None, name))
        )
        raise CampaignsError(f"{file.path}: there is no stage {stage!r}; the stages are {known}")
    return chosen


def make_plan(
    file: CampaignsFile,
    manifest: Manifest,
    repositories: Mapping[str, Repository],
    *,
    stages: Iterable[StageKey],
    refresh: bool = False,
) -> Plan:
    """Plan what an extraction would do.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file.
    manifest : `extract.lake.store.Manifest`
        Manifest of the lake.
    repositories : `~collections.abc.Mapping` [ `str`, `Repository` ]
        Open repositories of the stages, by location.
    stages : `~collections.abc.Iterable`
        From `select_stages`.
    refresh : `bool`, optional
        Whether to read unchanged units, too.

    Returns
    -------
    plan : `Plan`
        RUNs and graphs, each with its action.

    Raises
    ------
    RepositoryError, CampaignsError
        Raised if a collection or a predicted graph does not exist.
    """
    plan = Plan(list(stages))
    reached = _reach(file, repositories, plan)
    for key in plan.stages:
        campaign, stage = key
        location = file.repository_of(campaign)
        owners = {run: _owner(file, reached, key, run) for run in reached[key]}
        holding = repositories[location].collections.holding_quanta(reached[key])
        for position, (run, collection) in enumerate(reached[key].items()):
            if run not in holding and not _prefix(file, key, run):
                continue  # Another input of the chain: calibrations, raws, reference catalogues.
            owner = owners[run]
            if owner != key:
                aside = NO_STAGE
                if owner is not None:
                    aside = owner[1] if owner[0] == campaign else "/".join(owner)
                plan.runs.append(
                    RunPlan(
                        campaign, stage, run, collection, position, location, aside, None, "none"
                    )
                )
                continue
            found = repositories[location].contents.describe(run)
            action = "none"
            if found.source in SOURCES:
                action = _action(manifest, "run", key, run, found.fingerprint, refresh)
            if action == "keep" and _has_healed(manifest, key, run, repositories[location]):
                action = "retry"
            plan.runs.append(
                RunPlan(
                    campaign,
                    stage,
                    run,
                    collection,
                    position,
                    location,
                    None,
                    found,
                    action,
                )
            )
        _warn_of_foreign_names(file, plan, key)
        names: set[str] = set()
        for location in _graphs(file, key, plan.warnings):
            uri = without_secrets(location)
            if uri in names:
                raise CampaignsError(
                    f"{file.path}: campaign {campaign}, {stage}: two predicted graphs differ only "
                    f"in user or query of {uri}: name each graph once"
                )
            names.add(uri)
            fingerprint = _graph_fingerprint(location)
            plan.graphs.append(
                GraphPlan(
                    campaign,
                    stage,
                    uri,
                    location,
                    fingerprint,
                    _action(manifest, PREDICTED_GRAPH, key, uri, fingerprint, refresh),
                )
            )
    plan.records = plan_records(file, manifest, plan.stages, refresh=refresh)
    return plan


def _warn_of_foreign_names(file: CampaignsFile, plan: Plan, key: StageKey) -> None:
    """Warn of RUNs of a stage whose names do not match its collections."""
    foreign = [
        run.run
        for run in plan.runs_of(key)
        if run.set_aside_for is None and not _prefix(file, key, run.run)
    ]
    if foreign:
        plan.warnings.append(
            f"{key[0]} {key[1]}: {counted(len(foreign), 'RUN')} outside its collections "
            f"({shortened(foreign)}), read because no RUN of the campaign has the name of its "
            "stage; if they are inputs of this stage, name the RUNs of the stage under "
            "'collections'"
        )


def needed_repositories(file: CampaignsFile, stages: Iterable[StageKey]) -> dict[str, str]:
    """List the repositories that stages need.

    Parameters
    ----------
    file : `extract.campaigns.CampaignsFile`
        The campaigns file.
    stages : `~collections.abc.Iterable`
        From `select_stages`.

    Returns
    -------
    locations : `dict` [ `str`, `str` ]
        Location and the first campaign that needs it.
    """
    locations: dict[str, str] = {}
    for campaign, _ in stages:
        locations.setdefault(file.repository_of(campaign), campaign)
    return locations


def _reach(
    file: CampaignsFile, repositories: Mapping[str, Repository], plan: Plan
) -> dict[StageKey, dict[str, str]]:
    """List the RUNs that every stage of the file reaches in the repositories that are open."""
    reached: dict[StageKey, dict[str, str]] = {}
    for campaign, declared in file.campaigns.items():
        repository = repositories.get(file.repository_of(campaign))
        if repository is None:
            continue
        for stage, own in declared.stages.items():
            runs: dict[str, str] = {}
            for expression in own.collections:
                try:
                    for run, led_by in repository.collections.expand([expression]):
                        runs.setdefault(run, led_by)
                except RepositoryError as error:
                    # Only selected stages must exist. The others only decide who owns a RUN.
                    if (campaign, stage) in plan.stages and own.incomplete is None:
                        raise RepositoryError(f"campaign {campaign}, {stage}: {error}") from None
            reached[campaign, stage] = runs
    return reached


def _prefix(file: CampaignsFile, key: StageKey, run: str) -> int:
    """Get the length of a RUN's name that matches the collections of a stage; 0: no match."""
    longest = 0
    for expression in file.campaigns[key[0]].stages[key[1]].collections:
        # "stage1" is not a prefix of "stage10" here.
        inside = expression.rstrip("/") + "/"
        if is_glob(expression):
            literal = expression[: min(expression.find(c) for c in "*?[" if c in expression)]
            fits = any(fnmatchcase(run, pattern) for pattern in (expression, f"{inside}*"))
        else:
            literal, fits = expression, False
        # The name of a RUN may have brackets.
        if fits or run == expression or run.startswith(inside):
            # A pattern that begins with "*" also matches.
            longest = max(longest, len(literal), 1)
    return longest


def _owner(
    file: CampaignsFile,
    reached: Mapping[StageKey, dict[str, str]],
    asking: StageKey,
    run: str,
) -> StageKey | None:
    """Find the stage that owns a RUN, for a stage that reaches it.

    `None`: no name matches, although names of this campaign match other RUNs.  Then the RUN
    is an input, like RUNs of earlier stages that the file does not name.
    """
    location = file.repository_of(asking[0])
    rivals = [
        key for key in reached if run in reached[key] and file.repository_of(key[0]) == location
    ]
    lengths = {key: _prefix(file, key, run) for key in rivals}
    longest = max(lengths.values())
    if not longest:
        if _owns_by_name(file, reached, asking[0]):
            return None
        rivals = [key for key in rivals if not _owns_by_name(file, reached, key[0])]
    best = [key for key in rivals if lengths[key] == longest]
    # Two campaigns may name the same collection: then each of them has it once.
    at_home = [key for key in best if key[0] == asking[0]] if longest else []
    return (at_home or best)[0]


def _owns_by_name(
    file: CampaignsFile, reached: Mapping[StageKey, dict[str, str]], campaign: str
) -> bool:
    """Say whether any stage of a campaign matches, by name, a RUN that it reaches."""
    return any(
        _prefix(file, key, run) > 0
        for key, runs in reached.items()
        if key[0] == campaign
        for run in runs
    )


def _action(
    manifest: Manifest, kind: str, key: StageKey, name: str, fingerprint: str, refresh: bool
) -> str:
    """Decide what to do with a unit."""
    unit = manifest.find(kind, *key, name)
    if unit is None:
        return "read"
    if refresh or unit.fingerprint != fingerprint:
        return "reread"
    return "repair" if unit.key in manifest.damages else "keep"


def _has_healed(manifest: Manifest, key: StageKey, run: str, repository: Repository) -> bool:
    """Say whether some files that could not be read before can be read now."""
    unit = manifest.find("run", *key, run)
    assert unit is not None, "kept, so it is there"
    if repository.stores.can_read_any(unit.facts.get("unread", ())):
        return True
    return bool(unit.facts.get("packages_unread")) and (
        repository.contents.packages(run) is not None
    )


def _graphs(file: CampaignsFile, key: StageKey, warnings: list[str]) -> list[str]:
    """List the predicted graphs of a stage, with patterns expanded; may add warnings."""
    campaign, stage = key
    declared = file.campaigns[campaign].stages[stage].incomplete
    found: dict[str, None] = {}
    for pattern in file.graphs_of(campaign, stage):
        if "://" not in pattern and is_glob(pattern):
            matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - absolute
        else:
            matches = [pattern] if _is_there(pattern, f"{file.path}: campaign {campaign}") else []
        if folder := next((match for match in matches if Path(match).is_dir()), None):
            raise CampaignsError(
                f"{file.path}: campaign {campaign}, {stage}: {folder} is a folder: name the "
                f"predicted graphs in it, such as {folder.rstrip('/')}/*.qg"
            )
        if not matches:
            remedy = (
                f"there is no predicted graph {pattern}; correct 'quantum_graphs', or remove it"
            )
            if declared is None:
                raise CampaignsError(f"{file.path}: campaign {campaign}, {stage}: {remedy}")
            warnings.append(f"{campaign} {stage}: {remedy}")
        found.update(dict.fromkeys(matches))
    return list(found)


def _is_there(uri: str, place: str) -> bool:
    """Say whether a predicted graph exists, or why this is not known."""
    try:
        return answered(ResourcePath(uri).exists)
    except Exception as error:  # Each store has its own errors.
        raise CampaignsError(f"{place}: {uri}: {explain(error, uri)}") from error


def _graph_fingerprint(uri: str) -> str:
    """Make a text that changes when another predicted graph replaces this one."""
    resource = ResourcePath(uri)
    if resource.isLocal:
        status = Path(resource.ospath).stat()
        return f"{status.st_size} bytes, {status.st_mtime_ns}"
    return f"{resource.size()} bytes"
