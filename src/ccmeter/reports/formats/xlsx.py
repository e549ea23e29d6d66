"""The table as an Excel workbook (Office Open XML): real numbers and dates, a header that stays, filters.

As in CSV every number stands in the sheet once, so that the sum of a column is right; totals and notes stand in a
second sheet. A mark is part of its number's format (`1,234*`), so that the cell is still a number. Text of others is
stored as text: it can be no formula and no link. Excel counts with doubles: amounts keep 15 digits; CSV and Parquet have all.
"""

from __future__ import annotations

import datetime as dt
from itertools import chain, islice
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain.errors import OutputError
from ccmeter.reports import cells
from ccmeter.reports.foreign import cell_width, harmless
from ccmeter.reports.table import Amount, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from io import BytesIO
    from pathlib import Path

    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Report, Table

IS_BINARY: Final = True
MOST_ROWS: Final = 1_048_575
"""Below the header (Excel specifications and limits)."""
_MOST_TEXT: Final = 32_767
_WIDEST: Final = 60
_LOOKED_AT: Final = 1_000
"""Rows by which the width of a column is found."""
_FIRST_YEAR: Final = 1900
"""Excel counts days from there; an older one is text."""
_NOT_IN_NAMES: Final = "[]:*?/\\"
_SECONDS_A_DAY: Final = 86_400
_NUMBERS: Final = {
    Kind.TOKENS: "#,##0",
    Kind.COUNT: "#,##0",
    Kind.MONEY: "$#,##0.00",
    Kind.DURATION: "[h]:mm:ss",
    Kind.SHARE: "0.0%",
    Kind.PRICE: "$0.00##",
    Kind.NUMBER: "General",
}
_DATES: Final = {Kind.DATE: "yyyy-mm-dd", Kind.MONTH: "yyyy-mm", Kind.TIME: "yyyy-mm-dd hh:mm:ss"}
_MADE_AT: Final = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - the same report gives the same bytes


def render(report: Report, _options: RenderOptions) -> bytes:
    """Give the bytes of a workbook. Raises OutputError where a sheet has no room for all rows."""
    from io import BytesIO

    file = BytesIO()
    table = report.table.for_data()
    book = _Book(file)
    book.add_rows(table.title, table.columns, ((row.cells, row.marks) for row in cells.finest(table.rows)))
    book.add_notes(table)
    for each in report.further:
        further = each.for_data()
        book.add_rows(
            further.title, further.columns, ((row.cells, row.marks) for row in cells.finest(further.rows))
        )
    book.close()
    return file.getvalue()


