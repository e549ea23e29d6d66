"""How much was used in each billing block: the blocks are found over all usage, then filled with what was asked for.

So no filter can move a block. Sums are the store's, as everywhere; only where blocks begin is found here, because each
depends on the one before it.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain import blocks as rule
from ccmeter.domain.filters import Filters
from ccmeter.queries.chosen import ask
from ccmeter.queries.summary import by_key, measures_of, seen_first

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from ccmeter.domain.blocks import Block, Gap
    from ccmeter.queries.summary import Measures, UsageRow
    from ccmeter.store.lease import Connection

RECENT_MINUTES: Final = (60, 15, 5)
RECENT_DAYS: Final = 3
"""How long ago a block that `--recent` shows may have begun."""

_DAY_US: Final = 24 * rule.HOUR_US
_HOUR: Final = "(logged_us - 1) - (((logged_us - 1) % $hour_us) + $hour_us) % $hour_us"
"""An hour ends with its last instant: whatever begins then does not reach into the next."""
_HOURS: Final = """
select min(logged_us), max(logged_us), /* hour */ as hour
from counted
where logged_us is not null and ($since_us::bigint is null or logged_us >= $since_us::bigint)
group by hour
order by 1
"""
_FOUND: Final = """
found as (
    select unnest($hours::bigint[]) as hour, unnest($numbers::bigint[]) as number
),
"""
_PLACED: Final = """
left join found on found.hour = /* hour */
where $shown_from::bigint is null or (number >= $shown_from::bigint and number < $shown_below::bigint)
"""
"""Puts calls into blocks by their hours, each of which lies in one; usage without a time belongs to none."""
_RESETS: Final = """
select epoch_us(logged_at), resets::bigint
from notice
where logged_at is not null and regexp_full_match(resets, '[0-9]{9,11}')
order by 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockUsage:
    """A block and what was used in it, as far as it was asked for."""

    block: Block
    is_active: bool
    gap: Gap | None
    """The gap between this block and the one before it, where both are shown."""
    measures: Measures
    models_seen: tuple[str, ...]
    """In the order of their first use."""
    first_us: int
    """First call of `measures`."""
    last_us: int
    """Last call of `measures`."""
    limit_resets_s: int | None
    """When a usage limit that was met in the block ends, in seconds since 1970 UTC, where the log says so: the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """What was used within the last minutes: a true rate, whatever block it was in."""

    minutes: int
    tokens: int
    uncached_tokens: int
    """Of those, all but cache reads."""
    cost_pico: int
    unpriced_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """An answer: blocks with usage, oldest first."""

    blocks: tuple[BlockUsage, ...]
    undated: Measures | None
    """Usage without a readable time, which belongs to no block; None where there is none."""
    total: Measures
    """Of all these blocks and of undated usage."""
    burn: tuple[Burn, ...]
    """Over `RECENT_MINUTES`, where a block is active."""
    largest_tokens: int | None
    """Of the blocks that are over, over all usage whatever the filters; None if not asked for, or if none is over."""
    length_hours: int
    now_us: int
    latest: Block | None
    """The last block of all, shown or not."""
    time_zone: str


def ask_blocks(
    connection: Connection,
    filters: Filters,
    *,
    now: dt.datetime,
    length_hours: int = rule.DEFAULT_HOURS,
    only_active: bool = False,
    only_recent: bool = False,
    with_largest: bool = False,
) -> Blocks:
    """Ask for usage by billing block, as of `now`."""
    now_us = rule.microseconds(now)
    hours = _hours(connection)
    found = _found(hours, length_hours)
    shown = _shown(found, now_us, only_active=only_active, only_recent=only_recent)
    used = _used(connection, filters, hours, found, shown)
    blocks = _filled(found, used, now_us, connection.execute(_RESETS).fetchall())
    return Blocks(
        blocks=blocks,
        undated=measures_of(used[None]) if None in used else None,
        total=measures_of([row for rows in used.values() for row in rows]),
        burn=_burn(connection, filters, now_us) if any(each.is_active for each in blocks) else (),
        largest_tokens=_largest(connection, filters, hours, found, now_us) if with_largest else None,
        length_hours=length_hours,
        now_us=now_us,
        latest=found[-1] if found else None,
        time_zone=filters.time_zone,
    )


def find(connection: Connection, length_hours: int) -> tuple[Block, ...]:
    """Find the blocks of all usage in the store."""
    return _found(_hours(connection), length_hours)


def latest(connection: Connection, length_hours: int, *, since_us: int) -> Block | None:
    """Find the last block of all usage, looking no further back than need be: at first only from an instant on.

    Whatever came before it, the first call after a pause that is longer than a block begins one.
    """
    hours = _hours(connection, since_us)
    length_us = length_hours * rule.HOUR_US
    paused = (place for place in range(1, len(hours)) if hours[place][0] - hours[place - 1][1] > length_us)
    found = _found(hours[place:] if (place := next(paused, 0)) else _hours(connection), length_hours)
    return found[-1] if found else None


def _hours(connection: Connection, since_us: int | None = None) -> list[tuple[int, int, int]]:
    """Give the first and the last call of every hour, and the hour."""
    values = {"hour_us": rule.HOUR_US, "since_us": since_us}
    return connection.execute(_HOURS.replace("/* hour */", _HOUR), values).fetchall()


def _found(hours: Sequence[tuple[int, int, int]], length_hours: int) -> tuple[Block, ...]:
    return rule.find(((first_us, last_us) for first_us, last_us, _ in hours), length_hours=length_hours)


def _shown(found: tuple[Block, ...], now_us: int, *, only_active: bool, only_recent: bool) -> range | None:
    """Give the numbers of the blocks to show; None where all are, with undated usage too."""
    if only_active:
        active = next((number for number, block in enumerate(found) if block.is_active(now_us)), None)
        return range(0) if active is None else range(active, active + 1)
    if only_recent:
        since_us = now_us - RECENT_DAYS * _DAY_US
        return range(sum(block.start_us < since_us for block in found), len(found))
    return None


def _used(
    connection: Connection,
    filters: Filters,
    hours: Sequence[tuple[int, int, int]],
    found: tuple[Block, ...],
    shown: range | None = None,
) -> dict[int | None, list[UsageRow]]:
    """Give the usage of blocks by their numbers, and under None that which belongs to none."""
    begins = [block.first_us for block in found]
    parameters = {
        "hour_us": rule.HOUR_US,
        "hours": [hour for _, _, hour in hours],
        "numbers": [bisect(begins, first_us) - 1 for first_us, _, _ in hours],
        "shown_from": None if shown is None else shown.start,
        "shown_below": None if shown is None else shown.stop,
    }
    words = {"key": "number", "project": "null::varchar", "beside": _FOUND, "tagged": _PLACED, "hour": _HOUR}
    rows = ask(connection, "summary", filters, parameters, words=words)
    return {number: own for (_, number), own in by_key(rows).items()}


def _filled(
    found: tuple[Block, ...],
    used: Mapping[int | None, list[UsageRow]],
    now_us: int,
    resets: Sequence[tuple[int, int]] = (),
) -> tuple[BlockUsage, ...]:
    gaps = rule.gaps(found)
    return tuple(
        BlockUsage(
            block=found[number],
            is_active=found[number].is_active(now_us),
            gap=gaps.get(found[number]) if number - 1 in used else None,
            measures=measures_of(used[number]),
            models_seen=seen_first(used[number]),
            first_us=min(row[3] for row in used[number]),
            last_us=max(row[4] for row in used[number]),
            limit_resets_s=_last_reset(found[number], resets),
        )
        for number in sorted(each for each in used if each is not None)
    )


def _last_reset(block: Block, resets: Sequence[tuple[int, int]]) -> int | None:
    met = (resets_s for at_us, resets_s in resets if block.start_us <= at_us <= block.end_us)
    return max(met, default=None)


def _burn(connection: Connection, filters: Filters, now_us: int) -> tuple[Burn, ...]:
    rows = ask(connection, "burn", filters, {"minutes": list(RECENT_MINUTES), "now_us": now_us})
    fields = Burn.__dataclass_fields__
    return tuple(Burn(**dict(zip(fields, row, strict=True))) for row in rows)


def _largest(
    connection: Connection,
    filters: Filters,
    hours: Sequence[tuple[int, int, int]],
    found: tuple[Block, ...],
    now_us: int,
) -> int | None:
    """Give the tokens of the largest block that is over, of all history."""
    everything = Filters(time_zone=filters.time_zone)
    filled = _filled(found, _used(connection, everything, hours, found), now_us)
    return max((each.measures.counts.total_tokens for each in filled if not each.is_active), default=None)
