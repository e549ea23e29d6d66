"""Looks after alerts when logs were read: what the settings say, what a channel has at hand, what a person is told.

Who has neither alerts nor budgets in the settings pays a look into the file.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.alerts.check import Outcome, Seen
    from ccmeter.alerts.message import Means
    from ccmeter.cli.opening import Places
    from ccmeter.config.settings import Settings
    from ccmeter.store.lease import Connection

_KEYS: Final = ("alerts", "budgets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look found, and what it was held against."""

    seen: Seen
    settings: Settings
    now: dt.datetime


def look(connection: Connection, where: Places, *, time_zone: str, now: dt.datetime) -> Look | None:
    """Look within a lease; None where no alerts and no budgets are set. Raises ConfigError."""
    from ccmeter.config import document

    found = document.read(where.settings) if where.settings is not None else None
    if found is None or not any(key in found.content for key in _KEYS):
        return None
    from zoneinfo import ZoneInfo

    from ccmeter.alerts import check
    from ccmeter.cli.opening import grouping
    from ccmeter.config import settings
    from ccmeter.domain.filters import Filters

    chosen = settings.checked(found)
    now = now.astimezone(ZoneInfo(time_zone))
    filters = Filters(time_zone=time_zone, grouping=grouping(merges_worktrees=True))
    seen = check.look(connection, chosen, filters, now, week_starts=week_starts(where.settings))
    return Look(seen=seen, settings=chosen, now=now)


def tell(where: Places, found: Look | None, *, terminal: Callable[[str], object] | None = None) -> list[str]:
    """Tell what is new, after the lease; give what a person should read. Nothing here fails the command."""
    from ccmeter.domain.errors import StoreError

    if found is None or not found.seen.has_news:
        return []
    from ccmeter.alerts import check

    assert where.settings is not None
    means = means_of(where.settings, found.settings, terminal=terminal)
    try:
        outcome = check.tell(where.store, found.seen, found.settings, means, found.now)
    except StoreError as error:
        return [f"Alerts wait for the next check: {error}"]
    return lines_of(outcome)


def lines_of(outcome: Outcome) -> list[str]:
    """Give what a person should read of what came of telling."""
    from ccmeter.reports.foreign import harmless

    failed = [f"The channel {channel} failed: {reason}." for channel, reason in outcome.failed]
    return [*(f"Alert: {harmless(text)}" for text in outcome.told), *failed]


def means_of(file: Path, chosen: Settings, *, terminal: Callable[[str], object] | None = None) -> Means:
    """Give what channels have at hand: the terminal, where standard error is one, the environment, secrets."""
    from ccmeter.alerts.message import Means
    from ccmeter.config.secrets import Secrets

    return Means(
        notify=chosen.notify,
        environment=dict(os.environ),
        secrets=Secrets(folder=file.parent, place=chosen.secrets),
        terminal=terminal or (_to_terminal if sys.stderr.isatty() else None),
    )


def week_starts(file: Path | None) -> int:
    """Give the first day of a person's weeks, as the environment or the settings say it for all. Raises UsageError."""
    from ccmeter.cli import asking, settings
    from ccmeter.config import document

    named = os.environ.get(settings.variable_of((), "start-of-week"))
    found = document.read(file) if file is not None and not named else None
    if found is not None and (said := settings.in_file(found, (), "start-of-week")):
        named = str(said[1])
    return asking.weekday(named or None)


def _to_terminal(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
