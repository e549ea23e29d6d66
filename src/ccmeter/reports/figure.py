"""Charts as data: what is to be seen, before any format decides how.

A figure repeats numbers that stand in its report's table or document and never has others: a format draws it as it
can (blocks in a terminal, SVG in a page) or leaves it out (CSV), and nothing is lost. Values are exact, in the unit of their `kind`.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.reports.table import Kind

LEVELS: Final = 4
"""Shades of a calendar, beside the empty one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One value of a chart."""

    label: str
    """What it is the value of: a day, a month, a model. May be foreign text: every format makes it harmless."""
    value: int | None
    """In the unit of the figure's kind; 0 where there was no usage, None where it is unknown (nothing had a price)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Values beside each other, largest or first on top: a bar for each name."""

    title: str
    kind: Kind
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Values over time, oldest first, at equal steps and without holes."""

    title: str
    kind: Kind
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of a calendar."""

    on: dt.date
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Days as a grid of weeks, each shaded by its value."""

    title: str
    kind: Kind
    first_on: dt.date
    last_on: dt.date
    """Included; not more than 53 weeks after `first_on`."""
    days: tuple[Day, ...]
    """Those with usage, in order; all others between first and last had none."""
    week_starts: int = 1
    """The first row: 1 for Monday to 7 for Sunday."""

    def levels(self) -> dict[dt.date, int]:
        """Give each day with usage its shade, 1 to `LEVELS`, the quarter of such days that it is in.

        By rank and not by size, so that one extreme day does not pale all others; the largest is always darkest.
        """
        ordered = sorted(day.value for day in self.days if day.value)
        return {
            day.on: -(-LEVELS * bisect_right(ordered, day.value) // len(ordered))
            for day in self.days
            if day.value
        }


Figure: TypeAlias = Bars | Line | Calendar
