"""Write one report: figures, captions, tables and the record of every written number."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv as pacsv

from .citations import Citations
from .errors import FigureError
from .escape import csv_text
from .export import export
from .figures import Figure, figures
from .files import alone, write_file
from .numbers import plural
from .page.build import write_page
from .requests import request_memory_yaml
from .subjects import read_census
from .technote.write import write_technote
from .warehouse import Warehouse

__all__ = ["Result", "write_report"]

TABLES = (
    "dim_campaigns",
    "dim_tasks",
    "dim_runs",
    "dim_packages",
    "fct_stage_usage",
    "fct_task_usage",
    "fct_task_common_usage",
    "fct_stage_common_visits",
    "fct_thresholds",
    "fct_stage_thresholds",
    "fct_task_completeness",
    "fct_missing_quanta",
    "fct_task_exceptions",
    "fct_task_caveats",
    "fct_worst_quanta",
    "fct_rss_buckets",
    "fct_rss_steps",
    "fct_stage_fit",
    "fct_worker_sizing",
    "fct_campaign_sizing",
    "fct_node_fit",
    "fct_node_packing",
    "fct_published_sizing",
    "fct_unit_costs",
    "fct_stage_projections",
    "fct_campaign_projections",
    "fct_memory_requests",
    "fct_request_totals",
    "fct_pooled_requests",
    "fct_request_backtest",
    "fct_request_backtest_totals",
    "fct_release_changes",
    "fct_concurrency",
    "fct_time_spells",
    "fct_node_usage",
    "fct_node_speeds",
    "fct_task_efficiency",
    "fct_task_wall_times",
    "fct_memory_dependence",
)
"""Marts that are written completely, as CSV."""


class ShowProgress(Protocol):
    """Passes items on and shows the progress."""

    def __call__(
        self, items: Iterable[tuple[Figure, bool]], *, total: int, label: str
    ) -> Iterator[tuple[Figure, bool]]: ...


@dataclass(frozen=True)
class Result:
    """Result of a report."""

    folder: Path
    figure_count: int
    new_figure_count: int
    seconds: float
    failed: tuple[Figure, ...] = ()

    def sentence(self) -> str:
        """Describe the result in one line."""
        new = self.new_figure_count
        changed = f"{new} of them new" if new else "all as before"
        return (
            f"Report in {self.folder}: {self.figure_count} figures ({changed}), "
            f"{len(TABLES)} tables, technote and page, {self.seconds:.1f} s"
        )

    def refuse_failed(self) -> None:
        """Raise an error if a figure could not be drawn; everything else is written.

        Raises
        ------
        FigureError
            Raised with the name of each, and the reason.
        """
        if self.failed:
            names = "; ".join(f"{figure.name}: {figure.caption}" for figure in self.failed)
            what = plural(len(self.failed), "figure")
            raise FigureError(f"{what} could not be drawn. {names}") from self.failed[0].error


def write_report(data: Path, *, progress: ShowProgress) -> Result:
    """Write the whole report of a warehouse.

    Parameters
    ----------
    data : `~pathlib.Path`
        Folder that holds ``warehouse.duckdb``; the report goes to ``report`` inside.
    progress : `~collections.abc.Callable`
        Shows the progress of the figures.

    Returns
    -------
    result : `Result`
        Description of what was written.

    Raises
    ------
    WarehouseError
        Raised if the warehouse is absent or of another version.
    OutputError
        Raised if the report cannot be written, or if another one is being written there.
    """
    started = time.monotonic()
    folder = data / "report"
    with Warehouse(data / "warehouse.duckdb") as warehouse, alone(folder):
        citations, census = Citations(warehouse), read_census(warehouse)
        made = list(figures(warehouse, citations, census))
        exported = export(made, folder / "images")
        written = list(progress(exported, total=len(made), label="figures"))
        made = [figure for figure, _ in written]
        write_technote(
            warehouse,
            citations,
            census,
            made,
            images=folder / "images",
            folder=folder / "technote",
        )
        write_file(folder / "bps" / "requestMemory.yaml", request_memory_yaml(warehouse))
        write_captions(made, folder / "captions.json")
        for name in TABLES:
            write_table(warehouse.mart(name), folder / "tables" / f"{name}.csv")
        citations.save(folder / "technote" / "provenance.json")
        write_page(data)
    return Result(
        folder,
        len(written),
        sum(is_new for _, is_new in written),
        time.monotonic() - started,
        tuple(figure for figure in made if figure.error),
    )


def write_captions(made: list[Figure], path: Path) -> None:
    """Write caption and alternative text of each figure as JSON.

    Parameters
    ----------
    made : `list` [`~reports.figures.Figure`]
        The figures.
    path : `~pathlib.Path`
        File to write.
    """
    captions = {
        figure.name: {
            "section": figure.section,
            "stage": figure.stage,
            "title": figure.labels.title,
            "caption": figure.caption,
            "alt_text": figure.labels.alt_text,
            "is_empty": figure.is_empty,
        }
        for figure in made
    }
    write_file(path, json.dumps(captions, ensure_ascii=False, indent=1) + "\n")


def write_table(table: pa.Table, path: Path) -> None:
    """Write a mart as CSV: absent values are empty, lists become text, no text is a formula.

    Parameters
    ----------
    table : `pyarrow.Table`
        The mart.
    path : `~pathlib.Path`
        File to write.
    """
    for index, column in enumerate(table.schema):
        texts = table[column.name]
        if pa.types.is_list(column.type):
            joined = [None if v is None else ";".join(map(str, v)) for v in texts.to_pylist()]
            texts = pa.chunked_array([pa.array(joined, pa.string())])
        if pa.types.is_string(texts.type):
            coded = texts.combine_chunks().dictionary_encode()
            safe = [csv_text(text) for text in coded.dictionary.to_pylist()]
            texts = pa.array(safe, pa.string()).take(coded.indices)
        table = table.set_column(index, column.name, texts)
    buffer = pa.BufferOutputStream()
    pacsv.write_csv(table, buffer)
    write_file(path, buffer.getvalue().to_pybytes())
