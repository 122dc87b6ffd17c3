"""Releases on common input: the marts against sets counted in Python, over the sample lake."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Callable

from tests.dbt_project.conftest import Rows

Query = Callable[[str], Rows]
PLACES = {"tract", "healpix3", "healpix8"}


def common_key(data_id: str) -> str | None:
    """Say what a quantum works on, as one would by hand: a visit, an exposure, or a place."""
    values = json.loads(data_id)
    for dimension in ("visit", "exposure"):
        if dimension in values:
            return f"{values['instrument']} {dimension} {values[dimension]}"
    return data_id if PLACES & set(values) else None


def test_common_usage_is_that_of_the_inputs_that_all_campaigns_measured(rows: Query) -> None:
    keys: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    peaks: dict[tuple[str, str, str], list[tuple[str | None, int]]] = defaultdict(list)
    for campaign, stage, task, data_id, peak in rows(
        "select campaign, stage, task_label, data_id, max_rss_bytes from fct_quanta "
        "where is_measured"
    ):
        key = common_key(data_id)
        peaks[campaign, stage, task].append((key, peak))
        keys[stage, task][campaign] |= {key} if key else set()
    expected = {}
    for (campaign, stage, task), found in peaks.items():
        of_campaigns = keys[stage, task]
        if len(of_campaigns) < 2:
            continue
        common = set.intersection(*of_campaigns.values())
        chosen = [peak for key, peak in found if key in common]
        expected[campaign, stage, task] = (
            len(common),
            len(chosen),
            statistics.median(chosen) if chosen else None,
            max(chosen, default=None),
        )
    found_rows = rows(
        "select campaign, stage, task_label, common_count, quanta_count, p50_max_rss_bytes, "
        "max_max_rss_bytes from fct_task_common_usage"
    )
    assert {row[:3]: row[3:] for row in found_rows} == expected
    # The lake has both kinds, and campaigns that measured more: else nothing would be said.
    kinds = rows("select distinct common_by from fct_task_common_usage where quanta_count > 0")
    assert {("visit",), ("data_id",)} <= set(kinds)
    assert rows("select min(common_quanta_fraction) < 1 from fct_task_common_usage") == [(True,)]


def test_visits_are_common_to_a_stage_when_all_its_campaigns_measured_them(rows: Query) -> None:
    visits: dict[str, dict[str, set[tuple[str, int]]]] = defaultdict(lambda: defaultdict(set))
    for campaign, stage, instrument, visit in rows(
        "select distinct campaign, stage, instrument, visit from fct_quanta where is_measured"
    ):
        visits[stage][campaign] |= {(instrument, visit)} if visit is not None else set()
    for stage, campaigns, all_visits, common in rows(
        "select stage, campaign_count, visit_count, common_visit_count from fct_stage_common_visits"
    ):
        of_campaigns = visits[stage].values()
        assert campaigns == len(of_campaigns)
        assert all_visits == len(set().union(*of_campaigns))
        shared = set.intersection(*of_campaigns) if len(of_campaigns) > 1 else set()
        assert common == len(shared), stage


def test_packages_are_those_of_the_runs(rows: Query) -> None:
    noted = defaultdict(set)
    for campaign, packages in rows("select campaign, packages from staging.stg_lake__runs"):
        for name, version in json.loads(packages or "{}").items():
            noted[campaign, name].add(version)
    found = rows("select campaign, package_name, versions from dim_packages")
    assert {(campaign, name): set(versions) for campaign, name, versions in found} == noted
    assert {len(versions) for _, _, versions in found} == {1, 2}
    assert len(rows("from dim_runs")) == rows("select run_count from dim_lake")[0][0]
