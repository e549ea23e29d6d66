"""Which readings of a limit count: the server's figures arrive late, twice and out of order.

Every session tells the figure that came with its own last answer, and an idle one tells it again for hours. So

- a reading of a window that had ended when it was read, or that ends later than any can, is none;
- a later reset is a newer window;
- within one window a higher figure is newer, and a lower one is old news, unless the session that tells it has had an
  answer since the higher one was read: its own figure fell since then, or it told two different figures, both more than
  `LAG_US` later. Then the figure really fell: the cap was raised, or use was forgiven;
- an earlier reset likewise is old news, unless its session is as clearly alive: then another account is in use. Accounts cannot
  be told apart otherwise; the newest one counts.

A notice that a limit was hit is 100 % at that instant, whatever sessions still tell.
"""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, LENGTH_S, SEVEN_DAY, Reading, length_s

if TYPE_CHECKING:
    from collections.abc import Iterable

JITTER_US: Final = 600_000_000
"""Resets as near as this mean one window: the server's instants differ by seconds, a notice's are rounded."""
LAG_US: Final = 600_000_000
"""No answer takes longer, so a figure that changes later than this after another one is newer."""
_HOUR_US: Final = 3_600_000_000
_SECOND_US: Final = 1_000_000
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK: Final = re.compile(r"\b(\d{1,2})(?::(\d{2}))?\s*([ap]m)\b|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE)
_DATE: Final = re.compile(r"\b([a-z]{3})[a-z]*\.? (\d{1,2})\b", re.IGNORECASE)
_WEEKDAY: Final = re.compile(r"\b(" + "|".join(_DAYS) + r")[a-z]*\b", re.IGNORECASE)
_ZONE: Final = re.compile(r"\(([A-Za-z0-9_+/-]{1,40})\)")
_EPOCH_S: Final = re.compile(r"\b\d{10}\b")
_SESSION: Final = frozenset({"session", "5-hour", "5 hour", "five-hour", "5h"})
_WEEK: Final = frozenset({"weekly", "week", "7-day", "7 day", "seven-day", "7d"})
_MODEL: Final = re.compile(r"(opus|sonnet|haiku|fable|mythos)\b", re.IGNORECASE)


def settle(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Give those readings of one window's name that count, oldest first.

    Each has the reset of its window where any reading told it; within one, figures rise but where they really fell.
    """
    kept: list[Reading] = []
    last: dict[str, Reading] = {}
    for each in sorted(readings, key=_order):
        found = _placed(each, kept[-1] if kept else None)
        if found is None:
            continue
        before = last.get(found.session_id)
        # a session goes on telling its own figure, whatever a notice said; forgotten sessions have no name
        if found.source == "hook" and found.session_id:
            last[found.session_id] = found
        if not kept or _counts(found, kept[-1], before):
            kept.append(found)
    return tuple(kept)


def is_same_window(one: Reading, other: Reading) -> bool:
    """Tell whether two settled readings are of one window."""
    if one.resets_us == other.resets_us is not None:
        return True
    if one.resets_us is None or other.resets_us is None:
        return abs(one.read_us - other.read_us) < length_s(one.window) * _SECOND_US
    return abs(one.resets_us - other.resets_us) <= JITTER_US


def is_over(reading: Reading, now_us: int) -> bool:
    """Tell whether the window of a reading has ended; without a reset time, when it must have."""
    if reading.resets_us is not None:
        return reading.resets_us <= now_us
    return reading.read_us + length_s(reading.window) * _SECOND_US <= now_us


def _order(reading: Reading) -> tuple[int, int, int, str, str]:
    return (
        reading.read_us,
        reading.resets_us or 0,
        reading.used_bp,
        reading.source,
        reading.session_id,
    )


def _placed(reading: Reading, newest: Reading | None) -> Reading | None:
    """Give a reading with its window's reset; None if it is not possible."""
    if not 0 <= reading.used_bp <= FULL_BP:
        return None
    resets_us = reading.resets_us
    if resets_us is not None:
        longest_us = length_s(reading.window) * _SECOND_US + _HOUR_US
        if not 0 < resets_us - reading.read_us <= longest_us:
            return None
    if newest is None or newest.resets_us is None or newest.resets_us <= reading.read_us:
        return reading
    # nearly all have that very reset, and making another reading takes longest of all here
    if resets_us != newest.resets_us and (resets_us is None or is_same_window(reading, newest)):
        return replace(reading, resets_us=newest.resets_us)
    return reading


def _counts(found: Reading, newest: Reading, before: Reading | None) -> bool:
    """Tell whether a reading is news after the newest one; `before` is what its session told last."""
    if is_same_window(found, newest):
        return found.used_bp >= newest.used_bp or _is_alive(found, newest, before, may_fall=True)
    if found.resets_us is None or newest.resets_us is None or found.resets_us > newest.resets_us:
        return True
    return found.source == "hook" and _is_alive(found, newest, before, may_fall=False)


def _is_alive(found: Reading, newest: Reading, before: Reading | None, *, may_fall: bool) -> bool:
    """Tell whether the session of a reading has had an answer since the newest reading was read."""
    if before is None or before.read_us < newest.read_us:
        return False
    is_same = is_same_window(found, before)
    if not is_same:  # the same session told of the window that counts, and now tells of another
        return is_same_window(before, newest)
    has_fallen = may_fall and found.used_bp < before.used_bp
    return has_fallen or (found.used_bp != before.used_bp and before.read_us >= newest.read_us + LAG_US)


def noticed(reason: str, resets: str, *, read_us: int, session_id: str, time_zone: str) -> Reading | None:
    """Give a notice that a limit was hit as a reading of 100 %; None where it does not say which limit.

    `resets` is read in the zone that it names, else in `time_zone`.
    """
    window = window_of(reason)
    resets_us = reset_of(resets, read_us=read_us, time_zone=time_zone)
    if window is None and reason.strip().lower() in {"usage", ""} and resets_us is not None:
        # the notice of old versions: only how far away its reset is tells which one
        is_short = resets_us - read_us <= LENGTH_S[FIVE_HOUR] * _SECOND_US
        window = FIVE_HOUR if is_short else SEVEN_DAY
    if window is None:
        return None
    if resets_us is not None and resets_us - read_us > length_s(window) * _SECOND_US + _HOUR_US:
        resets_us = None
    return Reading(
        window=window,
        used_bp=FULL_BP,
        resets_us=resets_us,
        read_us=read_us,
        source="notice",
        session_id=session_id,
    )


def window_of(reason: str) -> str | None:
    """Give the window that a notice's limit has: `session`, `weekly`, `opus weekly`; None of any other."""
    words = reason.strip().lower()
    model = _MODEL.search(words)
    if model is not None:
        return f"{SEVEN_DAY}_{model[1]}"
    if words in _SESSION:
        return FIVE_HOUR
    return SEVEN_DAY if words in _WEEK else None


def reset_of(said: str, *, read_us: int, time_zone: str) -> int | None:
    """Give the instant that a notice names, the next after it was read; None where there is none to be read.

    Read are `3:45pm`, `15:45`, `Mon 12:00am`, `Nov 21, 3pm`, each with a zone in parentheses or without, and seconds since 1970.
    """
    epoch = _EPOCH_S.search(said)
    if epoch is not None:
        found_us = int(epoch[0]) * _SECOND_US
        return found_us if found_us > read_us else None
    clock = _clock(said)
    if clock is None:
        return None
    try:
        read_at = (_EPOCH + dt.timedelta(microseconds=read_us)).astimezone(_zone(said, time_zone))
        at = _next(said, clock, read_at)
    except (ValueError, OverflowError):
        return None
    return None if at is None else (at - _EPOCH) // dt.timedelta(microseconds=1)


def _zone(said: str, time_zone: str) -> zoneinfo.ZoneInfo:
    named = _ZONE.search(said)
    if named is not None:
        try:
            return zoneinfo.ZoneInfo(named[1])
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            pass  # an abbreviation, which several zones may share
    return zoneinfo.ZoneInfo(time_zone)


def _clock(said: str) -> dt.time | None:
    match = _CLOCK.search(said)
    if match is None:
        return None
    hour, minute = int(match[1] or match[4]), int(match[2] or match[5] or 0)
    if match[3] is not None:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock's face
            return None
        hour = hour % 12 + (12 if match[3].lower() == "pm" else 0)
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004 - a day, an hour


def _next(said: str, clock: dt.time, read_at: dt.datetime) -> dt.datetime | None:
    """Give the first instant after another on the named day and time."""
    zone, today = read_at.tzinfo, read_at.date()
    date = _DATE.search(said)
    if date is not None and date[1].lower() in _MONTHS:
        month = _MONTHS.index(date[1].lower()) + 1
        days = [dt.date(year, month, int(date[2])) for year in (today.year, today.year + 1)]
    elif (weekday := _WEEKDAY.search(said)) is not None:
        first = today + dt.timedelta(days=(_DAYS.index(weekday[1].lower()) - today.weekday()) % 7)
        days = [first, first + dt.timedelta(days=7)]
    else:
        days = [today, today + dt.timedelta(days=1)]
    found = (dt.datetime.combine(day, clock, zone).astimezone(dt.UTC) for day in days)
    return next((at for at in found if at > read_at), None)
