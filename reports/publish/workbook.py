"""Write the tables of the report as one workbook for spreadsheet programs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import xlsxwriter

__all__ = ["ROW_LIMIT", "workbook"]

ROW_LIMIT = 1_048_575
"""Rows below the header that a sheet of an XLSX file can hold."""

_SHEET_NAME = 31
"""Characters that the name of a sheet may have."""

_TEXT = 32_767
"""Characters that a cell may have."""

_EXACT = 2**53
"""Largest exact integer of a cell, which has a double; larger integers are written as text."""


def workbook(tables: Mapping[str, pa.Table]) -> bytes:
    """Write tables as a workbook with one sheet per table; the first sheet lists them.

    Parameters
    ----------
    tables : `~collections.abc.Mapping` [`str`, `pyarrow.Table`]
        Tables by name.

    Returns
    -------
    content : `bytes`
        An XLSX file. No text becomes a formula or a link; absent values stay empty. A table that
        does not fit is cut, and the list of sheets says so.
    """
    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(stream, options) as book:
        # The same tables give the same file.
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        contents = book.add_worksheet("contents")
        contents.write_row(0, 0, ["sheet", "table", "rows", "rows in this file"], bold)
        for number, (name, table) in enumerate(tables.items(), start=1):
            # Excel ignores case in names; ours are lower case.
            sheet_name = name if len(name) <= _SHEET_NAME else f"{name[: _SHEET_NAME - 3]}_{number}"
            held = table.slice(0, ROW_LIMIT)
            contents.write_row(number, 0, [sheet_name, name, table.num_rows, held.num_rows])
            sheet = book.add_worksheet(sheet_name)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, table.column_names, bold)
            for index, column in enumerate(table.column_names):
                sheet.set_column(index, index, max(10, len(column) + 2))
                for row, value in enumerate(held[column].to_pylist(), start=1):
                    if value is not None:
                        sheet.write(row, index, _cell(value))
    return stream.getvalue()


def _cell(value: object) -> str | float | bool:
    """Convert a value for a cell."""
    match value:
        case bool():
            return value
        case int():
            return value if abs(value) <= _EXACT else str(value)
        case float():
            # A cell cannot have infinities or NaN.
            return value if value - value == 0 else str(value)
        case Decimal():
            # DuckDB gives sums of integers as decimals without decimal places.
            return _cell(int(value) if value == value.to_integral_value() else float(value))
        case datetime() | date():
            return value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat()
        case list():
            return ";".join(str(item) for item in value)[:_TEXT]
    return str(value)[:_TEXT]
