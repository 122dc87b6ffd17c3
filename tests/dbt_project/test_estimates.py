"""Statistics over random peaks against numpy and scipy; the published note against our tables."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import CensoredData, ecdf

from dbt_project.runner.build import build
from dbt_project.runner.engine import PROJECT
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import query
from tests.lake_factory import GIB, SyntheticLake

CAMPAIGN = "DM-54249"
MATCHING = "consolidateSingleVisitStar"
DIFFERING = "calibrateImage"
RANDOM = ("mostlyOwn", "mostlyInherited", "rounded")
FRACTIONS = {"min": 0, "p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95,
             "p99": 0.99, "max": 1}  # fmt: skip


def note_row(task: str) -> dict[str, float]:
    with (PROJECT / "seeds" / "note_tasks.csv").open() as file:
        for row in csv.DictReader(file):
            if (row["campaign"], row["task_label"]) == (CAMPAIGN, task):
                return {name: float(row[f"{name}_max_rss_gib"]) for name in
                        ("min", "mean", "p50", "p95", "max")}  # fmt: skip
    raise KeyError(task)


def peaks_of_the_note(task: str) -> list[float]:
    """Make 21 peaks whose statistics are the note's: ranks 0, 10, 19, 20 are, others fill up."""
    said = note_row(task)
    low, high = [said["min"]] * 9 + [said["p50"]] * 8, [said["p50"]] * 9 + [said["p95"]] * 8
    known = said["min"] + said["p50"] + said["p95"] + said["max"]
    share = (21 * said["mean"] - known - sum(low)) / (sum(high) - sum(low))
    assert 0 <= share <= 1
    between = [a + share * (b - a) for a, b in zip(low, high, strict=True)]
    return [said["min"], said["p50"], said["p95"], said["max"], *between]


def random_peaks(task: str) -> Iterator[tuple[float, float]]:
    """Give (peak, prep peak): the larger of a need and of what the process reached before."""
    draw = random.Random(task)
    for _ in range(300):
        need = draw.lognormvariate(0.7, 0.6)
        before = draw.lognormvariate(0.0 if task == "mostlyOwn" else 1.0, 0.5)
        if task == "rounded":
            need, before = round(need), round(before) + 1
        yield max(need, before), before


