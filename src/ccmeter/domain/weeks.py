"""The rest of a week by a person's own weekday and hour, and what it would be if something were done otherwise.

What is still to come is drawn from the same weekdays and hours of past weeks, each of them one possible rest of this one; so a
quiet weekend ahead counts as quiet. A week that is heavier or lighter than usual up to now goes on half so, and
every figure is a band over those weeks. Hours are of the clock on the wall: daylight saving moves none of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.limits import Band
from ccmeter.domain.profile import WHOLE_BP, band, quantile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_WEEKS: Final = 8
_WEEK: Final = dt.timedelta(days=7)
_REST: Final = dt.timedelta(days=2)
_HOUR_S: Final = 3_600
_HOUR: Final = dt.timedelta(hours=1)
_SECOND: Final = dt.timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One hour on the wall, or the part of it that lies in question."""

    hour: dt.datetime
    """Its full hour, naive local time."""
    seconds: int
    """How much of it."""
    ends_us: int
    """Its end in microseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would be done otherwise from now on. Nothing by default."""

    stop_hour: int | None = None
    """No usage from this hour on to midnight, on any day."""
    less_bp: int = 0
    """So much less of everything."""
    model_bp: int = WHOLE_BP
    """What the same tokens cost at another model's prices, of what they cost now."""

    @property
    def is_nothing(self) -> bool:
        """Nothing is changed."""
        return self == AS_IT_IS

    def of(self, amount: int, hour: dt.datetime) -> int:
        """Give what is left of an amount at an hour."""
        if self.stop_hour is not None and hour.hour >= self.stop_hour:
            return 0
        return amount * (WHOLE_BP - self.less_bp) * self.model_bp // WHOLE_BP**2


