"""Sizing, requests, changes and concurrency: from a lake countable by hand to the marts."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from extract.bps_requests import resolve_requests
from tests.dbt_project.conftest import Rows, query
from tests.lake_factory import GIB, SyntheticLake

Query = Callable[[str], Rows]

REQUESTS = {
    "requestMemory": 3000,
    "memoryMultiplier": 3,
    "numberOfRetries": 2,
    "memoryLimit": 8192,
    "memoryBands": [4096, 1536],
    "pipetask": {"alone": {"requestMemory": 512, "requestCpus": "2"}, "odd.name": None},
    "cluster": {"detectors": {"pipetasks": "isr, calibrateImage", "dimensions": "detector"}},
}


def add_campaign(lake: SyntheticLake, name: str, *, peak_gib: float, first_visit: int) -> None:
    """Add 25 lone quanta, the same in each campaign, 25 others, and one process of two quanta."""
    run = lake.run(name, "stage1", f"runs/{name}")
    for visit in range(25):
        data_id: dict[str, int | str] = {"instrument": "LSSTCam", "visit": visit}
        lake.quantum(name, "stage1", run, "alone", data_id, peak_gib=peak_gib, wall_s=100.0)
        other: dict[str, int | str] = {"instrument": "LSSTCam", "visit": first_visit + visit}
        lake.quantum(name, "stage1", run, "elsewhere", other, peak_gib=peak_gib, wall_s=100.0)
    for place, task in enumerate(("isr", "calibrateImage")):
        lake.quantum(
            name, "stage1", run, task, {"instrument": "LSSTCam", "visit": 0, "detector": 1},
            peak_gib=7.0, prep_gib=(0.5, 7.0)[place], start_s=1800.0 * place, wall_s=1800.0,
            process_id=f"process-{name}", previous_process_quanta=["first"] * place,
        )  # fmt: skip


@pytest.fixture(scope="module")
def countable(tmp_path_factory: pytest.TempPathFactory) -> Query:
    """Two campaigns, the later one with twice the memory, and all that the file can say."""
    lake = SyntheticLake()
    for name, focus, peak_gib, first_visit in (
        ("DM-1", None, 1.0, 100),
        ("DM-2", "v30", 2.0, 200),
    ):
        lake.campaign(
            name, focus=focus, release=name, price_per_core=100.0, price_per_gib=5.0,
            nodes=[{"name": "small", "cores": 2, "memory_gib": 6.0}],
            current_requests=json.dumps(resolve_requests(REQUESTS)),
        )  # fmt: skip
        add_campaign(lake, name, peak_gib=peak_gib, first_visit=first_visit)
    layout = Layout(tmp_path_factory.mktemp("countable"))
    lake.write(layout.lake)
    assert build(layout)
    return lambda sql: query(layout.warehouse, sql)


def test_the_configuration_says_jobs_and_requests(countable: Query) -> None:
    assert countable("""
        select task_label, job_kind, job_label, job_request_memory_mib, cpus_count
        from dim_jobs where campaign = 'DM-2' order by task_label
    """) == [
        ("alone", "task", "alone", 512, 2),
        ("calibrateImage", "cluster", "detectors", 3000, 1),
        ("elsewhere", "task", "elsewhere", 3000, 1),
        ("isr", "cluster", "detectors", 3000, 1),
    ]
    assert countable("""
        select distinct memory_multiplier, memory_limit_mib, retries_count from fct_memory_requests
    """) == [(3, 8192, 2)]


def test_a_process_is_charged_its_peak_for_its_whole_time(countable: Query) -> None:
    # DM-1: 25 x 100 s on 2 CPUs, 25 x 100 s on one, and an hour of 7 GiB: 3 cores at 3 GiB a core.
    needed = (25 * 100 * 2 + 25 * 100 + 3600) / 3600
    assert countable("""
        select basis, slot_count, quanta_count, needed_core_h, round(idle_core_h, 9)
        from fct_worker_sizing
        where campaign = 'DM-1' and memory_per_core_gib = 3 and policy = 'exact'
    """) == [("mixed", 51, 52, pytest.approx(needed), 2)]


def test_what_no_node_holds_is_counted(countable: Query) -> None:
    # 2 cores and 6 GiB: the process of 7 GiB does not fit.
    assert countable("""
        select unfit_slot_count, unfit_quanta_count, unfit_wall_time_h
        from fct_node_fit where campaign = 'DM-1'
    """) == [(1, 2, 1)]
    assert countable("""
        select memory_per_core_gib, unfit_quanta_count from fct_worker_sizing
        where campaign = 'DM-1' and memory_per_core_gib in (3, 3.5) and policy = 'exact'
        order by all
    """) == [(3, 2), (3.5, 0)]


def test_the_cheapest_choice_is_the_cheapest_by_hand(countable: Query) -> None:
    cost = {}
    for half in range(4, 33):
        memory = half / 2
        hours = (7500 + 3600 * math.ceil(7 / memory)) / 3600
        cost[memory] = hours * (100 + 5 * memory)
    best = min(cost, key=cost.__getitem__)
    found = countable("""
        select memory_per_core_gib, work_cost, is_cheapest, is_nearly_cheapest
        from fct_campaign_sizing where campaign = 'DM-1' and policy = 'exact' order by all
    """)
    assert {memory: value for memory, value, *_ in found} == pytest.approx(cost)
    assert [memory for memory, _, is_cheapest, _ in found if is_cheapest] == [best]
    near = {memory for memory, value in cost.items() if value <= 1.05 * cost[best]}
    assert {memory for memory, *_, is_near in found if is_near} == near


def test_a_request_that_served_one_campaign_kills_the_next(countable: Query) -> None:
    # All of DM-1 peaked at 1 GiB; DM-2 needs 2: killed at 1, done at 3, wasting 1 + 1 GiB.
    wasted = round(25 * 100 * (1 + 1) / 3600, 6)
    assert countable("""
        select request_memory_mib, killed_fraction, mean_retry_count, unfinished_count, wasted_gib_h
        from fct_request_backtest where job_label = 'alone' and policy = 'p95_retry'
    """) == [(1024, 1, 1, 0, wasted)]


def test_a_request_is_charged_the_band_that_takes_it(countable: Query) -> None:
    # 25 x 100 s at 2 GiB, in the band of 4 GiB. From 512 MiB they are killed there and at 1,536,
    # both in the band of 1.5 GiB, and end with 4,608 MiB, which no band takes.
    hours = 25 * 100 / 3600
    assert countable("""
        select policy, request_memory_mib, request_band_mib, banded_gib_h from fct_memory_requests
        where campaign = 'DM-2' and job_label = 'alone' and policy in ('current', 'p95_retry')
        order by policy
    """) == [
        ("current", 512, 1536, pytest.approx(hours * (1.5 + 1.5 + 4.5), abs=1e-5)),
        ("p95_retry", 2048, 4096, pytest.approx(hours * 4, abs=1e-5)),
    ]


def test_twice_the_memory_on_the_same_data_is_worse(countable: Query) -> None:
    assert countable("""
        select task_label, is_matched, verdict, max_rss_verdict, wall_time_verdict,
            round(regression_fraction, 2)
        from fct_release_changes where task_label in ('alone', 'elsewhere', 'isr') order by 1
    """) == [
        ("alone", True, "worse", "worse", "same", 1.0),
        ("elsewhere", False, None, None, None, None),
        ("isr", True, "cannot_tell", "cannot_tell", "cannot_tell", None),
    ]


def test_a_bootstrap_ends_where_its_sample_is_too_small(countable: Query) -> None:
    # All 25 pairs doubled, to the 0.1 % of a bin; the 95th percentile of 25 has no upper bound.
    assert countable("""
        select round(low_p50_max_rss_change_fraction, 2),
            round(high_p50_max_rss_change_fraction, 2),
            low_p95_max_rss_change_fraction, high_p95_max_rss_change_fraction
        from fct_release_changes where task_label = 'alone'
    """) == [(1.0, 1.0, None, None)]


def test_quanta_and_memory_integrate_to_the_whole(rows: Query) -> None:
    # What runs in every bin, times the width, is the time that all quanta ran.
    assert (
        rows("""
        with bins as (
            select campaign, stage,
                sum(running_quanta_count * bin_wall_time_s) as binned_s,
                sum(resident_gib * bin_wall_time_s) as binned_gib_s
            from fct_concurrency group by campaign, stage
        ), quanta as (
            select campaign, stage, sum(total_wall_time_s)::double as spent_s,
                sum(ceil(coalesce(max_rss_bytes, 0) / 1048576) / 1024 * total_wall_time_s)
                    as spent_gib_s
            from fct_quanta group by campaign, stage
        )
        select * from bins full join quanta using (campaign, stage)
        where (abs(binned_s - spent_s) < 0.01 and abs(binned_gib_s - spent_gib_s) < 0.05)
            is not true
    """)
        == []
    )


def test_the_axis_of_time_has_no_long_stretch_of_nothing(rows: Query) -> None:
    # Of the sample, whose RUNs are days apart, next to no bin is left empty.
    ((empty, bins, parted),) = rows("""
        select
            (select count(*) from fct_concurrency where running_quanta_count = 0),
            (select count(*) from fct_concurrency),
            (select count(*) from fct_time_spells where spell_position > 0)
    """)
    assert parted
    assert empty < 0.2 * bins


def test_layers_of_tasks_are_the_whole(rows: Query) -> None:
    assert (
        rows("""
        with layers as (
            select campaign, stage, bin_position, sum(running_quanta_count) as layered
            from fct_task_concurrency group by all
        )
        select * from layers full join fct_concurrency using (campaign, stage, bin_position)
        where (abs(layered - running_quanta_count) < 0.0001) is not true
    """)
        == []
    )


def test_sizing_is_what_a_loop_over_slots_charges(rows: Query) -> None:
    charged: dict[tuple[str, str, float], float] = defaultdict(float)
    for campaign, stage, cpus, peak, seconds in rows("""
        select campaign, stage, cpus_count, peak_rss_bytes, occupied_wall_time_s from fct_slots
        where peak_rss_bytes is not null and occupied_wall_time_s is not null
    """):
        for half in range(4, 33):
            memory = half / 2
            cores = max(cpus, math.ceil(peak / (memory * GIB)))
            charged[campaign, stage, memory] += cores * float(seconds) / 3600
    found = rows("""
        select campaign, stage, memory_per_core_gib, charged_core_h from fct_worker_sizing
        where policy = 'exact'
    """)
    assert {(c, s, memory): value for c, s, memory, value in found} == pytest.approx(charged)


def waste_gib_s(request_mib: float, jobs: list[tuple[float, float]]) -> float:
    """Play BPS: requests double until the job fits; what is not used is wasted."""
    wasted = 0.0
    for peak_mib, seconds in jobs:
        memory = request_mib
        while memory < peak_mib:
            wasted += memory / 1024 * seconds
            memory *= 2
        wasted += (memory - peak_mib) / 1024 * seconds
    return wasted


def test_the_least_waste_is_that_of_a_search_over_all_requests(rows: Query) -> None:
    jobs: dict[tuple[str, str, str], list[tuple[float, float]]] = defaultdict(list)
    for campaign, kind, label, peak, seconds in rows("""
        select campaign, job_kind, job_label, peak_rss_bytes, occupied_wall_time_s
        from fct_job_samples
    """):
        jobs[campaign, kind, label].append((peak / 1024**2, float(seconds)))
    found = rows("""
        select campaign, job_kind, job_label, request_memory_mib, wasted_gib_h
        from fct_memory_requests where policy = 'least_waste' and request_memory_mib is not null
    """)
    assert len(found) == len(jobs)
    for campaign, kind, label, request, wasted_h in found:
        mine = jobs[campaign, kind, label]
        largest = max(peak for peak, _ in mine)
        best = min(
            waste_gib_s(64 * n, mine)
            for n in range(1, math.ceil(largest / 64) + 1)
            if 64 * n * 2**5 >= largest
        )
        # Candidates are few: within a tenth of the best of all requests.
        assert wasted_h * 3600 == pytest.approx(waste_gib_s(request, mine), abs=0.01)
        assert wasted_h * 3600 <= 1.1 * best + 0.01, (campaign, kind, label)


def test_a_lake_without_prices_or_nodes_has_no_costs(rows: Query, sample: Layout) -> None:
    assert Path(sample.warehouse).is_file()
    assert rows("select count(*) from fct_node_fit") == [(0,)]
    assert rows("""
        select distinct work_cost, is_cheapest, is_nearly_cheapest, unfit_quanta_count
        from fct_campaign_sizing
    """) == [(None, False, None, None)]
