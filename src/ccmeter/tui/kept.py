"""Keeps a dear answer as long as nothing was stored since, and for a while where something was.

The cursor moves more often than the store does, and while logs grow the store changes every second. What was asked again
because of that rests in proportion to what it took: a first change is shown at once, a stream of them costs little.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Generic, TypeVar, TypeVarTuple, Unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccmeter.store.lease import Connection

Answer = TypeVar("Answer")
Asked = TypeVarTuple("Asked")
REST: Final = 60
"""So many times as long as it took an answer rests,"""
MOST_S: Final = 5.0
"""but no longer than this."""
_STATE: Final = (
    "select (select max(finished_at) from ingest), (select count(*) from call), (select count(*) from line), "
    "(select (seq, tick, synced_us) from vault), (select count(*) from united)"
)


class Kept(Generic[*Asked, Answer]):
    """The last answer to one question. Belongs to the thread that asks."""

    def __init__(
        self,
        question: Callable[[Connection, Unpack[Asked]], Answer],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._question = question
        self._clock = clock
        self._known: tuple[tuple[*Asked], object, Answer] | None = None
        self._rests_until_s = 0.0
        self.late_s = 0.0
        """After so many seconds the last answer should be asked for again; 0 if it is of the store as it is."""

    def ask(self, connection: Connection, *asked: *Asked) -> Answer:
        """Give the answer, asked for anew only where it may be another, and rested."""
        state = connection.execute(_STATE).fetchall()
        known, begun_s = self._known, self._clock()
        is_about_this = known is not None and known[0] == asked
        if known is not None and is_about_this:
            self.late_s = 0.0 if known[1] == state else max(self._rests_until_s - begun_s, 0.0)
            if known[1] == state or self.late_s:
                return known[2]
        answer = self._question(connection, *asked)
        now_s = self._clock()
        self._known, self.late_s = (asked, state, answer), 0.0
        self._rests_until_s = now_s + min(REST * (now_s - begun_s), MOST_S) if is_about_this else 0.0
        return answer
