"""What settled readings and local cost say of a limit now, and of its end.

Now: the reading itself while it is fresh or nothing was used since; else a band, by what the cost since then may be worth. Without
a learned worth it stays the reading, which then is only the least.

Ahead: what was used from the same hour on in past days (in past weeks, for a week), each of them one possible rest of this
window, and beside them, for a third of the weight, the rate of the last hour (the last day) going on at a half, at the whole and at
one and a half times. With fewer than `LEAST` of the former the latter alone speak, from nothing to double. Without a
worth the official figure goes on as in this window up to now, from nothing to double.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass, replace
from math import isqrt
from typing import TYPE_CHECKING, Final

from ccmeter.domain import limits, readings, worth
from ccmeter.domain.limits import FULL_BP, SEVEN_DAY, Band, Limits, WindowState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccmeter.domain.limits import Reading, Worth
    from ccmeter.domain.worth import Costs

FRESH_US: Final = 60_000_000
"""So young a reading is shown as it is."""
LEAST: Final = 4
"""Past days or weeks below which they say nothing."""
STEPS: Final = 40
WHOLE_BP: Final = 100
"""Figures in whole percents are rounded down: there may be so much more."""
PAST_DAYS: Final = 28
PAST_WEEKS: Final = 8
_LEAST_ELAPSED_BP: Final = 1_000
_HOUR_US: Final = 3_600_000_000
_DAY: Final = dt.timedelta(days=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WIDE: Final = (0, 1, 2, 3, 4)
_NEAR: Final = (1, 2, 3)
"""Halves of a rate."""
_PLACES: Final = ((3, "low", "high"), (4, "middle", "middle"), (3, "high", "low"))
"""How much each end of the bands counts: the less a hundredth is worth, the faster it goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of local usage."""

    costs: Costs
    first_us: int | None
    """The first call there is; None if there is none."""
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One possible rest of a window."""

    weight: int
    used_bp: tuple[int, ...]
    """At now and after each step, in hundredths of a percent; it may pass 10,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    ends_bp: Band | None = None
    full_us: Band | None = None
    runs_out_bp: int | None = None


def limits_of(states: Iterable[WindowState], now_us: int) -> Limits:
    """Give the answer for some windows: in order, the binding one named."""
    ordered = sorted(states, key=lambda each: (each.length_s, each.window))
    ending = [
        (*_urgency(each), each.window) for each in ordered if not each.is_over and each.full_us is not None
    ]
    return Limits(windows=tuple(ordered), binding=min(ending)[-1] if ending else None, now_us=now_us)


def _urgency(state: WindowState) -> tuple[int, int, int]:
    """Give what orders windows that run out: used up ones first, one for all models first, the last to reset first."""
    if state.used_bp.middle >= FULL_BP:
        return 0, int(state.window not in limits.LENGTH_S), -(state.resets_us or 0)
    return 1, 0 if state.full_us is None else state.full_us.middle, -(state.runs_out_bp or 0)


def aged(known: Limits, now_us: int) -> Limits:
    """Give an answer as it reads at a later instant, where no newer one can be had: resets pass, and clocks go on."""
    return limits_of((_aged(each, now_us) for each in known.windows), now_us)


def _aged(before: WindowState, now_us: int) -> WindowState:
    if before.is_over or before.resets_us is None:
        return before
    if before.resets_us > now_us:
        elapsed = limits.elapsed_bp(before.resets_us, before.length_s, now_us)
        return replace(
            before, elapsed_bp=elapsed, pace_stage=limits.pace_stage(before.used_bp.middle, elapsed)
        )
    return replace(
        before,
        is_over=True,
        used_bp=_as_read(before.reading),
        elapsed_bp=None,
        pace_stage=0,
        ends_bp=None,
        full_us=None,
        runs_out_bp=None,
        elsewhere_bp=0,
    )


def state(settled: Sequence[Reading], past: Past, now_us: int) -> WindowState:
    """Give what is known of one window; `settled` are its readings up to now, at least one."""
    reading = settled[-1]
    window, seconds = reading.window, limits.length_s(reading.window)
    is_over = readings.is_over(reading, now_us)
    found = worth.pairs(settled, past.costs)
    learned = worth.learn(found)
    running = [each for each in settled if readings.is_same_window(each, reading)]
    used = _as_read(reading) if is_over else _used(running, past.costs, learned.worth, now_us)
    elapsed = (
        None
        if is_over or reading.resets_us is None
        else limits.elapsed_bp(reading.resets_us, seconds, now_us)
    )
    end = _end(running, used, elapsed, learned.worth, past, now_us)
    return WindowState(
        window=window,
        length_s=seconds,
        reading=reading,
        resets_us=reading.resets_us,
        is_over=is_over,
        used_bp=used,
        elapsed_bp=elapsed,
        pace_stage=0 if elapsed is None else limits.pace_stage(used.middle, elapsed),
        worth=learned.worth,
        ends_bp=end.ends_bp,
        full_us=end.full_us,
        runs_out_bp=end.runs_out_bp,
        elsewhere_bp=0 if is_over else _elsewhere(running, past.costs, learned.worth),
        cap_changed_us=learned.cap_changed_us,
        since_pico=past.costs.between(reading.read_us, now_us),
    )


def _elsewhere(running: Sequence[Reading], costs: Costs, learned: Worth | None) -> int:
    return worth.elsewhere(worth.pairs(running, costs, from_first=True), learned)


def _as_read(reading: Reading) -> Band:
    return Band(low=reading.used_bp, middle=reading.used_bp, high=reading.used_bp)


def _used(running: Sequence[Reading], costs: Costs, learned: Worth | None, now_us: int) -> Band:
    """Give what is used now, from the readings of the window that runs."""
    reading = running[-1]
    since_pico = costs.between(reading.read_us, now_us)
    if learned is None or not since_pico or now_us - reading.read_us <= FRESH_US:
        return _as_read(reading)
    band = learned.pico_per_bp
    rest_bp = WHOLE_BP if reading.used_bp % WHOLE_BP == 0 else 0
    risen = next(each for each in running if each.used_bp >= reading.used_bp)
    into_bp = min(costs.between(risen.read_us, reading.read_us) // band.middle, max(rest_bp - 1, 0))
    risen_bp = since_pico // band.middle
    # the band was learned from rises of `LEAST_BP`; a smaller one is surer to be off, by the square root
    wide_bp = max(isqrt(worth.LEAST_BP * FULL_BP**2 // max(risen_bp, 1)), FULL_BP)
    below_bp = (risen_bp - since_pico // band.high) * wide_bp // FULL_BP
    above_bp = (since_pico // band.low - risen_bp) * wide_bp // FULL_BP
    low = reading.used_bp + max(risen_bp - below_bp, 0)
    middle = reading.used_bp + into_bp + risen_bp
    high = reading.used_bp + rest_bp + risen_bp + above_bp
    return Band(low=min(low, FULL_BP), middle=min(middle, FULL_BP), high=min(high, FULL_BP))


def _end(
    running: Sequence[Reading],
    used: Band,
    elapsed: int | None,
    learned: Worth | None,
    past: Past,
    now_us: int,
) -> _End:
    """Give where the window that runs is going."""
    reading = running[-1]
    if elapsed is None or reading.resets_us is None:
        return _End()
    if used.low >= FULL_BP:
        hit_us = next((each.read_us for each in running if each.used_bp >= FULL_BP), now_us)
        return _End(ends_bp=used, full_us=Band(low=hit_us, middle=hit_us, high=hit_us), runs_out_bp=FULL_BP)
    if learned is not None:
        ways = _by_cost(reading, used, learned, past, now_us)
    else:
        ways = _by_figure(used, elapsed)
    return _summed(ways, now_us, reading.resets_us) if ways else _End()


def _by_figure(used: Band, elapsed: int) -> list[_Way]:
    if elapsed < _LEAST_ELAPSED_BP:
        return []
    more = used.middle * (FULL_BP - elapsed) // elapsed
    return [
        _Way(
            weight=1,
            used_bp=tuple(used.middle + more * halves * step // (2 * STEPS) for step in range(STEPS + 1)),
        )
        for halves in _WIDE
    ]


def _by_cost(reading: Reading, used: Band, learned: Worth, past: Past, now_us: int) -> list[_Way]:
    """Give the ways that the rest of the window may go, by local cost."""
    left_us = (reading.resets_us or now_us) - now_us
    is_week = reading.window.startswith(SEVEN_DAY)
    starts = past_starts(past, now_us, days=7 if is_week else 1, times=PAST_WEEKS if is_week else PAST_DAYS)
    known = [_curve(past.costs, start, left_us) for start in starts]
    span_us = (
        min(_HOUR_US * (24 if is_week else 1), now_us - past.first_us) if past.first_us is not None else 0
    )
    rate = past.costs.between(now_us - span_us, now_us) * left_us // span_us if span_us > 0 else 0
    weighted = []
    if len(known) >= LEAST:
        weighted = [(2 * len(_NEAR), curve) for curve in known]
    halves, weight = (_NEAR, len(known)) if weighted else (_WIDE, 1)
    if rate > 0:
        weighted += [
            (weight, tuple(rate * half * step // (2 * STEPS) for step in range(STEPS + 1))) for half in halves
        ]
    return [
        _Way(
            weight=count * times,
            used_bp=tuple(
                getattr(used, used_at) + cost // getattr(learned.pico_per_bp, worth_at) for cost in curve
            ),
        )
        for count, curve in weighted
        for times, used_at, worth_at in _PLACES
    ]


def past_starts(past: Past, now_us: int, *, days: int, times: int) -> tuple[int, ...]:
    """Give the same hour on the wall so many days ago, twice as many days and so on, as long as there is history of it."""
    if past.first_us is None:
        return ()
    now_at = (_EPOCH + dt.timedelta(microseconds=now_us)).astimezone(zoneinfo.ZoneInfo(past.time_zone))
    found = (
        ((now_at - _DAY * days * back).astimezone(dt.UTC) - _EPOCH) // dt.timedelta(microseconds=1)
        for back in range(1, times + 1)
    )
    return tuple(each for each in found if each >= past.first_us)


def _curve(costs: Costs, start_us: int, left_us: int) -> tuple[int, ...]:
    return tuple(costs.between(start_us, start_us + left_us * step // STEPS) for step in range(STEPS + 1))


def _summed(ways: Sequence[_Way], now_us: int, resets_us: int) -> _End:
    total = sum(each.weight for each in ways)
    full = [(_reached(each, now_us, resets_us), each.weight) for each in ways]
    out = sum(weight for at_us, weight in full if at_us is not None)
    full_us = _band((resets_us if at_us is None else at_us, weight) for at_us, weight in full)
    return _End(
        ends_bp=_band((each.used_bp[-1], each.weight) for each in ways),
        full_us=full_us if out * 2 >= total else None,
        runs_out_bp=out * FULL_BP // total,
    )


def _band(weighted: Iterable[tuple[int, int]]) -> Band:
    found = list(weighted)
    low, middle, high = (worth.quantile(found, share) for share in (1_000, FULL_BP // 2, 9_000))
    return Band(low=low, middle=middle, high=high)


def _reached(way: _Way, now_us: int, resets_us: int) -> int | None:
    """Give when a way reaches 100 %, evenly between two steps; None if it does not."""
    left_us = resets_us - now_us
    place = next((step for step, each in enumerate(way.used_bp) if each >= FULL_BP), None)
    if not place:
        return None if place is None else now_us
    before, after = way.used_bp[place - 1], way.used_bp[place]
    into_us = left_us * (FULL_BP - before) // (STEPS * (after - before))
    return now_us + left_us * (place - 1) // STEPS + into_us
