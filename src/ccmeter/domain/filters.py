"""Which usage a question is about, and how its cost and its days are to be read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

CostMode = Literal["auto", "calculate", "display"]
"""`auto`: the cost a line states, where it states one, else computed; `calculate`: always computed; `display`: only stated."""

COST_MODES: tuple[CostMode, ...] = get_args(CostMode)


EVERY: Final = "all"
"""Of `Filters.device`: usage of every machine that this one knows of."""
THIS: Final = "this"
"""Of `Filters.device`: what this machine's own logs say."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a person said of a project."""

    path: str
    """Of the project, or of a folder in it; `~` stands for the home folder."""
    alias: str = ""
    group: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """How folders make up projects, and what those are called. See `domain.projects`."""

    home: str = ""
    labels: tuple[Label, ...] = ()
    merges_worktrees: bool = True
    """Working trees and sub-folders of a repository are the same project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Limits of a question. Days are local days of `time_zone`, and both ends are included."""

    time_zone: str
    since_on: dt.date | None = None
    until_on: dt.date | None = None
    projects: tuple[str, ...] = ()
    """Names, groups, paths, ends of paths, or Claude Code's folder names."""
    tags: tuple[str, ...] = ()
    """Of projects, in any case."""
    models: tuple[str, ...] = ()
    """Parts of the names that reports give models (`claude-opus-4-6-fast`, `unknown`), in any case."""
    sessions: tuple[str, ...] = ()
    """Beginnings of session ids."""
    cost_mode: CostMode = "auto"
    grouping: Grouping = Grouping()
    device: str = EVERY
    """All that a machine knows: `all`, `this`, or the name or the beginning of the id of one."""
    before_us: int | None = None
    """First instant that is left out, in microseconds since 1970 UTC, whatever its day: the past as it was then."""

    @property
    def since_us(self) -> int | None:
        """First instant inside, in microseconds since 1970 UTC."""
        return None if self.since_on is None else _midnight_us(self.since_on, self.time_zone)

    @property
    def until_us(self) -> int | None:
        """First instant no longer inside."""
        if self.until_on in (None, dt.date.max):  # nothing can be later
            return self.before_us
        until_us = _midnight_us(self.until_on + dt.timedelta(days=1), self.time_zone)
        return min((each for each in (until_us, self.before_us) if each is not None), default=None)

    @property
    def is_everything(self) -> bool:
        """Nothing is left out."""
        return self == Filters(time_zone=self.time_zone, cost_mode=self.cost_mode, grouping=self.grouping)


def _midnight_us(day: dt.date, time_zone: str) -> int | None:
    """Give the first instant of a local day; where the clocks skip midnight, the end of the gap.

    That is how Python reads a time that does not exist (PEP 495: by the offset before the gap), and of a midnight that
    happens twice it takes the first. None where it is before all instants that there are: in the east, the first day of the year 1.
    """
    try:
        at = dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone)).astimezone(dt.UTC)
    except OverflowError:
        return None
    return (at - _EPOCH) // dt.timedelta(microseconds=1)