AS_IT_IS: Final = WhatIf()


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How a window goes on. Amounts are of the unit that it was asked in."""

    points_us: tuple[int, ...]
    """Instants, the first of them now."""
    used: tuple[Band, ...]
    """What is used by each of them."""
    ends: Band
    """What is used in the end."""
    runs_out_bp: int | None
    """The chance to reach the limit before the end; None without one."""
    full_us: Band | None
    """When the limit is reached; None if that is not expected."""


def slots(start_at: dt.datetime, end_at: dt.datetime) -> tuple[Slot, ...]:
    """Give the hours from one aware instant to another, in the zone of the first."""
    zone = start_at.tzinfo
    at, end = start_at.astimezone(dt.UTC), end_at.astimezone(dt.UTC)
    found: list[Slot] = []
    while at < end:
        local = at.astimezone(zone)
        hour = local.replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
        into = dt.timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        then = min(at + dt.timedelta(hours=1) - into, end)
        found.append(
            Slot(hour=hour, seconds=round((then - at) / _SECOND), ends_us=round(then.timestamp() * 1_000_000))
        )
        at = then
    return tuple(found)


def past(hours: Mapping[dt.datetime, int], ahead: Sequence[Slot], weeks: int) -> tuple[tuple[int, ...], ...]:
    """Give what was used in the same hours of each of the weeks before, latest first."""
    return tuple(
        tuple(hours.get(slot.hour - _WEEK * back, 0) * slot.seconds // _HOUR_S for slot in ahead)
        for back in range(1, weeks + 1)
    )


def weeks_known(first: dt.datetime | None, start: dt.datetime) -> int:
    """Give how many whole weeks before a naive local start there is history of, at most `MOST_WEEKS`.

    The first of them may begin with two days of rest: few histories begin at the very hour of a week's start.
    """
    return 0 if first is None or first > start else min((start - first + _REST) // _WEEK, MOST_WEEKS)


def weeks_used(hours: Mapping[dt.datetime, int], start: dt.datetime, weeks: int) -> int:
    """Give in how many of the weeks before a naive local start there was any usage."""
    used = {(start - hour - _HOUR) // _WEEK for hour in hours if hour < start}
    return sum(back in used for back in range(weeks))


def pressure_bp(used: int, before: Sequence[Sequence[int]], rest: Sequence[Sequence[int]]) -> int:
    """Give how the rest of this week compares with past ones, by how its beginning did: halfway back to the usual."""
    begun = sorted(map(sum, before))
    whole = sorted(sum(one) + sum(other) for one, other in zip(before, rest, strict=True))
    usual, week = quantile(begun, WHOLE_BP // 2), quantile(whole, WHOLE_BP // 2)
    return WHOLE_BP if not week else (used + week) * WHOLE_BP // (usual + week)


def forecast(
    now_us: int,
    ahead: Sequence[Slot],
    rest: Sequence[Sequence[int]],
    *,
    used: int,
    pressure: int = WHOLE_BP,
    change: WhatIf = AS_IT_IS,
) -> Forecast | None:
    """Foretell what is used by the end of a window, in money; None of too few weeks.

    `rest` are amounts by slot, a row for each past week: each is one way for this week to go on.
    """
    curves = [[used + each for each in _cumulated(row, ahead, pressure, change)] for row in rest]
    bands = tuple(each for each in map(band, zip(*curves, strict=True)) if each is not None)
    if not bands:
        return None
    return Forecast(
        points_us=(now_us, *(slot.ends_us for slot in ahead)),
        used=bands,
        ends=bands[-1],
        runs_out_bp=None,
        full_us=None,
    )


def shaped(
    now_us: int,
    ahead: Sequence[Slot],
    rest: Sequence[Sequence[int]],
    *,
    used: Band,
    ends: Band,
    runs_out_bp: int | None,
    full_us: Band | None,
    change: WhatIf = AS_IT_IS,
) -> Forecast:
    """Give an official window's forecast the shape of the person's own hours, and change it.

    As it is, it ends as foretold (`ends`, `runs_out_bp`, `full_us` in hundredths of a percent); between now and then it rises in
    the hours in which past weeks rose, or evenly where there are none. A change takes its part of that rise.
    """
    usual = [sum(each) for each in zip(*rest, strict=True)] if rest else []
    if not sum(usual):
        usual = [slot.seconds for slot in ahead]
    whole = max(sum(usual), 1)
    sums = _cumulated(usual, ahead, WHOLE_BP, change)
    bands = tuple(_risen(used, ends, each, whole) for each in sums)
    points = (now_us, *(slot.ends_us for slot in ahead))
    if not change.is_nothing:
        runs_out_bp = None if runs_out_bp is None else _chance(runs_out_bp, ends, bands[-1])
        full_us = _full(bands, points)
    return Forecast(points_us=points, used=bands, ends=bands[-1], runs_out_bp=runs_out_bp, full_us=full_us)


def _risen(used: Band, ends: Band, part: int, whole: int) -> Band:
    return Band(
        low=used.low + max(ends.low - used.low, 0) * part // whole,
        middle=used.middle + max(ends.middle - used.middle, 0) * part // whole,
        high=used.high + max(ends.high - used.high, 0) * part // whole,
    )


def _cumulated(row: Sequence[int], ahead: Sequence[Slot], pressure: int, change: WhatIf) -> list[int]:
    total, sums = 0, [0]
    for amount, slot in zip(row, ahead, strict=True):
        total += change.of(amount, slot.hour) * pressure // WHOLE_BP
        sums.append(total)
    return sums


def _chance(before_bp: int, ends: Band, changed: Band) -> int:
    """Give the chance after a change: as the band's own grew or shrank, so that no change at all changes nothing."""
    return min(before_bp * beyond_bp(changed, WHOLE_BP) // max(beyond_bp(ends, WHOLE_BP), 1), WHOLE_BP)


def beyond_bp(ends: Band, cap: int) -> int:
    """Give the chance that a band reaches a cap: straight between its percentiles and beyond them, from 1 to 99 %."""
    below, above = max(ends.middle - ends.low, 1), max(ends.high - ends.middle, 1)
    side = above if cap >= ends.middle else below
    return min(max(5_000 - (cap - ends.middle) * 4_000 // side, 100), 9_900)


def _full(bands: Sequence[Band], points: Sequence[int]) -> Band | None:
    """Give when the limit is reached; None if the middle never reaches it."""

    def first(edge: str) -> int | None:
        return next(
            (at for at, each in zip(points, bands, strict=True) if getattr(each, edge) >= WHOLE_BP), None
        )

    soonest, middle, latest = first("high"), first("middle"), first("low")
    if middle is None or soonest is None:
        return None
    return Band(low=soonest, middle=middle, high=points[-1] if latest is None else latest)


def usual(hours: Mapping[dt.datetime, int], whole: Sequence[Slot], weeks: int) -> tuple[int, ...]:
    """Give which share of a week's usage is normally behind one at every point of the window, in hundredths of a percent.

    Of the sum over the past weeks; empty if there was nothing.
    """
    sums = [sum(each) for each in zip(*past(hours, whole, weeks), strict=True)]
    total = sum(sums)
    if not total:
        return ()
    behind, shares = 0, [0]
    for each in sums:
        behind += each
        shares.append(behind * WHOLE_BP // total)
    return tuple(shares)


def by_weekday(
    hours: Mapping[dt.datetime, int], start: dt.datetime, weeks: int
) -> tuple[tuple[int, ...], ...]:
    """Give the mean of every weekday and hour over the whole weeks before a naive local start: Monday first, 24 each."""
    sums = [[0] * 24 for _ in range(7)]
    first = start - _WEEK * weeks
    for hour, amount in hours.items():
        if first <= hour < start:
            sums[hour.weekday()][hour.hour] += amount
    return tuple(tuple(each // max(weeks, 1) for each in day) for day in sums)
