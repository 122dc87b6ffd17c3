"""What changed between campaigns, on small lakes whose answer is known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import duckdb
import pytest
from scipy.stats import binomtest

from dbt_project.runner.build import build
from dbt_project.runner.engine import PROJECT
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query
from tests.lake_factory import SyntheticLake

TASK = "isr"


def two_campaigns(layout: Layout, pairs: Iterable[tuple[float, float]]) -> Layout:
    """Build a warehouse of one task in two campaigns: each pair is one visit's peaks, in GiB."""
    lake = SyntheticLake()
    lake.campaign("DM-1")
    lake.campaign("DM-2", focus="v30")
    runs = [lake.run(name, "stage1", f"runs/{name}") for name in ("DM-1", "DM-2")]
    for visit, peaks in enumerate(pairs):
        for name, run, peak_gib in zip(("DM-1", "DM-2"), runs, peaks, strict=True):
            data_id: dict[str, int | str] = {"instrument": "LSSTCam", "visit": visit}
            lake.quantum(name, "stage1", run, TASK, data_id, peak_gib=peak_gib)
    lake.write(layout.lake)
    assert build(layout)
    return layout


def test_a_tail_that_grew_is_worse_although_the_median_stays(fresh: Layout) -> None:
    pairs = [(2.0, 12.0 if visit < 20 else 2.0) for visit in range(100)]
    found = query(
        two_campaigns(fresh, pairs).warehouse,
        """
        select max_rss_verdict, verdict, round(regression_fraction, 3), newly_over_count,
            no_longer_over_count, crossing_chance_fraction, paired_max_rss_change_fraction
        from fct_release_changes
        """,
    )
    assert found == [("worse", "worse", 5.0, 20, 0, pytest.approx(2 * 0.5**20), 0.0)]


def test_a_tail_of_too_few_quanta_is_not_the_same(fresh: Layout) -> None:
    # The median is known to the bin; nothing bounds the 95th percentile of a hundred.
    found = query(
        two_campaigns(fresh, [(2.0, 2.0)] * 100).warehouse,
        """
        select max_rss_verdict, wall_time_verdict, round(detectable_p50_max_rss_change_fraction, 3),
            detectable_p95_max_rss_change_fraction
        from fct_release_changes
        """,
    )
    assert found == [("cannot_tell", "same", 0.02, None)]


def test_quanta_of_one_visit_count_together(fresh: Layout) -> None:
    # Twenty quanta of each of ten visits: five visits doubled, five stayed. Single quanta would
    # bound the median of the change; ten visits do not.
    lake = SyntheticLake()
    lake.campaign("DM-1")
    lake.campaign("DM-2", focus="v30")
    for name, factor in (("DM-1", 1.0), ("DM-2", 2.0)):
        run = lake.run(name, "stage1", f"runs/{name}")
        for visit in range(10):
            peak_gib = factor if visit < 5 else 1.0
            for detector in range(20):
                data_id: dict[str, int | str] = {
                    "instrument": "LSSTCam", "visit": visit, "detector": detector
                }  # fmt: skip
                lake.quantum(name, "stage1", run, TASK, data_id, peak_gib=peak_gib)
    lake.write(fresh.lake)
    assert build(fresh)
    found = query(
        fresh.warehouse,
        """
        select cluster_kind, cluster_count, own_cluster_count, matched_count, max_rss_verdict,
            low_paired_max_rss_change_fraction, high_paired_max_rss_change_fraction
        from fct_release_changes
        """,
    )
    assert found == [("visit", 10, 10, 200, "cannot_tell", None, None)]


def fair_coin_chance(heads: int, tails: int) -> float:
    """Calculate the chance as the macro of the models does."""
    text = (PROJECT / "macros" / "duckdb.sql").read_text()
    body = text.split("macro duckdb__fair_coin_chance(heads, tails) -%}")[1].split("{%- end")[0]
    fewer = "least(heads, tails)"
    sql = re.sub(r"{%-.*?%}", "", body)
    sql = sql.replace("{{ fewer }}", fewer).replace("{{ all }}", "(heads + tails)")
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select {sql} from (select $1::bigint as heads, $2::bigint as tails)",
            [heads, tails],
        ).fetchone()
    assert found
    return float(found[0])


@pytest.mark.parametrize(
    ("heads", "tails"), [(0, 0), (1, 0), (0, 11), (3, 12), (50, 50), (400, 600), (500_000, 503_000)]
)
def test_the_chance_of_a_crossing_is_that_of_an_exact_test(heads: int, tails: int) -> None:
    expected = binomtest(heads, heads + tails).pvalue if heads + tails else 1.0
    assert math.isclose(fair_coin_chance(heads, tails), expected, rel_tol=1e-6)
