"""What a RUN holds of each dataset type: how many, and how new.

The registry is asked for sums alone, never for datasets: this is what tells
whether a RUN of millions of files has to be read again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy
from lsst.daf.butler import Butler
from lsst.daf.butler.time_utils import TimeConverter

__all__ = ["Holding", "take_inventory"]


class Holding(NamedTuple):
    """Datasets of one type in one RUN."""

    storage_class: str
    dataset_count: int

    newest: str
    """When the newest was registered: text that grows older than any dataset that comes after, so
    that one which took the place of another shows, though their number is the same."""


def take_inventory(butler: Butler, run: str, known_types: Iterable[str]) -> dict[str, Holding]:
    """Count the datasets of a RUN by type.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        Whom to ask.
    run : `str`
        RUN collection.
    known_types : `~collections.abc.Iterable` [ `str` ]
        Names of the dataset types that the RUN may hold, from its summary.

    Returns
    -------
    inventory : `dict` [ `str`, `Holding` ]
        By name of the dataset type; those without datasets are absent.
    """
    try:
        return _take_at_once(butler, run)
    except AttributeError:
        return _take_by_type(butler, run, known_types)


def _take_at_once(butler: Butler, run: str) -> dict[str, Holding]:
    """Count with one statement: 2 ms a RUN.

    The public way is two queries for each dataset type, 8 ms each: minutes for the
    RUNs of some campaigns, to find that nothing is new. These internals are the
    same from 29.2025.4800 to 30.2026.500 (November 2026); a Butler without them,
    such as a remote one, is asked the public way.
    """
    registry: Any = butler._registry  # type: ignore[attr-defined]
    tables = registry._managers.datasets._static
    types, datasets = tables.dataset_type, tables.dataset
    # As text, for the column is a number or a time, by the age of the schema.
    newest = sqlalchemy.cast(sqlalchemy.func.max(datasets.c.ingest_date), sqlalchemy.String)
    statement = (
        sqlalchemy.select(types.c.name, types.c.storage_class, sqlalchemy.func.count(), newest)
        .select_from(datasets.join(types, datasets.c.dataset_type_id == types.c.id))
        .where(datasets.c.run_id == registry._managers.collections.find(run).key)
        .group_by(types.c.name, types.c.storage_class)
    )
    with registry._db.query(statement) as result:
        return {name: Holding(*holding) for name, *holding in result.fetchall()}


def _take_by_type(butler: Butler, run: str, known_types: Iterable[str]) -> dict[str, Holding]:
    """Count with the queries that every Butler understands."""
    inventory = {}
    for name in sorted(known_types):
        dataset_type = butler.get_dataset_type(name)
        with butler.query() as query:
            count = query.datasets(name, collections=[run], find_first=False).count()
            found = query.join_dataset_search(name, [run]).general(
                dataset_type.dimensions, dataset_fields={name: {"ingest_date"}}, find_first=False
            )
            last = list(found.order_by(f"-{name}.ingest_date").limit(1))
        if last:
            newest = TimeConverter().astropy_to_nsec(last[0][f"{name}.ingest_date"])
            inventory[name] = Holding(dataset_type.storageClass_name, count, str(newest))
    return inventory
