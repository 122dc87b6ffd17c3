"""The aggregate marts over millions of quanta, against pandas and Polars making the same tables.

Each side runs in a process of its own, from columns on disk to finished tables: DuckDB runs the
compiled SQL of the marts on the warehouse's `fct_quanta` within 150 MB, pandas and Polars, whose
engine streams, read the same columns from Parquet.  The tables are compared before anything is
timed.  The marts of the other questions are run the same way, within 300 MB and without a peer.
Peaks are VmHWM, since ru_maxrss of a new process begins at what the process that started it had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer

from dbt_project.runner.engine import invoke, project_environment, read_project
from dbt_project.runner.layout import Layout
from tests.bench.synthetic_lake import write_large_lake

__all__ = ["bench", "build_within", "run"]

AGGREGATES = ("fct_task_usage", "fct_rss_buckets", "fct_rss_cdf", "fct_thresholds")
"""Marts that scan all quanta and that the peers make too."""

QUESTIONS = (
    "fct_campaign_sizing", "fct_change_intervals", "fct_concurrency", "fct_job_evidence",
    "fct_job_peaks", "fct_matched_quanta", "fct_memory_dependence", "fct_memory_requests",
    "fct_node_usage", "fct_pooled_requests", "fct_release_changes", "fct_request_backtest",
    "fct_request_totals", "fct_stage_fit", "fct_task_concurrency", "fct_task_efficiency",
    "fct_time_bins", "fct_time_spells", "fct_time_ticks", "fct_worker_sizing",
)  # fmt: skip
"""Marts on sizing, requests, changes, timeline and depth that are timed.

Not timed: ``fct_node_packing``, which Python computes; ``fct_node_fit``, since the lake of the
bench names no nodes; marts of the batch system's records, of which that lake has none; and small
marts that read other marts.  The bootstrap is Python, too, and is not in this time.
"""

_NEEDED = (
    "campaign", "stage", "task_label", "release", "status", "attempt_count", "max_rss_bytes",
    "total_wall_time_s", "spent_wall_time_s", "total_cpu_time_s", "is_result", "is_superseded",
    "is_measured", "is_no_work", "is_peak_inherited", "is_over_threshold",
)  # fmt: skip

_DUCKDB = """
import json, sys, time
import duckdb
warehouse, threads, memory_limit, *files = sys.argv[1:]
options = {"preserve_insertion_order": False, "memory_limit": memory_limit}
connection = duckdb.connect(config={"threads": int(threads), **options})
connection.execute(f"attach '{warehouse}' as warehouse (read_only)")
connection.execute("use warehouse")
connection.execute("set enable_progress_bar = false")
begin = time.perf_counter()
for position, file in enumerate(files):
    sql = open(file).read()
    # What a mart reads beside it is the published table: each is timed once.
    connection.execute(f"create table memory.main.result_{position} as {sql}")
