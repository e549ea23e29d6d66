"""Machines around one server of plain state, each with a network that may fail: what the tests of sync are played in."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ccmeter.config.secrets import Secrets
from ccmeter.domain.facts import NO_COST, Attribution, Counts, Fact, fingerprint, join
from ccmeter.sync import membership, pairing
from ccmeter.sync.membership import Machine
from ccmeter.sync.remotes.base import RemoteError, UnreachableError
from support.syncing.memory_ledger import MemoryLedger
from support.syncing.memory_server import Dice, MemoryRemote, Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ccmeter.sync.remotes.base import Remote

ADDRESS = "https://sync.test"
START = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
LATE = "late"
"""A request that arrives after its sender has given up."""


@dataclass
class Network:
    """What becomes of the next calls: `works`, `drop`, `lose` (the answer), `twice`, `late`; then all work."""

    fates: list[str] = field(default_factory=list)
    late: list[Callable[[], Any]] = field(default_factory=list)
    calls: int = 0

    def carried(self, call: Callable[[], Any]) -> Any:
        self.calls += 1
        fate = self.fates.pop(0) if self.fates else "works"
        if fate == "drop":
            raise UnreachableError("dropped")
        if fate == LATE:
            self.late.append(call)
            raise UnreachableError("late")
        answer = call()
        if fate == "twice":
            return self.second(call, answer)
        if fate == "lose":
            raise UnreachableError("answer lost")
        return answer

    @staticmethod
    def second(call: Callable[[], Any], answer: Any) -> Any:
        """Deliver a request once more; whichever answer comes first counts."""
        with contextlib.suppress(RemoteError):
            call()
        return answer

    def deliver_late(self) -> None:
        """Let everything arrive that is still on its way."""
        for call in self.late:
            with contextlib.suppress(RemoteError):
                call()
        self.late.clear()


class Carried:
    """A remote behind a network."""

    def __init__(self, remote: Remote, network: Network) -> None:
        self._remote = remote
        self._network = network

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._remote, name)
        return lambda *arguments: self._network.carried(lambda: call(*arguments))


class World:
    """One server, and machines that reach it."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self._folder = folder
        self.server = Server(Dice(seed))
        self.network = Network()
        self.now = START
        self.machines: list[Machine] = []

    def remote(self, token: str) -> Remote:
        """Give the server as the holder of a token sees it."""
        return MemoryRemote(self.server, token)

    def back_up(self) -> object:
        """Give a copy of all that the server holds."""
        return self.server.snapshot()

    def restore(self, backup: Any) -> None:
        """Let the server go back to a copy."""
        self.server.restore(backup)

    def expire(self) -> None:
        """Let what the server keeps for ten minutes be over, where it looks at a clock."""

    def machine(self) -> Machine:
        """Give a machine that is in no vault yet."""
        made = Machine(
            ledger=MemoryLedger(),
            secrets=Secrets(folder=self._folder / f"machine{len(self.machines)}", place="file"),
            remote=lambda _, token: Carried(self.remote(token), self.network),
            now=lambda: self.now,
        )
        self.machines.append(made)
        return made

    def founded(self) -> tuple[Machine, str]:
        """Give the first machine of a new vault, and its recovery phrase."""
        machine = self.machine()
        founding = membership.found(ADDRESS, "first")
        membership.init(machine, founding)
        return machine, founding.words

    def joined(self, host: Machine, name: str = "another") -> Machine:
        """Give one more machine, let in by another."""
        machine = self.machine()
        membership.join(machine, pairing.shown(membership.pair(host).code), name)
        return machine


def ledger(machine: Machine) -> MemoryLedger:
    """Give the ledger of a machine."""
    assert isinstance(machine.ledger, MemoryLedger)
    return machine.ledger


def fact(
    number: int, output: int = 10, *, slot: int | None = None, revision: int = 1, project: str = ""
) -> Fact:
    """Give what a log says of one call."""
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    by = Attribution(
        is_nested=False,
        slot=1_900_000 + number if slot is None else slot,
        project=project,
        session=digest[:16],
        agent="claude",
        model="claude-opus-4-6",
        speed="standard",
        service_tier="standard",
        inference_geo="",
        is_sidechain=False,
    )
    return Fact(
        fingerprint=fingerprint(bytes(32), f"msg_{number}"),
        revision=revision,
        by=by,
        counts=Counts(number % 97, output, number % 31, 0, number * 13 % 9_973, 0, 0, 0),
        is_final=True,
        is_refusal=False,
        recorded_pico=NO_COST,
        parts=(),
    )


def told(facts: list[Fact]) -> dict[int, Fact]:
    """Give what facts come to, by fingerprint."""
    found: dict[int, Fact] = {}
    for each in facts:
        known = found.get(each.fingerprint)
        found[each.fingerprint] = each if known is None else join(known, each)
    return found
