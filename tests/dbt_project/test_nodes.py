"""Which nodes are slow: against scipy, and against nodes that are all alike."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query
from tests.lake_factory import SyntheticLake

NODES, QUANTA = 60, 25


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """Two campaigns of two tasks on 60 nodes: all alike, and one node three times slower."""
    lake = SyntheticLake()
    generator = np.random.default_rng(8)
    for campaign, factor in (("DM-1", 1.0), ("DM-2", 3.0)):
        lake.campaign(campaign, focus="v30" if factor > 1 else None)
        run = lake.run(campaign, "stage1", f"runs/{campaign}")
        for number in range(NODES * QUANTA):
            node = number % NODES
            data_id: dict[str, int | str] = {"instrument": "LSSTCam", "visit": number}
            wall_s = round(float(100 * generator.lognormal(0, 0.6)), 3)
            lake.quantum(
                campaign, "stage1", run, ("isr", "calibrate")[number // NODES % 2], data_id,
                wall_s=wall_s * (factor if node == 0 else 1), node_name=f"node{node:02}",
            )  # fmt: skip
        # A quantum that names no node is no node.
        lake.quantum(
            campaign, "stage1", run, "isr", {"instrument": "LSSTCam", "visit": 9999}, node_name=None
        )
    made = Layout(tmp_path_factory.mktemp("nodes"))
    lake.write(made.lake)
    assert build(made)
    return made


def test_nodes_that_are_all_alike_are_not_slow(layout: Layout) -> None:
    assert query(
        layout.warehouse,
        "select campaign, count(*), list(node_name) filter (is_slow) from fct_node_speeds "
        "group by campaign order by campaign",
    ) == [("DM-1", NODES, None), ("DM-2", NODES, ["node00"])]
    # The medians alone would have called some of them slow.
    assert query(
        layout.warehouse,
        "select count(*) > 0 from fct_node_usage where campaign = 'DM-1' "
        "and slowdown_fraction > 0.2",
    ) == [(True,)]


def test_chances_and_rates_are_those_of_scipy(layout: Layout) -> None:
    quanta = query(
        layout.warehouse,
        "select campaign, node_name, task_label, total_wall_time_s::double from fct_quanta "
        "where node_name is not null",
    )
    found = query(
        layout.warehouse,
        "select campaign, node_name, slow_chance_fraction, slow_discovery_fraction "
        "from fct_node_speeds order by campaign, node_name",
    )
    for campaign in ("DM-1", "DM-2"):
        mine = [row for row in quanta if row[0] == campaign]
        chances = []
        for _, node, chance, _ in (row for row in found if row[0] == campaign):
            excess = variance = 0.0
            for task in ("isr", "calibrate"):
                rows = [row for row in mine if row[2] == task]
                walls = np.array([row[3] for row in rows])
                is_here = np.array([row[1] == node for row in rows])
                ranks = stats.rankdata(walls)
                size, here = len(rows), int(is_here.sum())
                ties = stats.tiecorrect(ranks)
                excess += (ranks[is_here].sum() - here * (size + 1) / 2) / (size + 1)
                variance += ties * here * (size - here) * (size + 1) / 12 / (size + 1) ** 2
            expected = stats.norm.sf(excess / variance**0.5)
            assert chance == pytest.approx(expected, rel=1e-6), (campaign, node)
            chances.append(expected)
        rates = [rate for name, _, _, rate in found if name == campaign]
        assert rates == pytest.approx(stats.false_discovery_control(chances), rel=1e-6)
