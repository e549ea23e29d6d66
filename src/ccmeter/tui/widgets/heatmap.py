"""The heat map of weekdays and hours: what an hour of the week usually costs, in five steps of the dearest one."""

from __future__ import annotations

from calendar import day_abbr
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, Final

from ccmeter.tui import words

if TYPE_CHECKING:
    from ccmeter.tui.widgets.canvas import Drawing, Role

SHADES: Final = " ░▒▓█"
_LABEL: Final = 4
_HOURS: Final = 24
_WIDEST: Final = 6
_APART: Final = ((4, 1), (3, 2), (1, 4))
"""Cells per hour that it takes to name every, every second, every fourth hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMap:
    """What it shows."""

    means: tuple[tuple[int, ...], ...]
    """Pico-dollars for each weekday, Monday first, and hour."""
    week_starts: int
    """First day, 1 for Monday to 7 for Sunday."""
    now: tuple[int, int] | None = None
    """Weekday from 0 and hour of now."""


def drawn(shown: HeatMap, width: int, height: int) -> Drawing:
    """Draw it: a line for each day, below them the hours and what the shades mean."""
    cells = min(max((width - _LABEL) // _HOURS, 1), _WIDEST)
    most = max((amount for day in shown.means for amount in day), default=0)
    lines: Drawing = []
    for back in range(7):
        day = (shown.week_starts - 1 + back) % 7
        is_today = shown.now is not None and shown.now[0] == day
        label: Role = "here" if is_today else "axis"
        line: list[tuple[str, Role]] = [(char, label) for char in f"{day_abbr[day]:<{_LABEL}}"]
        for hour, amount in enumerate(shown.means[day]):
            is_now = is_today and shown.now == (day, hour)
            char = SHADES[step(amount, most)]
            line += [(char, "here" if is_now else "heat")] * cells
            if is_now:
                line[-1] = ("│", "here")
        lines.append(line)
    lines.append([(char, "axis") for char in " " * _LABEL + _foot(cells)])
    said = f"{SHADES[1]} some  {SHADES[-1]} up to {words.money(most)} an hour" if most else "nothing yet"
    lines.append([(char, "axis") for char in " " * _LABEL + said])
    return lines[:height]


def step(amount: int, most: int) -> int:
    """Give the shade: 0 for nothing, 1 to 4 from the most's sixteenth, quarter and nine sixteenths on.

    By the root, because one costly hour would leave all others alike.
    """
    if amount <= 0 or most <= 0:
        return 0
    return min(isqrt(amount * (len(SHADES) - 1) ** 2 // most) + 1, len(SHADES) - 1)


def _foot(cells: int) -> str:
    apart = next(apart for least, apart in _APART if cells >= least)
    return "".join(f"{hour:02}".ljust(cells * apart) for hour in range(0, _HOURS, apart))
