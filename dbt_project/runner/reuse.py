"""Take the rows of campaigns that did not change from the published warehouse.

Most tables give each campaign rows that follow from its own part of the lake. Models that read
several campaigns have a tag. They, and all that reads them, are made again from all campaigns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from .errors import TransformError
from .fingerprint import Fingerprint

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

__all__ = ["Campaigns", "Plan", "compare", "copy_rows", "drop_rows", "plan"]

_ALL_CAMPAIGNS = "all_campaigns"
"""Tag of models and checks that read several campaigns: a new one changes rows of the others."""

_BY_RELEASE = "by_release"
"""Tag of models with rows of releases. What reads the rows of its own release needs no others."""

_NO_CAMPAIGN = "__none__"
"""Folder of the tables of a lake that have no rows."""


@dataclass(frozen=True)
class Campaigns:
    """Names of campaigns.

    Attributes
    ----------
    changed : `list` [ `str` ]
        New and changed ones.
    kept : `list` [ `str` ]
        Those that are as they were when the warehouse was published.
    """

    changed: Sequence[str]
    kept: Sequence[str]


@dataclass(frozen=True)
class Plan:
    """Names of the nodes of a build that keeps rows.

    Attributes
    ----------
    first : `list` [ `str` ]
        Seeds and models that are made from the changed campaigns.
    copied : `list` [ `str` ]
        Those of them that get the rows of the other campaigns.
    last : `list` [ `str` ]
        Models that are made from all campaigns.
    last_checks : `list` [ `str` ]
        Data tests that need the rows of all campaigns.
    """

    first: Sequence[str]
    copied: Sequence[str]
    last: Sequence[str]
    last_checks: Sequence[str]


def compare(before: Fingerprint, now: Fingerprint) -> Campaigns | None:
    """Say of which campaigns rows must be made, and of which they can be kept.

    Parameters
    ----------
    before : `Fingerprint`
        What the published warehouse was made from.
    now : `Fingerprint`
        What the next one is made from.

    Returns
    -------
    campaigns : `Campaigns` or `None`
        `None` if all must be made: the models or the campaign in focus changed, or each campaign
        did.  Also if no campaign changed, because then one left the lake.
    """
    campaigns = sorted(now.campaigns.keys() - {_NO_CAMPAIGN})
    changed = [each for each in campaigns if before.campaigns.get(each) != now.campaigns[each]]
    kept = [each for each in campaigns if each not in changed]
    is_alike = before.project == now.project and before.focus == now.focus
    return Campaigns(changed, kept) if is_alike and changed and kept else None


def plan(project: Manifest) -> Plan:
    """Say which models and checks need only the changed campaigns, and which need all.

    Parameters
    ----------
    project : `dbt.contracts.graph.manifest.Manifest`
        Every node of the project.

    Returns
    -------
    plan : `Plan`
        Each model is in ``first``, in ``last``, or in both: then others need it first.
    """
    nodes = {
        name: node
        for name, node in project.nodes.items()
        if str(node.resource_type) in ("model", "seed", "test")
    }

    def tagged(tag: str) -> set[str]:
        return {name for name, node in nodes.items() if tag in node.tags}

    def of_type(kind: str) -> set[str]:
        return {name for name, node in nodes.items() if str(node.resource_type) == kind}

    def names(chosen: Iterable[str]) -> list[str]:
        return sorted(nodes[each].name for each in chosen)

    parents = {name: node.depends_on_nodes for name, node in nodes.items()}
    of_all = _reached(tagged(_ALL_CAMPAIGNS), _turned(parents))
    by_release = tagged(_BY_RELEASE)
    checks = of_type("test")
    kept = nodes.keys() - checks - of_all - by_release
    tables = {name for name in kept if nodes[name].config.materialized == "table"}
    staging = {name for name in of_type("model") if nodes[name].fqn[1] == "staging"}
    return Plan(
        first=names(_reached(kept, parents) & nodes.keys()),
        copied=names(tables),
        last=names((of_all | by_release | staging) - checks),
        last_checks=names(
            name for name in checks if name in of_all or by_release.intersection(parents[name])
        ),
    )


def _turned(parents: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Turn the parents of each node into its children."""
    children: dict[str, list[str]] = defaultdict(list)
    for name, above in parents.items():
        for each in above:
            children[each].append(name)
    return children


def _reached(begin: Iterable[str], following: Mapping[str, Iterable[str]]) -> set[str]:
    """Give the nodes of the beginning and all that can be reached from them."""
    waiting, reached = list(begin), set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += following.get(name, ())
    return reached


def drop_rows(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], campaigns: Collection[str]
) -> None:
    """Delete rows of campaigns that were made without their quanta.

    Parameters
    ----------
    connection : `duckdb.DuckDBPyConnection`
        The database that is built.
    tables : `~collections.abc.Iterable` [ `str` ]
        Names of the tables.
    campaigns : `~collections.abc.Collection` [ `str` ]
        Unchanged campaigns.

    Raises
    ------
    TransformError
        Raised if a table has no campaign in its rows.
    """
    for table in _located(connection, tables):
        connection.execute(
            f"delete from {table} where campaign in (select unnest($1))",  # noqa: S608 our own names
            [list(campaigns)],
        )


def copy_rows(
    connection: duckdb.DuckDBPyConnection,
    published: Path,
    tables: Iterable[str],
    campaigns: Collection[str],
) -> None:
    """Insert the rows of unchanged campaigns into tables.

    Parameters
    ----------
    connection : `duckdb.DuckDBPyConnection`
        The database that is built.
    published : `pathlib.Path`
        The published warehouse, of the same models.
    tables : `~collections.abc.Iterable` [ `str` ]
        Names of the tables.
    campaigns : `~collections.abc.Collection` [ `str` ]
        Unchanged campaigns.

    Raises
    ------
    TransformError
        Raised if a table has no campaign in its rows.
    """
    path = str(published).replace("'", "''")
    connection.execute(f"attach '{path}' as published (read_only)")
    for table in _located(connection, tables):
        connection.execute(
            f"insert into {table} by name select * from published.{table} "  # noqa: S608 our own names
            "where campaign in (select unnest($1))",
            [list(campaigns)],
        )


def _located(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> Iterator[str]:
    """Give each table with its schema, and refuse one that has no campaign in its rows."""
    schemas = dict(
        connection.execute(
            "select table_name, table_schema from information_schema.columns "
            "where table_catalog = current_database() and column_name = 'campaign'"
        ).fetchall()
    )
    for name in tables:
        if name not in schemas:
            raise TransformError(
                f"the table {name} has no column campaign, so its rows cannot be kept: give its "
                f"model the tag {_ALL_CAMPAIGNS}"
            )
        yield f'"{schemas[name]}"."{name}"'
