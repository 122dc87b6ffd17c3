"""Bootstrap intervals of how a quantile changed between two paired samples.

A pair is drawn with both of its values, so that what both have in common cancels.  Values are
counted in cells beforehand (int_changes_celled): only pairs near the quantile can move it, all
others are a few counts, and a sample of millions takes no more memory than its neighbourhood.
This module knows neither dbt nor a database; `int_changes_resampled` feeds it.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

__all__ = ["RESAMPLES", "quantile_change_interval", "seed_of"]

RESAMPLES = 1999
"""Number of resamples: one more would lie outside the range of these once in a thousand."""

_MOST_DRAWN = 4_000_000
"""Counts drawn at once: 32 MB."""

Integers = npt.NDArray[np.int64]


def seed_of(*key: object) -> int:
    """Make a seed from a key, the same in every build and on every machine.

    Parameters
    ----------
    *key
        What tells one sample from all others.
    """
    text = "\0".join(map(str, key)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def quantile_change_interval(
    before: Integers, after: Integers, counts: Integers, *, fraction: float, seed: int
) -> tuple[int, int]:
    """Resample pairs, and give the range of the change of a quantile.

    The range of `RESAMPLES` resamples is the percentile interval of 99.9 %.  A resample is drawn
    as counts of the cells, from the multinomial distribution that drawing single pairs amounts to
    (Efron and Tibshirani 1993, chapter 13).

    Parameters
    ----------
    before, after : `numpy.ndarray`, (n,)
        Both values of the pairs in each cell, in equal steps (logarithms, so that a difference is
        a ratio).
    counts : `numpy.ndarray`, (n,)
        Pairs in each cell.
    fraction : `float`
        Which quantile, from 0 to 1: the smallest value that so large a share does not exceed.
    seed : `int`
        The same seed gives the same interval.

    Returns
    -------
    low, high : `int`
        Ends of the interval of the quantile after minus the quantile before, in those steps.
    """
    generator = np.random.default_rng(seed)
    size = int(counts.sum())
    shares = counts / size
    orders = [np.argsort(values, kind="stable") for values in (before, after)]
    low, high = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    at_once = max(1, _MOST_DRAWN // len(counts))
    for first in range(0, RESAMPLES, at_once):
        drawn = generator.multinomial(size, shares, size=min(at_once, RESAMPLES - first))
        quantiles = [
            values[order][(drawn[:, order].cumsum(axis=1) >= fraction * size).argmax(axis=1)]
            for values, order in zip((before, after), orders, strict=True)
        ]
        changes = quantiles[1] - quantiles[0]
        low, high = min(low, int(changes.min())), max(high, int(changes.max()))
    return low, high
