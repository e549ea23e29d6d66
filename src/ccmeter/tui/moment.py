"""The instant that a screen shows: now, or one of the past while somebody scrubs through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from ccmeter.domain.filters import Filters


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a page is asked for. All that it shows is as of `now`; nothing of a page may look at a clock."""

    now: dt.datetime
    """Aware, in the zone that days are told in."""
    is_live: bool
    """False while the past is replayed: then `filters` leave out what came after `now`."""
    filters: Filters
    """The limits of every question of the page: zone, projects, models, range of days."""
    week_starts: int
    """First day of a week, 1 for Monday to 7 for Sunday."""

    @property
    def now_us(self) -> int:
        """The instant in microseconds since 1970 UTC."""
        return round(self.now.timestamp() * 1_000_000)
