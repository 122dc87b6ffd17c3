"""Turnbull's estimator: the two estimators that it contains, and the certificate of its optimum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from dbt_project.runner.survival import Doubles, Estimate, turnbull


def cumulative(estimate: Estimate, value: float) -> float:
    """Share of the values that are at most this."""
    return float(estimate.fractions[estimate.highs <= value].sum())


def drawn(seed: int) -> tuple[Doubles, Doubles]:
    """Draw values and limits of them, in whole MiB."""
    draw = np.random.default_rng(seed)
    values = np.round(draw.lognormal(8.0, 0.5, 200))
    return values, np.round(draw.lognormal(8.2, 0.4, 200))


@pytest.mark.parametrize("seed", range(5))
def test_with_kills_alone_it_is_the_estimator_of_kaplan_and_meier(seed: int) -> None:
    values, limits = drawn(seed)
    is_killed = values > limits
    lows = np.where(is_killed, limits + 1, values)
    highs = np.where(is_killed, np.inf, values)
    found = turnbull(lows, highs, np.ones(values.size))
    # A value that is known comes before a kill at the same value, as scipy has it.
    known = CensoredData(uncensored=values[~is_killed], right=limits[is_killed])
    expected = ecdf(known).cdf
    for value, share in zip(expected.quantiles, expected.probabilities, strict=True):
        assert cumulative(found, value) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_with_inherited_peaks_alone_it_is_the_same_estimator_reversed(seed: int) -> None:
    values, floors = drawn(seed)
    is_inherited = values < floors
    # The product-limit estimator takes what is censored at a value to be less than it.
    highs = np.where(is_inherited, floors - 1, values)
    lows = np.where(is_inherited, 0, values)
    found = turnbull(lows, highs, np.ones(values.size))
    known = CensoredData(uncensored=-values[~is_inherited], right=-floors[is_inherited])
    expected = ecdf(known).sf
    for value, share in zip(-expected.quantiles, expected.probabilities, strict=True):
        assert cumulative(found, value - 0.5) == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_with_both_no_share_can_grow_and_make_the_data_more_likely(seed: int) -> None:
    # Gentleman and Geyer (1994): the derivative of the likelihood is n where there is a share, and
    # nowhere more.
    draw = np.random.default_rng(seed)
    values = np.round(draw.lognormal(8.0, 0.5, 300))
    floors, limits = (np.round(draw.lognormal(mean, 0.3, 300)) for mean in (7.8, 8.6))
    lows = np.where(values < floors, 0, np.where(values > limits, limits + 1, values))
    highs = np.where(values < floors, floors, np.where(values > limits, np.inf, values))
    found = turnbull(lows, highs, np.ones(values.size))
    holds = (found.lows >= lows[:, None]) & (found.highs <= highs[:, None])
    derivative = (holds / (holds @ found.fractions)[:, None]).sum(axis=0)
    assert found.fractions.sum() == pytest.approx(1)
    assert derivative.max() <= values.size * (1 + 1e-2)
    np.testing.assert_allclose(derivative[found.fractions > 1e-3], values.size, rtol=1e-3)


def test_by_hand() -> None:
    # Known 2 and 4, one at most 3, one more than 3: half each.
    found = turnbull(
        np.array([2.0, 4.0, 0.0, 4.0]), np.array([2.0, 4.0, 3.0, np.inf]), np.array([1.0] * 4)
    )
    shares = {
        (low, high): share
        for low, high, share in zip(found.lows, found.highs, found.fractions, strict=True)
    }
    assert shares[2, 2] == pytest.approx(0.5)
    assert shares[4, 4] == pytest.approx(0.5)


def test_what_is_more_than_everything_known_has_no_bound() -> None:
    found = turnbull(np.array([1.0, 5.0]), np.array([1.0, np.inf]), np.array([3.0, 1.0]))
    assert found.highs.tolist() == [1.0, np.inf]
    assert found.fractions.tolist() == pytest.approx([0.75, 0.25])
