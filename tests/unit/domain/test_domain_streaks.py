"""Runs of days: the longest, and the one that goes on."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.streaks import Streak, current, longest, streaks

FIRST = dt.date(2026, 11, 1)


def days(*numbers: int) -> list[dt.date]:
    return [FIRST + dt.timedelta(days=number) for number in numbers]


def test_runs_are_broken_by_a_day_without_usage() -> None:
    """Across the end of a month too."""
    found = streaks(days(28, 29, 30, 32, 33, 40))
    assert [streak.days for streak in found] == [3, 2, 1]
    assert longest(found) == Streak(first_on=dt.date(2026, 11, 29), last_on=dt.date(2026, 12, 1))


def test_of_equals_the_latest_is_the_longest() -> None:
    """It is the one that people remember."""
    assert longest(streaks(days(0, 1, 5, 6))) == Streak(first_on=days(5)[0], last_on=days(6)[0])
    assert longest(()) is None


@pytest.mark.parametrize(("today", "length"), [(6, 2), (7, 2), (8, None), (5, None), (0, None)])
def test_a_today_without_usage_breaks_nothing_yet(today: int, length: int | None) -> None:
    """Yesterday's streak goes on until today is over."""
    found = current(streaks(days(1, 2, 5, 6)), days(today)[0])
    assert (found.days if found else None) == length


@given(st.sets(st.integers(0, 60)))
def test_streaks_hold_every_day_once(numbers: set[int]) -> None:
    """Together they are the days, and between any two there is a free one."""
    given_days = days(*sorted(numbers))
    found = streaks(given_days)
    assert [
        streak.first_on + dt.timedelta(days=step) for streak in found for step in range(streak.days)
    ] == given_days
    for before, after in itertools.pairwise(found):
        assert (after.first_on - before.last_on).days > 1
