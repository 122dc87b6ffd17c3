"""When it ran: the figures of stages."""

from __future__ import annotations

import json
from pathlib import Path


def test_a_stage_that_ran_nothing_says_so(hostile_report: Path) -> None:
    captions = json.loads((hostile_report / "captions.json").read_text())
    empty = captions["concurrency_v30_stagefinale"]
    assert empty["is_empty"]
    assert "No measured quanta in finale of DM-2" in empty["caption"]
