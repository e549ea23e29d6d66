"""What a period cost more or less than the one before it, as one more column of its report.

A period without a row had no usage, so the difference to it is the whole cost. The first period of all has nothing before it
that is known, and one that is unpriced has no difference: both say a dash.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ccmeter.reports.table import Amount, Column, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ccmeter.reports.table import Cell, Report, Row, Table

CHANGE: Final = Column(
    key="cost_change", title="Change", kind=Kind.TEXT, is_right=True, only_for_people=True, drop=7
)
_COST: Final = "cost_usd"


def _month_before(month: dt.date) -> dt.date:
    return (month.replace(day=1) - dt.timedelta(days=1)).replace(day=1)


_BEFORE: Final[Mapping[str, Callable[[dt.date], dt.date]]] = {
    "date": lambda day: day - dt.timedelta(days=1),
    "week": lambda day: day - dt.timedelta(days=7),
    "month": _month_before,
    "hour": lambda hour: hour - dt.timedelta(hours=1),
}
"""By the key of a report's first column, the period before one."""


def with_change(report: Report) -> Report:
    """Give a report on periods with the difference to the period before; any other as it is."""
    table = report.table
    keys = [column.key for column in table.columns]
    period = next((key for key in keys if key in _BEFORE), None)
    if period is None or _COST not in keys or not table.rows:
        return report
    at, cost = keys.index(period), keys.index(_COST)
    costs = {row.cells[at]: row.cells[cost] for row in table.rows if row.role is Role.BODY and row.cells[at]}
    first = min((key for key in costs if isinstance(key, dt.date)), default=None)
    rows = tuple(
        replace(row, cells=_after(row.cells, cost, _change(row, at, cost, costs, period, first)))
        for row in table.rows
    )
    return replace(report, table=_with_column(table, cost, rows))


def _with_column(table: Table, cost: int, rows: tuple[Row, ...]) -> Table:
    return replace(table, columns=(*table.columns[: cost + 1], CHANGE, *table.columns[cost + 1 :]), rows=rows)


def _after(cells: tuple[Cell, ...], place: int, cell: Cell) -> tuple[Cell, ...]:
    return (*cells[: place + 1], cell, *cells[place + 1 :])


def _change(
    row: Row, at: int, cost: int, costs: Mapping[Cell, Cell], period: str, first: dt.date | None
) -> Cell:
    key, own = row.cells[at], row.cells[cost]
    if row.role is not Role.BODY:
        return ""
    value = None
    if isinstance(key, dt.date) and isinstance(own, int) and key != first:
        before = costs.get(_BEFORE[period](key), 0)
        value = own - before if isinstance(before, int) else None
    return Amount(kind=Kind.MONEY, value=value, is_change=True)
