"""Configure all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

# No time limit for an example, because a busy machine may be slow.
settings.register_profile("census", deadline=None)
settings.load_profile("census")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files: one that begins last lets the other workers wait for it."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
