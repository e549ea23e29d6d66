"""What is done once a day after logs were read: old usage is forgotten if that was asked for, and a backup is made.

On every other run it costs a look at two files. It never fails a command: what cannot be done is said, and tried again
by the next one.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING

from ccmeter.domain.errors import StoreBusyError, StoreError

if TYPE_CHECKING:
    from pathlib import Path

_DONE = ".done"


def do(store: Path, settings: Path) -> None:
    """Do what is due."""
    folder = os.path.join(os.path.dirname(store), "backups")  # noqa: PTH118, PTH120 - on every run
    done = os.path.join(folder, _DONE)  # noqa: PTH118
    today = dt.date.today()  # noqa: DTZ011 - the day of whoever sits here
    if not _is_due(os.fspath(store), done, today):
        return
    from ccmeter.cli.output import say

    try:
        _run(store, settings, today)
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        os.close(os.open(done, os.O_WRONLY | os.O_CREAT, 0o600))
        os.utime(done)
    except StoreBusyError:
        return
    except (OSError, StoreError) as error:
        reason = f"{error.strerror}." if isinstance(error, OSError) else str(error)
        way_out = getattr(error, "hint", "") or "`[history] backups = false` switches it off."
        say(f"The daily backup could not be made: {reason} {way_out}")


def _is_due(store: str, done: str, today: dt.date) -> bool:
    """Tell whether something was stored since the last time, which was before today."""
    try:
        stored_s = os.stat(store).st_mtime  # noqa: PTH116
    except OSError:
        return False
    try:
        done_s = os.stat(done).st_mtime  # noqa: PTH116
    except OSError:
        return True
    return dt.date.fromtimestamp(done_s) != today and stored_s >= done_s  # noqa: DTZ012


def _run(store: Path, settings: Path, today: dt.date) -> None:
    """Forget what is too old, then copy the store."""
    from ccmeter.config.settings import HistorySettings, load
    from ccmeter.store import backup

    # the library that checks settings takes longer to load than a backup takes
    chosen = load(settings).history if settings.exists() else HistorySettings()
    if chosen.keep_days:
        _forget_older(store, today - dt.timedelta(days=chosen.keep_days - 1))
    if chosen.backups:
        backup.make_daily(store, today, keep=chosen.keep_backups)


def _forget_older(store: Path, first_on: dt.date) -> None:
    """Forget what was used before a local day."""
    from ccmeter.cli.asking import zone_name
    from ccmeter.domain.filters import Filters
    from ccmeter.store import forget, lease

    until_us = Filters(time_zone=zone_name(None), since_on=first_on).since_us
    with lease.writing(store, patience_s=0) as connection:
        rule = forget.Rule(session_id=None, cwd=None, until_us=until_us or 0, takes_undated=False)
        forget.forget(connection, [rule], now=dt.datetime.now(dt.UTC))
