"""The difference to the period before."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from ccmeter.reports import cells
from ccmeter.reports.changes import CHANGE, with_change
from ccmeter.reports.table import Amount, Column, Kind, Report, Role, Row, Table

COST = Column(key="cost_usd", title="Cost", kind=Kind.MONEY)
CENT = 10_000_000_000


def report(key: str, *rows: tuple[object, int | None]) -> Report:
    columns = (
        Column(key=key, title="Period", kind=Kind.DATE),
        COST,
        Column(key="n", title="N", kind=Kind.COUNT),
    )
    body = tuple(Row(cells=(at, cost, 1)) for at, cost in rows)  # type: ignore[arg-type]
    total = Row(cells=(None, 0, 1), role=Role.TOTAL)
    return Report(table=Table(title="t", columns=columns, rows=(*body, total)), document={})


def changes(made: Report) -> list[str]:
    place = made.table.columns.index(CHANGE)
    return [cells.for_people(Kind.TEXT, row.cells[place]) for row in made.table.rows]


@pytest.mark.parametrize(
    ("key", "first", "second", "later"),
    [
        ("date", dt.date(2026, 2, 28), dt.date(2026, 3, 1), dt.date(2026, 3, 3)),
        ("week", dt.date(2026, 12, 28), dt.date(2027, 1, 4), dt.date(2027, 1, 25)),
        ("month", dt.date(2026, 12, 1), dt.date(2027, 1, 1), dt.date(2027, 3, 1)),
        (
            "hour",
            dt.datetime(2026, 11, 1, 23, tzinfo=dt.UTC),
            dt.datetime(2026, 11, 2, 0, tzinfo=dt.UTC),
            dt.datetime(2026, 11, 2, 5, tzinfo=dt.UTC),
        ),
    ],
)
def test_each_period_is_held_against_the_one_before(
    key: str, first: dt.date, second: dt.date, later: dt.date
) -> None:
    rows = ((first, 500 * CENT), (second, 200 * CENT), (later, 100 * CENT))
    assert changes(with_change(report(key, *rows))) == ["-", "-$3.00", "+$1.00", ""]
    assert changes(with_change(report(key, *reversed(rows)))) == ["+$1.00", "-$3.00", "-", ""]


def test_what_is_unpriced_or_undated_has_no_difference() -> None:
    day = dt.date(2026, 11, 1)
    made = with_change(
        report("date", (day, 1), (day + dt.timedelta(1), None), (day + dt.timedelta(2), 5), (None, 7))
    )
    assert changes(made) == ["-", "-", "-", "-", ""]


def test_the_difference_stands_behind_the_cost() -> None:
    made = with_change(report("date", (dt.date(2026, 11, 1), 1)))
    assert [column.key for column in made.table.columns] == ["date", "cost_usd", "cost_change", "n"]
    assert made.table.for_data().columns == report("date").table.columns
    cell = made.table.rows[0].cells[2]
    assert isinstance(cell, Amount)
    assert cell.is_change


def test_other_reports_stay_as_they_are() -> None:
    for each in (
        report("model", ("opus", 1)),
        report("date"),
        replace(report("date"), table=Table(title="t", columns=())),
    ):
        assert with_change(replace(each, table=replace(each.table, rows=()))).table.rows == ()
    models = report("model", ("opus", 1))
    assert with_change(models) is models
