"""The bootstrap of a change: against what is known exactly, and the same in every build."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from dbt_project.runner.resampling import RESAMPLES, Integers, quantile_change_interval, seed_of


def cells(*columns: Integers) -> tuple[Integers, Integers, Integers]:
    """Count equal pairs."""
    (before, after), counts = np.unique(np.stack(columns), axis=1, return_counts=True)
    return before, after, counts


@pytest.mark.parametrize(("size", "fraction"), [(40, 0.5), (1000, 0.5), (1000, 0.95)])
def test_of_one_sample_the_interval_is_that_of_the_binomial_ranks(
    size: int, fraction: float
) -> None:
    # Where nothing varied before, the resampled quantile is at most the value of rank k as often
    # as a binomial count reaches its place: the tails of 1 in 2,000 are known exactly.
    low, high = quantile_change_interval(
        *cells(np.zeros(size, np.int64), np.arange(1, size + 1)), fraction=fraction, seed=1
    )
    ranks = np.arange(1, size + 1)
    at_most = stats.binom.sf(math.ceil(fraction * size) - 1, size, ranks / size)
    for end, tail in ((low, at_most[low - 1]), (high, 1 - at_most[high - 2])):
        # Of 1,999 draws the outermost lies beyond a share of 0.000001 to 0.005, all but surely.
        assert 1e-6 < tail < 5e-3, (end, tail)


def test_what_both_samples_have_in_common_cancels() -> None:
    generator = np.random.default_rng(3)
    before = np.rint(300 * generator.standard_normal(400)).astype(np.int64)
    assert quantile_change_interval(*cells(before, before + 50), fraction=0.95, seed=2) == (50, 50)
    apart = quantile_change_interval(
        *cells(before, generator.permutation(before) + 50), fraction=0.95, seed=2
    )
    assert apart[0] < 20
    assert apart[1] > 80


def test_pairs_far_from_the_quantile_may_be_held_to_its_neighbourhood() -> None:
    generator = np.random.default_rng(4)
    before = np.rint(300 * generator.standard_normal(1200)).astype(np.int64)
    after = before + np.rint(30 * generator.standard_normal(1200)).astype(np.int64)
    ranks = 1200 * 0.5 + np.array([-5, 5]) * math.sqrt(1200 * 0.25)
    held = [
        np.clip(values, *np.sort(values)[ranks.astype(int)] + [-1, 1]) for values in (before, after)
    ]
    whole, near = cells(before, after), cells(*held)
    assert len(near[2]) < len(whole[2]) / 2
    ends = [
        quantile_change_interval(*each, fraction=0.5, seed=seed)
        for each in (whole, near)
        for seed in (5, 6)
    ]
    assert np.ptp(ends, axis=0).max() <= 6, "they differ as two seeds do"


def test_the_same_seed_gives_the_same_interval_and_another_key_another_seed() -> None:
    generator = np.random.default_rng(6)
    sample = cells(*generator.integers(0, 1000, (2, 300)))
    first, again = (
        quantile_change_interval(*sample, fraction=0.5, seed=seed_of("A", "B", 0.5)) for _ in "12"
    )
    assert first == again
    assert seed_of("A", "B") != seed_of("AB", "")
    assert RESAMPLES == 1999
