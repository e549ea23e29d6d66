"""Figures as text, alike on every screen: money, tokens, shares, ages and countdowns.

They are written by `reports.cells`, so that a screen and a report cannot round the same number apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ccmeter.reports.cells import for_people
from ccmeter.reports.table import Kind

if TYPE_CHECKING:
    from ccmeter.domain.limits import Band
    from ccmeter.tui.moment import Moment

NOTHING: Final = "-"
"""Stands where there is no figure."""
_UNITS: Final = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_WIDE: Final = 1_000
"""Tenths that are told without their tenth, so that no figure is wider than six cells."""
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400


def money(amount_pico: int | None) -> str:
    """Give pico-dollars as `$12.34`, `<$0.01`, or `unpriced`."""
    return for_people(Kind.MONEY, amount_pico)


def tokens(count: int) -> str:
    """Give tokens in at most six cells: `950`, `12.3k`, `1.2M`."""
    for size, unit in _UNITS:
        if count >= size:
            tenths = count * 10 // size
            return f"{tenths // 10}.{tenths % 10}{unit}" if tenths < _WIDE else f"{tenths // 10}{unit}"
    return str(count)


def share(hundredths: int | None) -> str:
    """Give hundredths of a percent as `62.5%`."""
    return NOTHING if hundredths is None else for_people(Kind.SHARE, hundredths)


def percent(hundredths: int | None) -> str:
    """Give hundredths of a percent as whole percents, rounded: `62%`."""
    return NOTHING if hundredths is None else f"{(hundredths + 50) // 100}%"


def used(hundredths: int) -> str:
    """Give what is used of a limit as the status line does: rounded down, so that 100 means that nothing is left."""
    return f"{hundredths // 100}%"


def band(values: Band) -> str:
    """Give hundredths of a percent with what is uncertain of them: `62%`, or `60-65%`."""
    if values.low == values.high:
        return used(values.low)
    low, high = (values.low + 50) // 100, (values.high + 50) // 100
    return f"{low}%" if low == high else f"{low}-{high}%"


def lasting(seconds: int) -> str:
    """Give a duration by its two largest units: `45s`, `12m 05s`, `3h 20m`, `2d 04h`."""
    return for_people(Kind.DURATION, max(seconds, 0))


def ago(seconds: int) -> str:
    """Give an age by its largest unit: `12s`, `5m`, `3h`, `2d`."""
    seconds = max(seconds, 0)
    for size, unit in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def at(instant_us: int, moment: Moment) -> str:
    """Give an instant in the zone of the moment: `14:20` today, `Fri 14:20` within a week, else `2026-11-20 14:20`."""
    import datetime as dt

    there = dt.datetime.fromtimestamp(instant_us / 1_000_000, moment.now.tzinfo)
    days = abs((there.date() - moment.now.date()).days)
    return f"{there:%H:%M}" if not days else f"{there:%a %H:%M}" if days < 7 else f"{there:%Y-%m-%d %H:%M}"  # noqa: PLR2004 - a week
