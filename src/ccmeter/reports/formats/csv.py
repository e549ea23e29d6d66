"""The table as CSV (RFC 4180, CRLF line ends) for spreadsheets and scripts.

Every number stands in the file once: there is no totals row, and where a row is broken down by model only the
parts are written. So the sum of a column is right without any filter. Costs have all their digits. Text that
others wrote is never a formula: a spreadsheet runs what begins with `=`, `+`, `-` or `@` (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING

from ccmeter.reports.cells import for_files
from ccmeter.reports.foreign import harmless
from ccmeter.reports.table import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Report, Row

_FORMULA = tuple("=+-@\t\r＝＋－＠")  # spreadsheets read the full-width forms alike


def render(report: Report, _options: RenderOptions) -> str:
    """Give a header of column keys and one line for each row that is not the sum of others."""
    table = report.table
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.key for column in table.columns)
    for row in _finest(table.rows):
        writer.writerow(_field(column, cell) for column, cell in zip(table.columns, row.cells, strict=True))
    return text.getvalue()


def _finest(rows: tuple[Row, ...]) -> Iterator[Row]:
    """Leave out totals, and rows whose parts follow."""
    for row, following in pairwise((*rows, None)):
        has_parts = following is not None and following.role is Role.DETAIL
        if row is not None and (row.role is Role.DETAIL or (row.role is Role.BODY and not has_parts)):
            yield row


def _field(column: Column, cell: Cell) -> str:
    if not column.is_foreign:
        return for_files(column.kind, cell)
    if isinstance(cell, tuple):
        return for_files(column.kind, tuple(map(_disarmed, cell)))
    return _disarmed(for_files(column.kind, cell))


def _disarmed(text: str) -> str:
    """Give printable text that no spreadsheet takes for a formula."""
    # Before the control characters go, because a tab or a line end before the formula is a known way in.
    return ("'" if text.lstrip(" ").startswith(_FORMULA) else "") + harmless(text)
