"""Days as people name them: `2026-11-20`, `20261120`, `2026-11`, `today`, `yesterday`, `monday`, `7d`, `2w`."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from ccmeter.domain.errors import UsageError

_WEEKDAYS = [name.lower() for name in calendar.day_name]
_UNITS = {"d": 1, "w": 7}


def first_day(named: str, today: dt.date) -> dt.date:
    """Give the day on which a named day or month begins. Raises UsageError."""
    return _span(named, today)[0]


def last_day(named: str, today: dt.date) -> dt.date:
    """Give the day on which a named day or month ends. Raises UsageError."""
    return _span(named, today)[1]


def _span(named: str, today: dt.date) -> tuple[dt.date, dt.date]:
    try:
        span = _read(named.strip().lower(), today)
    except (ValueError, OverflowError):
        span = None
    if span is None:
        raise UsageError(
            f"'{named}' is not a day.",
            hint="Days are written 2026-11-20, 20261120, 2026-11, today, yesterday, monday, 7d (the last seven) or 2w.",
        )
    return span


def _read(word: str, today: dt.date) -> tuple[dt.date, dt.date] | None:
    """Give the first and the last day of what is named, or None. Raises ValueError for a day that no month has."""
    day = None
    if word in ("today", "yesterday"):
        day = today - dt.timedelta(days=word == "yesterday")
    elif word in _WEEKDAYS or word in [name[:3] for name in _WEEKDAYS]:
        number = next(i for i, name in enumerate(_WEEKDAYS) if name.startswith(word))
        day = today - dt.timedelta(days=(today.weekday() - number) % 7)
    elif match := re.fullmatch(r"(\d{1,5})([dw])", word):
        day = today - dt.timedelta(days=max(int(match[1]) * _UNITS[match[2]] - 1, 0))
    elif match := re.fullmatch(r"(\d{4})-(\d{2})", word):
        first = dt.date(int(match[1]), int(match[2]), 1)
        return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", word):
        day = dt.date.fromisoformat(word)
    return None if day is None else (day, day)
