"""What goes on beside the screen, each in a thread of its own: hearing of changed logs, and syncing with other machines."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.tui.rounds import Agreed
    from ccmeter.tui.setup import Setup


class Beside(Protocol):
    """Something that goes on until it is stopped."""

    def stop(self) -> None:
        """End it in order."""


def begun(
    setup: Setup,
    notice: Callable[[Callable[[], object]], object],
    changed: Callable[[], object],
    missing: Callable[[tuple[Path, ...]], object],
    agreed: Callable[[Agreed], object],
) -> list[Beside]:
    """Begin what a screen that stays is set up for; `notice` has the rest called in the screen's own thread."""
    found: list[Beside] = []
    if not setup.watched:
        return found
    if setup.reads_logs:
        from ccmeter.tui.watch import Watch

        watch = Watch(
            setup.watched,
            lambda: notice(changed),
            missing=lambda folders: notice(partial(missing, folders)),
        )
        watch.start()
        found.append(watch)
    if setup.sync is not None:
        from ccmeter.tui.rounds import Rounds

        rounds = Rounds(setup.sync, lambda told: notice(partial(agreed, told)))
        rounds.start()
        found.append(rounds)
    return found
