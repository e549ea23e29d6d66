"""The table as CSV (RFC 4180, CRLF line ends) for spreadsheets and scripts.

Every number stands in the file once: there is no totals row, and where a row is broken down by model only the
parts are written. So the sum of a column is right without any filter. Costs have all their digits. Text that
others wrote is never a formula: a spreadsheet runs what begins with `=`, `+`, `-` or `@` (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
from functools import lru_cache
from io import StringIO
from typing import TYPE_CHECKING

from ccmeter.reports.cells import finest, for_files
from ccmeter.reports.foreign import disarmed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Report

_BLOCK = 1 << 16
"""Characters that are handed on at once."""


def render(report: Report, _options: RenderOptions) -> str:
    """Give a header of column keys and one line for each row that is not the sum of others."""
    table = report.table.for_data()
    return "".join(lines(table.columns, (row.cells for row in finest(table.rows))))


def lines(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Give the header and the rows, some at a time."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.key for column in columns)
    for row in rows:
        writer.writerow([_field(column, cell) for column, cell in zip(columns, row, strict=True)])
        if text.tell() > _BLOCK:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _field(column: Column, cell: Cell) -> str:
    if not column.is_foreign:
        return for_files(column.kind, cell)
    if isinstance(cell, tuple):
        return for_files(column.kind, tuple(map(_disarmed, cell)))
    return _disarmed(for_files(column.kind, cell))


_disarmed = lru_cache(4096)(disarmed)  # a file of messages names the same folders again and again
