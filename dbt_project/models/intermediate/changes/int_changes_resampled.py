"""Make bootstrap intervals of changes of quantiles of max RSS, by `dbt_project.runner.resampling`.

This is not SQL, because it draws random numbers from a seed.  The SQL of int_changes_celled
prepares the sample, and that of fct_release_changes gives the verdict.
"""

from __future__ import annotations

import math
from itertools import groupby
from operator import itemgetter

import duckdb
import numpy as np
import pyarrow as pa

from dbt_project.runner.python_models import Models, table_of
from dbt_project.runner.resampling import RESAMPLES, Sample, quantile_change_interval, seed_of

KEYS = ("before_campaign", "after_campaign", "stage", "task_label", "quantile_fraction")
SCHEMA = pa.schema(
    dict.fromkeys(KEYS[:4], pa.string())
    | dict.fromkeys((KEYS[4], "low_change_fraction", "high_change_fraction"), pa.float64())
    | {"resample_count": pa.int64()}
)


def model(dbt: Models, session: duckdb.DuckDBPyConnection) -> pa.Table:
    """Resample the visits (tracts, nights) of each task.

    Parameters
    ----------
    dbt : `Models`
        Gives the relations of other models.
    session : `duckdb.DuckDBPyConnection`
        The warehouse that is being built.

    Returns
    -------
    intervals : `pyarrow.Table`
        One row per pair of campaigns, stage, task and quantile.
    """
    cells = dbt.ref("int_changes_celled")
    columns = (*KEYS, "measure", "drawn_group", "held_bin", "quanta_count")
    found = cells.select(*columns).order(", ".join(columns)).fetchall()
    rows = []
    for key, group in groupby(found, key=itemgetter(*range(len(KEYS)))):
        samples = {
            measure: Sample(*np.array([row[len(KEYS) + 1 :] for row in values], dtype=np.int64).T)
            for measure, values in groupby(group, key=itemgetter(len(KEYS)))
        }
        ends = quantile_change_interval(
            samples["before_max_rss"],
            samples["after_max_rss"],
            fraction=float(key[4]),
            seed=seed_of(*key),
        )
        low, high = (math.exp(end / 1000) - 1 for end in ends)
        rows.append((*key[:4], float(key[4]), low, high, RESAMPLES))
    return table_of(rows, SCHEMA)
