"""Find the RUNs of the collections that a campaigns file names."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from lsst.daf.butler import Butler, MissingCollectionError

from ..errors import RepositoryError
from .registered import LOG, METADATA, PROVENANCE, RESOURCE_USAGE

__all__ = ["Collections", "is_glob"]

_WITHOUT_RUNS = {"TAGGED", "CALIBRATION"}
"""Types of collections whose datasets are in RUNs."""


def is_glob(expression: str) -> bool:
    """Say whether a collection of the file is a pattern."""
    return any(char in expression for char in "*?[")


class Collections:
    """Collections of a repository.

    Parameters
    ----------
    location : `str`
        Path, URI or registered label of the repository, for messages.
    butler : `lsst.daf.butler.Butler`
        Read-only Butler of that repository.
    """

    def __init__(self, location: str, butler: Butler) -> None:
        self._location = location
        self._butler = butler
        self._types: dict[str, frozenset[str]] = {}

    def expand(self, expressions: Iterable[str]) -> list[tuple[str, str]]:
        """List the RUNs that collections and globs lead to, in chain order.

        Parameters
        ----------
        expressions : `~collections.abc.Iterable` [ `str` ]
            Collections and globs, in the order of the file.

        Returns
        -------
        runs : `list` [ `tuple` [ `str`, `str` ] ]
            RUN and the expression that led to it, each RUN once: chains in
            their order, globs by RUN name descending (newest first).

        Raises
        ------
        RepositoryError
            Raised if a collection does not exist or a glob matches nothing.
        """
        led_to: dict[str, str] = {}
        for expression in expressions:
            try:
                found = self._butler.collections.query_info(expression, flatten_chains=True)
            except MissingCollectionError:
                raise RepositoryError(
                    f"{self._location}: there is no collection {expression!r}; correct it, or "
                    "declare the stage 'incomplete' if its data is lost"
                ) from None
            runs = [info.name for info in found if info.type.name == "RUN"]
            if is_glob(expression):
                runs.sort(reverse=True)
                if not runs and not self._matches_any(expression):
                    raise RepositoryError(
                        f"{self._location}: no collection matches {expression!r}; correct it, or "
                        "declare the stage 'incomplete' if its data is lost"
                    )
            types = {info.type.name for info in found}
            if types and types <= _WITHOUT_RUNS:
                raise RepositoryError(
                    f"{self._location}: {expression!r} is {' and '.join(sorted(types))}, which "
                    "has no metadata: name the RUN collections, or the chain that has them"
                )
            for run in runs:
                led_to.setdefault(run, expression)
        return list(led_to.items())

    def search(self, glob: str) -> dict[str, list[str]]:
        """List the collections that a glob matches, with the RUNs that each leads to.

        Parameters
        ----------
        glob : `str`
            A glob, or one name.

        Returns
        -------
        found : `dict` [ `str`, `list` [ `str` ] ]
            RUNs by collection, in chain order; RUN and CHAINED collections alone.
        """
        infos = self._butler.collections.query_info(glob, flatten_chains=False)
        chains = [info.name for info in infos if info.type.name == "CHAINED"]
        runs = [info.name for info in infos if info.type.name == "RUN"]
        found = {run: [run] for run in runs}
        for chain in chains:
            members = self._butler.collections.query_info(chain, flatten_chains=True)
            found[chain] = [info.name for info in members if info.type.name == "RUN"]
        return dict(sorted(found.items()))

    def _matches_any(self, glob: str) -> bool:
        """Say whether a glob matches any collection, such as a chain without RUNs."""
        return any(fnmatchcase(name, glob) for name in self._butler.collections.query(glob))

    def holding_quanta(self, runs: Iterable[str]) -> set[str]:
        """Find the RUNs that may hold something that an extraction can read.

        Parameters
        ----------
        runs : `~collections.abc.Iterable` [ `str` ]
            RUN collections.

        Returns
        -------
        holding : `set` [ `str` ]
            Those whose summary names metadata, logs, a provenance graph or tables
            of resource usage: raws and calibrations, which every chain contains,
            do not.
        """
        self._look_up(runs)
        return {
            run
            for run in runs
            if any(
                name == PROVENANCE or name.endswith((METADATA, LOG, RESOURCE_USAGE))
                for name in self._types[run]
            )
        }

    def dataset_types(self, run: str) -> frozenset[str]:
        """List the dataset types that a RUN holds or held earlier.

        Parameters
        ----------
        run : `str`
            RUN collection.

        Returns
        -------
        names : `frozenset` [ `str` ]
            From its summary, which keeps types whose datasets were removed.
        """
        self._look_up([run])
        return self._types[run]

    def _look_up(self, runs: Iterable[str]) -> None:
        """Read the summaries of RUNs that are not known yet."""
        unknown = [run for run in dict.fromkeys(runs) if run not in self._types]
        if unknown:
            collections = self._butler.collections
            # A query would read a name with brackets as a pattern.
            odd = [run for run in unknown if is_glob(run)]
            plain = [run for run in unknown if not is_glob(run)]
            infos = [collections.get_info(run, include_summary=True) for run in odd]
            infos.extend(collections.query_info(plain, include_summary=True) if plain else ())
            self._types.update({info.name: info.dataset_types or frozenset() for info in infos})
