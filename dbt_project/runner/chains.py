"""Find quanta that ran one after the other in one process, by its clock and high-water mark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Ran", "follow"]


class Ran(NamedTuple):
    """A quantum: instants in µs, CPU time of its process in s, high-water mark in bytes."""

    name: tuple[str, ...]
    prep_us: int
    end_us: int
    prep_cpu_time_s: float
    end_cpu_time_s: float
    prep_mark_bytes: int
    end_mark_bytes: int


def follow(quanta: Iterable[Ran], *, gap_s: float, slack_s: float) -> Iterator[list[Ran]]:
    """Make chains of the quanta of one node, in the order of their start.

    A quantum follows another one if it begins with exactly the mark with which the other ended, at
    most `gap_s` later, and if it used no more CPU time in between than the time that passed.  Of
    several, it follows the one with the nearest CPU clock, then the latest.

    Parameters
    ----------
    quanta : `~collections.abc.Iterable` [`Ran`]
        Quanta in the order of their start.
    gap_s : `float`
        Longest time between two quanta of a process, in s.
    slack_s : `float`
        How much more CPU than wall time may pass between two quanta, in s.

    Yields
    ------
    chain : `list` [`Ran`]
        Quanta of one process, as far as it can be followed.
    """
    chains: list[list[Ran]] = []
    open_by_mark: dict[int, list[list[Ran]]] = defaultdict(list)
    for ran in quanta:
        ends = open_by_mark[ran.prep_mark_bytes]
        # No quantum can follow one that ended too long ago.
        ends[:] = [c for c in ends if ran.prep_us - c[-1].end_us <= gap_s * 1e6]
        fit = [c for c in ends if _goes_on(c[-1], ran, slack_s)]
        if fit:
            chain = max(fit, key=lambda c: (c[-1].end_cpu_time_s, c[-1].end_us))
            ends.remove(chain)
        else:
            chain = []
            chains.append(chain)
        chain.append(ran)
        open_by_mark[ran.end_mark_bytes].append(chain)
    yield from chains


def _goes_on(before: Ran, after: Ran, slack_s: float) -> bool:
    wall_s = (after.prep_us - before.end_us) / 1e6
    cpu_s = after.prep_cpu_time_s - before.end_cpu_time_s
    return wall_s >= 0 and 0 <= cpu_s <= wall_s + slack_s
