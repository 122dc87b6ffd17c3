"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# However long an example takes on a busy machine: nothing here is timed.
settings.register_profile("census", deadline=None)
settings.load_profile("census")
