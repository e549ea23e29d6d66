"""How the running week goes on, as it is and as it would be: made of one answer about past weeks, without asking the store.

So a person may change what would be as fast as keys are pressed, and every figure of a screen comes of the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.domain import blocks, weeks
from ccmeter.domain.limits import FULL_BP, Band

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.domain.weeks import Forecast, Slot, WhatIf
    from ccmeter.queries.profile import PastWeeks


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """An answer. Amounts are hundredths of a percent of the limit, or pico-dollars."""

    past: PastWeeks
    is_percent: bool
    used: Band
    usual: tuple[tuple[int, int], ...]
    """Instants from the start to the end, and what is used by then in a usual week: of all that is used in it, if percent."""
    usual_now: int | None
    as_is: Forecast | None
    changed: Forecast | None
    """None where nothing is to be changed, or nothing can be foretold."""
    means: tuple[tuple[int, ...], ...]
    """What an hour of each weekday usually costs, Monday first."""
    weeks_used: int
    """How many of the past weeks had any usage."""


def outlook(past: PastWeeks, now: dt.datetime, change: WhatIf) -> Outlook:
    """Foretell the rest of the week as it is, and with a change."""
    now_us = blocks.microseconds(now)
    state = past.state if past.is_official else None
    used = (
        Band(low=past.cost_pico, middle=past.cost_pico, high=past.cost_pico)
        if state is None
        else state.used_bp
    )
    start = past.start_at.replace(tzinfo=None, fold=0)
    usual = _usual(past, is_percent=state is not None)
    return Outlook(
        past=past,
        is_percent=state is not None,
        used=used,
        usual=usual,
        usual_now=next((amount for at, amount in reversed(usual) if at <= now_us), None),
        as_is=_forecast(past, now, used, weeks.AS_IT_IS),
        changed=None if change.is_nothing else _forecast(past, now, used, change),
        means=weeks.by_weekday(past.hours, start, past.weeks),
        weeks_used=weeks.weeks_used(past.hours, start, past.weeks),
    )


def _forecast(past: PastWeeks, now: dt.datetime, used: Band, change: WhatIf) -> Forecast | None:
    """Foretell: of an official window what the limits say, shaped by past weeks; else what past weeks say in money."""
    now_us = blocks.microseconds(now)
    ahead = weeks.slots(now, past.end_at)
    rest = weeks.past(past.hours, ahead, past.weeks)
    if past.is_official and past.state is not None:
        state = past.state
        if state.ends_bp is None:
            return None
        return weeks.shaped(
            now_us,
            ahead,
            rest,
            used=used,
            ends=state.ends_bp,
            runs_out_bp=state.runs_out_bp,
            full_us=state.full_us,
            change=change,
        )
    behind = weeks.past(past.hours, weeks.slots(past.start_at, now), past.weeks)
    pressure = weeks.pressure_bp(past.cost_pico, behind, rest) if rest else FULL_BP
    return weeks.forecast(now_us, ahead, rest, used=past.cost_pico, pressure=pressure, change=change)


def _usual(past: PastWeeks, *, is_percent: bool) -> tuple[tuple[int, int], ...]:
    whole: tuple[Slot, ...] = weeks.slots(past.start_at, past.end_at)
    shares = weeks.usual(past.hours, whole, past.weeks)
    if not shares:
        return ()
    mean = sum(map(sum, weeks.past(past.hours, whole, past.weeks))) // past.weeks
    points = (blocks.microseconds(past.start_at), *(slot.ends_us for slot in whole))
    amounts = shares if is_percent else tuple(share * mean // FULL_BP for share in shares)
    return tuple(zip(points, amounts, strict=True))
