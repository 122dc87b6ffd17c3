"""The bootstrap of a change: against what is known exactly, and the same in every build."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from dbt_project.runner.resampling import (
    RESAMPLES,
    Integers,
    Sample,
    mean_interval,
    quantile_change_interval,
    seed_of,
)


def samples(before: Integers, after: Integers, each: int = 1) -> tuple[Sample, Sample]:
    """Put so many neighbouring pairs into one cluster."""
    clusters = np.arange(len(before)) // each
    ones = np.ones(len(before), np.int64)
    return Sample(clusters, before, ones), Sample(clusters, after, ones)


@pytest.mark.parametrize(("size", "fraction"), [(40, 0.5), (1000, 0.5), (1000, 0.95)])
def test_of_one_sample_the_interval_is_that_of_the_binomial_ranks(
    size: int, fraction: float
) -> None:
    # Where nothing varied before, the resampled quantile is at most the value of rank k as often
    # as a binomial count reaches its place: the tails of 1 in 2,000 are known exactly.
    low, high = quantile_change_interval(
        *samples(np.zeros(size, np.int64), np.arange(1, size + 1)), fraction=fraction, seed=1
    )
    ranks = np.arange(1, size + 1)
    at_most = stats.binom.sf(math.ceil(fraction * size) - 1, size, ranks / size)
    for end, tail in ((low, at_most[low - 1]), (high, 1 - at_most[high - 2])):
        # Of 1,999 draws the outermost lies beyond a share of 0.000001 to 0.005, all but surely.
        assert 1e-6 < tail < 5e-3, (end, tail)


def test_what_both_samples_have_in_common_cancels() -> None:
    generator = np.random.default_rng(3)
    before = np.rint(300 * generator.standard_normal(400)).astype(np.int64)
    assert quantile_change_interval(*samples(before, before + 50), fraction=0.95, seed=2) == (
        50,
        50,
    )
    apart = quantile_change_interval(
        *samples(before, generator.permutation(before) + 50), fraction=0.95, seed=2
    )
    assert apart[0] < 20
    assert apart[1] > 80


def test_quanta_of_one_cluster_say_no_more_than_one_of_them() -> None:
    generator = np.random.default_rng(4)
    one = np.rint(300 * generator.standard_normal(100)).astype(np.int64)
    nothing = np.zeros(2000, np.int64)
    single = quantile_change_interval(*samples(nothing[:100], one), fraction=0.5, seed=5)
    repeated = np.repeat(one, 20)
    assert quantile_change_interval(*samples(nothing, repeated, 20), fraction=0.5, seed=5) == single
    alone = quantile_change_interval(*samples(nothing, repeated), fraction=0.5, seed=5)
    assert np.ptp(alone) < np.ptp(single) / 2


def test_counts_stand_for_quanta_and_far_ones_may_be_held_to_the_neighbourhood() -> None:
    generator = np.random.default_rng(4)
    before = np.rint(300 * generator.standard_normal(1200)).astype(np.int64)
    after = before + np.rint(30 * generator.standard_normal(1200)).astype(np.int64)
    ranks = 1200 * 0.5 + np.array([-6, 6]) * math.sqrt(1200 * 0.25)
    held = [
        np.clip(values, *np.sort(values)[ranks.astype(int)] + [-1, 1]) for values in (before, after)
    ]
    whole = quantile_change_interval(*samples(before, after), fraction=0.5, seed=5)
    assert quantile_change_interval(*samples(*held), fraction=0.5, seed=5) == whole
    counted = []
    for sample in samples(*held):
        (clusters, values), counts = np.unique(
            np.stack([sample.clusters, sample.values]), axis=1, return_counts=True
        )
        counted.append(Sample(clusters, values, counts))
    assert quantile_change_interval(*counted, fraction=0.5, seed=5) == whole


def test_the_same_seed_gives_the_same_interval_and_another_key_another_seed() -> None:
    generator = np.random.default_rng(6)
    sample = samples(*generator.integers(0, 1000, (2, 300)))
    first, again = (
        quantile_change_interval(*sample, fraction=0.5, seed=seed_of("A", "B", 0.5)) for _ in "12"
    )
    assert first == again
    assert seed_of("A", "B") != seed_of("AB", "")
    assert RESAMPLES == 1999


def test_the_interval_of_a_mean_is_as_wide_as_the_spread_between_visits_says() -> None:
    # The range of 1,999 means of 400 draws lies some 3.3 standard errors to either side.
    generator = np.random.default_rng(8)
    totals = generator.normal(10, 2, size=(400, 1))
    (low,), (high,) = mean_interval(totals, np.ones(400), seed=5)
    error = float(totals.std()) / math.sqrt(400)
    mean = float(totals.mean())
    assert 2.7 < (mean - low) / error < 4.2
    assert 2.7 < (high - mean) / error < 4.2


def test_groups_of_unequal_size_are_a_mean_over_visits() -> None:
    # A group of three visits weighs as three: every resample has the same mean of 2.
    (low,), (high,) = mean_interval(np.array([[6.0], [2.0]]), np.array([3.0, 1.0]), seed=1)
    assert (low, high) == (2.0, 2.0)
