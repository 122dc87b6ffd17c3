"""Estimate a distribution from exact and interval-censored values, with Turnbull's estimator.

An own peak is an exact value.  An inherited peak is an upper bound.  The request of a killed job
is a lower bound.  Turnbull (1976) finds the distribution of largest likelihood.  With only one
kind of bound it equals that of Kaplan and Meier.  This module uses neither dbt nor a database;
`int_needs_estimated` calls it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Estimate", "turnbull"]

Doubles = npt.NDArray[np.float64]

MOST_STEPS = 20_000
"""Most steps of the iteration."""

TOLERANCE = 1e-9
"""The iteration ends when no share changes by more than this."""


@dataclass(frozen=True)
class Estimate:
    """A distribution: shares of intervals that do not overlap, from low to high.

    Parameters
    ----------
    lows, highs : `numpy.ndarray`, (m,)
        Ends of each interval, both included; infinite if there is no upper bound.
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
        Ends of the intervals: equal if the value is known, infinite if it has no bound.
    counts : `numpy.ndarray`, (n,)
        Number of values with this interval.

    Returns
    -------
    estimate : `Estimate`
        Nonparametric estimate of largest likelihood, by the self-consistency of Turnbull.  If the
        likelihood is the same for some intervals, they keep the equal shares of the start.
    """
    begins, ends = _innermost(lows, highs)
    first = np.searchsorted(begins, lows, side="left")
    last = np.searchsorted(ends, highs, side="right") - 1
    fractions = np.full(begins.size, 1 / begins.size)
    for _ in range(MOST_STEPS):
        sums = np.concatenate(([0.0], np.cumsum(fractions)))
        weights = counts / (sums[last + 1] - sums[first])
        # Each value is divided among its intervals in proportion to the distribution.
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
    """Find the intervals that can have a share: from a low end to the next high end."""
    begins, ends = np.unique(lows), np.unique(highs)
    marks = np.concatenate((begins, ends))
    is_high = np.repeat((0, 1), (begins.size, ends.size))
    order = np.lexsort((is_high, marks))
    marks, is_high = marks[order], is_high[order]
    pairs = (is_high[:-1] == 0) & (is_high[1:] == 1)
    return marks[:-1][pairs], marks[1:][pairs]
