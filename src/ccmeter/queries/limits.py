"""What is known of the official limits: readings from the store, local cost between them, and what both say of now.

A limit is of an account, so all usage counts, at list prices, whatever the filters choose; they only say the zone and how much of
the past is seen (`before_us`).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from ccmeter.domain import limits as values
from ccmeter.domain import outlook, readings
from ccmeter.domain.blocks import microseconds
from ccmeter.domain.filters import Filters
from ccmeter.domain.limits import Limits, Reading
from ccmeter.domain.worth import Costs
from ccmeter.queries.chosen import ask, piece

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from ccmeter.store.lease import Connection

PAST_US: Final = 56 * 86_400 * 1_000_000
"""How far back readings and cost are learned from."""
GRID_US: Final = 900_000_000
"""Cost is known every quarter of an hour, and exactly at readings."""
_FOREVER_US: Final = 2**62


def limits(connection: Connection, filters: Filters, *, now: dt.datetime) -> Limits:
    """Ask for the state of every limit as of `now`."""
    now_us = microseconds(now)
    until_us = _until(filters, now_us + 1)
    since_us = now_us - PAST_US
    by_window = defaultdict(list)
    for each in _read(connection, filters, None, since_us, until_us, is_listed=False):
        by_window[each.window].append(each)
    settled = [readings.settle(each) for each in by_window.values()]
    current = [each for each in settled if each and _is_worth_telling(each[-1], now_us)]
    if not current:
        return Limits(windows=(), binding=None, now_us=now_us)
    past = _past(connection, filters, (each.read_us for found in current for each in found), since_us, now_us)
    return outlook.limits_of((outlook.state(each, past, now_us) for each in current), now_us)


def history(
    connection: Connection, filters: Filters, window: str, since_us: int, until_us: int
) -> tuple[Reading, ...]:
    """Ask for the readings of a window that count, notices among them, in a half-open time, oldest first."""
    before_us = _until(filters, until_us)
    # what came before decides what counts, up to a window's length
    from_us = since_us - values.length_s(window) * 1_000_000
    settled = readings.settle(_read(connection, filters, window, from_us, before_us))
    return tuple(each for each in settled if each.read_us >= since_us)


def windows(connection: Connection, filters: Filters) -> tuple[str, ...]:
    """Ask for the names of all windows that were ever told of, the shortest first."""
    found = {each.window for each in _read(connection, filters, None, 0, _FOREVER_US)}
    return tuple(sorted({*values.LENGTH_S, *found}, key=lambda each: (values.length_s(each), each)))


def _until(filters: Filters, until_us: int) -> int:
    return until_us if filters.before_us is None else min(until_us, filters.before_us)


def _is_worth_telling(reading: Reading, now_us: int) -> bool:
    """Tell whether a window is one to speak of: a model's own limit only while it lasts, because only its end is ever told."""
    return reading.window in values.LENGTH_S or not readings.is_over(reading, now_us)


def _read(
    connection: Connection,
    filters: Filters,
    window: str | None,
    since_us: int,
    until_us: int,
    *,
    is_listed: bool = True,
) -> list[Reading]:
    """Read what was told and noticed; where it is not to be listed without what only stands between equal readings."""
    asked = {"since_us": since_us, "until_us": until_us}
    rows = connection.execute(
        piece("limits_readings"), {**asked, "limit_window": window, "is_listed": is_listed}
    ).fetchall()
    found = [
        Reading(
            window=name,
            used_bp=used,
            resets_us=resets_us,
            read_us=read_us,
            source="hook",
            session_id=session_id,
        )
        for name, used, resets_us, read_us, session_id in rows
    ]
    told = connection.execute(piece("limits_notices"), asked).fetchall()
    noticed = (
        readings.noticed(reason, resets, read_us=read_us, session_id=session_id, time_zone=filters.time_zone)
        for read_us, session_id, reason, resets in told
    )
    return [*found, *(each for each in noticed if each is not None and window in {None, each.window})]


def _past(
    connection: Connection, filters: Filters, at_us: Iterable[int], since_us: int, now_us: int
) -> outlook.Past:
    """Ask for local cost at some instants, now, and evenly over the past."""
    first_us = since_us // GRID_US * GRID_US
    instants = sorted({*at_us, *range(first_us, now_us, GRID_US), now_us})
    everything = Filters(
        time_zone=filters.time_zone, cost_mode="calculate", before_us=_until(filters, now_us + 1)
    )
    rows = ask(
        connection,
        "limits_costs",
        everything,
        {"instants": instants, "first_us": first_us, "since_us": first_us},
    )
    begun = connection.execute("select min(logged_us) from counted").fetchall()[0][0]
    return outlook.Past(
        costs=_costs(rows),
        first_us=None if begun is None or begun > now_us else max(begun, first_us),
        time_zone=filters.time_zone,
    )


def _costs(rows: Sequence[tuple[int, int]]) -> Costs:
    return Costs(at_us=tuple(row[0] for row in rows), sum_pico=tuple(int(row[1]) for row in rows))
