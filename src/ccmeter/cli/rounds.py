"""One round of syncing for the monitor, which calls it in a thread of its own as long as the screen is open."""

from __future__ import annotations

import datetime as dt
import os
from typing import TYPE_CHECKING, Final

from ccmeter.cli import quiet, turns
from ccmeter.config import settings
from ccmeter.domain.errors import CcmeterError
from ccmeter.tui.rounds import Agreed

if TYPE_CHECKING:
    from ccmeter.cli.opening import Places

EVERY_S: Final = 30
_ASK_AGAIN_S: Final = 300
"""How soon to look whether the settings allow it by now."""


def round_of(where: Places) -> Agreed:
    """Sync once, unless the settings forbid it or another process is at it; what fails is told, never raised."""
    next_s, folder = float(EVERY_S), os.fspath(where.store.parent)
    try:
        assert where.settings is not None
        chosen = settings.load(where.settings).sync
        if not chosen.auto or turns.read(folder) is None:
            return Agreed(next_s=_ASK_AGAIN_S)
        next_s = float(quiet.pause_s(chosen, EVERY_S))
        with turns.taken(folder, patience_s=0) as mine:
            if mine is None:
                return Agreed(next_s=next_s)
            done = quiet.once(where, chosen, mine)
    except CcmeterError as error:
        return Agreed(next_s=next_s, failed=" ".join(f"{error} {error.hint}".split()))
    return Agreed(
        next_s=max(next_s, done.poll_after_s if done else 0.0),
        said=f"synced {dt.datetime.now().astimezone():%H:%M}",
        has_news=bool(done and done.pulled_facts),
    )
