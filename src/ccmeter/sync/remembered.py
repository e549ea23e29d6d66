"""Remembers of a ledger what only a sync changes, so that one sync does not open the store ten times to read one row.

That holds while no other process syncs for this machine: whoever takes the turn to do so calls `fresh` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.facts import Fact
    from ccmeter.domain.vaults import ChunkMark, Note, State, Taken
    from ccmeter.sync.ledger import Ledger


class Remembered:
    """A ledger over another one."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.fresh()

    def fresh(self) -> None:
        """Ask again from now on."""
        self._state: tuple[State | None] | None = None
        self._notes: Mapping[str, Note] | None = None

    def state(self) -> State | None:
        """Give where this machine stands."""
        if self._state is None:
            self._state = (self._ledger.state(),)
        return self._state[0]

    def begin(self, state: State) -> None:
        """Enter a vault."""
        self.fresh()
        self._ledger.begin(state)

    def end(self) -> None:
        """Leave the vault."""
        self.fresh()
        self._ledger.end()

    def unplaced(self) -> tuple[str, ...]:
        """Give the folders without an id."""
        return self._ledger.unplaced()

    def places(self) -> Mapping[str, str | None]:
        """Give all folders with their ids."""
        return self._ledger.places()

    def place(self, ids: Mapping[str, str]) -> None:
        """Note ids of folders."""
        self._ledger.place(ids)

    def unpublished(self, limit: int) -> tuple[Fact, ...]:
        """Give what is to be told."""
        return self._ledger.unpublished(limit)

    def owners(self) -> tuple[str, ...]:
        """Give the devices of which chunks are known."""
        return self._ledger.owners()

    def chunks(self, device: str) -> tuple[ChunkMark, ...]:
        """Give the chunks of a device."""
        return self._ledger.chunks(device)

    def contents(self, device: str, number: int) -> tuple[Fact, ...]:
        """Give the facts of a chunk."""
        return self._ledger.contents(device, number)

    def notes(self) -> Mapping[str, Note]:
        """Give the records other than chunks."""
        if self._notes is None:
            self._notes = self._ledger.notes()
        return self._notes

    def take(self, taken: Taken) -> None:
        """Keep what a step brought."""
        self.fresh()
        self._ledger.take(taken)
        self._state = (taken.state,)
