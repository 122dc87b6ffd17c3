"""Warehouses and reports that several tests of the report look at; made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.run import write_report
from reports.terminal import progress
from tests.reports.frames import Campaign, make_warehouse
from tests.reports.page_browser import Browser, started_chromium

SCRIPT = "<script>alert(document.domain)</script>"
HOSTILE_LABEL = "<img/src=x>|**b**`{math}`$x$[l](javascript:a)"
HOSTILE_TEXT = f"{SCRIPT} | ```{{raw}} html``` {{{{ config }}}} # '; drop table quanta; -- $e^1$"


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three campaigns in four stages, the last one of the first campaign declared incomplete."""
    return make_warehouse(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="session")
def report(data: Path) -> Path:
    """The whole report of `data`."""
    write_report(data, progress=progress).refuse_failed()
    return data / "report"


@pytest.fixture(scope="module")
def chromium(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for the `page` that a module of tests makes."""
    with started_chromium(page, tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The page as it is when it was just opened."""
    chromium.open()
    return chromium


@pytest.fixture(scope="session")
def hostile_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts from outside that try to be markup, a stage without data, one without the focus."""
    campaigns = (
        Campaign(
            "DM-1",
            "w_2025_48",
            0.5,
            fields=(SCRIPT, "a|b"),
            description=HOSTILE_TEXT,
            gaps={"stage1": HOSTILE_TEXT},
            more_stages=("stage2",),
            packages={SCRIPT: HOSTILE_TEXT},
        ),
        Campaign("DM-2", "v30", 0.1, focus="v30", description=HOSTILE_TEXT),
    )
    return make_warehouse(
        tmp_path_factory.mktemp("hostile"),
        campaigns,
        stages=("stage1",),
        empty_stages=("finale",),
        rename={"isr": HOSTILE_LABEL, "calibrateImage": SCRIPT},
        thin=20,
    )


@pytest.fixture(scope="session")
def hostile_report(hostile_data: Path) -> Path:
    """The whole report of `hostile_data`."""
    write_report(hostile_data, progress=progress).refuse_failed()
    return hostile_data / "report"
