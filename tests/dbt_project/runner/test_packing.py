"""First fit of slots on nodes: cases countable by hand, alone and through the warehouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from dbt_project.runner.packing import Packing, Slot, pack, tied_to_cores
from tests.dbt_project.conftest import Rows, query
from tests.lake_factory import SyntheticLake

Query = Callable[[str], Rows]

NODE = {"cores_count": 2, "memory_bytes": 8}
LONG_S = 12 * 86_400
CASES = ((1, 4), (1, 5), (1, 8), (2, 1))


def test_a_slot_waits_for_memory_and_its_node_takes_nobody_else() -> None:
    # 6 of 8 bytes are taken: the second slot waits though a core is free, and the third behind it.
    slots = [Slot(1, 6, 10), Slot(1, 4, 5), Slot(1, 1, 5)]
    assert pack(slots, node_count=1, **NODE) == Packing(
        makespan_us=15,
        queue_us=10,
        queue_busy_core_us=10,
        queue_busy_byte_us=60,
        queue_memory_idle_core_us=10,
    )


def test_a_slot_of_many_cores_empties_one_node_and_not_all() -> None:
    # The fifth needs both cores: it waits for the second node, empty at 6, where it ends at 16.
    # The first node goes on: a core is free there at 4 for the sixth, and at 9 for the last.
    begun = [Slot(1, 1, 4), Slot(1, 1, 9), Slot(1, 1, 6), Slot(1, 1, 6)]
    slots = [*begun, Slot(2, 1, 10), Slot(1, 1, 5), Slot(1, 1, 5)]
    packing = pack(slots, node_count=2, **NODE)
    assert (packing.queue_us, packing.makespan_us) == (4, 16)
    assert packing.queue_busy_core_us == 4 * 4
    # On one node the first four end at 15, the wide one at 25.
    assert pack(slots, node_count=1, **NODE).makespan_us == 30


def test_idle_cores_are_told_by_what_the_next_slot_lacks() -> None:
    # From 0 to 3 a core idles for the slot of two, from 7 to 8 one for the fourth: it lacks memory.
    slots = [Slot(1, 1, 3), Slot(2, 7, 4), Slot(1, 8, 1), Slot(1, 1, 1), Slot(1, 1, 1)]
    packing = pack(slots, node_count=1, **NODE)
    assert packing == Packing(
        makespan_us=9,
        queue_us=8,
        queue_busy_core_us=3 + 2 * 4 + 1,
        queue_busy_byte_us=3 + 7 * 4 + 8,
        queue_memory_idle_core_us=1,
    )


def test_slots_that_take_no_time_make_room_at_once() -> None:
    packing = pack([Slot(2, 8, 0)] * 5 + [Slot(2, 8, 1)], node_count=1, **NODE)
    assert (packing.queue_us, packing.makespan_us) == (0, 1)


def test_where_memory_comes_with_cores_a_slot_holds_as_many_as_its_memory_takes() -> None:
    # 2 cores of 4 bytes: exactly 4 bytes are one core, 5 are two; CPUs count where they are more.
    held = [tied_to_cores(Slot(cpus, memory, 7), **NODE) for cpus, memory in CASES]
    assert held == [Slot(1, 0, 7), Slot(2, 0, 7), Slot(2, 0, 7), Slot(2, 0, 7)]


def test_no_slots_take_no_time() -> None:
    assert pack([], node_count=3, **NODE) == Packing(0, 0, 0, 0, 0)


@pytest.mark.parametrize("slot", [Slot(3, 1, 1), Slot(1, 9, 1)])
def test_a_slot_larger_than_a_node_is_refused(slot: Slot) -> None:
    with pytest.raises(ValueError, match="larger than a node"):
        pack([slot], node_count=2, **NODE)


@given(
    st.lists(
        st.builds(Slot, st.integers(1, 2), st.integers(1, 8), st.integers(0, 20)), max_size=30
    ),
    st.integers(1, 4),
)
def test_no_packing_uses_more_than_there_is(slots: list[Slot], node_count: int) -> None:
    packing = pack(slots, node_count=node_count, **NODE)
    work = sum(slot.cpus * slot.wall_time_us for slot in slots)
    held = sum(slot.memory_bytes * slot.wall_time_us for slot in slots)
    longest = max((slot.wall_time_us for slot in slots), default=0)
    cores, memory = 2 * node_count, 8 * node_count
    assert packing.makespan_us >= max(longest, work / cores, held / memory)
    assert packing.makespan_us <= sum(slot.wall_time_us for slot in slots)
    assert packing.queue_us <= packing.makespan_us
    assert packing.queue_busy_byte_us <= min(held, memory * packing.queue_us)
    assert packing.queue_busy_core_us <= work
    used = packing.queue_busy_core_us + packing.queue_memory_idle_core_us
    assert used <= cores * packing.queue_us
    if node_count >= len(slots):
        assert packing.makespan_us == longest


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Query:
    """Six quanta, one without a peak, on nodes of 2 cores and 8 GiB; two other campaigns."""
    lake = SyntheticLake()
    lake.campaign("DM-1", focus="v30", nodes=[{"name": "pair", "cores": 2, "memory_gib": 8.0}])
    lake.campaign("DM-2")
    for campaign, first_visit in (("DM-1", 0), ("DM-2", 100)):
        run = lake.run(campaign, "stage1", f"runs/{campaign}")
        for visit, (peak_gib, wall_s) in enumerate(
            ((6.0, 10.0), (4.0, 5.0), (1.0, 5.0), (1.0, 0.0), (9.0, 11.0), (None, 90.0))
        ):
            lake.quantum(
                campaign, "stage1", run, "isr",
                {"instrument": "LSSTCam", "visit": first_visit + visit},
                peak_gib=peak_gib, start_s=float(visit), wall_s=wall_s,
            )  # fmt: skip
    # One process whose two quanta lie 12 days apart.
    lake.campaign("DM-3", nodes=[{"name": "pair", "cores": 2, "memory_gib": 8.0}])
    run = lake.run("DM-3", "stage1", "runs/DM-3")
    for visit, start_s in enumerate((0.0, LONG_S - 100.0)):
        lake.quantum(
            "DM-3", "stage1", run, "isr", {"instrument": "LSSTCam", "visit": 200 + visit},
            start_s=start_s, process_id="first", quantum_id=("first", "second")[visit],
            previous_process_quanta=["first"][:visit],
        )  # fmt: skip
    layout = Layout(tmp_path_factory.mktemp("packed"))
    lake.write(layout.lake)
    # A success without a peak is a gap, and is published all the same.
    assert not build(layout)
    return lambda sql: query(layout.warehouse, sql)


def test_a_stage_is_packed_on_the_nodes_of_the_file(packed: Query) -> None:
    # The 4 GiB wait 10 s for the 6 GiB to leave, and the rest waits behind them; 9 GiB fit no node.
    # By the closed form the 6 GiB take 2 cores: 30 core s on 2 cores in the 15 s of the stage.
    assert packed("""
        select
            node_type, node_count, slot_count, sampled_slot_count, unfit_slot_count,
            round(3600 * makespan_wall_time_h, 6), round(3600 * queue_wall_time_h, 6),
            round(3600 * needed_core_h, 6), round(3600 * closed_form_core_h, 6),
            round(3600 * occupied_core_h, 6),
            queue_core_utilisation_fraction, queue_memory_utilisation_fraction,
            queue_memory_idle_fraction, queue_core_idle_fraction, round(excess_fraction, 9),
            tied_excess_fraction
        from fct_node_packing where campaign = 'DM-1' and memory_per_core_gib = 4
    """) == [("pair", 1, 5, 5, 1, 15, 10, 20, 30, 30, 0.5, 0.75, 0.5, 0, round(1 / 3, 9), 0)]


def test_only_campaigns_with_nodes_are_packed_with_the_memory_of_each_threshold(
    packed: Query,
) -> None:
    assert packed("""
        select campaign, memory_per_core_gib, node_type, unfit_slot_count
        from fct_node_packing where campaign != 'DM-3' order by all
    """) == [
        ("DM-1", 4, "pair", 1),
        ("DM-1", 6, None, 0),
        ("DM-1", 8, None, 0),
        ("DM-1", 10, None, 0),
    ]


def test_a_process_of_twelve_days_is_packed(packed: Query) -> None:
    assert packed("""
        select distinct slot_count, round(3600 * makespan_wall_time_h, 6)
        from fct_node_packing where campaign = 'DM-3'
    """) == [(1, LONG_S)]
