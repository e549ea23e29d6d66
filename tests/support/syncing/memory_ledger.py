"""A ledger in memory: the rules of `sync.ledger.Ledger` in their plainest form."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

from ccmeter.domain.facts import join

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccmeter.domain.facts import Fact
    from ccmeter.domain.vaults import Chunk, ChunkMark, Note, State, Taken


@dataclass
class MemoryLedger:
    """Facts of one machine; `own` is what its logs say, by fingerprint."""

    own: dict[int, Fact] = field(default_factory=dict)
    folders: dict[str, str | None] = field(default_factory=dict)
    """Where its logs say it was used, with project ids."""
    _state: State | None = None
    _live: dict[tuple[str, int], Chunk] = field(default_factory=dict)
    _orphans: dict[tuple[str, int], Fact] = field(default_factory=dict)
    """Known through a device, but in no chunk that is known."""
    _notes: dict[str, Note] = field(default_factory=dict)
    _forgotten: dict[str, int] = field(default_factory=dict)

    def copied(self) -> MemoryLedger:
        """Give a copy, as a backup of the machine is one."""
        return copy.deepcopy(self)

    def log(self, facts: Iterable[Fact]) -> None:
        """Let the logs of this machine say something."""
        for fact in facts:
            known = self.own.get(fact.fingerprint)
            self.own[fact.fingerprint] = fact if known is None else join(known, fact)

    def union(self) -> dict[int, Fact]:
        """Give every fact that this machine knows."""
        return united([*self.own.values(), *self._live_facts(), *self._orphans.values()])

    def parted(self) -> tuple[dict[int, Fact], dict[int, Fact]]:
        """Give what its logs say that is to be told, and what a cut-off keeps here."""
        until = self._forgotten.get(self._state.device, 0) if self._state else 0
        told = {key: fact for key, fact in self.own.items() if not _is_before(fact, until)}
        return told, {key: fact for key, fact in self.own.items() if key not in told}

    def state(self) -> State | None:
        return self._state

    def begin(self, state: State) -> None:
        self._state = state

    def end(self) -> None:
        self._state = None
        self._live.clear()
        self._orphans.clear()
        self._notes.clear()
        self._forgotten.clear()

    def unplaced(self) -> tuple[str, ...]:
        return tuple(folder for folder, project in self.folders.items() if project is None)

    def places(self) -> Mapping[str, str | None]:
        return dict(self.folders)

    def place(self, ids: Mapping[str, str]) -> None:
        self.folders.update(ids)

    def unpublished(self, limit: int) -> tuple[Fact, ...]:
        covered = united(self._live_facts())
        device = self._state.device if self._state else ""
        until = self._forgotten.get(device, 0)
        own = (fact for fact in self.own.values() if not _is_before(fact, until))
        left = [
            fact
            for key, fact in united([*own, *self._orphans.values()]).items()
            if key not in covered or join(covered[key], fact) != covered[key]
        ]
        return tuple(sorted(left, key=lambda fact: (fact.by.slot, fact.fingerprint))[:limit])

    def owners(self) -> tuple[str, ...]:
        return tuple(sorted({device for device, _ in self._live}))

    def chunks(self, device: str) -> tuple[ChunkMark, ...]:
        return tuple(chunk.mark for (owner, _), chunk in sorted(self._live.items()) if owner == device)

    def contents(self, device: str, number: int) -> tuple[Fact, ...]:
        until = self._forgotten.get(device, 0)
        return tuple(fact for fact in self._live[device, number].facts if not _is_before(fact, until))

    def notes(self) -> Mapping[str, Note]:
        return dict(self._notes)

    def take(self, taken: Taken) -> None:
        if taken.is_fresh:
            for chunk in self._live.values():
                self._orphan(chunk)
            self._live.clear()
            self._notes.clear()
        for chunk in taken.chunks:
            place = (chunk.mark.device, chunk.mark.number)
            if place in self._live:
                self._orphan(self._live[place])
            self._live[place] = chunk
        self._notes.update({note.rid: note for note in taken.notes})
        self._forgotten = dict(taken.forgotten)
        self._state = taken.state
        self._forget()
        covered = united(self._live_facts())
        self._orphans = {
            (device, key): fact
            for (device, key), fact in self._orphans.items()
            if key not in covered or join(covered[key], fact) != covered[key]
        }

    def _live_facts(self) -> list[Fact]:
        return [
            fact
            for (device, _), chunk in self._live.items()
            for fact in chunk.facts
            if not _is_before(fact, self._forgotten.get(device, 0))
        ]

    def _orphan(self, chunk: Chunk) -> None:
        for fact in chunk.facts:
            place = (chunk.mark.device, fact.fingerprint)
            known = self._orphans.get(place)
            self._orphans[place] = fact if known is None else join(known, fact)

    def _forget(self) -> None:
        self._orphans = {
            (device, key): fact
            for (device, key), fact in self._orphans.items()
            if not _is_before(fact, self._forgotten.get(device, 0))
        }


def _is_before(fact: Fact, until: int) -> bool:
    return fact.by.slot < until


def united(facts: Iterable[Fact]) -> dict[int, Fact]:
    """Give what facts come to, by fingerprint."""
    found: dict[int, list[Fact]] = {}
    for fact in facts:
        found.setdefault(fact.fingerprint, []).append(fact)
    return {key: reduce(join, each) for key, each in found.items()}
