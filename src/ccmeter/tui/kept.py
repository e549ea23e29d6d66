"""Keeps a long list as long as nothing was stored since: the cursor moves more often than the store does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccmeter.domain.filters import Filters
    from ccmeter.store.lease import Connection

Answer = TypeVar("Answer")
_STATE: Final = (
    "select (select max(finished_at) from ingest), (select count(*) from call), (select count(*) from line), "
    "(select (seq, tick, synced_us) from vault), (select count(*) from united)"
)


class Kept(Generic[Answer]):
    """The last answer to one question. Belongs to the thread that asks."""

    def __init__(self, question: Callable[[Connection, Filters], Answer]) -> None:
        self._question = question
        self._of: tuple[object, ...] | None = None
        self._answer: Answer | None = None

    def ask(self, connection: Connection, filters: Filters) -> Answer:
        """Give the answer, asked for anew only where it may be another."""
        state = (filters, *connection.execute(_STATE).fetchall())
        if self._answer is None or state != self._of:
            self._answer = self._question(connection, filters)
            self._of = state
        return self._answer
