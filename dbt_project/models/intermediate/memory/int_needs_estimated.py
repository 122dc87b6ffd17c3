"""Estimate the distribution of a task's need from both bounds, by `dbt_project.runner.survival`.

This is not SQL, because Turnbull's estimator iterates.  The SQL of int_needs_bounded prepares the
bounds, and that of fct_task_needs uses the result.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

import duckdb
import numpy as np
import pyarrow as pa

from dbt_project.runner.python_models import Models, table_of
from dbt_project.runner.survival import turnbull

KEYS = ("campaign", "stage", "task_label")
SCHEMA = pa.schema(
    dict.fromkeys(KEYS, pa.string())
    | {"low_mib": pa.int64(), "high_mib": pa.int64(), "quanta_fraction": pa.float64()}
)


def model(dbt: Models, session: duckdb.DuckDBPyConnection) -> pa.Table:
    """Estimate the distribution of each task.

    Parameters
    ----------
    dbt : `Models`
        Gives the relations of other models.
    session : `duckdb.DuckDBPyConnection`
        The warehouse that is being built.

    Returns
    -------
    shares : `pyarrow.Table`
        One row per campaign, stage, task and interval with a share; ``high_mib`` is NULL if
        there is no upper bound.
    """
    bounds = dbt.ref("int_needs_bounded")
    columns = (*KEYS, "low_mib", "high_mib", "quanta_count")
    found = bounds.select(*columns).order(", ".join(columns)).fetchall()
    rows = []
    for key, group in groupby(found, key=itemgetter(0, 1, 2)):
        values = [(low, np.inf if high is None else high, count) for *_, low, high, count in group]
        estimate = turnbull(*np.array(values, dtype=np.float64).T)
        for low, high, share in zip(estimate.lows, estimate.highs, estimate.fractions, strict=True):
            rows.append((*key, int(low), None if np.isinf(high) else int(high), float(share)))
    return table_of(rows, SCHEMA)
