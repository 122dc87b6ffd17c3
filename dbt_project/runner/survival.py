"""Distribution of values of which some are known only to lie in an interval: Turnbull's estimator.

A peak that a quantum reached itself is known, an inherited one is only known to be at most so
much, and that of a killed job to be more than it asked for.  Turnbull (1976) finds the
distribution of largest likelihood; with one kind of censoring alone it is that of Kaplan and
Meier.  This module knows neither dbt nor a database; `int_needs_estimated` feeds it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Estimate", "turnbull"]

Doubles = npt.NDArray[np.float64]

MOST_STEPS = 20_000
"""Steps of the iteration, at most."""

TOLERANCE = 1e-9
"""The iteration ends where no share changes by more."""


@dataclass(frozen=True)
class Estimate:
    """A distribution: shares of intervals that do not overlap, from low to high.

    Parameters
    ----------
    lows, highs : `numpy.ndarray`, (m,)
        Ends of each interval, both in it; infinite where nothing bounds the values above.
    fractions : `numpy.ndarray`, (m,)
        Share of the values that lie in it; the sum is 1.
    """

    lows: Doubles
    highs: Doubles
    fractions: Doubles


def turnbull(lows: Doubles, highs: Doubles, counts: Doubles) -> Estimate:
    """Estimate the distribution of values that each lie in a closed interval of whole numbers.

    Parameters
    ----------
    lows, highs : `numpy.ndarray`, (n,)
        Ends of the intervals: equal where the value is known, infinite where it has no bound.
    counts : `numpy.ndarray`, (n,)
        How many values have this interval.

    Returns
    -------
    estimate : `Estimate`
        Nonparametric estimate of largest likelihood, by the self-consistency of Turnbull.  Where
        the likelihood does not tell intervals apart, it keeps the equal shares that it began with.
    """
    begins, ends = _innermost(lows, highs)
    first = np.searchsorted(begins, lows, side="left")
    last = np.searchsorted(ends, highs, side="right") - 1
    fractions = np.full(begins.size, 1 / begins.size)
    for _ in range(MOST_STEPS):
        sums = np.concatenate(([0.0], np.cumsum(fractions)))
        weights = counts / (sums[last + 1] - sums[first])
        # Each value is shared out among its intervals as the distribution has it.
        change = np.zeros(begins.size + 1)
        np.add.at(change, first, weights)
        np.add.at(change, last + 1, -weights)
        found = fractions * np.cumsum(change[:-1]) / counts.sum()
        is_done = np.abs(found - fractions).max() < TOLERANCE
        fractions = found / found.sum()
        if is_done:
            break
    return Estimate(begins, ends, fractions)


def _innermost(lows: Doubles, highs: Doubles) -> tuple[Doubles, Doubles]:
    """Find the intervals that can have a share: from a low end to a high one that follows it."""
    begins, ends = np.unique(lows), np.unique(highs)
    marks = np.concatenate((begins, ends))
    is_high = np.repeat((0, 1), (begins.size, ends.size))
    order = np.lexsort((is_high, marks))
    marks, is_high = marks[order], is_high[order]
    pairs = (is_high[:-1] == 0) & (is_high[1:] == 1)
    return marks[:-1][pairs], marks[1:][pairs]
