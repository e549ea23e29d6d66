"""Looks whether rules are met, and tells what begins: once, whoever looks, however often.

A look needs a reader's lease and nothing else, and mostly finds no news. What begins, ends or is to be tried again is
claimed in one short transaction before anything goes out; so of ten processes one tells it. A channel runs in a thread
of its own with a bound on its time: it can fail, but not hold up the others or the command.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ccmeter.alerts import channels
from ccmeter.alerts.message import Message, Undelivered
from ccmeter.config import budgets as configured
from ccmeter.domain import alerts as rules
from ccmeter.domain.blocks import microseconds
from ccmeter.store import episodes, lease

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ccmeter.alerts.message import Means
    from ccmeter.config.settings import Settings
    from ccmeter.domain.alerts import Condition, Mark, Rule, Turn
    from ccmeter.domain.budgets import BudgetState
    from ccmeter.domain.filters import Filters
    from ccmeter.domain.limits import Limits
    from ccmeter.store.episodes import Delivery
    from ccmeter.store.lease import Connection

PATIENCE_S: Final = 10.0
"""How long the store is waited for: what is not told now is told at the next check."""
DEADLINE_S: Final = 25.0
"""How long all channels together may take; less than `episodes.REST_US`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a look found."""

    conditions: tuple[Condition, ...]
    is_dropped: Callable[[Mark], bool]
    has_news: bool
    """Something begins, ends or is to be tried again: as far as a reader can tell."""
    budgets: tuple[BudgetState, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of telling."""

    told: tuple[str, ...] = ()
    """The texts of what began."""
    ended: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    """Channels that failed, and why."""


@dataclass(slots=True)
class _Try:
    """A channel being tried."""

    delivery: Delivery
    failed: str = "it took too long"
    thread: threading.Thread = field(default_factory=threading.Thread)


def look(
    connection: Connection, settings: Settings, filters: Filters, now: dt.datetime, *, week_starts: int
) -> Seen:
    """Look how every rule stands, within the caller's lease; prices and views are in place. Raises ConfigError."""
    from ccmeter.queries.budgets import budgets
    from ccmeter.queries.limits import limits

    wanted = configured.of(settings, now.date())
    states = budgets(connection, filters, wanted, now, week_starts=week_starts) if wanted else ()
    known = (
        limits(connection, filters, now=now) if any(_is_on_limits(rule) for rule in settings.alerts) else None
    )
    return seen(connection, settings, known, states, now)


def seen(
    connection: Connection,
    settings: Settings,
    limits: Limits | None,
    budgets: Sequence[BudgetState],
    now: dt.datetime,
) -> Seen:
    """Hold what is known against the rules, and against the episodes that go on."""
    conditions = rules.conditions(settings.alerts, limits, budgets)
    is_dropped = rules.dropped(settings.alerts, [state.budget for state in budgets])
    turn = rules.turn(conditions, episodes.going(connection), is_dropped=is_dropped)
    return Seen(
        conditions=conditions,
        is_dropped=is_dropped,
        has_news=bool(turn.begin or turn.end or episodes.due(connection, microseconds(now))),
        budgets=tuple(budgets),
    )


def tell(store: Path, found: Seen, settings: Settings, means: Means, now: dt.datetime) -> Outcome:
    """Claim what is new, and tell it. Holds the store only before and after anything goes out. Raises StoreError."""
    if not found.has_news:
        return Outcome()
    now_us = microseconds(now)
    with lease.writing(store, patience_s=PATIENCE_S) as connection:
        connection.execute("begin")
        turn = rules.turn(found.conditions, episodes.going(connection), is_dropped=found.is_dropped)
        _keep(connection, turn, settings, now_us)
        due = [each for each in episodes.due(connection, now_us) if _can_be_tried(each, means)]
        for each in due:
            episodes.attempt(connection, each, now_us)
        connection.execute("commit")
    tried = _deliver(due, means, now)
    if tried:
        with lease.writing(store, patience_s=PATIENCE_S) as connection:
            connection.execute("begin")
            for attempt in tried:
                episodes.settle(connection, attempt.delivery, now_us, attempt.failed)
            connection.execute("commit")
    return Outcome(
        told=tuple(each.said for each in turn.tell),
        ended=len(turn.end),
        failed=tuple(sorted({(each.delivery.channel, each.failed) for each in tried if each.failed})),
    )


def tried(name: str, means: Means, now: dt.datetime) -> str:
    """Try a channel with a message that says that it is a test; give why it failed, or nothing."""
    mark = rules.Mark(rule="test", subject="test", level="test")
    text = f"This is a test of the channel {name}."
    probe = episodes.Delivery(mark, microseconds(now), name, text, 0, None, "")
    return _deliver([probe], means, now)[0].failed


def channels_of(rule: Rule, settings: Settings) -> tuple[str, ...]:
    """Give the channels by which a rule is told."""
    return settings.notify.channels if rule.channels is None else rule.channels


def _is_on_limits(rule: Rule) -> bool:
    return rule.when != "budget"


def _keep(connection: Connection, turn: Turn, settings: Settings, now_us: int) -> None:
    """Keep what begins and ends, within the caller's transaction."""
    by_name = {rule.name: rule for rule in (*settings.alerts, rules.ANY_BUDGET)}
    by_name |= {rule.name: rule for rule in settings.alerts}
    told = {each.mark for each in turn.tell}
    for episode in turn.end:
        episodes.end(connection, episode, now_us)
    for each in turn.begin:
        is_told = each.mark in told
        to = channels_of(by_name[each.mark.rule], settings) if is_told else ()
        episodes.begin(connection, each.mark, now_us, rules.plain(each.said) if is_told else "", to)


def _can_be_tried(delivery: Delivery, means: Means) -> bool:
    """Tell whether a channel has what it needs: where nobody sits at a terminal, that of another check may."""
    if delivery.channel not in channels.names():
        return False
    return means.terminal is not None or not channels.channel(delivery.channel).NEEDS_TERMINAL


def _deliver(due: Sequence[Delivery], means: Means, now: dt.datetime) -> list[_Try]:
    """Try every channel at once, and wait for them all, up to a bound."""
    tries = [_Try(each) for each in due]
    for each in tries:
        each.thread = threading.Thread(
            target=_attempt, args=(each, means, now), name=each.delivery.channel, daemon=True
        )
        each.thread.start()
    ends_s = time.monotonic() + DEADLINE_S
    for each in tries:
        each.thread.join(max(ends_s - time.monotonic(), 0))
    # those that still run may not change what is kept any more
    return [_Try(each.delivery, each.failed) for each in tries]


def _attempt(attempt: _Try, means: Means, now: dt.datetime) -> None:
    delivery = attempt.delivery
    message = Message(
        text=delivery.said,
        rule=delivery.mark.rule,
        subject=delivery.mark.subject,
        level=delivery.mark.level,
        at=now,
    )
    try:
        channels.channel(delivery.channel).send(message, means)
        attempt.failed = ""
    except Undelivered as error:
        attempt.failed = rules.plain(str(error))
    except Exception as error:  # noqa: BLE001 - the outer guard of a thread: one channel must not stop the others
        attempt.failed = f"it broke ({type(error).__name__})"
