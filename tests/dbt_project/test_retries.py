"""What killed jobs cost, against HTCondor's own expressions as BPS's plugin writes them."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest
import yaml

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from extract.bps_requests import DEFAULTS, resolve_requests
from tests.dbt_project.conftest import query
from tests.extract import bps
from tests.lake_factory import SyntheticLake

TASKS: dict[str, tuple[dict[str, Any], int]] = {
    "fits": ({"requestMemory": 1000}, 1000),
    "oneMibOver": ({"requestMemory": 1000}, 1001),
    "wholeMib": ({"requestMemory": 1001, "memoryMultiplier": 1.5}, 1502),
    "oneRetry": ({"requestMemory": 1000, "memoryMultiplier": 1.5, "numberOfRetries": 1}, 4000),
    "noRetry": ({"requestMemory": 1000, "numberOfRetries": 0}, 4000),
    "noScaling": ({"requestMemory": 1000, "memoryMultiplier": 1}, 4000),
    "zero": ({"requestMemory": 1000, "memoryMultiplier": 0}, 4000),
    "capped": ({"requestMemory": 1000, "requestMemoryMax": 3000}, 4000),
    "atTheCap": ({"requestMemory": 1000, "requestMemoryMax": 4000}, 4000),
    "overTheCap": ({"requestMemory": 5000, "requestMemoryMax": 3000}, 4000),
    "overTheCapAndOver": ({"requestMemory": 5000, "requestMemoryMax": 3000}, 6000),
    "small": ({"requestMemory": 10}, 4000),
}
"""What BPS is told of each task, and its peak in MiB."""

CONFIGURATION: dict[str, Any] = {
    "pipetask": {task: said for task, (said, _) in TASKS.items()}
    | {"isr": {}, "pipetaskInit": {}, "fitz": {"requestMemory": 1}},
    "cluster": {"visits": {"pipetasks": "isr, calibrateImagge"}},
}


def campaign(lake: SyntheticLake, name: str, wms: str) -> None:
    """Add one quantum of an hour for each task."""
    lake.campaign(
        name,
        focus="v30" if wms == "htcondor" else None,
        current_requests=json.dumps(resolve_requests(CONFIGURATION, wms)),
    )
    run = lake.run(name, "stage1", f"runs/{name}")
    for task, (_, peak_mib) in TASKS.items():
        lake.quantum(
            name, "stage1", run, task, {"instrument": "LSSTCam", "visit": 1},
            peak_gib=peak_mib / 1024, prep_gib=0.001, wall_s=3600.0,
        )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, str]:
    """A warehouse, and what its build said."""
    lake = SyntheticLake()
    campaign(lake, "DM-1", "parsl")
    campaign(lake, "DM-2", "htcondor")
    layout = Layout(tmp_path_factory.mktemp("retries"))
    lake.write(layout.lake)
    said = io.StringIO()
    with redirect_stderr(said):
        build(layout)
    return layout, said.getvalue()


@pytest.fixture(scope="module")
def judged(built: tuple[Layout, str]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Retries, unfinished jobs and waste (GiB h) of today's requests, by what runs the jobs."""
    layout, _ = built
    return {
        (wms, task): tuple(values)
        for wms, task, *values in query(
            layout.warehouse,
            """
            select wms, job_label, request_memory_mib, mean_retry_count, unfinished_count,
                wasted_gib_h
            from fct_memory_requests where policy = 'current' and job_kind = 'task'
            """,
        )
    }


@pytest.mark.parametrize("task", TASKS)
def test_tries_are_those_of_htcondor(
    judged: dict[tuple[str, str], tuple[Any, ...]], task: str
) -> None:
    peak_mib = TASKS[task][1]
    commands = bps.jobs_of_bps(CONFIGURATION, {task: [task]})[task]["commands"]
    tries = bps.tries_of_htcondor(commands, peak_mib)
    is_done = tries[-1] >= peak_mib
    wasted_mib = sum(tries) - (peak_mib if is_done else 0)
    assert judged["htcondor", task] == (
        tries[0],
        len(tries) - 1,
        0 if is_done else 1,
        pytest.approx(wasted_mib / 1024, abs=1e-5),
    )


@pytest.mark.parametrize("task", TASKS)
def test_a_killed_job_stays_dead_where_nobody_retries(
    judged: dict[tuple[str, str], tuple[Any, ...]], task: str
) -> None:
    said, peak_mib = TASKS[task]
    is_killed = peak_mib > said["requestMemory"]
    assert judged["parsl", task][1:3] == (0, 1 if is_killed else 0)


def test_names_that_nothing_knows_are_one_warning(built: tuple[Layout, str]) -> None:
    told = [line for line in built[1].splitlines() if "configured_names" in line]
    assert len(told) == 1
    assert told[0].endswith(
        "the BPS configuration names tasks that no campaign ran and no list knows: "
        "section=cluster, label=visits: calibrateImagge; section=pipetask, label=fitz (2 rows)"
    )


def test_defaults_of_the_warehouse_are_those_of_extraction() -> None:
    project = Path(__file__).parents[2] / "dbt_project" / "dbt_project.yml"
    variables = yaml.safe_load(project.read_text())["vars"]
    assert {
        "requestMemory": variables["default_request_mib"],
        "memoryMultiplier": variables["default_multiplier"],
        "numberOfRetries": variables["default_retries"],
        "memoryLimit": variables["default_limit_mib"],
    } == {key: value for key, value in DEFAULTS.items() if key != "wmsServiceClass"}
