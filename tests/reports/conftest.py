"""Warehouses and reports that several tests of the report look at; made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import duckdb
import pytest

from reports.page.build import write_page
from reports.run import write_report
from reports.terminal import progress
from tests.reports.frames import Campaign, make_warehouse
from tests.reports.page_browser import Browser, started_chromium
from tests.reports.warehouses import FOCUS
from tests.shared import made_once, session_folder

GROWTH = f"""
    select
        '{FOCUS}' as campaign, 'stage3' as stage, 'assembleCoadd' as task_label,
        'grows' as dependence_verdict, 40 as quanta_count, 3 as min_visit_count,
        21 as max_visit_count, 100.25 as per_visit_mib, 90.5 as low_per_visit_mib,
        110.0 as high_per_visit_mib, 0.75 as explained_fraction, 1.5 as shallowest_gib,
        3.25 as deepest_gib, 5.3 as twice_as_deep_gib, 5.1 as low_twice_as_deep_gib,
        5.5 as high_twice_as_deep_gib, true as is_growing
    union all
    select
        '{FOCUS}', 'stage3', 'detection', 'cannot_tell', 30, 1, 9, -2.0, -20.0, 16.0, 0.01, 1.0,
        1.0, null, null, null, false
"""

SCRIPT = "<script>alert(document.domain)</script>"
HOSTILE_LABEL = "<img/src=x>|**b**`{math}`$x$[l](javascript:a)"
HOSTILE_TEXT = f"{SCRIPT} | ```{{raw}} html``` {{{{ config }}}} # '; drop table quanta; -- $e^1$"


@pytest.fixture(scope="session", autouse=True)
def _parsed(parsed_project: None) -> None:
    """Build with the project that is already parsed."""


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three campaigns in four stages, the last one of the first campaign declared incomplete."""
    return made_once(session_folder(tmp_path_factory) / "published", make_warehouse)


@pytest.fixture(scope="session")
def report(data: Path) -> Path:
    """The whole report of `data`."""
    return made_once(data / "report", _write_report)


@pytest.fixture(scope="session")
def page(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of `data`, away from the report that other tests look at."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(data / "warehouse.duckdb", folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        # These quanta have no tract, so that the mart of growth is empty.
        connection.execute(f"insert into fct_memory_dependence by name {GROWTH}")
    return write_page(folder)


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
            "w_2025_48\x01",
            0.5,
            fields=(SCRIPT, "a|b"),
            description=HOSTILE_TEXT,
            gaps={"stage1": HOSTILE_TEXT},
            more_stages=("stage2",),
            packages={SCRIPT: HOSTILE_TEXT},
        ),
        Campaign("DM-2", "v30", 0.1, focus="v30", description=HOSTILE_TEXT),
    )
    make = partial(
        make_warehouse,
        campaigns=campaigns,
        stages=("stage1",),
        empty_stages=("finale",),
        rename={
            "isr": HOSTILE_LABEL,
            "calibrateImage": SCRIPT,
            "associateIsolatedStar": "constructor",
            "consolidateSingleVisitStar": "toString",
        },
        thin=20,
    )
    return made_once(session_folder(tmp_path_factory) / "hostile", make)


@pytest.fixture(scope="session")
def hostile_report(hostile_data: Path) -> Path:
    """The whole report of `hostile_data`."""
    return made_once(hostile_data / "report", _write_report)


def _write_report(folder: Path) -> None:
    write_report(folder.parent, progress=progress).refuse_failed()
