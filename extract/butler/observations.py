"""Get the dimension records of visits and exposures."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
from lsst.daf.butler import Butler
from lsst.utils.iteration import chunk_iterable

__all__ = ["Observations"]

_ASKED_AT_ONCE = 1_000
"""Dimension records of one query."""


class Observations:
    """Visits and exposures that a repository knows.

    Parameters
    ----------
    butler : `lsst.daf.butler.Butler`
        Read-only Butler of that repository.
    """

    def __init__(self, butler: Butler) -> None:
        self._butler = butler

    def instruments(self) -> list[str]:
        """List the instruments that the repository knows, by name.

        Returns
        -------
        names : `list` [ `str` ]
            Such as ``LSSTCam``.
        """
        with self._butler.query() as query:
            return sorted(record.name for record in query.dimension_records("instrument"))

    def records(
        self, instrument: str, dimension: str, ids: Sequence[int]
    ) -> dict[int, dict[str, Any]]:
        """Look up the dimension records of visits or exposures.

        Parameters
        ----------
        instrument : `str`
            Their instrument.
        dimension : `str`
            ``visit`` or ``exposure``.
        ids : `~collections.abc.Sequence` [ `int` ]
            Which ones.

        Returns
        -------
        records : `dict` [ `int`, `dict` ]
            Columns of `extract.lake.schema.VISITS` by ID; IDs without a record are
            absent.
        """
        found: dict[int, dict[str, Any]] = {}
        bands = self._bands(instrument)
        for chunk in chunk_iterable(ids, _ASKED_AT_ONCE):
            with self._butler.query() as query:
                wanted = getattr(query.expression_factory, dimension).in_iterable(chunk)
                results = query.dimension_records(dimension).where(wanted, instrument=instrument)
                for record in results:
                    # The data ID of a record holds only the required dimensions.
                    physical_filter = getattr(record, "physical_filter", None)
                    found[int(record.dataId[dimension])] = {
                        "day_obs": getattr(record, "day_obs", None),
                        "band": bands.get(physical_filter),
                        "physical_filter": physical_filter,
                        "target_name": getattr(record, "target_name", None),
                        "science_program": getattr(record, "science_program", None),
                        "observation_reason": getattr(record, "observation_reason", None),
                        "exposure_time_s": getattr(record, "exposure_time", None),
                        "started_at": _begin(record),
                    }
        return found

    def _bands(self, instrument: str) -> dict[str | None, str]:
        """Give the band of each physical filter of an instrument."""
        with self._butler.query() as query:
            filters = query.dimension_records("physical_filter").where(instrument=instrument)
            return {record.name: record.band for record in filters}


def _begin(record: object) -> datetime.datetime | None:
    """Convert the start of an observation, which the Butler keeps in TAI, to UTC."""
    timespan = getattr(record, "timespan", None)
    if timespan is None or timespan.begin is None or not hasattr(timespan.begin, "utc"):
        return None
    seconds = float(np.round(timespan.begin.utc.unix, 6))
    return datetime.datetime.fromtimestamp(seconds, tz=datetime.UTC)
