"""The page of statistics: streaks, busy times, averages and shares, and the same totals as everywhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries.stats import Stats, ask_stats
from ccmeter.queries.summary import summarize
from ccmeter.reports import stats as report
from ccmeter.reports.cells import for_people
from ccmeter.reports.figure import Bars, Calendar
from ccmeter.reports.table import Kind
from ccmeter.reports.usage_document import totals_of
from support import fortnight, golden, stores

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.reports.table import Report

TODAY = fortnight.NOW.date()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fortnight.make(tmp_path_factory.mktemp("stats"))


def asked(store: Path, **limits: Any) -> Stats:
    with stores.asking(store) as connection:
        return ask_stats(connection, Filters(time_zone="UTC", **limits))


def laid_out(stats: Stats, **options: Any) -> Report:
    return report.lay_out(stats, report.StatsOptions(**{"today": TODAY, **options}))


def read(page: Report, key: str) -> str:
    """Give what people read of a measure; empty where there is none."""
    rows = [row for row in page.table.rows if row.cells[3] == key]
    return for_people(Kind.TEXT, rows[0].cells[2]) if rows else ""


def document(page: Report) -> dict[str, Any]:
    assert isinstance(page.document, dict)
    return page.document


def test_streaks_run_over_days_with_usage(store: Path) -> None:
    """Today was used, and without it yesterday's run goes on."""
    page = laid_out(asked(store))
    assert read(page, "longest_streak").startswith("3, ")
    assert read(page, "current_streak") == "3, 2026-11-18 to 2026-11-20"
    tomorrow = laid_out(asked(store), today=TODAY + dt.timedelta(days=1))
    assert read(tomorrow, "current_streak") == "3, 2026-11-18 to 2026-11-20"
    later = laid_out(asked(store), today=TODAY + dt.timedelta(days=2))
    assert read(later, "current_streak") == "0"
    assert document(later)["streaks"]["current"] is None


def test_a_range_that_is_over_has_no_current_streak(store: Path) -> None:
    """Nothing goes on in last year."""
    until = dt.date(2026, 11, 12)
    page = laid_out(asked(store, until_on=until), until_on=until)
    assert read(page, "current_streak") == ""
    assert read(page, "longest_streak") != ""


def test_the_busiest_are_measured_in_tokens(store: Path) -> None:
    """Day, weekday and hour, each with its tokens."""
    stats = asked(store)
    page = laid_out(stats)
    tokens = {period.key: period.measures.counts.total_tokens for period in stats.days.periods if period.key}
    day = max(tokens, key=lambda key: tokens[key])
    assert read(page, "busiest_day") == f"{day}, {tokens[day]:,} tokens"
    assert read(page, "busiest_weekday").split(",")[0] in {"Friday", "Monday", "Sunday", "Thursday"}
    assert " to " in read(page, "busiest_hour")


def test_totals_are_those_of_daily(store: Path) -> None:
    """Key for key."""
    with stores.asking(store) as connection:
        total = summarize(connection, Filters(time_zone="UTC")).total
    assert document(laid_out(asked(store)))["totals"] == totals_of(total, no_cost=False)


def test_averages_are_over_times_with_usage(store: Path) -> None:
    """What has no readable time is in none of them."""
    stats = asked(store)
    averages = document(laid_out(stats))["averages"]
    days = sum(period.key is not None for period in stats.days.periods)
    assert averages["day"]["number"] == days == document(laid_out(stats))["activeDays"]
    assert averages["day"]["totalTokens"] * days == pytest.approx(stats.all.dated_tokens)
    assert averages["month"]["number"] == 1
    table = laid_out(stats).further[0]
    assert [row.cells[0] for row in table.rows] == ["per day", "per week", "per month"]
    assert table.rows[2].cells[2:5] == (
        stats.all.dated_calls,
        stats.all.dated_tokens,
        stats.all.dated_cost_pico,
    )


def test_shares_of_models_make_a_whole(store: Path) -> None:
    """Dearest first; what has no price is no part of the cost."""
    table = laid_out(asked(store)).further[1]
    shares = [row.cells[1] for row in table.rows if isinstance(row.cells[1], int)]
    assert abs(sum(shares) - report.SHARES) <= len(shares)
    costs = [row.cells[-1] or 0 for row in table.rows]
    assert costs == sorted(costs, key=lambda cost: -int(str(cost)))
    assert costs[-1] == 0
    assert table.rows[-1].marks == {"cost_usd"}


