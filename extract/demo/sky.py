"""Simulate the observations: LSSTCam, its exposures and visits, and the sky map.

This module makes dimension records and the data IDs that quanta can have.  It does not
know the resource usage of tasks, or collections.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import astropy.time  # type: ignore[import-untyped]
from lsst.daf.butler import DimensionRecord, DimensionUniverse, Timespan

__all__ = [
    "INSTRUMENT",
    "SKYMAP",
    "Facts",
    "Field",
    "Sky",
    "Visit",
    "required_names",
    "uniform",
    "universe",
]

INSTRUMENT = "LSSTCam"
SKYMAP = "lsst_cells_v2"

Facts = Mapping[str, int | str]
"""All that is known of a data ID: required and implied values, and what they overlap."""

_FILTERS = {"u": "u_24", "g": "g_6", "r": "r_57", "i": "i_39", "z": "z_20", "y": "y_10"}
_RAFTS = [
    "R01",
    "R02",
    "R03",
    "R10",
    "R11",
    "R12",
    "R13",
    "R14",
    "R20",
    "R21",
    "R22",
    "R23",
    "R24",
    "R30",
    "R31",
    "R32",
    "R33",
    "R34",
    "R41",
    "R42",
    "R43",
]
_DETECTORS = tuple(f"{raft}_S{row}{col}" for raft in _RAFTS for row in range(3) for col in range(3))
"""Full names of the 189 science detectors; the position is the detector's number."""


@dataclasses.dataclass(frozen=True)
class Field:
    """A target: its name, first night, tracts, and the pixels of order 3 that cover it."""

    name: str
    first_night: dt.date
    tracts: tuple[int, ...]
    healpix3: tuple[int, ...]


FIELDS = {
    field.name: field
    for field in (
        Field("WIDE", dt.date(2025, 6, 20), (4849, 4850, 5065), (410, 411)),
        Field("DDF", dt.date(2025, 7, 8), (5062, 5063), (421,)),
        Field("COSMOS", dt.date(2025, 4, 25), (9812, 9813, 9814, 10053, 10054, 9570, 9571), (311,)),
        Field("M49", dt.date(2025, 5, 2), (10195,), (335,)),
        Field("EDFS", dt.date(2025, 9, 30), (2231, 2232, 2233, 2234, 2393, 2394, 2395), (598,)),
    )
}  # fmt: skip
"""Fields of the campaigns; tracts and pixels are plausible, not surveyed."""


@cache
def universe() -> DimensionUniverse:
    """Give the dimension universe of the repository, the graphs and the data IDs."""
    return DimensionUniverse()


@cache
def required_names(dimensions: tuple[str, ...]) -> tuple[str, ...]:
    """Name the required dimensions of a data ID, sorted, without instrument and sky map."""
    required = universe().conform(dimensions).required
    return tuple(sorted(set(required) - {"instrument", "skymap"}))


