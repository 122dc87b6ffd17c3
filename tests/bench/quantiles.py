"""Exact quantiles of millions of peaks: the macro ``selected_quantiles`` against ``quantile_cont``.

``python -m tests.bench.quantiles FOLDER --quanta 50000000`` runs both, each in a process of its
own, within several memory limits, by task and by stage, and compares what they give.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import duckdb
import jinja2
import typer

from dbt_project.runner.engine import PROJECT
from tests.bench.__main__ import measured_with, write_tables

__all__ = ["measure"]

FRACTIONS = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95, "p99": 0.99}

GROUPS = {"task": ("stage", "task_label"), "stage": ("stage",)}

_DUCKDB = """
import json, sys, time
import duckdb
source, target, spill, limit = sys.argv[1:]
# As the profile of the project.
options = {"memory_limit": limit, "temp_directory": spill, "preserve_insertion_order": False}
connection = duckdb.connect(source, read_only=True, config=options)
connection.execute("set enable_progress_bar = false")
wall, cpu = time.perf_counter(), time.process_time()
error = ""
try:
    connection.execute(f"copy ({sys.stdin.read()}) to '{target}' (format parquet)")
except duckdb.OutOfMemoryException:
    error = "out of memory"
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
status = open("/proc/self/status").read()
peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mib": peak, "error": error}))
"""


def measure(folder: Path, quanta: int, limits: list[str]) -> list[dict[str, Any]]:
    """Make all quantiles both ways.

    Parameters
    ----------
    folder : `pathlib.Path`
        For the peaks, which are kept, and the results.
    quanta : `int`
        Peaks, of 160 tasks in four stages.
    limits : `list` [ `str` ]
        DuckDB's memory limits.

    Returns
    -------
    rows : `list` [ `dict` ]
        One for each way, grouping and limit.

    Raises
    ------
    ValueError
        If the two ways differ by more than a byte.
    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"peaks_{quanta}.duckdb"
    if not source.exists():
        _make_peaks(source, quanta)
    rows = []
    for group, keys in GROUPS.items():
        for limit in limits:
            done = []
            for number, (way, sql) in enumerate(_queries(keys).items()):
                target = folder / f"{group}_{number}.parquet"
                arguments = [str(source), str(target), str(folder / "spill"), limit]
                ran = subprocess.run(
                    [sys.executable, "-c", _DUCKDB, *arguments],
                    input=sql, capture_output=True, text=True, check=True,
                )  # fmt: skip
                measured = json.loads(ran.stdout)
                rows.append({"by": group, "limit": limit, "way": way, "quanta": quanta} | measured)
                if not measured["error"]:
                    done.append(target)
            for other in done[1:]:
                _compare(done[0], other, keys)
    return rows


def _make_peaks(path: Path, quanta: int) -> None:
    """Write peaks in pages of 4 KiB, spread as those of real tasks: a mode and a long tail."""
    staged = path.with_suffix(".part")
    staged.unlink(missing_ok=True)
    with duckdb.connect(str(staged)) as connection:
        connection.execute(
            """
            create table fct_quanta as
            select
                'stage' || (1 + i % 4) as stage,
                'task' || lpad((i // 4 % 40)::varchar, 2, '0') as task_label,
                (420000000 + (i // 4 % 40) * 60000000
                    + 1e9 * -ln((1 + hash(i) % 1000000007) / 1000000008.0))::bigint // 4096 * 4096
                    as max_rss_bytes
            from range($1) as range(i)
            """,
            [quanta],
        )
    staged.rename(path)


def _queries(keys: tuple[str, ...]) -> dict[str, str]:
    """Write the query of each way."""
    macros = (PROJECT / "macros" / "statistics.sql").read_text()
    call = "{{ selected_quantiles('fct_quanta', keys, 'max_rss_bytes', fractions, 'true') }}"
    selected = jinja2.Template(macros + call).render(keys=keys, fractions=FRACTIONS)
    by = ", ".join(keys)
    values = ", ".join(f"found[{n}] as {name}" for n, name in enumerate(FRACTIONS, start=1))
    found = f"quantile_cont(max_rss_bytes, [{', '.join(map(str, FRACTIONS.values()))}])"
    more = f"{found} filter (where max_rss_bytes % 5 > 0) as own, " + _MEDIAN
    grouped = "select {by}, {values} from (select {by}, {found} from fct_quanta group by {by})"
    return {
        "selected_quantiles": selected,
        "quantile_cont": grouped.format(by=by, values=values, found=f"{found} as found"),
        "quantile_cont, all that fct_task_usage needs": grouped.format(
            by=by, values=f"{values}, own, median", found=f"{found} as found, {more}"
        ),
    }


_MEDIAN = "quantile_cont(cast(max_rss_bytes / 1000 as decimal(18, 6)), 0.5) as median"
"""As that of wall times."""


def _compare(ours: Path, theirs: Path, keys: tuple[str, ...]) -> None:
    """Refuse to compare two ways that say different things."""
    different = " or ".join(f"not abs(ours.{name} - theirs.{name}) < 1" for name in FRACTIONS)
    (found,) = duckdb.execute(f"""
        select count(*) from '{ours}' as ours full outer join '{theirs}' as theirs
            using ({", ".join(keys)})
        where {different} or ours.p50 is null or theirs.p50 is null
    """).fetchall()
    if found[0]:
        raise ValueError(f"{found[0]} quantiles differ between {ours} and {theirs}")


def _main(
    folder: Path,
    quanta: Annotated[int, typer.Option(help="Peaks.")] = 50_000_000,
    limit: Annotated[list[str] | None, typer.Option(help="DuckDB's memory limits.")] = None,
) -> None:
    """Measure, print, and write the numbers into FOLDER."""
    rows = measure(folder, quanta, limit or ["2GB", "1GB", "500MB"])
    write_tables(folder / f"quantiles_{quanta}", rows, measured_with())
    for row in rows:
        typer.echo(", ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    typer.run(_main)
