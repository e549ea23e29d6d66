"""Days are local days of the zone that is asked for, on the days too on which its clocks change."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ccmeter.domain.filters import Filters
from ccmeter.queries.summary import By, Key, summarize
from support import stores
from support.scale import scaled
from support.transcripts import EPOCH, Folder, Line, joined, us

if TYPE_CHECKING:
    from pathlib import Path

    from ccmeter.store.lease import Connection

ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Kiritimati")
"""An hour at 2:00, an hour at 1:00, half an hour at 2:00, and fourteen hours ahead without a change."""
MIDNIGHT_ZONES = (
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Beirut",
    "America/Scoresbysund",
    "Atlantic/Azores",
)
"""Clocks that change at midnight: a day there may begin at 1:00, or have two midnights."""
MOVED_ZONES = ("America/Vancouver", "Africa/Casablanca", "America/Havana")
"""Their rules changed in 2026: DuckDB's calendar and Python's may be of different ages."""
FIRST, LAST = dt.date(2025, 1, 1), dt.date(2027, 1, 1)
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Called:
    """A store, and the instants of its calls."""

    store: Path
    times_us: list[int]


def _times_us() -> list[int]:
    """Give instants around every change of these zones' clocks, around midnights, and a few in between."""
    hours = range(
        us(f"{FIRST}T00:00:00+00:00") // (3_600 * SECOND_US),
        us(f"{LAST}T00:00:00+00:00") // (3_600 * SECOND_US),
    )
    times = {hour * 3_600 * SECOND_US for hour in hours[::7]}
    for zone in map(ZoneInfo, (*ZONES, *MIDNIGHT_ZONES, *MOVED_ZONES)):
        for hour in hours:
            at = EPOCH + dt.timedelta(hours=hour)
            if at.astimezone(zone).utcoffset() != (at + dt.timedelta(hours=1)).astimezone(zone).utcoffset():
                around = range(hour * 60 - 26 * 60, hour * 60 + 28 * 60, 30)
                times |= {minute * 60 * SECOND_US + shift for minute in around for shift in (-1_000, 0)}
    return sorted(times)


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Called:
    folder = tmp_path_factory.mktemp("days")
    times_us = _times_us()
    lines = [
        Line(message_id=f"msg_{number}", at_us=at_us, output_tokens=1).assistant()
        for number, at_us in enumerate(times_us)
    ]
    undated = Line(message_id="msg_undated", at_us=None).assistant()
    Folder(folder / "logs").write("p/1.jsonl", joined([*lines, undated]))
    stores.ingest(folder / "store", folder / "logs")
    return Called(folder / "store", times_us)


def _local_days(times_us: list[int], zone: str) -> Counter[dt.date]:
    there = ZoneInfo(zone)
    return Counter((EPOCH + dt.timedelta(microseconds=at_us)).astimezone(there).date() for at_us in times_us)


def _day(key: Key) -> dt.date | None:
    assert not isinstance(key, str)
    return key


def _rows(connection: Connection, filters: Filters) -> dict[dt.date | None, int]:
    return {_day(period.key): period.measures.calls for period in summarize(connection, filters).periods}


@pytest.mark.parametrize("zone", [*ZONES, *MIDNIGHT_ZONES])
def test_local_days_are_those_of_python(zone: str, called: Called) -> None:
    """The store puts every instant on the day that Python's time zones put it on; what has no time comes last."""
    with stores.asking(called.store) as connection:
        rows = _rows(connection, Filters(time_zone=zone))
    assert rows.pop(None) == 1
    assert rows == _local_days(called.times_us, zone)


@pytest.mark.parametrize("zone", [*ZONES, *MIDNIGHT_ZONES])
@pytest.mark.parametrize("week_starts", range(1, 8))
def test_weeks_are_made_of_those_days(zone: str, week_starts: int, called: Called) -> None:
    """A week is seven local days from the weekday asked for, and is known by its first."""
    with stores.asking(called.store) as connection:
        filters = Filters(time_zone=zone)
        answer = summarize(connection, filters, by=By.WEEK, week_starts=week_starts)
    expected: Counter[Key] = Counter({None: 1})
    for day, calls in _local_days(called.times_us, zone).items():
        expected[day - dt.timedelta(days=(day.isoweekday() - week_starts) % 7)] += calls
    assert {period.key: period.measures.calls for period in answer.periods} == expected


