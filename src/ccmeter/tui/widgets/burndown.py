"""The burn-down of a week: what is left by now, what is usually left by now, and the band of how it may go on.

Without an official limit there is nothing to burn down; then the same plot shows money that rises.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ccmeter.domain.blocks import microseconds
from ccmeter.domain.limits import FULL_BP, Band
from ccmeter.tui import words
from ccmeter.tui.widgets.canvas import HIT, Curves, beside, plotted
from ccmeter.tui.widgets.fan import scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.tui.widgets.canvas import Drawing

Amount = TypeVar("Amount")
_LABEL_CELLS = 4
_PARTS = (5, 3, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnDown:
    """What the plot shows. Amounts are used hundredths of a percent, or money; the first are drawn as what is left."""

    start_at: dt.datetime
    end_at: dt.datetime
    """Aware, in the zone of the days."""
    now_us: int
    is_percent: bool
    used: tuple[tuple[int, int], ...]
    """Instants and what was used by then, oldest first."""
    ahead: tuple[tuple[int, Band], ...] = ()
    usual: tuple[tuple[int, int], ...] = ()
    hits_us: tuple[int, ...] = ()


def drawn(shown: BurnDown, width: int, height: int) -> Drawing:
    """Draw it in so many cells: labels at the left, days below."""
    rows = max(height - 1, 1)
    top = FULL_BP if shown.is_percent else _most(shown)
    left = _percents(rows) if shown.is_percent else scale(top, rows)
    columns = max(width - max(map(len, left)) - 1, 2)
    start, end = microseconds(shown.start_at), microseconds(shown.end_at)
    instants = [start + (end - start) * x // (columns - 1) for x in range(columns)]
    now = _column(shown.now_us, start, end, columns)
    if shown.is_percent:
        shown = _left(shown)
    grid = plotted(
        Curves(
            top=top,
            line=[_at(shown.used, at) if x <= now else None for x, at in enumerate(instants)],
            band=[_at(shown.ahead, at) if x > now else None for x, at in enumerate(instants)],
            usual=[_at(shown.usual, at) for at in instants],
            marks=[(_column(at, start, end, columns), HIT) for at in shown.hits_us],
            now=now,
        ),
        columns,
        rows,
    )
    return beside(left, grid, days(shown.start_at, shown.end_at, columns))


def days(start_at: dt.datetime, end_at: dt.datetime, columns: int) -> str:
    """Give the labels below: the names of days where they begin, as many as there is room for."""
    start, end = microseconds(start_at), microseconds(end_at)
    cells = [" "] * columns
    long = 3 if columns >= 7 * _LABEL_CELLS else 2
    day, free = start_at.date(), columns
    midnights = []
    while (midnight := dt.datetime.combine(day, dt.time(tzinfo=start_at.tzinfo))) < end_at:
        midnights.append(
            (_column(max(microseconds(midnight), start), start, end, columns), f"{day:%a}"[:long])
        )
        day += dt.timedelta(days=1)
    for at, label in reversed(midnights):  # of two too near, the whole day keeps its name
        if at + long <= free:
            cells[at : at + long] = label
            free = at - 1
    return "".join(cells)


def _left(shown: BurnDown) -> BurnDown:
    """Give what is left in place of what is used; no less than nothing."""

    def left(amount: int) -> int:
        return max(FULL_BP - amount, 0)

    return replace(
        shown,
        used=tuple((at, left(amount)) for at, amount in shown.used),
        ahead=tuple(
            (at, Band(low=left(each.high), middle=left(each.middle), high=left(each.low)))
            for at, each in shown.ahead
        ),
        usual=tuple((at, left(amount)) for at, amount in shown.usual),
    )


def _at(values: Sequence[tuple[int, Amount]], at_us: int) -> Amount | None:
    """Give the last value at or before an instant."""
    place = bisect_right(values, at_us, key=lambda each: each[0])
    return values[place - 1][1] if place else None


def _column(at_us: int, start: int, end: int, columns: int) -> int:
    return min(max((at_us - start) * (columns - 1) // max(end - start, 1), 0), columns - 1)


def _most(shown: BurnDown) -> int:
    used = [amount for _, amount in (*shown.used, *shown.usual)]
    return max([*used, *(each.high for _, each in shown.ahead)], default=0)


def _percents(rows: int) -> list[str]:
    labels = [""] * rows
    parts = next(parts for parts in _PARTS if rows >= 2 * parts - 1 or parts == 2)  # noqa: PLR2004 - top and foot
    for part in range(parts):
        labels[(rows - 1) * (parts - 1 - part) // (parts - 1)] = words.percent(FULL_BP * part // (parts - 1))
    return labels
