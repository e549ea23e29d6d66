"""Runs of days with usage, one after the other without a day between."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """A run of days, both ends included."""

    first_on: dt.date
    last_on: dt.date

    @property
    def days(self) -> int:
        """Its length."""
        return (self.last_on - self.first_on).days + 1


def streaks(days: Sequence[dt.date]) -> tuple[Streak, ...]:
    """Give all runs among days in ascending order, oldest first."""
    found: list[Streak] = []
    for day in days:
        if found and day - found[-1].last_on == _DAY:
            found[-1] = Streak(first_on=found[-1].first_on, last_on=day)
        else:
            found.append(Streak(first_on=day, last_on=day))
    return tuple(found)


def longest(found: Sequence[Streak]) -> Streak | None:
    """Give the longest run, of equals the latest; None without any day."""
    return max(found, key=lambda streak: (streak.days, streak.last_on), default=None)


def current(found: Sequence[Streak], today: dt.date) -> Streak | None:
    """Give the run that goes on: a today that was not used yet does not break it. None where there is none."""
    return next((streak for streak in found if streak.last_on in {today, today - _DAY}), None)
