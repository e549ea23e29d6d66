"""Imported days: shown where there is no usage of their own, by day, week and month, and never twice."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from ccmeter.domain.filters import Filters
from ccmeter.queries import imported as queries
from ccmeter.queries.summary import By
from ccmeter.store import imported, lease
from ccmeter.store.imported import Day
from support import history, stores
from support.transcripts import Folder, Line, joined, us

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)
UTC = Filters(time_zone="UTC")
OPUS, HAIKU = "claude-opus-4-5", "claude-haiku-4-5"


def _day(day: int, model: str = OPUS, tokens: int = 10, pico: int | None = 5) -> Day:
    return Day(dt.date(2026, 1, day), model, tokens, 1, 2, 3, pico)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Give a store with usage on the 2nd of January in UTC, at half past midnight."""
    line = Line(at_us=us("2026-01-02T00:30:00+00:00")).assistant()
    Folder(tmp_path / "claude").write("-x/a.jsonl", joined([line]))
    store = tmp_path / "data" / "ccmeter.duckdb"
    stores.ingest(store, tmp_path / "claude")
    return store


def _take(store: Path, *days: Day, source: str = "a", machine: str = "") -> None:
    with lease.writing(store) as connection:
        imported.take_days(connection, days, source=source, machine=machine, now=NOW)


def _ask(store: Path, filters: Filters = UTC, by: By = By.DAY, week_starts: int = 1) -> queries.Imported:
    with stores.asking(store) as connection:
        return queries.days(connection, filters, by=by, week_starts=week_starts)


def test_nothing_imported(store: Path) -> None:
    """Without imports there is nothing, whatever is asked; nor are there imported hours or models."""
    assert _ask(store) is queries.NONE
    _take(store, _day(1))
    assert _ask(store, by=By.MODEL) is queries.NONE


def test_days_with_usage_are_not_taken(store: Path) -> None:
    """A day with a call is never taken from a report: which day that is depends on the zone asked for."""
    _take(store, _day(1), _day(2), _day(3, HAIKU), _day(3, pico=None), _day(3, ""))
    found = _ask(store)
    assert [period.key for period in found.periods] == [dt.date(2026, 1, 1), dt.date(2026, 1, 3)]
    assert found.days == 2
    assert found.total.cost_pico == 15
    assert (found.total.unpriced_tokens, found.total.unpriced_models) == (16, (OPUS,))
    assert found.total.counts.total_tokens == 64
    assert found.total.calls == 0
    assert [share.model for share in found.periods[1].models] == [HAIKU, "unknown", OPUS]
    there = _ask(store, Filters(time_zone="America/New_York"))
    assert [period.key for period in there.periods] == [dt.date(2026, 1, 2), dt.date(2026, 1, 3)]


def test_weeks_and_months(store: Path) -> None:
    """Days make weeks, which begin as asked, and months; each period is the sum of its models."""
    _take(store, _day(1), _day(2), _day(5), _day(31, HAIKU))
    for by, keys in (
        (By.WEEK, [dt.date(2025, 12, 29), dt.date(2026, 1, 5), dt.date(2026, 1, 26)]),
        (By.MONTH, [dt.date(2026, 1, 1)]),
    ):
        found = _ask(store, by=by)
        assert [period.key for period in found.periods] == keys
        assert (
            sum(period.measures.counts.total_tokens for period in found.periods)
            == found.total.counts.total_tokens
            == 48
        )
        assert found.days == 3
    sundays = _ask(store, by=By.WEEK, week_starts=7)
    assert [period.key for period in sundays.periods] == [
        dt.date(2025, 12, 28),
        dt.date(2026, 1, 4),
        dt.date(2026, 1, 25),
    ]


def test_filters(store: Path) -> None:
    """Days and models can be chosen; projects and sessions cannot be told apart, so there is none."""
    _take(store, _day(1), _day(3), _day(4, HAIKU))

    def keys(filters: Filters) -> list[int]:
        return [period.key.day for period in _ask(store, filters).periods if isinstance(period.key, dt.date)]

    assert keys(Filters(time_zone="UTC", since_on=dt.date(2026, 1, 3))) == [3, 4]
    assert keys(Filters(time_zone="UTC", until_on=dt.date(2026, 1, 3))) == [1, 3]
    assert keys(Filters(time_zone="UTC", models=("HAIKU",))) == [4]
    assert keys(Filters(time_zone="UTC", projects=("x",))) == []
    assert keys(Filters(time_zone="UTC", sessions=("x",))) == []
    assert _ask(store, Filters(time_zone="UTC", sessions=("x",))).days == 0


def test_the_fullest_report_of_a_machine(store: Path) -> None:
    """Of one machine's reports the fullest speaks for a day; those of different machines add up."""
    _take(store, _day(1, tokens=10), _day(3, tokens=10))
    _take(store, _day(1, tokens=40), _day(3, tokens=5), source="b")
    _take(store, _day(1, tokens=100), source="c", machine="laptop")
    found = _ask(store)
    assert [period.measures.counts.input_tokens for period in found.periods] == [140, 10]
    with stores.asking(store) as connection:
        listed = queries.reports(connection, time_zone="UTC")
    assert [(each.source, each.machine, each.days, each.shown_days) for each in listed] == [
        ("a", "", 2, 1),
        ("b", "", 2, 1),
        ("c", "laptop", 1, 1),
    ]
    assert listed[0].imported_at == NOW


def test_what_was_imported_line_by_line(store: Path, tmp_path: Path) -> None:
    """Calls that stand in imported files alone are told apart from those that were read here as well."""
    other = history.made(tmp_path / "other", files=2, calls=5)
    with lease.writing(store) as connection:
        imported.join(connection, other, now=NOW)
    with stores.asking(store) as connection:
        logs = queries.logs(connection)
        assert queries.held(connection)[0] == 11
    assert (logs.files, logs.calls, logs.tokens > 0, logs.size_bytes > 0) == (2, 10, True, True)