@pytest.mark.parametrize("zone", [*ZONES, *MIDNIGHT_ZONES])
def test_months_are_made_of_those_days(zone: str, called: Called) -> None:
    """A month is known by its first day."""
    with stores.asking(called.store) as connection:
        answer = summarize(connection, Filters(time_zone=zone), by=By.MONTH)
    expected: Counter[Key] = Counter({None: 1})
    for day, calls in _local_days(called.times_us, zone).items():
        expected[day.replace(day=1)] += calls
    assert {period.key: period.measures.calls for period in answer.periods} == expected


@pytest.mark.parametrize("zone", [*ZONES, *MIDNIGHT_ZONES, "Asia/Kathmandu"])
def test_hours_begin_when_local_clocks_strike(zone: str, called: Called) -> None:
    """An hour is known by the instant at which it began: where clocks go back, one name has two hours."""
    there = ZoneInfo(zone)
    with stores.asking(called.store) as connection:
        answer = summarize(connection, Filters(time_zone=zone), by=By.HOUR)
    expected: Counter[int | None] = Counter({None: 1})
    for at_us in called.times_us:
        local = (EPOCH + dt.timedelta(microseconds=at_us)).astimezone(there)
        expected[at_us // SECOND_US - local.minute * 60 - local.second] += 1
    found = {}
    for period in answer.periods:
        assert period.key is None or isinstance(period.key, dt.datetime)
        found[None if period.key is None else int(period.key.timestamp())] = period.measures.calls
    assert found == expected
    instants = [period.key.timestamp() for period in answer.periods if isinstance(period.key, dt.datetime)]
    assert instants == sorted(instants)


@settings(max_examples=scaled(60))
@given(
    zone=st.sampled_from([*ZONES, *MIDNIGHT_ZONES, *MOVED_ZONES]),
    since_on=st.none() | st.dates(FIRST, LAST),
    until_on=st.none() | st.dates(FIRST, LAST),
)
@example(zone="America/Vancouver", since_on=dt.date(2026, 11, 2), until_on=dt.date(2026, 11, 2))
@example(zone="Africa/Casablanca", since_on=dt.date(2026, 9, 21), until_on=dt.date(2026, 9, 21))
@example(zone="Asia/Beirut", since_on=dt.date(2026, 3, 29), until_on=dt.date(2026, 3, 29))
def test_limits_keep_exactly_the_rows_inside(
    called: Called, zone: str, since_on: dt.date | None, until_on: dt.date | None
) -> None:
    """A question limited to some days gives exactly the rows of those days, whole, and their sum."""
    with stores.asking(called.store) as connection:
        everything = _rows(connection, Filters(time_zone=zone))
        filters = Filters(time_zone=zone, since_on=since_on, until_on=until_on)
        limited = summarize(connection, filters)
    inside = {
        day: calls
        for day, calls in everything.items()
        if (since_on is None and until_on is None)
        or (
            day is not None
            and (since_on is None or day >= since_on)
            and (until_on is None or day <= until_on)
        )
    }
    assert {_day(period.key): period.measures.calls for period in limited.periods} == inside
    assert limited.total.calls == sum(inside.values())


@pytest.mark.parametrize("zone", ZONES)
def test_limits_as_instants_are_the_same_days(zone: str, called: Called) -> None:
    """The half-open instants of some limits hold exactly the calls of those local days."""
    there = ZoneInfo(zone)
    for day in (dt.date(2026, 3, 8), dt.date(2026, 3, 29), dt.date(2026, 4, 5), dt.date(2026, 10, 4)):
        filters = Filters(time_zone=zone, since_on=day, until_on=day)
        assert filters.since_us is not None
        assert filters.until_us is not None
        inside = [at_us for at_us in called.times_us if filters.since_us <= at_us < filters.until_us]
        on_day = [
            at_us
            for at_us in called.times_us
            if (EPOCH + dt.timedelta(microseconds=at_us)).astimezone(there).date() == day
        ]
        assert inside == on_day
