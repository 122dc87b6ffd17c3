"""Configure all tests."""

from __future__ import annotations

from hypothesis import settings

# No time limit for an example, because a busy machine may be slow.
settings.register_profile("census", deadline=None)
settings.load_profile("census")
