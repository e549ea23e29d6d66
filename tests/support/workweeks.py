"""A store with ten weeks of somebody's work: office hours, quiet weekends, official readings in the last eight weeks.

One percent of either limit is worth a fixed amount of money here, so what is learned of it can be checked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, LENGTH_S, SEVEN_DAY
from ccmeter.store import lease
from support import stores
from support.transcripts import Folder, Line, joined

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ccmeter.store.lease import Connection

NOW: Final = dt.datetime(2026, 11, 18, 15, 32, tzinfo=dt.UTC)
"""A Wednesday afternoon."""
WEEKS: Final = 10
FIRST: Final = dt.datetime(2026, 9, 7, tzinfo=dt.UTC)
"""The Monday on which it begins."""
TELLS_FROM: Final = dt.datetime(2026, 9, 21, tzinfo=dt.UTC)
RESET: Final = dt.datetime(2026, 11, 20, 14, 0, tzinfo=dt.UTC)
"""When the week that runs ends, by the server."""
WEEK_PICO_PER_BP: Final = 2_900_000_000
BLOCK_PICO_PER_BP: Final = 520_000_000
_OPUS, _SONNET = "claude-opus-4-6", "claude-sonnet-4-6"
_HOURS: Final = {9: 4, 10: 6, 11: 5, 13: 3, 14: 6, 15: 7, 16: 5, 17: 2, 20: 1}
"""Calls in an hour of a working day."""
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reading as the hook would tell it."""

    window: str
    used_bp: int
    resets_us: int
    read_us: int


def times() -> Iterator[dt.datetime]:
    """Give the instants of calls: busier weeks and calmer ones, Saturdays with an hour now and then."""
    for day in range(WEEKS * 7 + 3):
        begin = FIRST + dt.timedelta(days=day)
        busy = 1 + day // 7 * 5 % 4 + day * 3 % 4
        hours = _HOURS if begin.isoweekday() < 6 else {11: 2} if day % 3 == 0 else {}
        for hour, calls in hours.items():
            count = max(calls * busy // 3, 1)
            for call in range(count):
                at = begin + dt.timedelta(hours=hour, minutes=7 + call * 50 / count)
                if at < NOW - dt.timedelta(minutes=1):
                    yield at


def line(number: int, at: dt.datetime) -> Line:
    """Give a call."""
    return Line(
        message_id=f"msg_{number}",
        request_id=f"req_{number}",
        session=f"session-{at:%m%d}-{at.hour // 13}",
        cwd="/home/dev/shop" if at.day % 2 else "/home/dev/api",
        model=_SONNET if number % 5 == 0 else _OPUS,
        at_us=_us(at),
        input_tokens=20,
        output_tokens=900 + number * 37 % 800,
        cache_creation_tokens=9_000,
        split=(9_000, 0),
        cache_read_tokens=60_000 + number * 911 % 50_000,
        stop_reason="end_turn",
    )


def make(folder: Path, *, with_readings: bool = True) -> Path:
    """Make the store."""
    by_day: dict[str, list[bytes]] = {}
    for number, at in enumerate(times()):
        by_day.setdefault(f"{at:%Y-%m-%d}", []).append(line(number, at).assistant())
    for day, lines in by_day.items():
        Folder(folder / "logs").write(f"shop/{day}.jsonl", joined(lines))
    store = folder / "store"
    stores.ingest(store, folder / "logs")
    if with_readings:
        tell(store, list(readings(costs(store))))
    return store


def costs(store: Path) -> list[tuple[int, int]]:
    """Give every call's instant and cost, in order."""
    with stores.asking(store) as connection:
        return costs_of(connection)


def costs_of(connection: Connection) -> list[tuple[int, int]]:
    """Give the same of a store that is open."""
    rows = connection.execute("select logged_us, list_pico::hugeint from priced_call order by 1").fetchall()
    return [(at_us, int(cost)) for at_us, cost in rows]


def readings(spent: Sequence[tuple[int, int]]) -> Iterator[Told]:
    """Give what the server would have told after every third call."""
    week_us = LENGTH_S[SEVEN_DAY] * _SECOND_US
    reset, used, block_reset, block_used = 0, 0, 0, 0
    for number, (at_us, cost) in enumerate(spent):
        if at_us >= reset:
            reset, used = _us(RESET) - (_us(RESET) - at_us) // week_us * week_us, 0
        if at_us >= block_reset:
            block_reset, block_used = at_us + LENGTH_S[FIVE_HOUR] * _SECOND_US, 0
        used, block_used = used + cost, block_used + cost
        if at_us >= _us(TELLS_FROM) and number % 3 == 0:
            for window, ends, spent_pico, worth in (
                (SEVEN_DAY, reset, used, WEEK_PICO_PER_BP),
                (FIVE_HOUR, block_reset, block_used, BLOCK_PICO_PER_BP),
            ):
                used_bp = min(spent_pico // worth // 100 * 100, FULL_BP)
                yield Told(window=window, used_bp=used_bp, resets_us=ends, read_us=at_us + 2 * _SECOND_US)


def tell(store: Path, told: Sequence[Told]) -> None:
    """Store readings as the ingest would."""
    with lease.writing(store) as connection:
        connection.executemany(
            "insert into limit_reading (limit_window, used_bp, resets_us, read_us, source, session_id) "
            "values (?, ?, ?, ?, 'hook', 'session-told')",
            [[each.window, each.used_bp, each.resets_us, each.read_us] for each in told],
        )


def _us(at: dt.datetime) -> int:
    return round(at.timestamp() * 1_000_000)
