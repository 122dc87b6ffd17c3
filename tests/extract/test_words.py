"""Counts and lists of names in messages."""

from __future__ import annotations

from extract.words import counted, shortened


def test_a_count_has_its_noun_in_the_right_number() -> None:
    assert counted(1, "RUN") == "1 RUN"
    assert counted(0, "RUN") == "0 RUNs"
    assert counted(1107, "quantum", "quanta") == "1,107 quanta"


def test_of_many_names_the_first_are_written_out() -> None:
    assert shortened(["a", "b", "c"]) == "a, b, c"
    assert shortened(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
