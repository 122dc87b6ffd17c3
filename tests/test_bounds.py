"""What extraction refuses and what SQL leaves out: bounds of one kind, in two programs."""

from __future__ import annotations

from pathlib import Path

import yaml

from extract.documents import task_metadata
from extract.sources.job_records import values

VARS = yaml.safe_load((Path(__file__).parents[1] / "dbt_project/dbt_project.yml").read_text())[
    "vars"
]


def test_a_peak_that_sql_would_judge_is_not_refused_by_extraction() -> None:
    # Between the two bounds a value is recorded, and left out with its reason by SQL.
    assert VARS["most_rss_bytes"] < task_metadata._LARGEST_MAX_RSS == values.LARGEST_BYTES


def test_the_largest_peak_fits_the_lake_also_in_kibibytes() -> None:
    assert task_metadata._LARGEST_MAX_RSS * 1024 < 2**63
