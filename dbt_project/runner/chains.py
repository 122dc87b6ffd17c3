"""Which quanta ran one after the other in one process, by its clock and its high-water mark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Ran", "follow"]


class Ran(NamedTuple):
    """What is known of a quantum: instants in µs, CPU time of its process in s, mark in bytes."""

    name: tuple[str, ...]
    prep_us: int
    end_us: int
    prep_cpu_time_s: float
    end_cpu_time_s: float
    prep_mark_bytes: int
    end_mark_bytes: int


def follow(quanta: Iterable[Ran], *, gap_s: float, slack_s: float) -> Iterator[list[Ran]]:
    """Put the quanta of one node in the order of their begin into chains.

    A quantum follows the one that left exactly the mark with which it begins, at most `gap_s`
    before, and used no more CPU since than the time that passed.  Of several, it follows the one
    whose CPU clock is nearest, then the latest.

    Parameters
    ----------
    quanta : `~collections.abc.Iterable` [`Ran`]
        By begin.
    gap_s : `float`
        Longest time between two quanta of a process, in s.
    slack_s : `float`
        How much more CPU than wall time may pass between two quanta, in s.

    Yields
    ------
    chain : `list` [`Ran`]
        Each process, as far as it can be followed.
    """
    chains: list[list[Ran]] = []
    open_by_mark: dict[int, list[list[Ran]]] = defaultdict(list)
    for ran in quanta:
        ends = open_by_mark[ran.prep_mark_bytes]
        # What ended too long ago is followed by nothing any more.
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
