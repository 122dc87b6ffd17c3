"""How often rebuilt processes are wrong: ``python -m tests.bench.process_chains --data DATA``.

DATA holds a lake with RUNs of provenance graphs, which know what each process ran before a quantum.
The same quanta are written as plain files have them, without chains, the warehouse is built, and
what it rebuilt is compared with the truth.  The numbers in ``docs/methods.md`` come from the demo.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import typer
from rich.console import Console

from dbt_project.runner.build import build
from dbt_project.runner.layout import Layout
from tests.lake_factory import seal

__all__ = ["Links", "as_plain_files", "links", "main", "rebuilt_links"]

_ABSENT = "process_id", "previous_process_quanta", "quantum_id"
_JOB = "job_quanta_count", "graph_read_wall_time_s"


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of quanta that followed one another in a process.

    Attributes
    ----------
    known : `int`
        Pairs that provenance knows, both with resource usage.
    found : `int`
        Pairs that were rebuilt.
    right : `int`
        Pairs that are both.
    """

    known: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the rebuilt pairs that are right."""
        return self.right / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Share of the known pairs that were rebuilt."""
        return self.right / self.known if self.known else float("nan")


def as_plain_files(table: pa.Table, *, has_job: bool = True) -> pa.Table:
    """Take from quanta of graphs what plain files do not tell.

    Parameters
    ----------
    table : `pyarrow.Table`
        Rows of the lake's table ``quanta``.
    has_job : `bool`
        Whether the files have the section ``job`` of `pipetask run-qbb`.
    """
    for name in _ABSENT if has_job else _ABSENT + _JOB:
        table = _with(table, name, pa.nulls(len(table)))
    source = pc.replace_substring(table["source"], "provenance_graph", "metadata_file")
    return _with(table, "source", source)


def _with(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Put other values in place of a column, and keep its place and type."""
    field = table.schema.field(name)
    return table.set_column(table.schema.get_field_index(name), field, values.cast(field.type))


def rebuilt_links(lake: Path, folder: Path, *, has_job: bool = True) -> Links:
    """Build a warehouse of a lake's quanta as if they came from plain files, and compare.

    Parameters
    ----------
    lake : `pathlib.Path`
        A lake; it is only read.
    folder : `pathlib.Path`
        Where the other lake and its warehouse go.
    has_job : `bool`
        Whether the files have the section ``job``.
    """
    layout = Layout(folder)
    shutil.copytree(lake, layout.lake)
    for path in (layout.lake / "quanta").rglob("*.parquet"):
        quanta = pq.read_table(path, partitioning=None)
        pq.write_table(as_plain_files(quanta, has_job=has_job), path)
    seal(layout.lake)
    build(layout)
    return links(lake, layout.warehouse)


def links(lake: Path, warehouse: Path) -> Links:
    """Compare the rebuilt processes of a warehouse with what the graphs of a lake know.

    Parameters
    ----------
    lake : `pathlib.Path`
        The lake with the truth.
    warehouse : `pathlib.Path`
        A warehouse of the same quanta.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ((known, found, right),) = connection.execute(
            """
            with truth as (
                select campaign, stage, run, task_label, data_id, process_id, prep_at,
                    lag(task_label || data_id) over (
                        partition by campaign, stage, run, process_id
                        order by len(previous_process_quanta)
                    ) as before
                from read_parquet($1, hive_partitioning = true)
                where is_last_attempt and process_id is not null and end_at is not null
                    and source = 'provenance_graph'
            ),
            rebuilt as (
                select campaign, stage, run, task_label, data_id,
                    lag(task_label || data_id) over (
                        partition by campaign, stage, run, process_id order by process_position
                    ) as before
                from fct_quanta where process_source = 'rebuilt'
            )
            select count(truth.before), count(rebuilt.before),
                count(*) filter (where truth.before = rebuilt.before)
            from truth left join rebuilt using (campaign, stage, run, task_label, data_id)
            """,
            [str(lake / "quanta" / "**" / "*.parquet")],
        ).fetchall()
    return Links(known, found, right)


def main(
    data: Annotated[Path, typer.Option(help="A data folder with a lake that has graphs.")],
    has_job: Annotated[
        bool, typer.Option("--job/--no-job", help="Whether the files have a job section.")
    ] = True,
) -> None:
    """Print how many links between quanta are found, and how many of them are right."""
    with tempfile.TemporaryDirectory() as folder:
        measured = rebuilt_links(Layout(data).lake, Path(folder), has_job=has_job)
    Console(soft_wrap=True).print(
        f"{measured.known} links known, {measured.found} found, {measured.right} right: "
        f"precision {measured.precision:.4f}, recall {measured.recall:.4f}"
    )


if __name__ == "__main__":
    typer.run(main)
