"""Numbers of the sample warehouse that can be counted by hand, and what dbt itself can check."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dbt_project.runner.engine import invoke, project_environment, read_project
from dbt_project.runner.layout import Layout
from tests.dbt_project.conftest import Rows

Query = Callable[[str], Rows]


@pytest.fixture(scope="module")
def unit_tests(sample: Layout) -> dict[str, str]:
    """Run all unit tests of the models; name to what went wrong, or nothing."""
    with project_environment(sample, sample.root, "75%"):
        outcomes = invoke(sample, read_project(sample), ["test", "--select", "test_type:unit"])
    assert len(outcomes) > 20
    return {outcome.name: outcome.message for outcome in outcomes if outcome.status != "pass"}


def test_unit_tests_of_the_models_pass(unit_tests: dict[str, str]) -> None:
    assert unit_tests == {}


def test_a_declared_gap_has_its_counts_and_its_reason(rows: Query) -> None:
    assert rows("""
        select expected_count, successful_count, failed_count, lost_count, unreadable_count,
            missing_count, gap_count, verdict, incomplete_reason
        from fct_task_completeness
        where campaign = 'DM-1' and stage = 'stage4' and task_label = 'associateAnalysisSource'
    """) == [(6, 3, 1, 1, 1, 1, 3, "declared", "Hardware failures; metrics were lost.")]


def test_a_quantum_that_was_redone_is_measured_once_and_paid_twice(rows: Query) -> None:
    # Visit 100: 50 s failed, then 100 s. Visit 105: 30 s failed and 100 s in one RUN.
    assert rows("""
        select visit, count(*), count(*) filter (is_measured), sum(attempt_count),
            sum(spent_wall_time_s)
        from fct_quanta
        where campaign = 'DM-3' and task_label = 'consolidateVisitSummary' and visit in (100, 105)
        group by visit order by visit
    """) == [(100, 2, 1, 2, 150), (105, 1, 1, 2, 130)]


def test_a_failed_retry_does_not_hide_the_earlier_success(rows: Query) -> None:
    assert rows("""
        select status, is_result, chain_position from fct_quanta
        where campaign = 'DM-3' and task_label = 'consolidateVisitSummary' and visit = 101
        order by chain_position
    """) == [("failed", False, 0), ("successful", True, 1)]


def test_the_mate_of_a_process_inherits_the_peak(rows: Query) -> None:
    assert rows("""
        select task_label, inherited_peak_count, own_peak_count, own_p50_max_rss_bytes is null
        from fct_task_usage where campaign = 'DM-3' and stage = 'stage1'
            and task_label in ('isr', 'calibrateImage') order by all
    """) == [("calibrateImage", 48, 0, True), ("isr", 0, 48, False)]
    assert rows("""
        select count(*), sum(quanta_count), max(peak_rss_bytes) from fct_processes
        where campaign = 'DM-3' and stage = 'stage1'
    """) == [(48, 96, round(8.2 * 1024**3))]


def test_a_quantum_of_exactly_6_gib_is_not_over_6(rows: Query) -> None:
    # Stage 4 of DM-3 has peaks of 3, 4, 5, 6, 7 and 8 GiB, an hour each.
    assert rows("""
        select quanta_count, over_threshold_count, over_threshold_wall_time_h,
            over_threshold_wall_time_s, worst_task_label
        from fct_stage_usage where campaign = 'DM-3' and stage = 'stage4'
    """) == [(6, 2, 2.0, 7200, "associateAnalysisSource")]
    assert rows("""
        select bucket_gib, quanta_count from fct_rss_buckets
        where campaign = 'DM-3' and stage = 'stage4' order by all
    """) == [(3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1)]


def test_campaigns_know_their_visits_and_gaps_from_the_lake(rows: Query) -> None:
    assert rows("""
        select campaign, visit_count, run_count, declared_gaps, is_focus
        from dim_campaigns order by campaign_position
    """) == [
        ("DM-1", 6, 4, "stage4: Hardware failures; metrics were lost.", False),
        ("DM-2", 6, 4, None, False),
        ("DM-3", 6, 4, None, True),
    ]


def test_a_task_list_is_used_for_the_releases_it_is_mapped_to(rows: Query) -> None:
    assert rows("""
        select release, step, cluster, request_memory_mib, reference_release, is_observed
        from dim_tasks where task_label = 'isr' order by release
    """) == [
        (release, "step1a", "step1detector", 4762, "drp_pipe-2026-05", True)
        for release in ("v30.0.0.rc2", "v30.0.0.rc3", "w_2025_48")
    ]


def test_the_freshness_of_the_lake_can_be_asked(sample: Layout) -> None:
    with project_environment(sample, sample.root, "75%"):
        outcomes = invoke(sample, read_project(sample), ["source", "freshness"])
    # The sample was read in December 2025: a lake that old is worth a warning, and no more.
    assert {outcome.name: outcome.status for outcome in outcomes} == {
        "campaigns": "warn",
        "runs": "warn",
    }


def test_the_documentation_is_one_page_without_a_network(sample: Layout) -> None:
    from dbt_project.runner import docs as pages

    page: Path = pages.write(sample)
    text = page.read_text()
    assert "fct_missing_quanta" in text
    assert not re.search(r"""<(script|link|img)\b[^>]*(src|href)=["']?(https?:)?//""", text)
