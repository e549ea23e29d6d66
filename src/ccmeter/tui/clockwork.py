"""Time as the screen meets it: steps into the past, and clocks that do not go as they should."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from ccmeter.tui.words import lasting

STEP: Final = dt.timedelta(minutes=5)
DAY: Final = dt.timedelta(days=1)
_BACK_S: Final = 5
"""A clock that is set right goes back by less than this every day; nobody wants to hear of it."""
_GAP_S: Final = 45
"""Between two ticks of ten seconds there is no such gap unless the computer slept, or the program was stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Both clocks at once."""

    now: dt.datetime
    """The wall's."""
    steady_s: float
    """One that is never set."""


def noticed(before: Reading, after: Reading) -> str:
    """Say what was odd between two ticks; nothing if all went well."""
    wall_s = (after.now - before.now).total_seconds()
    steady_s = after.steady_s - before.steady_s
    if wall_s - steady_s < -_BACK_S:
        return (
            f"The clock was set back by {lasting(round(steady_s - wall_s))}: ages and countdowns follow it."
        )
    if max(wall_s, steady_s) > _GAP_S:
        gap = lasting(round(max(wall_s, steady_s)))
        if steady_s > _GAP_S:
            return f"The monitor stood still for {gap} (the computer slept?)."
        return f"The computer slept, or its clock was set forward: {gap} are missing."
    return ""


def stepped(shown: dt.datetime, now: dt.datetime, by: dt.timedelta) -> dt.datetime | None:
    """Give the instant that far from the one shown; None if that is now or later."""
    try:
        there = shown + by
    except OverflowError:
        return shown
    return None if there >= now else there
