"""Follow the processes of plain files from quantum to quantum, by `dbt_project.runner.chains`.

This is not SQL, because each step depends on the steps before.  The SQL of int_processes_rebuilt
decides which chains are accepted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa

from dbt_project.runner.chains import Ran, follow
from dbt_project.runner.python_models import Models

NODE = ("campaign", "stage", "run", "node_name", "job_quanta_count", "gap_s", "slack_s")
QUANTUM = ("task_label", "data_id")
RAN = ("prep_us", "end_us", "prep_cpu_time_s", "end_cpu_time_s", "prep_max_rss_bytes",
       "max_rss_bytes")  # fmt: skip
FETCHED = 100_000
SCHEMA = pa.schema(
    dict.fromkeys(("campaign", "stage", "run", *QUANTUM, "first_quantum"), pa.string())
    | dict.fromkeys(("process_position", "found_count", "job_quanta_count"), pa.int64())
)


def model(dbt: Models, session: duckdb.DuckDBPyConnection) -> pa.Table:
    """Follow the processes of each RUN and node.

    Parameters
    ----------
    dbt : `Models`
        Gives the relations of other models.
    session : `duckdb.DuckDBPyConnection`
        The warehouse that is being built.

    Returns
    -------
    chains : `pyarrow.Table`
        One row per row of int_quanta_unchained: its keys, the first quantum of its chain, its
        position in the chain from 0, and the numbers of quanta of the chain and of its job.
    """
    columns: dict[str, list[object]] = {name: [] for name in SCHEMA.names}
    for node, rows in groupby(_rows(dbt), key=lambda row: row[: len(NODE)]):
        *run, _, job_quanta_count, gap_s, slack_s = node
        named = (Ran(row[len(NODE) : -len(RAN)], *row[-len(RAN) :]) for row in rows)
        for chain in follow(named, gap_s=gap_s, slack_s=slack_s):
            first = " ".join(chain[0].name)
            for position, ran in enumerate(chain):
                values = (*run, *ran.name, first, position, len(chain), job_quanta_count)
                for name, value in zip(SCHEMA.names, values, strict=True):
                    columns[name].append(value)
    return pa.table(columns, schema=SCHEMA)


def _rows(dbt: Models) -> Iterator[tuple[Any, ...]]:
    """Read the quanta of each node in the order in which they began."""
    names = (*NODE, *QUANTUM, *RAN)
    quanta = dbt.ref("int_quanta_unchained").select(*names)
    for batch in quanta.order(", ".join((*NODE, RAN[0], *QUANTUM))).to_arrow_reader(FETCHED):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
