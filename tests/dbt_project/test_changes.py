"""What changed between campaigns, on small lakes whose answer is known."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

import duckdb
import pytest
from scipy.stats import binomtest

from dbt_project.runner.build import build
from dbt_project.runner.engine import PROJECT
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import Rows, query
from tests.lake_factory import SyntheticLake

TASK = "isr"


TAIL, STEADY, VISITS = "stage1", "stage2", "stage3"


def peaks() -> Iterator[tuple[str, dict[str, int | str], tuple[float, float]]]:
    """Give stage, data ID and peaks in GiB of each quantum, before and after."""
    for visit in range(100):
        yield TAIL, {"instrument": "LSSTCam", "visit": visit}, (2.0, 12.0 if visit < 20 else 2.0)
        yield STEADY, {"instrument": "LSSTCam", "visit": visit}, (2.0, 2.0)
    # Twenty quanta of each of ten visits: five visits doubled, five stayed.
    for visit in range(10):
        for detector in range(20):
            data_id: dict[str, int | str] = {
                "instrument": "LSSTCam", "visit": visit, "detector": detector
            }  # fmt: skip
            yield VISITS, data_id, (1.0, 2.0 if visit < 5 else 1.0)


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Rows]:
    """Query the changes of a stage: one task in two campaigns."""
    lake = SyntheticLake()
    stages = (TAIL, STEADY, VISITS)
    lake.campaign("DM-1", stages=stages)
    lake.campaign("DM-2", focus="v30", stages=stages)
    quanta = list(peaks())
    for place, name in enumerate(("DM-1", "DM-2")):
        for stage in stages:
            run = lake.run(name, stage, f"runs/{name}/{stage}")
            for found_stage, data_id, both in quanta:
                if found_stage == stage:
                    lake.quantum(name, stage, run, TASK, data_id, peak_gib=both[place])
    layout = Layout(tmp_path_factory.mktemp("changes"))
    lake.write(layout.lake)
    assert build(layout)
    return lambda stage, columns: query(
        layout.warehouse, f"select {columns} from fct_release_changes where stage = '{stage}'"
    )


def test_a_tail_that_grew_is_worse_although_the_median_stays(
    changes: Callable[[str, str], Rows],
) -> None:
    found = changes(
        TAIL,
        "max_rss_verdict, verdict, round(regression_fraction, 3), newly_over_count, "
        "no_longer_over_count, crossing_chance_fraction, paired_max_rss_change_fraction",
    )
    assert found == [("worse", "worse", 5.0, 20, 0, pytest.approx(2 * 0.5**20), 0.0)]


def test_a_tail_of_too_few_quanta_is_not_the_same(changes: Callable[[str, str], Rows]) -> None:
    # The median is known to the bin; nothing bounds the 95th percentile of a hundred.
    found = changes(
        STEADY,
        "max_rss_verdict, wall_time_verdict, round(detectable_p50_max_rss_change_fraction, 3), "
        "detectable_p95_max_rss_change_fraction",
    )
    assert found == [("cannot_tell", "same", 0.02, None)]


def test_quanta_of_one_visit_count_together(changes: Callable[[str, str], Rows]) -> None:
    # Single quanta would bound the median of the change; ten visits do not.
    found = changes(
        VISITS,
        "cluster_kind, cluster_count, own_cluster_count, matched_count, max_rss_verdict, "
        "low_paired_max_rss_change_fraction, high_paired_max_rss_change_fraction",
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
