"""What the page of statistics needs beside sums by day and model: weekdays, hours of the day, and what caching saved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.queries.chosen import ask
from ccmeter.queries.summary import By, Summary, summarize

if TYPE_CHECKING:
    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

_WEEKDAY_LEVEL: Final = 1
_HOUR_LEVEL: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Usage that has something in common."""

    tokens: int
    calls: int
    cost_pico: int
    unpriced_tokens: int
    priced_output_tokens: int
    """Output of the calls whose cost is known."""
    saved_pico: int
    """Cache reads at the price of input less what they cost, less the premium of cache writes: at list prices."""
    unknown_cached_tokens: int
    """Tokens that went through the cache at unknown prices, left out of `saved_pico`."""
    sessions: int
    dated_tokens: int
    """Of what has a readable time."""
    dated_calls: int
    dated_cost_pico: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Everything on the page."""

    days: Summary
    weeks: Summary
    months: Summary
    models: Summary
    weekdays: dict[int, Tally]
    """By ISO number, 1 for Monday; those with usage."""
    hours: dict[int, Tally]
    """By hour of the local day, 0 to 23; those with usage."""
    all: Tally


def ask_stats(connection: Connection, filters: Filters, *, week_starts: int = 1) -> Stats:
    """Ask for a page of statistics. `week_starts` is 1 for Monday to 7 for Sunday."""
    fields = Tally.__dataclass_fields__
    rows = ask(connection, "stats", filters)
    tallies = [(row[:3], Tally(**dict(zip(fields, row[3:], strict=True)))) for row in rows]
    by = {
        each: summarize(connection, filters, by=each, week_starts=week_starts)
        for each in (By.DAY, By.WEEK, By.MONTH, By.MODEL)
    }
    return Stats(
        days=by[By.DAY],
        weeks=by[By.WEEK],
        months=by[By.MONTH],
        models=by[By.MODEL],
        weekdays={key[1]: tally for key, tally in tallies if key[0] == _WEEKDAY_LEVEL and key[1] is not None},
        hours={key[2]: tally for key, tally in tallies if key[0] == _HOUR_LEVEL and key[2] is not None},
        all=next(tally for key, tally in tallies if key[0] == _WEEKDAY_LEVEL | _HOUR_LEVEL),
    )
