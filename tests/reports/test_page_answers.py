"""The page's requests and changes are those of the marts, and its BPS text is the report's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from reports.answers.bps import POLICIES, request_memory_yaml
from reports.marts import Marts

FOCUS, BEFORE = "DM-53877", "DM-53719"


def sql(data: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query, list(values)).fetchall()


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_has_a_bps_text_of_its_own_for_any_campaign(data: Path, policy: str) -> None:
    with Marts(data / "warehouse.duckdb") as marts:
        loaded = yaml.safe_load(request_memory_yaml(marts, campaign=BEFORE, policy=policy))
    requested = {
        (job, entry["requestMemory"]) for jobs in loaded.values() for job, entry in jobs.items()
    }
    expected = sql(
        data,
        """
        select job_label, request_memory_mib from fct_memory_requests
        where campaign = $1 and policy = $2 and job_kind != 'member'
            and task_labels is not null and has_enough_evidence
        """,
        BEFORE,
        policy,
    )
    assert requested == set(expected)
    assert requested
