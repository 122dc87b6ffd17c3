"""Make bootstrap intervals of core-hours per visit or tract, by `dbt_project.runner.resampling`.

This is not SQL, because it draws random numbers from a seed.  The SQL of int_units_charged
prepares the sample.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

import duckdb
import numpy as np
import pyarrow as pa

from dbt_project.runner.python_models import Models, table_of
from dbt_project.runner.resampling import mean_interval, seed_of

KEYS = ("campaign", "stage", "unit_kind")
COLUMNS = (*KEYS, "drawn_group", "memory_per_core_gib", "unit_count", "charged_core_s")
SCHEMA = pa.schema(
    dict.fromkeys(KEYS, pa.string())
    | dict.fromkeys(("memory_per_core_gib", "low_core_h", "high_core_h"), pa.float64())
)


def model(dbt: Models, session: duckdb.DuckDBPyConnection) -> pa.Table:
    """Resample the visits, or the tracts, of each stage.

    Parameters
    ----------
    dbt : `Models`
        Gives the relations of other models.
    session : `duckdb.DuckDBPyConnection`
        The warehouse that is being built.

    Returns
    -------
    intervals : `pyarrow.Table`
        One row per campaign, stage, kind of unit and memory per core.
    """
    found = dbt.ref("int_units_charged").select(*COLUMNS).order(", ".join(COLUMNS)).fetchall()
    rows = []
    for key, group in groupby(found, key=itemgetter(0, 1, 2)):
        by_group = [list(cells) for _, cells in groupby(group, key=itemgetter(3))]
        # Every group has every choice of memory, in the same order.
        totals = np.array([[float(cell[6]) / 3600 for cell in cells] for cells in by_group])
        counts = np.array([cells[0][5] for cells in by_group], dtype=np.float64)
        lows, highs = mean_interval(totals, counts, seed=seed_of(*key))
        choices = [cell[4] for cell in by_group[0]]
        rows += [(*key, *row) for row in zip(choices, lows.tolist(), highs.tolist(), strict=True)]
    return table_of(rows, SCHEMA)