def uniform(*key: object) -> float:
    """Draw a number in [0, 1) that depends only on the key."""
    digest = hashlib.blake2b("\0".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclasses.dataclass(frozen=True)
class Visit:
    """One visit of one exposure, with the tracts that it overlaps (the first holds its centre)."""

    id: int
    day_obs: int
    seq_num: int
    band: str
    field: Field
    tracts: tuple[int, ...]
    begin: dt.datetime

    @property
    def physical_filter(self) -> str:
        """Name of the filter."""
        return _FILTERS[self.band]

    @property
    def group(self) -> str:
        """Name of the group, the trigger time as LSSTCam writes it."""
        return self.begin.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.begin.microsecond // 1000:03d}"

    @property
    def obs_id(self) -> str:
        """Observation ID of the exposure."""
        return f"MC_O_{self.day_obs}_{self.seq_num:06d}"


def _visit(field: Field, number: int, tract_count: int) -> Visit:
    """Make the visit with that number of a field, on the field's first tracts."""
    bands = "".join(_FILTERS)
    # First nights differ modulo 5, so two fields never share a night or a visit number.
    night = field.first_night + dt.timedelta(days=5 * (number // 24))
    seq_num = 100 + 7 * (number % 24)
    day_obs = int(night.strftime("%Y%m%d"))
    first = number * 3 % tract_count
    around = field.tracts[first:tract_count] + field.tracts[:first]
    begin = dt.datetime.combine(night, dt.time(23, 40)) + dt.timedelta(seconds=43.5 * seq_num)
    return Visit(
        id=day_obs * 100000 + seq_num,
        day_obs=day_obs,
        seq_num=seq_num,
        band=bands[(number * 5 + 3) % 6],
        field=field,
        tracts=around[:2],
        begin=begin,
    )


@dataclasses.dataclass(frozen=True)
class Sky:
    """The part of the observations that one campaign processes."""

    visits: tuple[Visit, ...]
    detectors: tuple[int, ...]

    @classmethod
    def observe(cls, fields: Mapping[str, int], detector_count: int, coverage: float) -> Sky:
        """Choose the visits and detectors of a campaign.

        Parameters
        ----------
        fields : `~collections.abc.Mapping` [`str`, `int`]
            How many visits of each field; a campaign that takes fewer takes a part of the others'.
        detector_count : `int`
            How many detectors, spread over the focal plane; likewise nested.
        coverage : `float`
            Part of each field's tracts to use, at least one and at most all.
        """
        visits = []
        for name, count in fields.items():
            field = FIELDS[name]
            tract_count = max(1, min(len(field.tracts), round(coverage * len(field.tracts))))
            visits += [_visit(field, n, tract_count) for n in range(count)]
        # 80 and 189 share no factor: each detector comes once, and few are a part of many.
        detectors = tuple((94 + 80 * n) % len(_DETECTORS) for n in range(detector_count))
        return cls(tuple(visits), tuple(sorted(detectors)))

    @property
    def tracts(self) -> list[tuple[int, Field]]:
        """Tracts that the visits overlap, with their field."""
        return sorted({(t, v.field) for v in self.visits for t in v.tracts}, key=lambda x: x[0])

    def patches(self, tract: int) -> tuple[int, ...]:
        """Tell which patches of a tract are processed."""
        return (44,) if tract % 2 else (44, 55)

    def bands(self, tract: int) -> list[str]:
        """List the bands in which a tract was observed."""
        found = {v.band for v in self.visits if tract in v.tracts}
        return [band for band in _FILTERS if band in found]

    def data_ids(self, dimensions: Sequence[str]) -> Iterator[dict[str, int | str]]:
        """Give every data ID of a task's dimensions, with all that is known of it.

        Parameters
        ----------
        dimensions : `~collections.abc.Sequence` [`str`]
            Dimensions of the task, as the pipeline names them.

        Yields
        ------
        facts : `dict`
            Values of all dimensions that apply, also of those that the task has not.
        """
        dims = set(dimensions)
        if {"visit", "exposure"} & dims:
            for visit in self.visits:
                facts = self._visit_facts(visit)
                if "patch" in dims:
                    for tract in visit.tracts:
                        for patch in self.patches(tract):
                            yield {**facts, "tract": tract, "patch": patch}
                elif "detector" in dims:
                    for detector in self.detectors:
                        yield {**facts, "detector": detector}
                else:
                    yield facts
        elif {"tract", "patch"} & dims:
            yield from self._tract_facts(dims)
        elif "healpix3" in dims:
            seen = {(v.field.healpix3[0], v.band, v.physical_filter) for v in self.visits}
            for pixel, band, name in sorted(seen):
                yield {"healpix3": pixel, "band": band, "physical_filter": name}
        elif "healpix8" in dims:
            for tract, field in self.tracts[::4]:
                yield {"healpix8": field.healpix3[0] * 1024 + tract % 1024}
        elif "band" in dims:
            for band in _FILTERS:
                if any(v.band == band for v in self.visits):
                    yield {"band": band}
        else:
            yield {}

    def _visit_facts(self, visit: Visit) -> dict[str, int | str]:
        """Gather what is known of a visit."""
        return {
            "visit": visit.id,
            "exposure": visit.id,
            "day_obs": visit.day_obs,
            "group": visit.group,
            "band": visit.band,
            "physical_filter": visit.physical_filter,
            "tract": visit.tracts[0],
            "healpix3": visit.field.healpix3[0],
        }

    def _tract_facts(self, dims: set[str]) -> Iterator[dict[str, int | str]]:
        """Give the data IDs that lie on the sky map."""
        for tract, field in self.tracts:
            facts: dict[str, int | str] = {"tract": tract, "healpix3": field.healpix3[0]}
            places = (
                [{**facts, "patch": p} for p in self.patches(tract)] if "patch" in dims else [facts]
            )
            for place in places:
                if "band" in dims:
                    for band in self.bands(tract):
                        yield {**place, "band": band, "physical_filter": _FILTERS[band]}
                else:
                    yield place

    def records(self, universe: DimensionUniverse) -> dict[str, list[DimensionRecord]]:
        """Make the dimension records, in an order that foreign keys allow.

        Parameters
        ----------
        universe : `lsst.daf.butler.DimensionUniverse`
            Definitions of the dimensions.

        Returns
        -------
        records : `dict` [`str`, `list`]
            Records by name of the dimension element.  Regions are left out.
        """
        rows: dict[str, list[dict[str, Any]]] = {
            "instrument": [
                {
                    "name": INSTRUMENT,
                    "class_name": "lsst.obs.lsst.LsstCam",
                    "visit_max": 10**13,
                    "exposure_max": 10**13,
                    "detector_max": 205,
                    "visit_system": 2,
                }
            ],
            "skymap": [
                {
                    "name": SKYMAP,
                    "hash": hashlib.sha1(SKYMAP.encode(), usedforsecurity=False).digest(),
                    "tract_max": 18938,
                    "patch_nx_max": 10,
                    "patch_ny_max": 10,
                }
            ],
            "band": [{"name": band} for band in _FILTERS],
            "physical_filter": [
                {"instrument": INSTRUMENT, "name": name, "band": band}
                for band, name in _FILTERS.items()
            ],
            "detector": [
                {
                    "instrument": INSTRUMENT,
                    "id": number,
                    "full_name": name,
                    "raft": name[:3],
                    "name_in_raft": name[4:],
                    "purpose": "SCIENCE",
                }
                for number, name in enumerate(_DETECTORS)
            ],
            "visit_system": [{"instrument": INSTRUMENT, "id": 2, "name": "by-seq-start-end"}],
            "day_obs": [
                {"instrument": INSTRUMENT, "id": day, "timespan": _night(day)}
                for day in sorted({v.day_obs for v in self.visits})
            ],
            "group": [{"instrument": INSTRUMENT, "name": v.group} for v in self.visits],
            "exposure": [_exposure(v) for v in self.visits],
            "visit": [_visit_record(v) for v in self.visits],
            "visit_definition": [
                {"instrument": INSTRUMENT, "visit": v.id, "exposure": v.id} for v in self.visits
            ],
            "visit_system_membership": [
                {"instrument": INSTRUMENT, "visit_system": 2, "visit": v.id} for v in self.visits
            ],
            "tract": [{"skymap": SKYMAP, "id": tract} for tract, _ in self.tracts],
            "patch": [
                {"skymap": SKYMAP, "tract": t, "id": p, "cell_x": p % 10, "cell_y": p // 10}
                for t, _ in self.tracts
                for p in self.patches(t)
            ],
        }
        return {
            element: [universe[element].RecordClass(**row) for row in values]
            for element, values in rows.items()
        }


def _night(day_obs: int) -> Timespan:
    """Give the timespan of an observing day: noon to noon, UTC - 12 h."""
    noon = dt.datetime.strptime(f"{day_obs}12", "%Y%m%d%H").replace(tzinfo=dt.UTC)
    return _timespan(noon, dt.timedelta(days=1))


def _timespan(begin: dt.datetime, duration: dt.timedelta) -> Timespan:
    """Make a timespan from a begin and a duration, taken as TAI."""
    start = begin.replace(tzinfo=None)
    return Timespan(
        astropy.time.Time(start.isoformat(), scale="tai", format="isot"),
        astropy.time.Time((start + duration).isoformat(), scale="tai", format="isot"),
    )


def _common(visit: Visit) -> dict[str, Any]:
    """Give the fields that exposures and visits share."""
    return {
        "instrument": INSTRUMENT,
        "id": visit.id,
        "day_obs": visit.day_obs,
        "physical_filter": visit.physical_filter,
        "seq_num": visit.seq_num,
        "exposure_time": 30.0,
        "target_name": visit.field.name,
        "observation_reason": "science",
        "science_program": "BLOCK-365",
        "azimuth": round(360.0 * uniform("azimuth", visit.id), 3),
        "zenith_angle": round(15.0 + 40.0 * uniform("zenith", visit.id), 3),
        "timespan": _timespan(visit.begin, dt.timedelta(seconds=30.0)),
    }


def _exposure(visit: Visit) -> dict[str, Any]:
    """Give the fields of the exposure record."""
    return {
        **_common(visit),
        "obs_id": visit.obs_id,
        "group": visit.group,
        "dark_time": 30.5,
        "observation_type": "science",
        "seq_start": visit.seq_num,
        "seq_end": visit.seq_num,
        "tracking_ra": round(360.0 * uniform("ra", visit.field.name), 4),
        "tracking_dec": round(-50.0 * uniform("dec", visit.field.name), 4),
        "sky_angle": round(360.0 * uniform("angle", visit.id), 3),
        "has_simulated": True,
        "can_see_sky": True,
    }


def _visit_record(visit: Visit) -> dict[str, Any]:
    """Give the fields of the visit record."""
    return {**_common(visit), "name": visit.obs_id}
