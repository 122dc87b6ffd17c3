"""Propose a first campaigns file for a repository, from the names of its collections.

``.../DM-53877/stage1`` is stage ``stage1`` of campaign ``DM-53877``.  If no name has this form,
each chain that leads to metadata is a campaign of one stage.  A person reads the proposal and
corrects it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import yaml

from .butler.registered import PROVENANCE_GRAPH
from .butler.repository import Repository
from .errors import RepositoryError
from .releases import check_release, label_in, release_label, stack_version

__all__ = [
    "ProposedCampaign",
    "ProposedStage",
    "campaigns_yaml",
    "propose",
    "propose_comparison",
]

_TICKET_AND_STAGE = re.compile(r"(?:^|.*/)(?P<campaign>DM-\d+)/(?P<stage>stage[A-Za-z0-9._-]*)")
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
UNKNOWN_RELEASE = "unknown"


@dataclass(frozen=True)
class ProposedStage:
    """A stage that the collections suggest."""

    name: str
    collection: str
    """The collection for the campaigns file: a chain, a RUN or a glob."""

    runs: tuple[str, ...]
    """RUNs with quanta that belong to the stage by name, newest first."""

    source: str
    """The source of the newest of them: see `extract.sources`."""


@dataclass
class ProposedCampaign:
    """A campaign that the collections suggest."""

    name: str
    release: str = UNKNOWN_RELEASE
    version: str | None = None
    """Version of the stack in its newest RUN."""

    stages: list[ProposedStage] = field(default_factory=list)

    @property
    def newest(self) -> str:
        """Time in the name of its newest RUN; empty if no name has a time."""
        times = [t for stage in self.stages for run in stage.runs for t in _TIMESTAMP.findall(run)]
        return max(times, default="")


def propose(repository: Repository, glob: str = "*") -> list[ProposedCampaign]:
    """Propose campaigns and stages from the collections of a repository.

    Parameters
    ----------
    repository : `extract.butler.repository.Repository`
        An open repository; nothing but its registry and `packages` is read.
    glob : `str`, optional
        Collections to search.

    Returns
    -------
    campaigns : `list` [ `ProposedCampaign` ]
        Oldest first, each with at least one stage.

    Raises
    ------
    RepositoryError
        Raised if no collection that matches leads to metadata, logs or provenance graphs.
    """
    found = repository.collections.search(glob)
    holding = repository.collections.holding_quanta(
        dict.fromkeys(run for runs in found.values() for run in runs)
    )
    stages = _stages_by_name(found, holding) or _stages_of_chains(found, holding)
    if not stages:
        raise RepositoryError(
            f"{repository.location}: none of the {len(found)} collections that match {glob!r} "
            "has metadata, logs or a provenance graph; choose others with --collections"
        )
    campaigns: dict[str, ProposedCampaign] = {}
    for (campaign, stage), (collection, runs) in stages.items():
        source = repository.contents.describe(runs[0]).source
        campaigns.setdefault(campaign, ProposedCampaign(campaign)).stages.append(
            ProposedStage(stage, collection, tuple(runs), source)
        )
    for proposed in campaigns.values():
        _find_release(repository, proposed)
    return sorted(campaigns.values(), key=lambda each: (each.newest, each.name))


def propose_comparison(repository: Repository, before: str, after: str) -> list[ProposedCampaign]:
    """Propose two campaigns of one stage each, to compare two collections.

    Parameters
    ----------
    repository : `extract.butler.repository.Repository`
        An open repository; nothing but its registry and `packages` is read.
    before, after : `str`
        The earlier and the later one: RUNs or chains.

    Returns
    -------
    campaigns : `list` [ `ProposedCampaign` ]
        The earlier and the later one; their names are the parts in which the collections differ.

    Raises
    ------
    RepositoryError
        Raised if both are the same, or if one does not exist or has no quanta.
    """
    if before == after:
        raise RepositoryError(f"{before} cannot be compared with itself: name two collections")
    campaigns = []
    for name, collection in zip(_apart(before, after), (before, after), strict=True):
        runs = [run for run, _ in repository.collections.expand([collection])]
        holding = repository.collections.holding_quanta(dict.fromkeys(runs))
        runs = [run for run in runs if run in holding]
        if not runs:
            raise RepositoryError(
                f"{repository.location}: {collection} has no metadata, logs or provenance graph: "
                "there is nothing to compare"
            )
        source = repository.contents.describe(runs[0]).source
        stage = ProposedStage("all", collection, tuple(runs), source)
        campaigns.append(ProposedCampaign(name, stages=[stage]))
        _find_release(repository, campaigns[-1])
    return campaigns


def _apart(before: str, after: str) -> tuple[str, str]:
    """Name two collections by the part after their common folders."""
    one, other = before.split("/"), after.split("/")
    while len(one) > 1 and len(other) > 1 and one[0] == other[0]:
        one, other = one[1:], other[1:]
    names = [_NOT_IN_NAMES.sub("-", "/".join(parts)).strip("-._") for parts in (one, other)]
    if not all(names) or names[0] == names[1]:
        return "before", "after"
    return names[0], names[1]


def _find_release(repository: Repository, proposed: ProposedCampaign) -> None:
    """Set version and release from the newest RUN, else from the name of the collection."""
    newest = max(run for stage in proposed.stages for run in stage.runs)
    proposed.version = stack_version(repository.contents.packages(newest))
    proposed.release = (
        release_label(proposed.version)
        or label_in(proposed.stages[0].collection)
        or proposed.version
        or UNKNOWN_RELEASE
    )


_Found = dict[tuple[str, str], tuple[str, list[str]]]
"""Collection and RUNs by names of campaign and stage."""


def _stages_by_name(found: Mapping[str, list[str]], holding: set[str]) -> _Found:
    """Group RUNs by the ticket and the stage in their names; prefer a chain of that name."""
    stages: _Found = {}
    for run in sorted({run for runs in found.values() for run in runs} & holding, reverse=True):
        if not (match := _TICKET_AND_STAGE.match(run)):
            continue
        key, name = (match["campaign"], match["stage"]), match[0]
        if run not in found and name not in found:
            # A chain of another stage leads to this RUN; its own collections do not match the glob.
            continue
        _, runs = stages.setdefault(key, (name if name in found else f"{name}/*", []))
        runs.append(run)
    return dict(sorted(stages.items()))


def _stages_of_chains(found: Mapping[str, list[str]], holding: set[str]) -> _Found:
    """Make a campaign of each chain that leads to quanta; without chains, of each RUN."""
    leading = {
        name: [run for run in runs if run in holding]
        for name, runs in found.items()
        if holding.intersection(runs)
    }
    chains = {name: runs for name, runs in leading.items() if runs != [name]}
    return {
        (_NOT_IN_NAMES.sub("-", name).strip("-._"), "all"): (name, runs)
        for name, runs in (chains or leading).items()
    }


def campaigns_yaml(
    campaigns: Iterable[ProposedCampaign], location: str, instruments: Iterable[str]
) -> str:
    """Write a proposal as a commented campaigns file.

    Parameters
    ----------
    campaigns : `~collections.abc.Iterable` [ `ProposedCampaign` ]
        Oldest first; the last one becomes the focus.
    location : `str`
        Absolute path, URI or registered label of the repository.
    instruments : `~collections.abc.Iterable` [ `str` ]
        Instruments that the repository knows.

    Returns
    -------
    text : `str`
        YAML that `extract.campaigns.load_campaigns` reads.
    """
    campaigns = list(campaigns)
    lines = [
        f"# Proposed from the collections of {location} (instruments: {', '.join(instruments)}).",
        "# Read it, correct it, then try it: census-extract check FILE. "
        "`census-extract example` explains the usual keys.",
        f"repository: {_quoted(location)}",
        "",
        "# The line that figures draw and tables count against, in GiB.",
        "threshold_gib: 6",
        "# Further lines to count against.",
        "# thresholds_gib: [4, 6, 8, 10]",
        "",
        "# Oldest first: each campaign is compared with the one before it.",
        "campaigns:",
    ]
    for campaign in campaigns:
        lines.append(f"  {_quoted(campaign.name)}:")
        lines.append(f"    release: {_quoted(campaign.release)}{_release_remark(campaign)}")
        if campaign is campaigns[-1]:
            lines.append(
                "    # The campaign of the single-campaign figures: its label is in names."
            )
            lines.append(f"    focus: {_quoted(_focus_label(campaign.release))}")
        lines.append("    # fields: [COSMOS]")
        lines.append("    stages:")
        for stage in campaign.stages:
            lines += _stage_lines(stage)
    return "\n".join(lines) + "\n"


def _stage_lines(stage: ProposedStage) -> list[str]:
    """Write one stage; if it has no graph, a comment says how to check that it is complete."""
    lines = [f"      {_quoted(stage.name)}:", f"        collections: {_quoted(stage.collection)}"]
    if stage.source != PROVENANCE_GRAPH:
        lines.append("        # Without graphs nobody can tell whether results are missing:")
        lines.append("        # quantum_graphs: /path/to/submit/*.qg")
    return lines


def _release_remark(campaign: ProposedCampaign) -> str:
    """Say where a release comes from, and whether the name of the collection has another one."""
    if campaign.release == UNKNOWN_RELEASE:
        return "  # no RUN says it: correct it"
    named = label_in(campaign.stages[0].collection)
    if named and check_release(named, campaign.version) == "contradicts":
        return f"  # from `packages`; the collection's name says {named}"
    return ""


def _focus_label(release: str) -> str:
    """Shorten a release to a label for the names of figures."""
    return _NOT_IN_NAMES.sub("-", release.split(".")[0]).strip("-._") or "focus"


def _quoted(text: str) -> str:
    """Write a text as a YAML scalar, with quotes if needed."""
    return yaml.safe_dump(text, default_flow_style=True, width=10_000, allow_unicode=True).split(
        "\n"
    )[0]
