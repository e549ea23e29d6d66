"""What the engine asks of whoever keeps facts: the store, or a memory in tests of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.domain.facts import Fact
    from ccmeter.domain.vaults import ChunkMark, Note, State, Taken


class Ledger(Protocol):
    """The facts of this machine and those it heard of. Each call is one transaction."""

    def state(self) -> State | None:
        """Give where this machine stands; None where it is in no vault."""

    def begin(self, state: State) -> None:
        """Enter a vault: from now on calls have fingerprints."""

    def end(self) -> None:
        """Leave the vault: what others told is dropped, this machine's own usage stays."""

    def unplaced(self) -> tuple[str, ...]:
        """Give the folders (`cwd`) with own usage for which no project id is noted; not the empty one."""

    def places(self) -> Mapping[str, str | None]:
        """Give the project id of all such folders as it is noted, None where none is."""

    def place(self, ids: Mapping[str, str]) -> None:
        """Note the project id of folders; empty where nothing is told of it. What was published for them before stays."""

    def unpublished(self, limit: int) -> tuple[Fact, ...]:
        """Give own facts that are not covered by known chunks, the oldest slot first, `limit` at most.

        A fact counts once it is final or ten minutes old; covered means that joining it to what is known changes nothing.
        """

    def owners(self) -> tuple[str, ...]:
        """Give the devices of which chunks are known, whether or not a list of devices has come yet that names them."""

    def chunks(self, device: str) -> tuple[ChunkMark, ...]:
        """Give the known chunks of a device, by number."""

    def contents(self, device: str, number: int) -> tuple[Fact, ...]:
        """Give the facts of a chunk, without those that a cut-off of its device forgets."""

    def notes(self) -> Mapping[str, Note]:
        """Give the known records other than chunks, by record id."""

    def take(self, taken: Taken) -> None:
        """Keep what a step brought, and count the union of the touched calls anew."""
