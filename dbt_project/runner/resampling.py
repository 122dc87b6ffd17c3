"""Make bootstrap intervals of the change of a quantile between two paired, clustered samples.

Whole clusters are drawn (a visit with all its quanta), each with its values before and after, so
that effects on both cancel.  Values are counted in bins before (int_changes_celled).  A resample
is a matrix product with the number of times that each cluster was drawn.  This module uses neither
dbt nor a database; `int_changes_resampled` calls it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "RESAMPLES", "Integers", "Sample", "mean_interval", "quantile_change_interval", "seed_of",
]  # fmt: skip

RESAMPLES = 1999
"""Number of resamples: a further one lies outside their range once in a thousand."""

Integers = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Values of all clusters, counted.

    Parameters
    ----------
    clusters : `numpy.ndarray`, (n,)
        Cluster of each count, any integer.
    values : `numpy.ndarray`, (n,)
        Value of each count, in equal steps (logarithms, so that a difference is a ratio).
    counts : `numpy.ndarray`, (n,)
        Quanta of that cluster with that value.
    """

    clusters: Integers
    values: Integers
    counts: Integers

    def quantiles(self, names: Integers, drawn: Doubles, fraction: float) -> Integers:
        """Get a quantile of each resample.

        Parameters
        ----------
        names : `numpy.ndarray`, (m,)
            All clusters, sorted.
        drawn : `numpy.ndarray`, (r, m)
            Number of times that each resample drew each cluster.
        fraction : `float`
            Share that defines the quantile: the smallest value which this share does not exceed.

        Returns
        -------
        quantiles : `numpy.ndarray`, (r,)
            One for each resample.
        """
        values, places = np.unique(self.values, return_inverse=True)
        table = np.zeros((len(names), len(values)))
        table[np.searchsorted(names, self.clusters), places] = self.counts
        below = drawn @ table.cumsum(axis=1)
        found: Integers = values[(below >= fraction * below[:, -1:]).argmax(axis=1)]
        return found


def seed_of(*key: object) -> int:
    """Make a seed from a key; it is the same in every build and on every machine.

    Parameters
    ----------
    *key
        Values that identify a sample.
    """
    text = "\0".join(map(str, key)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def quantile_change_interval(
    before: Sample, after: Sample, *, fraction: float, seed: int
) -> tuple[int, int]:
    """Resample clusters, and return the range of the change of a quantile.

    The range of `RESAMPLES` resamples is the percentile interval of 99.9 % (Efron and Tibshirani
    1993, chapter 13; of whole clusters, Davison and Hinkley 1997, section 3.8).

    Parameters
    ----------
    before, after : `Sample`
        Both samples, of the same clusters.
    fraction : `float`
        The quantile, from 0 to 1.
    seed : `int`
        The same seed gives the same interval.

    Returns
    -------
    low, high : `int`
        Ends of the interval of the quantile after minus the quantile before, in steps of the
        values.
    """
    names = np.unique(before.clusters)
    drawn = _drawn(len(names), seed)
    changes = after.quantiles(names, drawn, fraction) - before.quantiles(names, drawn, fraction)
    return int(changes.min()), int(changes.max())


def mean_interval(totals: Doubles, counts: Doubles, *, seed: int) -> tuple[Doubles, Doubles]:
    """Resample groups of visits (or tracts), and return the range of the mean per visit.

    The interval is that of `quantile_change_interval`.

    Parameters
    ----------
    totals : `numpy.ndarray`, (n, k)
        Total of each group, for each of k cases.
    counts : `numpy.ndarray`, (n,)
        Visits of each group.
    seed : `int`
        The same seed gives the same interval.

    Returns
    -------
    low, high : `numpy.ndarray`, (k,)
        Ends of the interval, in the unit of the totals.
    """
    drawn = _drawn(len(counts), seed)
    means = (drawn @ totals) / (drawn @ counts)[:, np.newaxis]
    return means.min(axis=0), means.max(axis=0)


def _drawn(count: int, seed: int) -> Doubles:
    """Draw clusters with replacement, and count each in each resample: shape (r, count)."""
    generator = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    return generator.multinomial(count, shares, size=RESAMPLES).astype(np.float64)
