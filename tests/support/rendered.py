"""Reports in a format, and what other programs read in the files that are not text."""

from __future__ import annotations

import datetime as dt
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openpyxl
import pyarrow.parquet

from ccmeter.reports import formats
from ccmeter.store import parquet

if TYPE_CHECKING:
    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Report

FILES = ("xlsx", "parquet", "jsonl")
"""Formats whose rows are cells with types."""


def text(shown: str | bytes) -> str:
    """Give what a format of text wrote."""
    assert isinstance(shown, str)
    return shown


def render(name: str, report: Report, options: RenderOptions) -> str | bytes:
    """Give a report in any format, Parquet packed by the store as the command line does it."""
    return formats.render(name, report, replace(options, pack=parquet.pack))


def written(name: str, report: Report, options: RenderOptions) -> str:
    """Give a report in a format that is text."""
    shown = render(name, report, options)
    assert isinstance(shown, str)
    return shown


def cells_of(name: str, shown: str | bytes) -> list[list[Any]]:
    """Give what another program reads: keys first, then rows."""
    if isinstance(shown, str):
        rows = [json.loads(line) for line in shown.splitlines()]
        return [list(rows[0]), *(list(row.values()) for row in rows)] if rows else []
    if name == "parquet":
        table = pyarrow.parquet.read_table(io.BytesIO(shown))
        return [table.column_names, *(list(row.values()) for row in table.to_pylist())]
    first, *rows = sheet(shown).iter_rows(values_only=True)
    return [[_key(title) for title in first], *map(list, rows)]


def sheet(shown: str | bytes, title: str = "") -> Any:
    """Give a sheet of a workbook, the first one if none is named."""
    assert isinstance(shown, bytes)
    book = openpyxl.load_workbook(io.BytesIO(shown))
    return book[title] if title else book.worksheets[0]


def text_of(name: str, shown: str | bytes) -> str:
    """Give what was written as text, of a binary file all that another program reads in it."""
    if isinstance(shown, str):
        return shown
    if name == "parquet":
        table = pyarrow.parquet.read_table(io.BytesIO(shown))
        lines = [f"{field.name}: {field.type}" for field in table.schema]
        lines += [json.dumps(row, default=str) for row in table.to_pylist()]
        return "\n".join(lines) + "\n"
    book = openpyxl.load_workbook(io.BytesIO(shown))
    lines = []
    for each in book.worksheets:
        lines += [f"[{each.title}] {each.freeze_panes} {each.auto_filter.ref}"]
        lines += [
            " | ".join(_cell(cell) for cell in row).rstrip(" |")
            for row in each.iter_rows()
            if any(cell.value is not None for cell in row)
        ]
    return "\n".join(lines) + "\n"


def _cell(cell: Any) -> str:
    if cell.value is None:
        return ""
    value = cell.value.isoformat() if isinstance(cell.value, dt.datetime | dt.date) else str(cell.value)
    return value if cell.data_type == "s" else f"{value} {{{cell.number_format}}}"


_KEYS = {
    "Unpriced": "unpriced_tokens",
    "Non-final": "non_final_messages",
    "Cost": "cost_usd",
    "Total": "total_tokens",
}


def _key(title: str) -> str:
    return _KEYS.get(title, title.lower().replace(" ", "_"))
