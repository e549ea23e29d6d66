"""What a person's own past says of the running window: past blocks as curves, past weeks by hour, another model's prices.

Windows are found over all usage and all readings, so no filter moves one; what was used in them is what the filters choose.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ccmeter.domain import blocks, profile, weeks
from ccmeter.domain.filters import Filters
from ccmeter.domain.limits import FIVE_HOUR, FULL_BP, LENGTH_S, SEVEN_DAY
from ccmeter.queries.chosen import ask, piece
from ccmeter.queries.limits import history, limits
from ccmeter.queries.summary import is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ccmeter.domain.limits import Band, Limits, Reading, WindowState
    from ccmeter.domain.profile import Stretch
    from ccmeter.store.lease import Connection

Row: TypeAlias = "tuple[Any, ...]"
"""A row of `profile_blocks.sql` without its number: step, model, four sums, the first and the last call."""
PAST_DAYS: Final = 56
"""How far back blocks and weeks are compared with."""
_DAY_US: Final = 24 * profile.HOUR_US
_SECOND_US: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockUse:
    """A window and what was used in it."""

    stretch: Stretch
    is_running: bool
    curve: tuple[int, ...]
    """Cost in pico-dollars up to every five minutes of it, from 0 on; of a running one up to now."""
    models: tuple[str, ...]
    """In the order of their first use."""
    tokens: int
    cost_pico: int
    unpriced_tokens: int
    calls: int
    first_us: int
    """Its first call that the filters choose; of none its start."""
    last_us: int
    """Its last one."""
    peak_pico: int
    """The dearest quarter of an hour, as a rate per hour."""
    hits_us: tuple[int, ...]
    """When the limit was met: readings of 100 %, notices among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastBlocks:
    """An answer: the windows of the last weeks with usage, oldest first."""

    blocks: tuple[BlockUse, ...]
    fan: tuple[Band, ...]
    """What past windows had cost at every five minutes; empty if there are too few."""
    compared: int
    """How many past windows the fan is made of."""
    rest: Band | None
    """What past windows still cost after as much time as the running one has behind it."""
    limits: Limits
    """As of the same instant."""
    state: WindowState | None
    """What is officially known of the five-hour limit."""
    knows_usage: bool
    """Whether there is any at all, of whatever time and choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """Another model's prices."""

    model: str
    share_bp: int
    """What the tokens of the last weeks would have cost by them, of what they did cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastWeeks:
    """An answer: the running week, and the hours of weeks before."""

    start_at: dt.datetime
    end_at: dt.datetime
    is_official: bool
    """The window is the server's; otherwise it is the week of the calendar."""
    limits: Limits
    """As of the same instant."""
    state: WindowState | None
    """What is officially known of the weekly limit."""
    readings: tuple[Reading, ...]
    """Of this window, oldest first."""
    cost_pico: int
    """Since the start."""
    tokens: int
    unpriced_tokens: int
    hours: Mapping[dt.datetime, int]
    """Cost by hour on the wall, naive local time; of this window and of the weeks before."""
    weeks: int
    """Whole weeks before the window that there is history of."""
    switches: tuple[Switch, ...]
    """Dearest first."""
    knows_usage: bool
    """Whether there is any at all, of whatever time and choice."""


def past_blocks(connection: Connection, filters: Filters, *, now: dt.datetime) -> PastBlocks:
    """Ask for the five-hour windows of the last weeks as of `now`."""
    now_us = blocks.microseconds(now)
    known = limits(connection, filters, now=now)
    since_us = now_us - PAST_DAYS * _DAY_US
    readings = history(connection, filters, FIVE_HOUR, since_us, now_us + 1)
    found = _stretches(connection, readings, since_us, now_us)
    used = _used(connection, filters, found, now_us)
    over = [each.curve for each in used if not each.is_running]
    running = used[-1] if used and used[-1].is_running else None
    return PastBlocks(
        blocks=tuple(used),
        fan=profile.fan(over),
        compared=len(over),
        rest=None if running is None else profile.rest_of(over, len(running.curve) - 1),
        limits=known,
        state=_state(known, FIVE_HOUR),
        knows_usage=not is_empty(connection),
    )


def past_weeks(connection: Connection, filters: Filters, *, now: dt.datetime, week_starts: int) -> PastWeeks:
    """Ask for the running week and the weeks before as of `now`, which is in the zone that hours are told in."""
    known = limits(connection, filters, now=now)
    state = _state(known, SEVEN_DAY)
    start, end, is_official = _week(state, now, week_starts)
    start_us, now_us = blocks.microseconds(start), blocks.microseconds(now)
    from_us = start_us - (weeks.MOST_WEEKS + 1) * 7 * _DAY_US
    # a limit is of an account: what it takes is all usage at list prices, whatever is chosen
    asked = _everything(filters) if is_official else filters
    near = {"from_us": from_us, "now_us": now_us, "since_us": _later(asked.since_us, from_us)}
    rows = ask(connection, "profile_hours", asked, {**near, "start_us": start_us})
    hours: dict[dt.datetime, int] = defaultdict(int)
    for hour, _, _, cost, _ in rows:
        hours[hour] += int(cost)
    inside = [row for row in rows if row[1]]
    return PastWeeks(
        start_at=start,
        end_at=end,
        is_official=is_official,
        limits=known,
        state=state,
        readings=history(connection, filters, SEVEN_DAY, start_us, now_us + 1) if is_official else (),
        cost_pico=sum(int(row[3]) for row in inside),
        tokens=sum(row[2] for row in inside),
        unpriced_tokens=sum(row[4] for row in inside),
        hours=dict(hours),
        weeks=weeks.weeks_known(rows[0][0] if rows else None, start.replace(tzinfo=None)),
        switches=_switches(connection, asked, near),
        knows_usage=not is_empty(connection),
    )


