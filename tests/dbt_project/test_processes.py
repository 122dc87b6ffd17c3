"""Processes that plain files tell, and what is said where they tell none."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from extract.bps_requests import resolve_requests
from reports.requests import request_memory_yaml
from reports.warehouse import Warehouse
from tests.dbt_project.conftest import Rows, query
from tests.lake_factory import SyntheticLake

PROCESSES = 40
QUANTA_EACH = 25
REQUESTS = {"cluster": {"detectors": {"pipetasks": "isr, calibrateImage"}}}


def add_campaign(lake: SyntheticLake, name: str, *, has_job: bool, has_clock: bool) -> None:
    """Add 40 processes at once on two nodes, 25 quanta each, of which the last needs 9 GiB."""
    lake.campaign(
        name, release=name, focus="v30" if has_job else None,
        current_requests=json.dumps(resolve_requests(REQUESTS)),
    )  # fmt: skip
    run = lake.run(name, "stage1", f"runs/{name}")
    for process in range(PROCESSES):
        for place in range(QUANTA_EACH):
            cpu_s = 5.0 + 90.0 * place
            lake.quantum(
                name, "stage1", run, ("isr", "calibrateImage")[place % 2],
                {"instrument": "LSSTCam", "visit": process, "detector": place},
                peak_gib=9.0 if place == QUANTA_EACH - 1 else 1.0,
                prep_gib=1.0 if place else 0.5, start_s=process + 101.0 * place,
                node_name=f"node{process % 2}", quantum_id=None,
                **dict.fromkeys(
                    ("prep_cpu_time_s", "init_cpu_time_s", "start_cpu_time_s"),
                    cpu_s if has_clock else None,
                ),
                end_cpu_time_s=cpu_s + 89.9 if has_clock else None,
                job_quanta_count=QUANTA_EACH if has_job else None,
                graph_read_wall_time_s=0.1 + process / 1000 if has_job else None,
            )  # fmt: skip


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Campaigns whose files have a job section, none, and no CPU clock either."""
    lake = SyntheticLake()
    add_campaign(lake, "JOB", has_job=True, has_clock=True)
    add_campaign(lake, "CLOCK", has_job=False, has_clock=True)
    add_campaign(lake, "BARE", has_job=False, has_clock=False)
    layout = Layout(tmp_path_factory.mktemp("processes"))
    lake.write(layout.lake)
    assert build(layout)
    return layout


@pytest.fixture
def answers(layout: Layout) -> Callable[[str], Rows]:
    """Query its warehouse."""
    return lambda sql: query(layout.warehouse, sql)


def test_processes_are_rebuilt_by_job_section_or_by_clock_and_mark(
    answers: Callable[[str], Rows],
) -> None:
    assert answers("""
        select campaign, process_source, count(*), count(distinct process_id)
        from fct_quanta group by all order by all
    """) == [
        ("BARE", None, PROCESSES * QUANTA_EACH, 0),
        ("CLOCK", "rebuilt", PROCESSES * QUANTA_EACH, PROCESSES),
        ("JOB", "rebuilt", PROCESSES * QUANTA_EACH, PROCESSES),
    ]
    assert answers("select distinct quanta_count from fct_processes") == [(QUANTA_EACH,)]


@pytest.mark.parametrize("campaign", ["JOB", "CLOCK"])
def test_a_cluster_requests_what_its_last_quantum_needs(
    answers: Callable[[str], Rows], campaign: str
) -> None:
    assert answers(f"""
        select basis, slot_count, request_memory_mib, has_enough_evidence from fct_memory_requests
        where campaign = '{campaign}' and job_label = 'detectors' and policy = 'p95_retry'
    """) == [("process", PROCESSES, 9216, True)]
    assert answers(f"""
        select distinct basis from fct_worker_sizing where campaign = '{campaign}'
    """) == [("process",)]


def test_what_cannot_be_told_is_a_guess(answers: Callable[[str], Rows], layout: Layout) -> None:
    assert answers("""
        select basis, slot_count, request_memory_mib, has_enough_evidence from fct_memory_requests
        where campaign = 'BARE' and job_label = 'detectors' and policy = 'p95_retry'
    """) == [("guess", PROCESSES * QUANTA_EACH, 1024, False)]
    for mart in ("fct_worker_sizing", "fct_campaign_sizing"):
        assert answers(f"select distinct basis from {mart} where campaign = 'BARE'") == [("guess",)]
    with Warehouse(layout.warehouse) as warehouse:
        known = request_memory_yaml(warehouse, campaign="JOB")
        guessed = request_memory_yaml(warehouse, campaign="BARE")
    assert "\n  detectors:  #" in known
    assert "requestMemory: 9216" in known
    assert "requestMemory: 1024" not in guessed
    assert "# A guess that may be too low: which quanta shared a process is not known" in guessed
    assert "#   detectors: n 1000" in guessed
