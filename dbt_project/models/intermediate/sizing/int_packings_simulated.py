"""Pack the slots of each stage on nodes of each shape, first fit in the order of their starts.

This is not SQL, because each placement depends on all before it (`dbt_project.runner.packing`).
The SQL of int_packings_planned says what is packed, and fct_node_packing uses the result.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from dbt_project.runner.packing import Packing, Slot, pack, tied_to_cores
from dbt_project.runner.python_models import Models

KEYS = {
    "campaign": pa.string(),
    "stage": pa.string(),
    "cores_count": pa.int64(),
    "memory_per_core_gib": pa.float64(),
}
TIED = {
    "tied_queue_us": "queue_us",
    "tied_queue_busy_core_us": "queue_busy_core_us",
}
"""Fields that are kept of the packing in which memory comes only with cores."""

# Products of hours, cores and bytes do not fit into 64 bits.
SCHEMA = pa.schema(KEYS | dict.fromkeys((*Packing._fields, *TIED), pa.decimal128(38, 0)))


def model(dbt: Models, session: duckdb.DuckDBPyConnection) -> pa.Table:
    """Simulate every planned packing.

    Parameters
    ----------
    dbt : `Models`
        Gives the relations of other models.
    session : `duckdb.DuckDBPyConnection`
        The warehouse that is being built.

    Returns
    -------
    packings : `pyarrow.Table`
        One row per row of int_packings_planned: its keys, the fields of
        `~dbt_project.runner.packing.Packing`, and those of `TIED`.
    """
    planned = dbt.ref("int_packings_planned")
    slots = dbt.ref("int_slots_sampled")
    columns = (*KEYS, "memory_bytes", "node_count")
    rows = []
    stage_of_slots, queue = None, []
    for row in planned.select(*columns).order(", ".join(KEYS)).fetchall():
        plan = dict(zip(columns, row, strict=True))
        if (plan["campaign"], plan["stage"]) != stage_of_slots:
            stage_of_slots = plan["campaign"], plan["stage"]
            queue = _queue(slots, *stage_of_slots)
        node = {"cores_count": plan["cores_count"], "memory_bytes": plan["memory_bytes"]}
        fit = [
            slot
            for slot in queue
            if slot.cpus <= node["cores_count"] and slot.memory_bytes <= node["memory_bytes"]
        ]
        shared = pack(fit, node_count=plan["node_count"], **node)
        tied = pack(
            (tied_to_cores(slot, **node) for slot in fit), node_count=plan["node_count"], **node
        )
        rows.append(
            {name: plan[name] for name in KEYS}
            | shared._asdict()
            | {name: getattr(tied, of_tied) for name, of_tied in TIED.items()}
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _queue(slots: duckdb.DuckDBPyRelation, campaign: str, stage: str) -> list[Slot]:
    """Read the slots of a stage in start order."""
    of_campaign = duckdb.ColumnExpression("campaign") == duckdb.ConstantExpression(campaign)
    of_stage = duckdb.ColumnExpression("stage") == duckdb.ConstantExpression(stage)
    found = slots.filter(of_campaign & of_stage).order("slot_position")
    return [
        Slot(*row)
        for row in found.select(
            "cpus_count",
            "peak_rss_bytes",
            # A product of decimals of 18 digits has only 18 digits: 12 days would overflow.
            duckdb.SQLExpression(
                "cast(cast(occupied_wall_time_s as decimal(38, 6)) * 1000000 as bigint)"
            ),
        ).fetchall()
    ]
