"""Syncs without a word, as the child of another command, for a timer, and for each round of the monitor.

Mostly nothing is new on either side. That is found out first, by one look into the store and one question, before anything
is loaded that a real sync needs.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from ccmeter.cli import opening, turns

if TYPE_CHECKING:
    from ccmeter.cli import options as o
    from ccmeter.cli.opening import Places
    from ccmeter.config.settings import SyncSettings
    from ccmeter.sync.engine import Outcome

_LONGEST_US: Final = 86_400_000_000
"""A real sync is made once a day, whatever a look says."""
_SECONDS: Final = {"live": 0, "hourly": 3_600, "daily": 86_400}


def now(kept: o.Kept) -> None:
    """Sync, one at a time, unless the settings forbid it. Raises CcmeterError."""
    from ccmeter.config import settings

    with opening.found(kept.claude_dirs, kept.data_dir) as where:
        folder = os.fspath(where.store.parent)
        assert where.settings is not None
        chosen = settings.load(where.settings).sync
        if turns.read(folder) is None:
            from ccmeter.cli import syncing

            syncing.at(
                where
            ).state()  # says that this machine is in no vault; or its store came from elsewhere
        with turns.taken(folder, patience_s=0) as mine:
            if mine is None:
                return
            if not chosen.auto:
                note(chosen, mine)
                return
            if not kept.no_ingest:
                from ccmeter.cli import syncing

                syncing.read_logs(where)
            once(where, chosen, mine)


def once(where: Places, chosen: SyncSettings, mine: int) -> Outcome | None:
    """Sync in one's turn; None where nothing was new on either side. Raises CcmeterError."""
    if _is_idle(where, chosen, mine):
        note(chosen, mine)
        return None
    from ccmeter.cli import syncing

    there = syncing.at(where)
    if there.machine.ledger.state() is None:
        turns.end(there.folder)
        return None
    return syncing.synced(there, mine)


def note(chosen: SyncSettings, mine: int, failed: str = "") -> None:
    """Note how a sync went, and when the next is due."""
    now_s = int(time.time())
    due_s = now_s + pause_s(chosen) if chosen.auto else turns.NEVER
    turns.write(mine, turns.Turn(due_s=due_s, tried_s=now_s, failed=failed))


def pause_s(chosen: SyncSettings, live_s: int | None = None) -> int:
    """Give how long to wait from one sync to the next."""
    return max(chosen.every * 60 if live_s is None else live_s, _SECONDS[chosen.cadence])


def _is_idle(where: Places, chosen: SyncSettings, mine: int) -> bool:
    """Tell whether surely nothing is new; what failed before, or was set since, is for a real sync to see."""
    from ccmeter.config.secrets import Secrets
    from ccmeter.domain.errors import ConfigError
    from ccmeter.store import standing
    from ccmeter.sync import glance

    assert where.settings is not None
    if turns.is_to_be_seen(mine, os.fspath(where.settings)):
        return False
    now_us = time.time_ns() // 1_000
    found = standing.look(where.store, now_us, tells_nothing=chosen.projects == "off")
    if found is None or found.has_news or not 0 <= now_us - found.synced_us < _LONGEST_US:
        return False
    try:
        return glance.is_unchanged(Secrets(folder=where.settings.parent, place=chosen.keystore), found)
    except (ConfigError, ValueError, KeyError):  # a real sync says what is wrong with the keys
        return False
