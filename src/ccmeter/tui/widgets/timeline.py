"""The time-line of five-hour windows: a line for each local day, the newest first, and 24 hours across.

Official windows are solid, estimates hatched; within either, what was used is told from what was not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.blocks import microseconds
from ccmeter.domain.profile import STEP_US
from ccmeter.tui.widgets.canvas import HIT, NOW, Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.queries.profile import BlockUse
    from ccmeter.tui.widgets.canvas import Drawing, Role

USED: Final = {True: "▆", False: "▒"}
REST: Final = {True: "▂", False: "░"}
AHEAD: Final = {True: "─", False: "╌"}
START: Final = "▐"
CHOSEN: Final = "▶"
LEGEND: Final = "▆ official  ▒ estimate  ▂░ idle  × limit met  │ now"
_LABEL: Final = 7
_STEPS_OF_LABELS: Final = ((120, 1), (72, 2), (48, 3), (24, 6), (0, 12))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLine:
    """What it shows."""

    blocks: tuple[BlockUse, ...]
    """Oldest first."""
    now: dt.datetime
    """Aware, in the zone of the days."""
    chosen_us: int | None = None
    """The start of the window that is chosen."""
    start_mark: str = START


def drawn(shown: TimeLine, width: int, height: int) -> Drawing:
    """Draw so many lines: days, and below them the hours where there is room for both."""
    has_foot = height > 2  # noqa: PLR2004 - two days and no hours
    days = height - 1 if has_foot else height
    columns = max(width - _LABEL, 2)
    lines: Drawing = []
    for back in range(days):
        day = shown.now.date() - dt.timedelta(days=back)
        label: Role = "here" if not back else "axis"
        said: list[tuple[str, Role]] = [(char, label) for char in f"{day:%a %d} "[:_LABEL].ljust(_LABEL)]
        lines.append([*said, *_day(shown, day, columns).cells[0]])
    if has_foot:
        lines.append([(char, "axis") for char in " " * _LABEL + hours(columns)])
    return lines


def hours(columns: int) -> str:
    """Give the labels of a day's hours: as many as there is room for."""
    apart = next(apart for room, apart in _STEPS_OF_LABELS if columns >= room)
    cells = [" "] * columns
    for hour in range(0, 24, apart):
        at = hour * columns // 24
        cells[at : at + 2] = f"{hour:02}"
    return "".join(cells[:columns])


def _day(shown: TimeLine, day: dt.date, columns: int) -> Grid:
    """Draw one day: a column is a part of the day as long as it really was."""
    midnight = dt.time(tzinfo=shown.now.tzinfo)
    begin = microseconds(dt.datetime.combine(day, midnight))
    length = microseconds(dt.datetime.combine(day + dt.timedelta(days=1), midnight)) - begin
    edges = [begin + length * column // columns for column in range(columns + 1)]
    now_us = microseconds(shown.now)
    grid = Grid(columns, 1)
    for block in shown.blocks:
        start, end = block.stretch.start_us, block.stretch.end_us
        if start >= edges[-1] or end <= begin:
            continue
        for column in range(columns):
            low, high = max(edges[column], start), min(edges[column + 1], end)
            if low < high:
                begins = CHOSEN if start == shown.chosen_us else shown.start_mark
                char = begins if edges[column] <= start else _inside(block, low, high, now_us)
                grid.put(column, 0, char, _role(block, shown))
    if begin <= now_us < edges[-1]:
        grid.put((now_us - begin) * columns // length, 0, NOW, "here")
    for hit in (hit for block in shown.blocks for hit in block.hits_us if begin <= hit < edges[-1]):
        grid.put((hit - begin) * columns // length, 0, HIT, "mark")
    return grid


def _role(block: BlockUse, shown: TimeLine) -> Role:
    if block.stretch.start_us == shown.chosen_us:
        return "here"
    return "line" if block.stretch.is_official else "guess"


def _inside(block: BlockUse, low: int, high: int, now_us: int) -> str:
    is_official, start = block.stretch.is_official, block.stretch.start_us
    if low > now_us:
        return AHEAD[is_official]
    before, after = (_at(block.curve, at - start) for at in (low, high))
    return (USED if after > before else REST)[is_official]


def _at(curve: Sequence[int], elapsed_us: int) -> int:
    return curve[min(-(-elapsed_us // STEP_US), len(curve) - 1)]
