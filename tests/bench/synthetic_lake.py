"""Large lakes made in columns by DuckDB: millions of quanta in seconds, for benches."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from extract.lake.schema import EXPECTATIONS, QUANTA
from tests.lake_factory import SyntheticLake

__all__ = ["write_large_lake"]

_CAMPAIGN = "DM-9"
_STAGES = ("stage1", "stage2", "stage3", "stage4")
_RUNS = 3
_TASKS = 40
_DETECTORS = 189

_SQL_TYPES = {
    pa.string(): "varchar",
    pa.int64(): "bigint",
    pa.int32(): "integer",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.timestamp("us", tz="UTC"): "timestamptz",
    pa.list_(pa.int32()): "integer[]",
    pa.list_(pa.string()): "varchar[]",
}

# The rows of one RUN: which quantum, and a number that all its values follow from.
_QUANTA = """
    select
        i,
        '{run}' as run,
        'task' || lpad((i % {tasks})::varchar, 2, '0') as task_label,
        '{{"detector":' || (i // {tasks} % {detectors}) || ',"instrument":"LSSTCam","visit":'
            || (2025120100000 + i // ({tasks} * {detectors})) || '}}' as data_id,
        hash(i) as h
    from range({first}, {last}) as range(i)
"""

_COLUMNS = {
    "run": "run",
    "task_label": "task_label",
    "data_id": "data_id",
    "instrument": "'LSSTCam'",
    "visit": "2025120100000 + i // (40 * 189)",
    "detector": "i // 40 % 189",
    "band": "'grizy'[1 + i // 7560 % 5]",
    "physical_filter": "'r_57'",
    "day_obs": "20251201",
    "quantum_id": "md5(i::varchar)::uuid::varchar",
    "attempt": "0",
    "is_last_attempt": "true",
    "status": "'{status}'",
    "caveats": "0",
    "source": "'metadata_file'",
    "has_metadata": "true",
    "has_log": "true",
    "metadata_version": "1",
    "node_name": "'node' || (h % 97)",
    "prep_at": "begin_at",
    "init_at": "begin_at + interval 1 second",
    "start_at": "begin_at + interval 3 second",
    "end_at": "begin_at + to_microseconds(3000000 + (h % 400000000)::bigint)",
    "prep_max_rss_bytes": "400000000 + (h % 1000) * 4096",
    "init_max_rss_bytes": "400000000 + (h % 1000) * 4096",
    "start_max_rss_bytes": "410000000 + (h % 1000) * 4096",
    # A median of 1 to 3 GiB by task, and a tail beyond 6 GiB.
    "max_rss_bytes": "(420000000 + (i % 40) * 60000000 "
    "+ (1e9 * (-ln((1 + h % 1000000) / 1000001.0))))::bigint // 4096 * 4096",
    "prep_cpu_time_s": "10.0",
    "init_cpu_time_s": "10.5",
    "start_cpu_time_s": "12.0",
    "end_cpu_time_s": "12.0 + (h % 400000) / 1000.0",
    "prep_major_page_faults_count": "0",
    "end_major_page_faults_count": "(h % 7)::bigint",
    "prep_minor_page_faults_count": "1000",
    "end_minor_page_faults_count": "1000 + (h % 100000)::bigint",
    "butler_get_wall_time_s": "(h % 1000) / 100.0",
    "butler_put_wall_time_s": "(h % 300) / 100.0",
    "butler_get_count": "7",
    "butler_put_count": "3",
    "job_quanta_count": "1",
}


def write_large_lake(root: Path, quanta: int) -> Path:
    """Write a lake of one campaign with four stages.

    Parameters
    ----------
    root : `pathlib.Path`
        The ``lake`` folder.
    quanta : `int`
        Distinct quanta in all; 2 % more rows are failed first tries.

    Returns
    -------
    root : `pathlib.Path`
        The same folder.
    """
    lake = SyntheticLake()
    lake.campaign(_CAMPAIGN, focus="v30", stages=_STAGES)
    per_run = quanta // (len(_STAGES) * _RUNS)
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for stage_number, stage in enumerate(_STAGES):
        for run_number in range(_RUNS):
            run = lake.run(_CAMPAIGN, stage, f"runs/{stage}/{_RUNS - run_number}")
            first = (stage_number * _RUNS + run_number) * per_run
            _write_run(connection, root, stage, run, first, first + per_run, "successful")
        failed = lake.run(_CAMPAIGN, stage, f"runs/{stage}/0")
        _write_run(connection, root, stage, failed, first, first + per_run * _RUNS // 50, "failed")
    return lake.write(root)


def _write_run(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    stage: str,
    run: str,
    first: int,
    last: int,
    status: str,
) -> None:
    """Write quanta and expectations of one RUN, each one Parquet file."""
    source = _QUANTA.format(run=run, tasks=_TASKS, detectors=_DETECTORS, first=first, last=last)
    begin = "timestamptz '2025-12-01 00:00:00+00' + to_microseconds((i * 20000)::bigint)"
    quanta = ", ".join(
        f"cast({_COLUMNS.get(f.name, 'null').replace('{status}', status)} as {_SQL_TYPES[f.type]}) "
        f'as "{f.name}"'
        for f in QUANTA
    )
    expected = {"run": "run", "task_label": "task_label", "data_id": "data_id", "quanta_count": "1",
                "source": "'predicted_graph'", "graph_uri": "'/submit/synthetic.qg'"}  # fmt: skip
    expectations = ", ".join(
        f'cast({expected.get(f.name, "null")} as {_SQL_TYPES[f.type]}) as "{f.name}"'
        for f in EXPECTATIONS
    )
    for table, columns, order in (
        ("quanta", quanta, "order by task_label, start_at"),
        ("expectations", expectations, ""),
    ):
        folder = root / table / f"campaign={_CAMPAIGN}" / f"stage={stage}"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{run.replace('/', '-')}.parquet"
        connection.execute(
            f"copy (select {columns} from (select *, {begin} as begin_at from ({source})) {order}) "
            f"to '{target}' (format parquet, compression zstd, row_group_size 122880)"
        )
