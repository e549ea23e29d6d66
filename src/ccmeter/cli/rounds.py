"""One round of syncing for the monitor, which calls it in a thread of its own as long as the screen is open."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from ccmeter.cli import syncing, turns
from ccmeter.domain.errors import CcmeterError
from ccmeter.tui.rounds import Agreed

if TYPE_CHECKING:
    from ccmeter.cli.opening import Places

EVERY_S: Final = 30
_ASK_AGAIN_S: Final = 300
"""How soon to look whether the settings allow it by now."""


def round_of(where: Places) -> Agreed:
    """Sync once, unless the settings forbid it or another process is at it; what fails is told, never raised."""
    next_s = float(EVERY_S)
    try:
        there = syncing.at(where)
        if not there.chosen.auto or turns.read(there.folder) is None:
            return Agreed(next_s=_ASK_AGAIN_S)
        next_s = float(syncing.pause_s(there.chosen, EVERY_S))
        with turns.taken(there.folder, patience_s=0) as mine:
            if mine is None:
                return Agreed(next_s=next_s)
            if there.machine.ledger.state() is None:
                turns.end(there.folder)
                return Agreed(next_s=_ASK_AGAIN_S)
            done = syncing.synced(there, mine)
    except CcmeterError as error:
        return Agreed(next_s=next_s, failed=" ".join(f"{error} {error.hint}".split()))
    now = dt.datetime.now().astimezone()
    return Agreed(
        next_s=max(next_s, done.poll_after_s),
        said=f"synced {now:%H:%M}",
        has_news=bool(done.pulled_facts),
    )
