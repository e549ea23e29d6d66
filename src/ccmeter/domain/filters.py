"""Which usage a question is about, and how its cost and its days are to be read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, get_args
from zoneinfo import ZoneInfo

CostMode = Literal["auto", "calculate", "display"]
"""`auto`: the cost a line states, where it states one, else computed; `calculate`: always computed; `display`: only stated."""

COST_MODES: tuple[str, ...] = get_args(CostMode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Limits of a question. Days are local days of `time_zone`, and both ends are included."""

    time_zone: str
    since_on: dt.date | None = None
    until_on: dt.date | None = None
    projects: tuple[str, ...] = ()
    """Paths, ends of paths, or Claude Code's folder names."""
    models: tuple[str, ...] = ()
    """Parts of model ids, in any case."""
    sessions: tuple[str, ...] = ()
    """Beginnings of session ids."""
    cost_mode: CostMode = "auto"

    @property
    def since_utc(self) -> dt.datetime | None:
        """First instant inside, in UTC without a zone, as the store keeps its times."""
        return None if self.since_on is None else _midnight(self.since_on, self.time_zone)

    @property
    def until_utc(self) -> dt.datetime | None:
        """First instant no longer inside."""
        return None if self.until_on is None else _midnight(self.until_on + dt.timedelta(days=1), self.time_zone)

    @property
    def is_everything(self) -> bool:
        """Nothing is left out."""
        return self == Filters(time_zone=self.time_zone, cost_mode=self.cost_mode)


def _midnight(day: dt.date, time_zone: str) -> dt.datetime:
    """Give the first instant of a local day; where the clocks skip midnight, the instant after the gap."""
    zone = ZoneInfo(time_zone)
    at = dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    while at.astimezone(zone).date() < day:
        at += dt.timedelta(minutes=15)
    return at.replace(tzinfo=None)
