"""Night, band and filter of visits and exposures come from the records' own fields."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from astropy.time import Time  # type: ignore[import-untyped]
from lsst.daf.butler import Butler, Timespan

from extract.butler.observations import Observations
from tests.extract.tiny import INSTRUMENT, TinyRepository

NIGHT, OBSERVATION = 20251130, 2025113000001


@pytest.fixture
def butler(tmp_path: Path) -> Butler:
    """A repository with one visit and its exposure."""
    repository = TinyRepository(tmp_path)
    timespan = Timespan(
        Time("2025-12-01T00:00:37", scale="tai"), Time("2025-12-01T00:01:07", scale="tai")
    )
    common = {
        "instrument": INSTRUMENT, "id": OBSERVATION, "day_obs": NIGHT, "physical_filter": "r_57",
        "exposure_time": 30.0, "target_name": "COSMOS", "timespan": timespan,
    }  # fmt: skip
    butler = repository.butler()
    for dimension, record in (
        ("physical_filter", {"instrument": INSTRUMENT, "name": "r_57", "band": "r"}),
        ("day_obs", {"instrument": INSTRUMENT, "id": NIGHT}),
        ("group", {"instrument": INSTRUMENT, "name": "g"}),
        ("visit", {**common, "name": "v"}),
        ("exposure", {**common, "group": "g", "obs_id": "e"}),
    ):
        butler.registry.insertDimensionData(dimension, record)
    return butler


@pytest.mark.parametrize("dimension", ["visit", "exposure"])
def test_a_record_tells_night_band_filter_target_and_begin(butler: Butler, dimension: str) -> None:
    found = Observations(butler).records(INSTRUMENT, dimension, [OBSERVATION, 7])
    assert found == {
        OBSERVATION: {
            "day_obs": NIGHT,
            "band": "r",
            "physical_filter": "r_57",
            "target_name": "COSMOS",
            "science_program": None,
            "observation_reason": None,
            "exposure_time_s": 30.0,
            "started_at": datetime.datetime(2025, 12, 1, tzinfo=datetime.UTC),
        }
    }