@pytest.fixture(scope="module")
def estimated(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A lake with a campaign of the note's, and tasks of random peaks."""
    lake = SyntheticLake()
    lake.campaign(CAMPAIGN, release="v30.0.4", focus="v30")
    run = lake.run(CAMPAIGN, "stage1", "runs/1")
    for task in (MATCHING, DIFFERING, *RANDOM):
        peaks = (
            random_peaks(task)
            if task in RANDOM
            else ((peak, 0.1) for peak in peaks_of_the_note(MATCHING))
        )
        for visit, (peak, before) in enumerate(peaks):
            lake.quantum(
                CAMPAIGN, "stage1", run, task, {"instrument": "LSSTCam", "visit": visit},
                peak_gib=peak, prep_gib=before, wall_s=10.0 + 3600.0 * (peak > 6),
            )  # fmt: skip
    # The note counted these: a result with metadata, whether it worked or not.
    lake.quantum(CAMPAIGN, "stage1", run, "isr", {"instrument": "LSSTCam", "visit": 1},
                 does_work=False, wall_s=3600.0)  # fmt: skip
    layout = Layout(tmp_path_factory.mktemp("estimated"))
    lake.write(layout.lake)
    assert build(layout)
    return layout


def measured(layout: Layout) -> dict[str, list[tuple[int, bool, float]]]:
    found = defaultdict(list)
    for task, *values in query(
        layout.warehouse,
        "select task_label, max_rss_bytes, is_peak_inherited, cast(total_wall_time_s as double) "
        "from fct_quanta where is_measured",
    ):
        found[task].append(tuple(values))
    return found


def test_quantiles_are_those_of_numpy(estimated: Layout) -> None:
    columns = ", ".join(f"{name}_max_rss_bytes, own_{name}_max_rss_bytes" for name in FRACTIONS)
    ours = query(
        estimated.warehouse,
        f"select task_label, p50_total_wall_time_s, {columns} from fct_task_usage "
        "where quanta_count > 0",
    )
    values = measured(estimated)
    assert len(ours) == 5
    for task, median_s, *quantiles in ours:
        peaks = [peak for peak, _, _ in values[task]]
        own = [peak for peak, is_inherited, _ in values[task] if not is_inherited]
        expected = [np.quantile(each, fraction) for fraction in FRACTIONS.values()
                    for each in (peaks, own)]  # fmt: skip
        np.testing.assert_allclose(quantiles, expected, rtol=1e-14)
        assert median_s == pytest.approx(np.median([seconds for _, _, seconds in values[task]]))
    everything = [peak for task in values.values() for peak, _, _ in task]
    assert query(
        estimated.warehouse, "select p50_max_rss_bytes, p99_max_rss_bytes from fct_stage_usage"
    ) == [pytest.approx(tuple(np.quantile(everything, [0.5, 0.99])), rel=1e-14)]


def test_the_curve_is_the_share_of_quanta_and_of_time(estimated: Layout) -> None:
    everything = [each for task in measured(estimated).values() for each in task]
    all_seconds = sum(seconds for _, _, seconds in everything)
    points = query(
        estimated.warehouse,
        "select max_rss_bytes, quanta_count, cumulative_wall_time_fraction from fct_rss_cdf",
    )
    assert len(points) > 200
    for peak, count, fraction in points:
        assert count == sum(value <= peak for value, _, _ in everything)
        within = sum(seconds for value, _, seconds in everything if value <= peak)
        assert fraction == pytest.approx(within / all_seconds)


@pytest.mark.parametrize("task", RANDOM)
def test_the_estimator_is_that_of_scipy(estimated: Layout, task: str) -> None:
    # Censored from the left is censored from the right on the mirrored axis.
    peaks = [(-(-peak // 2**20) * 2**20, is_inherited)
             for peak, is_inherited, _ in measured(estimated)[task]]  # fmt: skip
    reference = ecdf(
        CensoredData(
            uncensored=[-peak for peak, is_inherited in peaks if not is_inherited],
            right=[-peak for peak, is_inherited in peaks if is_inherited],
        )
    ).sf
    ours = query(
        estimated.warehouse,
        "select max_rss_bytes, estimated_quanta_fraction, below_quanta_fraction "
        f"from fct_task_own_rss where task_label = '{task}' order by point",
    )
    assert ours[-1][1] == 1
    for peak, at_most, below in ours:
        assert at_most == pytest.approx(reference.evaluate(-peak - 1), abs=1e-11)
        assert below == pytest.approx(reference.evaluate(-peak), abs=1e-11)


def test_estimates_are_nearer_to_the_need_than_the_peaks_are(estimated: Layout) -> None:
    draw = random.Random("mostlyInherited")
    needs = []
    for _ in range(300):
        needs.append(draw.lognormvariate(0.7, 0.6))
        draw.lognormvariate(1.0, 0.5)
    [(estimate, of_peaks, of_own)] = query(
        estimated.warehouse,
        "select estimated_p75_max_rss_bytes, p75_max_rss_bytes, own_p75_max_rss_bytes "
        "from fct_task_own_usage inner join fct_task_usage using (campaign, stage, task_label) "
        "where task_label = 'mostlyInherited'",
    )
    need = np.quantile(needs, 0.75) * GIB
    assert abs(estimate - need) < abs(of_peaks - need)
    assert abs(estimate - need) < abs(of_own - need)


def test_a_task_with_the_notes_statistics_matches_it(estimated: Layout) -> None:
    found = query(
        estimated.warehouse,
        "select task_label, count(*), count(*) filter (is_match), count(our_max_rss_gib) "
        "from fct_note_tasks "
        f"where task_label in ('{MATCHING}', '{DIFFERING}', 'associateIsolatedStar') "
        "group by task_label order by task_label",
    )
    # A task of the note that the campaign lacks stands there too, without our value.
    assert found == [
        ("associateIsolatedStar", 5, 0, 0),
        (DIFFERING, 5, 0, 5),
        (MATCHING, 5, 5, 5),
    ]


def test_stages_are_compared_over_the_notes_own_population(estimated: Layout) -> None:
    over = sum(peak > 6 * GIB for task in measured(estimated).values() for peak, _, _ in task)
    assert over > 0
    assert query(
        estimated.warehouse,
        "select stage, note_quanta_count, our_quanta_count, our_over_6_gib_count, "
        "round(our_total_wall_time_h - our_over_6_gib_wall_time_h, 6), is_match "
        "from fct_note_stages order by stage limit 1",
    ) == [
        ("stage1", 574_472, 943, over, round(1 + (942 - over) * 10 / 3600, 6), False),
    ]


def test_a_difference_from_the_note_warns_and_publishes(
    estimated: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(estimated)
    said = capsys.readouterr().err
    assert "warning: assert_our_numbers_match_the_note" in said
    assert Path(estimated.warehouse).exists()
