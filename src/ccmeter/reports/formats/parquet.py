"""The rows as Parquet, each column with the type that it is: days, instants in UTC, integers, `decimal(38, 12)` USD.

As in CSV every number stands there once: no totals, and of a row that is broken down only its parts. What is unknown is
null. Text of others keeps no control character, but no quote is put before a formula: nothing runs what stands here.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from ccmeter.domain.columns import Type, TypedColumn
from ccmeter.reports.cells import finest, for_files
from ccmeter.reports.foreign import harmless
from ccmeter.reports.table import Amount, Kind

if TYPE_CHECKING:
    from ccmeter.domain.columns import Value
    from ccmeter.reports.formats import RenderOptions
    from ccmeter.reports.table import Cell, Column, Report

IS_BINARY: Final = True
_TYPES: Final = {
    Kind.DATE: Type.DAY,
    Kind.MONTH: Type.DAY,
    Kind.TIME: Type.INSTANT,
    Kind.TEXT: Type.TEXT,
    Kind.NAMES: Type.TEXTS,
    Kind.MONEY: Type.USD,
    Kind.SHARE: Type.NUMBER,
    Kind.PRICE: Type.NUMBER,
    Kind.NUMBER: Type.DOUBLE,
}
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def render(report: Report, options: RenderOptions) -> bytes:
    """Give the bytes of a file."""
    table = report.table.for_data()
    rows = list(finest(table.rows))
    return options.pack(
        [_typed(column, [row.cells[place] for row in rows]) for place, column in enumerate(table.columns)]
    )


def _typed(column: Column, cells: list[Cell]) -> TypedColumn:
    return TypedColumn(
        key=column.key,
        type=_TYPES.get(column.kind, Type.INTEGER),
        values=tuple(_value(column.kind, cell) for cell in cells),
    )


def _value(kind: Kind, cell: Cell) -> Value:
    assert not isinstance(cell, Amount)  # only people read those
    if cell is None or (cell == "" and kind is not Kind.TEXT):
        return None
    if isinstance(cell, dt.datetime):
        return (cell - _EPOCH) // dt.timedelta(microseconds=1)
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, tuple):
        return tuple(map(harmless, cell))
    if isinstance(cell, str):
        return harmless(cell)
    return for_files(kind, cell) if kind in (Kind.MONEY, Kind.SHARE) else cell