seconds = time.perf_counter() - begin
status = open("/proc/self/status").read()
peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
print(json.dumps({"seconds": seconds, "peak_rss_bytes": peak}))
"""

_PANDAS = """
import json, sys, time
import pandas as pd
source, target = sys.argv[1:]
begin = time.perf_counter()
quanta = pd.read_parquet(source)
keys = ["campaign", "stage", "task_label"]
measured = quanta[quanta["is_measured"]]
groups = measured.groupby(keys, observed=True)
fractions = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
usage = groups["max_rss_bytes"].quantile(fractions).unstack()
usage["mean"] = groups["max_rss_bytes"].mean()
own = measured[measured["is_peak_inherited"].eq(False)].groupby(keys, observed=True)
own_usage = own["max_rss_bytes"].quantile(fractions).unstack()
usage["quanta_count"] = groups.size()
usage["wall_time_s"] = groups["total_wall_time_s"].sum()
usage["cpu_time_s"] = groups["total_cpu_time_s"].sum()
usage["p50_wall_time_s"] = groups["total_wall_time_s"].median()
usage["inherited"] = groups["is_peak_inherited"].sum()
usage["over"] = groups["is_over_threshold"].sum()
everything = quanta.groupby(keys, observed=True)
usage["attempted"] = everything["attempt_count"].sum()
usage["spent"] = everything["spent_wall_time_s"].sum()
usage["superseded"] = everything["is_superseded"].sum()
fence = 1.5 * (usage[0.75] - usage[0.25])
limits = pd.DataFrame({"low": usage[0.25] - fence, "high": usage[0.75] + fence})
joined = measured[[*keys, "max_rss_bytes"]].join(limits, on=keys)
inside = joined["max_rss_bytes"].between(joined["low"], joined["high"])
whiskers = joined[inside].groupby(keys, observed=True)["max_rss_bytes"].agg(["min", "max"])
buckets = (
    measured.assign(bucket_gib=measured["max_rss_bytes"] // 2**30)
    .groupby([*keys, "bucket_gib"], observed=True)["total_wall_time_s"].agg(["size", "sum"])
)
curves = (
    measured.groupby(["campaign", "stage", "max_rss_bytes"], observed=True)["total_wall_time_s"]
    .agg(["size", "sum"]).groupby(level=["campaign", "stage"]).cumsum()
)
thresholds = {}
for line in (4, 6, 8, 10):
    over = measured[measured["max_rss_bytes"] > line * 2**30].groupby(keys, observed=True)
    thresholds[line] = over["total_wall_time_s"].agg(["size", "sum"])
seconds = time.perf_counter() - begin
status = open("/proc/self/status").read()
peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
buckets.reset_index().to_parquet(target)
print(json.dumps({"seconds": seconds, "peak_rss_bytes": peak}))
"""


_POLARS = """
import json, sys, time
import polars as pl
source, target = sys.argv[1:]
begin = time.perf_counter()
quanta = pl.scan_parquet(source)
keys = ["campaign", "stage", "task_label"]
peak, wall = pl.col("max_rss_bytes"), pl.col("total_wall_time_s")
measured = quanta.filter(pl.col("is_measured"))
fractions = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]
own = peak.filter(pl.col("is_peak_inherited").eq(False))
usage = measured.group_by(keys).agg(
    *(peak.quantile(f, "linear").alias(f"q{f}") for f in fractions),
    *(own.quantile(f, "linear").alias(f"own{f}") for f in fractions),
    peak.mean().alias("mean"), pl.len().alias("quanta_count"), wall.sum().alias("wall_time_s"),
    pl.col("total_cpu_time_s").sum().alias("cpu_time_s"), wall.median().alias("p50_wall_time_s"),
    pl.col("is_peak_inherited").sum().alias("inherited"), pl.col("is_over_threshold").sum(),
)
everything = quanta.group_by(keys).agg(
    pl.col("attempt_count", "spent_wall_time_s", "is_superseded").sum()
)
fence = 1.5 * (pl.col("q0.75") - pl.col("q0.25"))
limits = usage.select(*keys, low=pl.col("q0.25") - fence, high=pl.col("q0.75") + fence)
inside = measured.select(*keys, peak).join(limits, on=keys).filter(peak.is_between("low", "high"))
whiskers = inside.group_by(keys).agg(low=peak.min(), high=peak.max())
counted = [pl.len().cast(pl.Int64).alias("size"), wall.sum().alias("sum")]
bucket = (peak // 2**30).alias("bucket_gib")
buckets = measured.with_columns(bucket).group_by([*keys, "bucket_gib"]).agg(counted)
curves = (
    measured.group_by("campaign", "stage", "max_rss_bytes").agg(counted)
    .sort("campaign", "stage", "max_rss_bytes")
    .with_columns(pl.col("size", "sum").cum_sum().over("campaign", "stage"))
)
thresholds = [
    measured.filter(peak > line * 2**30).group_by(keys).agg(counted) for line in (4, 6, 8, 10)
]
tables = pl.collect_all(
    [usage, everything, whiskers, buckets, curves, *thresholds], engine="streaming"
)
seconds = time.perf_counter() - begin
status = open("/proc/self/status").read()
rss = int(status.split("VmHWM:")[1].split()[0]) * 1024
tables[3].write_parquet(target)
print(json.dumps({"seconds": seconds, "peak_rss_bytes": rss}))
"""

_PEERS = {"pandas": _PANDAS, "Polars": _POLARS}


def _measured(script: str, *arguments: object) -> dict[str, float]:
    """Run a script in a process of its own and read what it measured."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def _compiled(layout: Layout, names: tuple[str, ...]) -> list[Path]:
    """Compile marts and give the files of their SQL."""
    with project_environment(layout, layout.root, "75%"):
        invoke(layout, read_project(layout), ["compile", "--select", *names])
    folder = layout.dbt / "target" / "compiled" / "quanta_census" / "models" / "marts"
    return [next(folder.rglob(f"{name}.sql")) for name in names]


def _same_buckets(warehouse: Path, theirs: Path) -> None:
    """Refuse to time two programs that say different things."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(f"""
            select count(*) from fct_rss_buckets as ours
            full outer join read_parquet('{theirs}') as theirs
                using (campaign, stage, task_label, bucket_gib)
            where ours.quanta_count is distinct from theirs.size
                or abs(cast(ours.total_wall_time_s as double) - theirs.sum) > 0.001
        """).fetchall()
    if found[0][0]:
        raise ValueError(f"{found[0][0]} buckets differ between SQL and a peer")


def build_within(layout: Layout, memory_limit: str) -> dict[str, float]:
    """Build a whole warehouse in a process of its own.

    Parameters
    ----------
    layout : `dbt_project.runner.layout.Layout`
        Where the lake lies.
    memory_limit : `str`
        DuckDB's memory limit.

    Returns
    -------
    measured : `dict` [ `str`, `float` ]
        ``seconds`` of wall time with dbt's start-up, and ``peak_rss_bytes`` of the process.
    """
    begin = time.perf_counter()
    command = [sys.executable, "-m", "dbt_project", "build", "--data", str(layout.root),
               "--memory-limit", memory_limit, "--full-refresh"]  # fmt: skip
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise RuntimeError(f"the build ended with status {os.waitstatus_to_exitcode(status)}")
    return {"seconds": time.perf_counter() - begin, "peak_rss_bytes": usage.ru_maxrss * 1024.0}


def bench(folder: Path, quanta: int, *, rounds: int = 3, memory_limit: str = "75%") -> list[Any]:
    """Time the marts, with pandas and Polars beside them.

    Parameters
    ----------
    folder : `pathlib.Path`
        DATA of the bench; a lake that is there already is used again.
    quanta : `int`
        Distinct quanta of the synthetic lake.
    rounds : `int`
        Rounds, of which the median counts; 0 leaves the peers out.
    memory_limit : `str`
        DuckDB's memory limit of the full build.

    Returns
    -------
    rows : `list` [ `dict` ]
        What was measured: name, our and the peer's value, ratio (peer over ours).
    """
    layout = Layout(folder)
    if not layout.lake.exists():
        write_large_lake(layout.lake, quanta)
    full = build_within(layout, memory_limit)
    rows: list[dict[str, Any]] = [
        {"what": f"full dbt build of {quanta:,} quanta, s", "ours": full["seconds"]},
        {"what": f"peak RSS of that build, limit {memory_limit}, MiB",
         "ours": full["peak_rss_bytes"] / 2**20},
    ]  # fmt: skip
    if not rounds:
        return rows
    narrow = folder / "quanta.parquet"
    with duckdb.connect(str(layout.warehouse), read_only=True) as connection:
        columns = ", ".join(
            f"cast({name} as double) as {name}" if name.endswith("_time_s") else name
            for name in _NEEDED
        )
        connection.execute(f"copy (select {columns} from fct_quanta) to '{narrow}'")
    files, more_files = (_compiled(layout, names) for names in (AGGREGATES, QUESTIONS))
    cores = os.cpu_count() or 1
    ours = [_measured(_DUCKDB, layout.warehouse, cores, "150MB", *files) for _ in range(rounds)]
    others = _measured(_DUCKDB, layout.warehouse, cores, "300MB", *more_files)
    for name, script in _PEERS.items():
        theirs = folder / f"buckets_{name}.parquet"
        peers = [_measured(script, narrow, theirs) for _ in range(rounds)]
        _same_buckets(layout.warehouse, theirs)
        for key, unit, scale in (("seconds", "s", 1.0), ("peak_rss_bytes", "MiB", 2.0**20)):
            our, peer = (
                sorted(run[key] / scale for run in runs)[rounds // 2] for runs in (ours, peers)
            )
            rows.append({"what": f"aggregate marts of {quanta:,} quanta against {name}, {unit}",
                         "ours": our, "peer": peer, "ratio": peer / our})  # fmt: skip
    rows += [
        {"what": f"{len(QUESTIONS)} marts of the other questions on {quanta:,} quanta, s",
         "ours": others["seconds"]},
        {"what": "peak RSS of those, limit 300MB, MiB", "ours": others["peak_rss_bytes"] / 2**20},
    ]  # fmt: skip
    return rows


def run() -> list[Any]:
    """Measure 5 million quanta; larger lakes by ``python -m tests.bench.marts FOLDER``."""
    return bench(Path("data/bench/marts"), 5_000_000)


def _main(
    folder: Path,
    quanta: Annotated[int, typer.Option(help="Distinct quanta.")] = 5_000_000,
    rounds: Annotated[int, typer.Option(help="Rounds against the peers; 0 leaves them out.")] = 3,
    memory_limit: Annotated[str, typer.Option(help="DuckDB's memory limit.")] = "75%",
) -> None:
    """Time the marts on a synthetic lake in FOLDER."""
    for row in bench(folder, quanta, rounds=rounds, memory_limit=memory_limit):
        values = ", ".join(f"{key} {value:.2f}" for key, value in row.items() if key != "what")
        typer.echo(f"{row['what']}: {values}")


if __name__ == "__main__":
    typer.run(_main)
