"""Ranges of days as people name them: `2026-10`, `2026`, `7d`, `yesterday`, `2026-10-01..2026-10-15`, `14d..8d`."""

from __future__ import annotations

import datetime as dt
import re

from ccmeter.domain import dates
from ccmeter.domain.errors import UsageError


def days_of(named: str, today: dt.date) -> tuple[dt.date, dt.date]:
    """Give the first and the last day of a range. Raises UsageError.

    `7d` and `2w` end today, as `--since 7d` does; everything else that is not `A..B` is one day, month or year.
    """
    begin, dots, end = named.strip().partition("..")
    if dots:
        if not begin or not end:
            raise UsageError(
                f"'{named}' has only one end.", hint="A range is written 2026-10-01..2026-10-15."
            )
        first, last = dates.first_day(begin, today), dates.last_day(end, today)
        if last < first:
            raise UsageError(f"'{named}' ends before it begins.", hint="Swap the two.")
        return first, last
    if re.fullmatch(r"[12]\d{3}", begin):
        return dt.date(int(begin), 1, 1), dt.date(int(begin), 12, 31)
    first, last = dates.first_day(begin, today), dates.last_day(begin, today)
    return first, today if re.fullmatch(r"\d+[dwDW]", begin) else last
