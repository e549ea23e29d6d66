"""The trend: every step in its place, zero where there was no usage, and the same numbers as everywhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries.summary import By, summarize
from ccmeter.reports import trend
from ccmeter.reports.figure import Line
from ccmeter.reports.table import Role
from support import fortnight, golden, stores

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.queries.summary import Summary
    from ccmeter.reports.table import Report

TODAY = fortnight.NOW.date()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fortnight.make(tmp_path_factory.mktemp("trend"))


def asked(store: Path, by: By = By.DAY, **limits: Any) -> Summary:
    with stores.asking(store) as connection:
        return summarize(connection, Filters(time_zone="UTC", **limits), by=by)


def laid_out(summary: Summary, step: str = "day", metric: str = "cost", **options: Any) -> Report:
    return trend.lay_out(
        summary,
        trend.TrendOptions(
            step=trend.STEPS[step], metric=trend.METRICS[metric], **{"today": TODAY, **options}
        ),
    )


def points(report: Report) -> list[tuple[str, int | None]]:
    (line,) = report.figures
    assert isinstance(line, Line)
    return [(point.label, point.value) for point in line.points]


def test_days_without_usage_are_zero(store: Path) -> None:
    """Each day from the first to the last is there, once and in order."""
    found = points(laid_out(asked(store), metric="messages"))
    first = dt.date(2026, 11, 6)
    assert [label for label, _ in found] == [str(first + dt.timedelta(days=day)) for day in range(15)]
    by_day = {str(period.key): period.measures.calls for period in asked(store).periods}
    assert found == [(label, by_day.get(label, 0)) for label, _ in found]
    assert 0 in dict(found).values()


def test_the_range_asked_for_is_the_range_shown(store: Path) -> None:
    """With its empty ends; but not beyond today, and not centuries before there was anything."""
    since_on, until_on = dt.date(2026, 11, 1), dt.date(2026, 12, 24)
    summary = asked(store, since_on=since_on, until_on=until_on)
    found = points(laid_out(summary, first_on=since_on, last_on=until_on))
    assert (found[0][0], found[-1][0]) == ("2026-11-01", "2026-11-20")
    found = points(laid_out(asked(store), first_on=dt.date(1, 1, 1)))
    assert found[0][0] == "2026-11-06"


def test_weeks_and_months_begin_where_they_begin(store: Path) -> None:
    """On the weekday that was asked for, and on the first."""
    with stores.asking(store) as connection:
        weeks = summarize(connection, Filters(time_zone="UTC"), by=By.WEEK, week_starts=7)
    since = dt.date(2026, 10, 20)
    found = points(laid_out(weeks, "week", first_on=since, week_starts=7))
    assert [label for label, _ in found] == [
        "2026-10-18",
        "2026-10-25",
        "2026-11-01",
        "2026-11-08",
        "2026-11-15",
    ]
    months = points(laid_out(asked(store, By.MONTH), "month", first_on=dt.date(2025, 12, 31)))
    assert [label for label, _ in months][:3] == ["2025-12", "2026-01", "2026-02"]
    assert (months[-1][0], len(months)) == ("2026-11", 12)


@pytest.mark.parametrize("metric", trend.METRICS)
@pytest.mark.parametrize("step", trend.STEPS)
def test_the_series_adds_up_to_the_total(step: str, metric: str, store: Path) -> None:
    """With what has no time, which stands last and not in the chart."""
    summary = asked(store, trend.STEPS[step].by)
    report = laid_out(summary, step, metric)
    *rows, total = report.table.rows
    assert total.role is Role.TOTAL
    values = [row.cells[1] for row in rows if isinstance(row.cells[1], int)]
    assert sum(values) == total.cells[1] == trend.METRICS[metric].read(summary.total)
    assert rows[-1].cells[0] is None
    assert len(points(report)) == len(rows) - 1
    assert report.is_drawn
    assert any("without a readable time" in note.text for note in report.table.notes)


def test_unpriced_days_are_not_free(store: Path) -> None:
    """Their cost is unknown: null and not zero; a day priced in part is marked."""
    report = laid_out(asked(store, models=("somebody",)))
    assert any(value is None for _, value in points(report))
    assert isinstance(report.document, dict)
    series: Any = report.document["trend"]
    assert {each["costExact"] for each in series if each["unpricedTokens"]} == {None}
    marked = laid_out(asked(store))
    assert any("cost_usd" in row.marks for row in marked.table.rows)
    assert any(note.text.startswith("Cost is a lower bound") for note in marked.table.notes)
    assert not any("Cost" in note.text for note in laid_out(asked(store), metric="tokens").table.notes)


def test_output_that_was_never_finished_is_marked(store: Path) -> None:
    """As everywhere."""
    report = laid_out(asked(store), metric="output")
    assert any("output_tokens" in row.marks for row in report.table.rows)
    assert any(note.text.startswith("Output is a lower bound") for note in report.table.notes)


def test_a_line_from_the_year_1_makes_no_million_rows(store: Path) -> None:
    """Then only the days with usage are shown."""
    summary = asked(store)
    far = [trend.first_of(dt.date(1, 1, 1), _options("day")), *(each.key for each in summary.periods)]
    days = [day for day in far if isinstance(day, dt.date)]
    assert list(trend._days(days, _options("day"))) == days


def _options(step: str) -> trend.TrendOptions:
    return trend.TrendOptions(step=trend.STEPS[step], metric=trend.METRICS["cost"], today=TODAY)


def test_undated_usage_alone_is_no_chart(store: Path) -> None:
    """It is a row."""
    report = laid_out(asked(store, sessions=("session-12",), since_on=None))
    undated = [row for row in report.table.rows if row.role is Role.BODY and row.cells[0] is None]
    assert len(undated) == len(report.figures) == 1
    nothing = laid_out(asked(store, sessions=("nobody",)))
    assert (nothing.figures, nothing.table.rows) == ((), ())
    assert [note.text for note in nothing.table.notes] == ["No usage found."]


@pytest.mark.parametrize("look", golden.LOOKS)
def test_the_trend_is_the_golden_one(look: str, store: Path) -> None:
    """What people and scripts see changes only on purpose."""
    assert golden.agrees("trend", look, laid_out(asked(store)))