def test_the_map_is_of_the_last_year(store: Path) -> None:
    """Whole weeks up to today, or the year that was asked for, up to today as well."""
    calendar, bars = laid_out(asked(store)).figures
    assert isinstance(calendar, Calendar)
    assert isinstance(bars, Bars)
    assert calendar.last_on == TODAY
    assert calendar.first_on == dt.date(2025, 11, 17)
    assert calendar.first_on.isoweekday() == 1
    assert sum(day.value for day in calendar.days) == asked(store).all.dated_tokens
    assert [point.label for point in bars.points] == [
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
    ]
    begin, end = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    year = laid_out(asked(store), since_on=begin, until_on=end, week_starts=7)
    (calendar, bars) = year.figures
    assert isinstance(calendar, Calendar)
    assert isinstance(bars, Bars)
    assert (calendar.first_on, calendar.last_on) == (begin, TODAY)
    assert bars.points[0].label == "Sunday"
    assert year.table.caption == "2026-01-01 to 2026-11-20, UTC"


def test_days_that_the_map_has_no_room_for_are_said(store: Path) -> None:
    """With what shows them; a map of all that was asked for says nothing."""
    stats = asked(store)
    assert not [note for note in laid_out(stats).table.notes if "map" in note.text]
    later = laid_out(stats, today=TODAY + dt.timedelta(days=365)).table.notes
    days = sum(isinstance(period.key, dt.date) for period in stats.days.periods)
    left_out = sum(
        isinstance(period.key, dt.date) and period.key < dt.date(2026, 11, 16)
        for period in stats.days.periods
    )
    assert 0 < left_out < days
    assert [note.text for note in later if "map" in note.text] == [
        (
            f"The map of days begins on 2026-11-16: {left_out} earlier days with usage are not in it. "
            "`ccmeter stats --year 2026` shows those of 2026."
        )
    ]


def test_a_leap_year_that_begins_on_a_sunday_is_whole() -> None:
    """It reaches into 54 weeks of seven days."""
    options = report.StatsOptions(
        today=dt.date(2029, 1, 1), since_on=dt.date(2028, 1, 1), until_on=dt.date(2028, 12, 31)
    )
    assert report._first_on(dt.date(2028, 12, 31), options) == dt.date(2028, 1, 1)


def test_without_cost_there_is_none_anywhere(store: Path) -> None:
    """Neither on the page nor under a key."""
    page = laid_out(asked(store), no_cost=True)
    assert "ost" not in repr(page.document)
    assert "$" not in golden.shown("table-80.txt", page)
    assert (read(page, "cost"), read(page, "cache_saved")) == ("", "")


def test_what_is_left_out_is_said(store: Path) -> None:
    """Unknown prices, unfinished output, usage without a time."""
    texts = " ".join(note.text for note in laid_out(asked(store)).table.notes)
    for part in (
        "Output is a lower bound",
        "Cost is a lower bound",
        "What caching saved leaves out",
        "without a readable time count in totals",
    ):
        assert part in texts


def test_no_usage_says_what_to_do(store: Path) -> None:
    """An empty page of statistics would be a page of zeros."""
    page = laid_out(asked(store, sessions=("nobody",)), empty="Nothing.")
    assert (page.table.rows, page.figures, page.further) == ((), (), ())
    assert [note.text for note in page.table.notes] == ["Nothing."]
    found = document(page)
    assert (found["cache"]["hitShare"], found["costPer1000OutputTokens"], found["averages"]) == (
        None,
        None,
        {},
    )


def test_usage_without_a_time_alone_has_totals_only(store: Path) -> None:
    """No day, no streak, no busy hour."""
    stats = asked(store)
    number = len([line for line in fortnight.lines() if line.at_us is not None])
    alone = asked(store, sessions=(f"session-{number // 4}",), models=("opus",))
    page = laid_out(alone)
    assert stats.all.calls > alone.all.calls
    assert document(page)["totals"]["messages"] == alone.all.calls


@pytest.mark.parametrize("look", golden.LOOKS)
def test_the_page_is_the_golden_one(look: str, store: Path) -> None:
    """What people and scripts see changes only on purpose."""
    assert golden.agrees("stats", look, laid_out(asked(store)))