def _state(known: Limits, window: str) -> WindowState | None:
    return next((each for each in known.windows if each.window == window), None)


def _week(
    state: WindowState | None, now: dt.datetime, week_starts: int
) -> tuple[dt.datetime, dt.datetime, bool]:
    """Give the running week, and whether the server says so. A week of the calendar has its days' midnights, so its length may differ by an hour."""
    if state is not None and not state.is_over and state.resets_us is not None:
        end = blocks.instant(state.resets_us).astimezone(now.tzinfo)
        # seconds that pass, not what clocks show
        start = blocks.instant(state.resets_us - LENGTH_S[SEVEN_DAY] * _SECOND_US).astimezone(now.tzinfo)
        return start, end, True
    first_on = now.date() - dt.timedelta(days=(now.isoweekday() - week_starts) % 7)
    midnight = dt.time(tzinfo=now.tzinfo)
    start = dt.datetime.combine(first_on, midnight)
    return start, dt.datetime.combine(first_on + dt.timedelta(days=7), midnight), False


def _everything(filters: Filters) -> Filters:
    return Filters(time_zone=filters.time_zone, cost_mode="calculate", before_us=filters.before_us)


def _later(one: int | None, other: int) -> int:
    return other if one is None else max(one, other)


def _stretches(
    connection: Connection, readings: Sequence[Reading], since_us: int, now_us: int
) -> list[tuple[Stretch, tuple[int, ...]]]:
    """Give the windows that reach into the time asked for, with the instants at which the limit was met."""
    resets = [(each.resets_us, each.read_us) for each in readings if each.resets_us is not None]
    known = profile.official(resets, LENGTH_S[FIVE_HOUR] * _SECOND_US)
    outside = connection.execute(
        piece("profile_outside"),
        {
            "starts": [each.start_us for each in known],
            "ends": [each.end_us for each in known],
            "before_us": now_us + 1,
            "hour_us": profile.HOUR_US,
        },
    ).fetchall()
    hits = [each.read_us for each in readings if each.used_bp >= FULL_BP]
    found = profile.stretches(known, outside, LENGTH_S[FIVE_HOUR] * _SECOND_US // profile.HOUR_US)
    return [
        (each, tuple(hit for hit in hits if each.start_us <= hit < each.end_us)[:1])
        for each in found
        if each.end_us > since_us and each.start_us <= now_us
    ]


def _used(
    connection: Connection,
    filters: Filters,
    found: Sequence[tuple[Stretch, tuple[int, ...]]],
    now_us: int,
) -> list[BlockUse]:
    """Give the windows with usage. An empty one is kept while it runs, because its limit counts."""
    points = LENGTH_S[FIVE_HOUR] * _SECOND_US // profile.STEP_US
    all_of = [stretch for stretch, _ in found]
    rows = ask(
        connection,
        "profile_blocks",
        filters,
        {
            "numbers": list(range(len(all_of))),
            "starts": [each.start_us for each in all_of],
            "begins": [each.begins_us for each in all_of],
            "lasts": [each.lasts_us for each in all_of],
            "step_us": profile.STEP_US,
            "last_step": points - 1,
            "since_us": _later(filters.since_us, all_of[0].start_us if all_of else 0),
        },
    )
    by_number: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_number[row[0]].append(row[1:])
    return [
        _use(stretch, hits, by_number[number], now_us, points)
        for number, (stretch, hits) in enumerate(found)
        if number in by_number or stretch.is_running(now_us)
    ]


def _use(stretch: Stretch, hits: tuple[int, ...], rows: Sequence[Row], now_us: int, points: int) -> BlockUse:
    """Add up the rows of one window."""
    steps: dict[int, int] = defaultdict(int)
    for row in rows:
        steps[row[0]] += int(row[3])
    is_running = stretch.is_running(now_us)
    behind = min((now_us - stretch.start_us) // profile.STEP_US + 1, points) if is_running else points
    return BlockUse(
        stretch=stretch,
        is_running=is_running,
        curve=profile.cumulated(steps, behind),
        models=tuple(dict.fromkeys(row[1] for row in rows)),
        tokens=sum(row[2] for row in rows),
        cost_pico=sum(steps.values()),
        unpriced_tokens=sum(row[4] for row in rows),
        calls=sum(row[5] for row in rows),
        first_us=min((row[6] for row in rows), default=stretch.start_us),
        last_us=max((row[7] for row in rows), default=stretch.start_us),
        peak_pico=profile.peak_per_hour(steps),
        hits_us=hits,
    )


def _switches(connection: Connection, filters: Filters, near: Mapping[str, int]) -> tuple[Switch, ...]:
    rows = ask(connection, "profile_models", filters, near)
    return tuple(
        Switch(model=model, share_bp=int(switched) * FULL_BP // int(cost)) for model, cost, switched in rows
    )
