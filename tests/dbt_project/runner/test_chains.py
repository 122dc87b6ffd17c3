"""Following a process from quantum to quantum: the smallest cases."""

from __future__ import annotations

import pytest

from dbt_project.runner.chains import Ran, follow

MIB = 1024**2


def ran(name: str, second: float, cpu_s: float, before: int, after: int) -> Ran:
    """A quantum of 10 s and 9 s of CPU, with marks in MiB."""
    begin = int(second * 1e6)
    return Ran((name,), begin, begin + 10_000_000, cpu_s, cpu_s + 9, before * MIB, after * MIB)


def chains(*quanta: Ran) -> list[str]:
    """Follow, and give the names of each chain as one word."""
    found = follow(sorted(quanta, key=lambda one: one.prep_us), gap_s=60, slack_s=1)
    return sorted("".join(one.name[0] for one in chain) for chain in found)


def test_two_processes_at_once_are_told_apart_by_mark_and_clock() -> None:
    assert chains(
        ran("a", 0, 5, 400, 900), ran("b", 11, 14.1, 900, 900), ran("c", 22, 23.2, 900, 950),
        ran("x", 1, 6, 410, 900), ran("y", 12, 15.1, 900, 1000), ran("z", 23, 24.2, 1000, 1000),
    ) == ["abc", "xyz"]  # fmt: skip


@pytest.mark.parametrize(
    "after",
    [
        ran("b", 11, 14.1, 901, 1000),  # a mark that nobody left
        ran("b", 11, 13.9, 900, 1000),  # a clock that fell
        ran("b", 11, 20.0, 900, 1000),  # more CPU than time
        ran("b", 71, 14.1, 900, 1000),  # too late
        ran("b", 8, 14.1, 900, 1000),  # at the same time
    ],
)
def test_what_does_not_go_on_begins_a_process(after: Ran) -> None:
    assert chains(ran("a", 0, 5, 400, 900), after) == ["a", "b"]


def test_nobody_is_followed_twice() -> None:
    assert chains(
        ran("a", 0, 5, 400, 900), ran("b", 11, 14.1, 900, 900), ran("c", 12, 14.2, 900, 950)
    ) == ["ab", "c"]  # fmt: skip
