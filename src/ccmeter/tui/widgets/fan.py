"""The curve of a block over the fan of past ones: how much it has cost by now, and how much they had by then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccmeter.domain.profile import STEP_US
from ccmeter.tui import words
from ccmeter.tui.widgets.canvas import HIT, Curves, beside, plotted, sampled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccmeter.domain.limits import Band
    from ccmeter.tui.widgets.canvas import Drawing

_HOURS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """What the plot shows."""

    curve: tuple[int, ...]
    """Cost in pico-dollars at every five minutes; as far as it is known."""
    fan: tuple[Band, ...]
    """Of past blocks at all of these points; empty where there are too few."""
    hits: tuple[int, ...] = ()
    """Steps in which the limit was met."""
    is_running: bool = False


def drawn(shown: Fan, width: int, height: int) -> Drawing:
    """Draw it in so many cells: labels of money at the left, hours below."""
    top = max((each.high for each in shown.fan), default=0)
    top = max(top, shown.curve[-1] if shown.curve else 0)
    left = scale(top, max(height - 1, 1))
    room = max(map(len, left)) + 1
    columns, points = max(width - room, 2), _HOURS * 3_600_000_000 // STEP_US + 1
    places = sampled(columns, points)
    reached = len(shown.curve) - 1
    now = max((x for x, place in enumerate(places) if place <= reached), default=None)
    grid = plotted(
        Curves(
            top=top,
            line=[shown.curve[place] if place <= reached else None for place in places],
            band=[shown.fan[place] for place in places] if shown.fan else (),
            marks=[(x, HIT) for x in _columns(shown.hits, columns, points)],
            now=now if shown.is_running else None,
        ),
        columns,
        max(height - 1, 1),
    )
    return beside(left, grid, foot(columns))


def scale(top: int, height: int) -> list[str]:
    """Give labels of money for lines, the highest first: top, middle where there is room, nothing."""
    labels = [""] * height
    labels[-1] = words.money(0)
    labels[0] = words.money(top) if top else words.money(0)
    if height >= 5:  # noqa: PLR2004 - a line between each two
        labels[(height - 1) // 2] = words.money(top * (height - 1 - (height - 1) // 2) // (height - 1))
    return labels


def foot(columns: int) -> str:
    """Give the labels below: hours since the start."""
    cells = [" "] * columns
    for hour in range(_HOURS + 1):
        label = f"{hour}h"
        at = min(hour * (columns - 1) // _HOURS, columns - len(label))
        cells[max(at, 0) : max(at, 0) + len(label)] = label
    return "".join(cells[:columns])


def _columns(steps: Sequence[int], columns: int, points: int) -> list[int]:
    return [min(step * (columns - 1) // (points - 1), columns - 1) for step in steps]
