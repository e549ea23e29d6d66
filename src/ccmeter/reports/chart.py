"""The chart of a table that brings none: its money, or its tokens where it has no money, by its first column.

It repeats what stands in the rows and adds nothing up. Rows of days or months become steps over time, days without a row
being days without usage; any other rows become bars, the largest on top.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from ccmeter.reports import cells
from ccmeter.reports.figure import Bars, Line, Point
from ccmeter.reports.model_names import names_of
from ccmeter.reports.table import Amount, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccmeter.reports.figure import Figure
    from ccmeter.reports.table import Cell, Column, Row, Table

MOST_BARS: Final = 20
MOST_STEPS: Final = 800
"""Two years of days. More would be thinner than a pixel: the newest are drawn."""


def chart_of(table: Table) -> tuple[Figure, ...]:
    """Give one chart, or none where there is nothing to compare."""
    rows = [row for row in table.rows if row.role is Role.BODY]
    place = _measured(table.columns)
    if place is None or any(column.is_heading for column in table.columns):
        return ()
    label, measure = table.columns[0], table.columns[place]
    values = {row.cells[0]: row.cells[place] for row in rows}
    if len(values) < len(rows) or len(values) < 2:  # noqa: PLR2004 - one value is nothing to compare
        return ()
    title = f"{measure.title} by {label.title.lower()}"
    if label.kind in (Kind.DATE, Kind.MONTH):
        days = {
            on: value
            for on, value in values.items()
            if isinstance(on, dt.date) and not isinstance(value, str | tuple | dt.date | Amount)
        }
        points = _over_time(label.kind, days)
        return (Line(title=title, kind=measure.kind, points=points),) if points else ()
    if label.kind not in (Kind.TEXT, Kind.NAMES):
        return ()
    points = _largest(rows, place)
    title += f" (the largest {MOST_BARS} of {len(rows):,})" if len(rows) > MOST_BARS else ""
    return (Bars(title=title, kind=measure.kind, points=points),)


def _measured(columns: Sequence[Column]) -> int | None:
    """Give the column that is drawn."""
    for kind, key in ((Kind.MONEY, ""), (Kind.TOKENS, "total_tokens")):
        for place, column in enumerate(columns):
            if column.kind is kind and not column.only_in_files and key in ("", column.key):
                return place
    return None


def _over_time(kind: Kind, values: Mapping[dt.date, int | None]) -> tuple[Point, ...]:
    """Give a value for each step from the first to the last, 0 where there is no row."""
    if not values:
        return ()
    steps = _steps(kind, sorted(values))
    return tuple(Point(label=cells.for_files(kind, on), value=values.get(on, 0)) for on in steps)


def _steps(kind: Kind, given: Sequence[dt.date]) -> list[dt.date]:
    if kind is Kind.MONTH:
        first, last = (on.year * 12 + on.month - 1 for on in (given[0], given[-1]))
        months = range(max(first, last - MOST_STEPS + 1), last + 1)
        return [dt.date(month // 12, month % 12 + 1, 1) for month in months]
    # weeks are days that are always a multiple of seven apart
    step = 7 if all((on - given[0]).days % 7 == 0 for on in given) and len(given) > 1 else 1
    count = min((given[-1] - given[0]).days // step + 1, MOST_STEPS)
    return [given[-1] - dt.timedelta(days=step * back) for back in reversed(range(count))]


def _largest(rows: Sequence[Row], place: int) -> tuple[Point, ...]:
    names = names_of(name for row in rows for name in _names(row.cells[0]))
    points = [
        Point(
            label=", ".join(names[name] for name in _names(row.cells[0]))
            or cells.for_people(Kind.TEXT, row.cells[0]),
            value=value,
        )
        for row in rows
        if not isinstance(value := row.cells[place], str | tuple | dt.date | Amount)
    ]
    points.sort(key=lambda point: -(point.value or 0))
    return tuple(points[:MOST_BARS])


def _names(cell: Cell) -> tuple[str, ...]:
    return cell if isinstance(cell, tuple) else ()
