"""How much was used in each billing block: the blocks are found over all usage, then filled with what was asked for.

So no filter can move a block. Sums are the store's, as everywhere; only where blocks begin is found here, because each
depends on the one before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ccmeter.domain import blocks as rule
from ccmeter.domain.filters import Filters
from ccmeter.queries.chosen import ask
from ccmeter.queries.summary import Measures, measures_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from ccmeter.domain.blocks import Block, Gap
    from ccmeter.store.lease import Connection

RECENT_MINUTES: Final = (60, 15, 5)
RECENT_DAYS: Final = 3
"""How long ago a block that `--recent` shows may have begun."""

_MODEL_LEVEL, _BLOCK_LEVEL, _TOTAL_LEVEL = 0, 1, 2
_DAY_US: Final = 24 * rule.HOUR_US
_HOURS: Final = """
select min(logged_us), max(logged_us)
from call
where logged_us is not null
-- an hour ends with its last instant: whatever begins then does not reach into the next
group by (logged_us - 1) - (((logged_us - 1) % $hour_us) + $hour_us) % $hour_us
order by 1
"""
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
    found = find(connection, length_hours)
    shown = _shown(found, now_us, only_active=only_active, only_recent=only_recent)
    rows = _rows(connection, filters, found, shown)
    blocks = _filled(found, rows, now_us, connection.execute(_RESETS).fetchall())
    return Blocks(
        blocks=blocks,
        undated=next((measures_of(row) for row in rows if row[0] == _BLOCK_LEVEL and row[2] is None), None),
        total=measures_of(next(row for row in rows if row[0] == _TOTAL_LEVEL)),
        burn=_burn(connection, filters, now_us) if any(each.is_active for each in blocks) else (),
        largest_tokens=_largest(connection, filters, found, now_us) if with_largest else None,
        length_hours=length_hours,
        now_us=now_us,
        latest=found[-1] if found else None,
        time_zone=filters.time_zone,
    )


def find(connection: Connection, length_hours: int) -> tuple[Block, ...]:
    """Find the blocks of all usage in the store."""
    hours = connection.execute(_HOURS, {"hour_us": rule.HOUR_US}).fetchall()
    return rule.find(hours, length_hours=length_hours)


def _shown(found: tuple[Block, ...], now_us: int, *, only_active: bool, only_recent: bool) -> range | None:
    """Give the numbers of the blocks to show; None where all are, with undated usage too."""
    if only_active:
        active = next((number for number, block in enumerate(found) if block.is_active(now_us)), None)
        return range(0) if active is None else range(active, active + 1)
    if only_recent:
        since_us = now_us - RECENT_DAYS * _DAY_US
        return range(sum(block.start_us < since_us for block in found), len(found))
    return None


def _rows(
    connection: Connection, filters: Filters, found: tuple[Block, ...], shown: range | None = None
) -> list[tuple[Any, ...]]:
    parameters = {
        "first_us": [block.first_us for block in found],
        "shown_from": None if shown is None else shown.start,
        "shown_below": None if shown is None else shown.stop,
    }
    return ask(connection, "blocks", filters, parameters)


def _filled(
    found: tuple[Block, ...],
    rows: list[tuple[Any, ...]],
    now_us: int,
    resets: Sequence[tuple[int, int]] = (),
) -> tuple[BlockUsage, ...]:
    models: dict[int | None, list[tuple[int, str]]] = {}
    for row in rows:
        if row[0] == _MODEL_LEVEL and row[2] is not None:
            models.setdefault(row[2], []).append((row[4], row[3]))
    gaps = rule.gaps(found)
    shown = {row[2]: row for row in rows if row[0] == _BLOCK_LEVEL and row[2] is not None}
    return tuple(
        BlockUsage(
            block=found[number],
            is_active=found[number].is_active(now_us),
            gap=gaps.get(found[number]) if number - 1 in shown else None,
            measures=measures_of(shown[number]),
            models_seen=tuple(model for _, model in sorted(models[number])),
            first_us=shown[number][4],
            last_us=shown[number][15],
            limit_resets_s=_last_reset(found[number], resets),
        )
        for number in sorted(shown)
    )


def _last_reset(block: Block, resets: Sequence[tuple[int, int]]) -> int | None:
    met = (resets_s for at_us, resets_s in resets if block.start_us <= at_us <= block.end_us)
    return max(met, default=None)


def _burn(connection: Connection, filters: Filters, now_us: int) -> tuple[Burn, ...]:
    rows = ask(connection, "burn", filters, {"minutes": list(RECENT_MINUTES), "now_us": now_us})
    fields = Burn.__dataclass_fields__
    return tuple(Burn(**dict(zip(fields, row, strict=True))) for row in rows)


def _largest(connection: Connection, filters: Filters, found: tuple[Block, ...], now_us: int) -> int | None:
    """Give the tokens of the largest block that is over, of all history."""
    everything = Filters(time_zone=filters.time_zone)
    filled = _filled(found, _rows(connection, everything, found), now_us)
    return max((each.measures.counts.total_tokens for each in filled if not each.is_active), default=None)
