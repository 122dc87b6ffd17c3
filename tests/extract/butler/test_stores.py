"""A store that is down is distinguished from single files that cannot be read."""

from __future__ import annotations

import pytest

from extract.butler.store_errors import Diagnosis
from extract.butler.stores import StoreGuard
from extract.errors import StoreError

DOWN = Diagnosis("connection refused", "server")
GONE = Diagnosis("it is registered, but the file does not exist", "file")


def test_a_store_that_only_fails_is_not_taken_for_files_that_are_lost() -> None:
    guard = StoreGuard(limit=3)
    guard.fail(DOWN, "dav://h:1/a")
    guard.fail(DOWN, "dav://h:1/b")
    with pytest.raises(StoreError, match=r"dav://h:1/c: connection refused"):
        guard.fail(DOWN, "dav://h:1/c")


def test_a_store_of_few_files_that_only_fails_is_judged_at_the_end() -> None:
    guard = StoreGuard(limit=3)
    guard.fail(DOWN, "dav://h:1/a")
    with pytest.raises(StoreError, match=r"dav://h:1/a"):
        guard.close()


def test_a_few_files_behind_a_broken_disk_do_not_condemn_the_store() -> None:
    guard = StoreGuard(limit=3)
    for _ in range(5):
        guard.fail(DOWN, "dav://h:1/a")
        guard.fail(DOWN, "dav://h:1/b")
        guard.succeed()
    guard.fail(DOWN, "dav://h:1/c")
    guard.close()


def test_any_number_of_files_may_be_gone() -> None:
    guard = StoreGuard(limit=3)
    for _ in range(5):
        guard.fail(GONE, "dav://h:1/a")
    guard.close()
