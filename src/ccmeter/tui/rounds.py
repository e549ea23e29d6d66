"""Syncs with the other machines while the screen is open, in a thread of its own: a slow server makes nothing here late.

What a round is and how long to rest after it comes from whoever starts the screen; it opens the store by itself, for
moments.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What came of a round."""

    next_s: float
    """How long to rest before the next."""
    said: str = ""
    """`synced 15:30`."""
    failed: str = ""
    """Why it came to nothing, in one line; empty where it did not."""
    has_news: bool = False
    """Other machines told something: what is shown should be asked for again."""


Sync: TypeAlias = "Callable[[], Agreed]"


class Rounds:
    """The thread that syncs. `tell` is called in it."""

    def __init__(self, sync: Sync, tell: Callable[[Agreed], object]) -> None:
        self._sync = sync
        self._tell = tell
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rounds", daemon=True)

    def start(self) -> None:
        """Begin with the first round."""
        self._thread.start()

    def stop(self, patience_s: float = _PATIENCE_S) -> None:
        """Begin no more rounds; wait for one that is under way, so that the store is closed in order."""
        self._is_over.set()
        if self._thread.ident is not None:
            self._thread.join(patience_s)

    def _run(self) -> None:
        while not self._is_over.is_set():
            agreed = self._sync()
            if self._is_over.is_set():
                return
            self._tell(agreed)
            self._is_over.wait(agreed.next_s)