def save(file: Path, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Write rows into a workbook, keeping one at a time. Raises OutputError where a sheet has no room for all."""
    book = _Book(file, is_large=True)
    try:
        book.add_rows("Rows", columns, ((row, frozenset()) for row in rows))
    finally:
        book.close()


class _Book:
    """A workbook being written."""

    def __init__(self, file: BytesIO | Path, *, is_large: bool = False) -> None:
        from xlsxwriter import Workbook

        self._book = Workbook(
            file,
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "in_memory": not is_large,
                "constant_memory": is_large,
            },
        )
        self._book.set_properties({"created": _MADE_AT, "comments": "Made by ccmeter"})
        self._formats: dict[tuple[str, str], Any] = {}
        self._header = self._book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEF2F6"})
        self._bold = self._book.add_format({"bold": True})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})

    def add_rows(
        self, title: str, columns: Sequence[Column], rows: Iterable[tuple[Sequence[Cell], frozenset[str]]]
    ) -> None:
        """Add the sheet of the rows. Raises OutputError where it has no room for all of them."""
        sheet = self._book.add_worksheet(self._free_name(title))
        sheet.freeze_panes(1, 1)
        rest = iter(rows)
        first = list(islice(rest, _LOOKED_AT))
        for place, column in enumerate(columns):
            sheet.set_column(place, place, _width(column, (row[place] for row, _ in first)))
            sheet.write_string(0, place, harmless(column.title or column.key), self._header)
        line = 0
        for line, (row, marks) in enumerate(chain(first, rest), 1):
            if line > MOST_ROWS:
                raise OutputError(
                    f"A sheet holds {MOST_ROWS:,} rows, and there are more.",
                    hint="Take a shorter time with --since, or csv, jsonl or parquet.",
                )
            for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
                self._write(sheet, line, place, column, cell, column.mark if column.key in marks else "")
        if columns:
            sheet.autofilter(0, 0, max(line, 1), len(columns) - 1)

    def add_notes(self, table: Table) -> None:
        """Add the sheet of what stands around the rows: title, notes, totals."""
        sheet = self._book.add_worksheet("Notes")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 80)
        sheet.write_string(0, 0, harmless(table.title), self._bold)
        sheet.write_string(0, 1, harmless(table.caption))
        line = 2
        for note in table.notes:
            sheet.write_string(line, 0, note.mark)
            sheet.write_string(line, 1, harmless(note.text)[:_MOST_TEXT], self._wrapped)
            line += 1
        for row in (each for each in table.rows if each.role is Role.TOTAL):
            for column, cell in zip(table.columns, row.cells, strict=True):
                if column.kind.is_number and cell is not None:
                    line += 1
                    sheet.write_string(line, 0, f"{cells.TOTAL}: {column.title}")
                    self._write(sheet, line, 1, column, cell, column.mark if column.key in row.marks else "")

    def close(self) -> None:
        self._book.close()

    def _write(self, sheet: Any, line: int, place: int, column: Column, cell: Cell, mark: str) -> None:
        kind = column.kind
        assert not isinstance(cell, Amount)  # only people read those
        if cell is None:
            if text := cells.for_people(kind, None):
                sheet.write_string(line, place, text)
        elif isinstance(cell, dt.date) and cell.year >= _FIRST_YEAR:
            # a sheet knows no zones: the local time is what a clock showed
            at = cell.replace(tzinfo=None) if isinstance(cell, dt.datetime) else cell
            sheet.write_datetime(line, place, at, self._format(_DATES[kind], ""))
        elif isinstance(cell, tuple):
            sheet.write_string(line, place, harmless("; ".join(cell))[:_MOST_TEXT])
        elif isinstance(cell, bool):
            sheet.write_boolean(line, place, cell)
        elif kind in _NUMBERS and cell != "" and isfinite(number := _number(kind, cell)):
            sheet.write_number(line, place, number, self._format(_NUMBERS[kind], mark))
        else:
            sheet.write_string(line, place, harmless(cells.for_files(kind, cell))[:_MOST_TEXT])

    def _free_name(self, title: str) -> str:
        """Give a name that no other sheet has: Excel takes capitals for the same."""
        taken = {each.get_name().lower() for each in self._book.worksheets()} | {"notes", "history"}
        name = _sheet_name(title)
        numbers = (f"{name} {number}" for number in range(2, 100))
        return (
            name if name.lower() not in taken else next(each for each in numbers if each.lower() not in taken)
        )

    def _format(self, number: str, mark: str) -> Any:
        if (number, mark) not in self._formats:
            shown = f'{number}"{mark}"' if mark else number
            self._formats[number, mark] = self._book.add_format({"num_format": shown})
        return self._formats[number, mark]


def _number(kind: Kind, cell: Cell) -> float:
    """Give what Excel counts with: dollars, parts of one, days."""
    if isinstance(cell, int) and kind in (Kind.DURATION, Kind.SHARE):
        return cell / (_SECONDS_A_DAY if kind is Kind.DURATION else 10_000)
    return float(cells.for_files(kind, cell))


def _width(column: Column, shown: Iterable[Cell]) -> int:
    texts = [column.title, *(cells.for_people(column.kind, cell) for cell in shown)]
    return min(max(cell_width(harmless(text)) for text in texts) + 3, _WIDEST)


def _sheet_name(title: str) -> str:
    """Give a name that Excel takes: 31 characters at most, none of those with a meaning, no apostrophe at an end."""
    return (
        "".join("-" if char in _NOT_IN_NAMES else char for char in harmless(title))[:28].strip("' ")
        or "Report"
    )
