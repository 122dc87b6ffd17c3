"""How often intervals miss where quanta of a visit are alike: ``python -m tests.bench.coverage``.

Quanta of simulated visits share a part of their variance.  Nothing is the matter between the two
campaigns, so an interval should hold the true value but once in a thousand trials.  Prints, for
intervals over single quanta and over whole visits, the share of trials in which it does not, and
the share in which it is open (then there is no verdict).  The numbers in ``docs/assumptions.md``
come from here.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from dbt_project.runner.resampling import Sample, quantile_change_interval

Doubles = npt.NDArray[np.float64]
Interval = tuple[float, float] | None

Z = 3.2905
"""Two-sided 99.9 % of a normal distribution, `interval_z` of the models."""

GROUPS = 200
"""Groups that are drawn at most, `most_drawn_groups` of the models."""

QUANTA = 20
"""Quanta of a visit."""


def rank_errors(values: Doubles, fraction: float, *, is_clustered: bool) -> float:
    """Calculate how far from its place a quantile may lie, in ranks, as int_changes_spread does.

    Parameters
    ----------
    values : `numpy.ndarray`, (visits, quanta)
        One row per visit.
    fraction : `float`
        Which quantile.
    is_clustered : `bool`
        Whether visits are independent, or quanta.
    """
    size = values.size
    variance = size * fraction * (1 - fraction)
    if not is_clustered:
        return Z * math.sqrt(variance)
    visits = len(values)
    quantile = np.sort(values, axis=None)[math.ceil(size * fraction) - 1]
    excess = (values <= quantile).sum(axis=1) - fraction * values.shape[1]
    error = math.sqrt(max(variance, float((excess**2).sum()) * visits / (visits - 1)))
    freedom = visits - 1
    student = (
        Z
        + (Z**3 + Z) / 4 / freedom
        + (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96 / freedom**2
        + (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384 / freedom**3
    )
    return student * error


def ranks(values: Doubles, fraction: float, *, is_clustered: bool) -> Interval:
    """Give the values at the ranks around a quantile, or nothing where a side is open."""
    errors = rank_errors(values, fraction, is_clustered=is_clustered)
    low = math.floor(values.size * fraction - errors)
    high = math.ceil(values.size * fraction + errors) + 1
    if low < 1 or high > values.size:
        return None
    ordered = np.sort(values, axis=None)
    return float(ordered[low - 1]), float(ordered[high - 1])


def resampled(
    before: Doubles, after: Doubles, fraction: float, seed: int, *, is_clustered: bool
) -> Interval:
    """Give the bootstrap interval of a change, or nothing where a quantile is open."""
    if None in (ranks(each, fraction, is_clustered=is_clustered) for each in (before, after)):
        return None
    rows, columns = before.shape
    clusters = np.repeat(np.arange(rows), columns) if is_clustered else np.arange(before.size)
    samples = (
        Sample(
            clusters % GROUPS,
            np.rint(100 * each.ravel()).astype(np.int64),
            np.ones(each.size, np.int64),
        )
        for each in (before, after)
    )
    return quantile_change_interval(*samples, fraction=fraction, seed=seed)


def alike(generator: np.random.Generator, visits: int, share: float) -> Doubles:
    """Draw normal values of which visits share a part of the variance."""
    own = math.sqrt(1 - share) * generator.standard_normal((visits, QUANTA))
    return math.sqrt(share) * generator.standard_normal((visits, 1)) + own


def median_interval(visits: int, share: float, seed: int, *, is_clustered: bool) -> Interval:
    """Bound the median of ratios of which none changed."""
    generator = np.random.default_rng((visits, seed))
    return ranks(alike(generator, visits, share), 0.5, is_clustered=is_clustered)


def change_interval(visits: int, share: float, seed: int, *, is_clustered: bool) -> Interval:
    """Bound the change of a 95th percentile that did not change."""
    generator = np.random.default_rng((visits, seed))
    before, after = (alike(generator, visits, share) for _ in range(2))
    return resampled(before, after, 0.95, seed, is_clustered=is_clustered)


def missed(found: Sequence[Interval]) -> str:
    """Write how many intervals miss the true value, which is 0, and how many are open."""
    closed = [ends for ends in found if ends is not None]
    if not closed:
        return "all open"
    misses = sum(not low <= 0 <= high for low, high in closed)
    opened = f", {1 - len(closed) / len(found):.0%} open" if len(closed) < len(found) else ""
    return f"{misses / len(closed):.2%}{opened}"


def main() -> None:
    """Print a row for each number of visits and share of variance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=4000, help="trials of the median")
    parser.add_argument("--draws", type=int, default=300, help="trials of the 95th percentile")
    options = parser.parse_args()
    kinds = ((median_interval, options.trials), (change_interval, options.draws))
    names = ("median of ratios", "change of p95")
    heads = [f"{name}, by {unit}" for name in names for unit in ("quanta", "visits")]
    table = Table("visits", "shared", *heads)
    for visits in (10, 30, 100, 300):
        for share in (0.0, 0.3, 0.8):
            cells = [
                missed([
                    interval(visits, share, seed, is_clustered=is_clustered)
                    for seed in range(trials)
                ])
                for interval, trials in kinds
                for is_clustered in (False, True)
            ]  # fmt: skip
            table.add_row(str(visits), f"{share:.0%}", *cells)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
