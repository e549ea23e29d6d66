"""The model of sync: machines, a server and a network that do their worst, in any order, and everybody agrees at the end.

Machines log, copy logs, sync, race, are cloned, restored, let in, shut out; keys are changed and the change is cut off
anywhere; the server goes back to a backup; requests are lost, doubled, answered in vain and arrive late.
"""

from __future__ import annotations

import copy
import datetime as dt
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ccmeter.domain.errors import SyncError
from ccmeter.domain.facts import join
from ccmeter.domain.vaults import EVERYTHING
from ccmeter.sync import membership, pairing, phrase
from ccmeter.sync.engine import WentBackError
from ccmeter.sync.remotes.base import RemoteError, UnreachableError
from support.scale import scaled
from support.syncing.memory_ledger import united
from support.syncing.world import ADDRESS, START, World, fact, ledger, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from ccmeter.domain.facts import Fact
    from ccmeter.sync.membership import Machine
    from support.syncing.memory_ledger import MemoryLedger

MOST_ENROLLED = 4
MOST = 6
fates = st.lists(
    st.sampled_from(("works", "works", "works", "works", "works", "drop", "lose", "twice", "late")),
    max_size=12,
)
which = st.integers(0, MOST - 1)
YEARS = 730
"""Days by which a clock is wrong."""
BETWEEN = ("wrong_generation", "mailbox_gone", "base_moved", "device_exists")
"""What a machine may hear that another came in between."""
SHUT_OUT = ("device_revoked", "bad_token", "not_found")


class Syncing(RuleBasedStateMachine):
    """The world, and what is true in it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="sync-model-"))
        self.world = self.made_world()
        self.members: list[Machine] = []
        self.enrolled = 0
        self.said: dict[int, Fact] = {}
        self.copies: list[tuple[Machine, MemoryLedger]] = []
        self.backups: list[object] = []
        self.words: list[str] = []
        """Recovery phrases, the newest first: an older one may be in force where the server went back."""
        self.drawn = 0

    def made_world(self) -> World:
        return World(self.folder)

    @initialize()
    def found(self) -> None:
        first, words = self.world.founded()
        self.words.append(words)
        self.members.append(first)
        self.enrolled = 1

    @rule(at=which, count=st.integers(1, 6))
    def log(self, at: int, count: int) -> None:
        self._logged(self._member(at), [fact(self.drawn + each) for each in range(count)])
        self.drawn += count

    @rule(at=which, other=which, half=st.booleans())
    def copy_logs(self, at: int, other: int, half: bool) -> None:  # noqa: FBT001
        facts = list(ledger(self._member(at)).own.values())
        ledger(self._member(other)).log(facts[:: 2 if half else 1])

    @rule(at=which, pick=st.integers(0, 50), more=st.integers(1, 99), revision=st.integers(1, 2))
    def grow(self, at: int, pick: int, more: int, revision: int) -> None:
        own = ledger(self._member(at)).own
        if not own:
            return
        known = list(own.values())[pick % len(own)]
        counts = known.counts._replace(output_tokens=known.counts.output_tokens + more)
        self._logged(
            self._member(at), [known._replace(counts=counts, revision=max(revision, known.revision))]
        )

    @rule(at=which, fates=fates)
    def sync(self, at: int, fates: list[str]) -> None:
        self._with(fates, lambda: membership.now(self._member(at)))

    @rule(at=which, other=which)
    def race(self, at: int, other: int) -> None:
        """One pulls, another syncs, the first goes on."""
        self._with([], lambda: membership.engine_of(self._member(at)).pull())
        self._with([], lambda: membership.now(self._member(other)))
        self._with([], lambda: membership.now(self._member(at)))

    @rule()
    def late_requests_arrive(self) -> None:
        self.world.network.deliver_late()

    @precondition(lambda self: self.enrolled < MOST_ENROLLED and len(self.members) < MOST)
    @rule(host=which, fates=fates, by_phrase=st.booleans())
    def enrol(self, host: int, fates: list[str], by_phrase: bool) -> None:  # noqa: FBT001
        machine = self.world.machine()
        self.world.expire()

        def enter() -> None:
            if by_phrase:
                membership.recover(machine, ADDRESS, self.words[0], "recovered")
                return
            code = pairing.shown(membership.pair(self._member(host)).code)
            membership.join(machine, code, "joined")

        self._with(fates, enter)
        if ledger(machine).state() is not None:
            self.members.append(machine)
            self.enrolled += 1

    @precondition(lambda self: len(self.members) < MOST)
    @rule(at=which)
    def clone(self, at: int) -> None:
        """A copied machine has the same keys and the same name."""
        original = self._member(at)
        folder = self.folder / f"clone{len(self.world.machines)}"
        shutil.copytree(original.secrets.folder, folder)
        twin = replace(
            original, ledger=ledger(original).copied(), secrets=replace(original.secrets, folder=folder)
        )
        self.world.machines.append(twin)
        self.members.append(twin)

    @rule(at=which)
    def back_up_machine(self, at: int) -> None:
        self.copies.append((self._member(at), ledger(self._member(at)).copied()))

    @precondition(lambda self: bool(self.copies))
    @rule(pick=st.integers(0, 20))
    def restore_machine(self, pick: int) -> None:
        """What it knows of the vault goes back, its logs stay."""
        machine, before = self.copies[pick % len(self.copies)]
        if machine not in self.members or before.state() is None:
            return
        now = ledger(machine)
        kept = copy.deepcopy(before.__dict__)
        kept["own"] = now.own
        now.__dict__.update(kept)

    @rule()
    def back_up_server(self) -> None:
        self.backups.append(self.world.back_up())

    @precondition(lambda self: bool(self.backups))
    @rule(pick=st.integers(0, 20))
    def restore_server(self, pick: int) -> None:
        self.world.restore(self.backups[pick % len(self.backups)])

    @rule(at=which, fates=fates)
    def rotate(self, at: int, fates: list[str]) -> None:
        self._with(fates, lambda: membership.rotate(self._member(at)))

    @precondition(lambda self: len(self.members) > 1)
    @rule(at=which, other=which, fates=fates)
    def revoke(self, at: int, other: int, fates: list[str]) -> None:
        by, whom = self._member(at), self._member(other)
        device = _device(whom)
        if _device(by) != device:
            self._with(fates, lambda: membership.revoke(by, device))

    @rule(at=which, other=which, everything=st.booleans(), fates=fates)
    def forget(self, at: int, other: int, everything: bool, fates: list[str]) -> None:  # noqa: FBT001
        """Drop what is known only through a device: all of it, or the older part."""
        before = EVERYTHING if everything else fact(self.drawn // 2).by.slot
        by, device = self._member(at), _device(self._member(other))
        self._with(fates, lambda: membership.forget(by, device, before))

    @precondition(lambda self: len(self.members) > 1)
    @rule(at=which, fates=fates)
    def leave(self, at: int, fates: list[str]) -> None:
        machine = self._member(at)
        self._with(fates, lambda: membership.leave(machine))
        if ledger(machine).state() is None:
            self.members.remove(machine)

    @rule(at=which, fates=fates)
    def replace_phrase(self, at: int, fates: list[str]) -> None:
        words = phrase.new()
        self.words.insert(0, words)
        self._with(fates, lambda: membership.replace_phrase(self._member(at), words))

    @rule(at=which, less=st.integers(1, 3))
    def count_anew(self, at: int, less: int) -> None:
        """A mended rule of counting finds less."""
        own = ledger(self._member(at)).own
        again = [
            each._replace(
                revision=3, counts=each.counts._replace(output_tokens=each.counts.output_tokens // less)
            )
            for each in own.values()
        ]
        self._logged(self._member(at), again)

    @rule(years=st.sampled_from((-1, 0, 1)))
    def set_clocks(self, years: int) -> None:
        self.world.now = START + dt.timedelta(days=years * YEARS)

    @invariant()
    def nobody_knows_more_than_was_said(self) -> None:
        for machine in self.members:
            for key, known in ledger(machine).union().items():
                assert key in self.said
                assert join(known, self.said[key]) == self.said[key]

    def teardown(self) -> None:
        try:
            if self.members:
                self._agree()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _agree(self) -> None:
        """Let everything arrive and everybody sync: all are at one, and a machine with nothing but the phrase is too."""
        self.world.network.deliver_late()
        self.world.network.fates = []
        for _ in range(6):
            for machine in list(self.members):
                self._healed(machine)
        fresh = self.world.machine()
        self._recovered(fresh)
        common = ledger(fresh).union()
        for machine in self.members:
            assert not ledger(machine).unpublished(1)
            told, hidden = ledger(machine).parted()
            assert all(join(common[key], own) == common[key] for key, own in told.items())
            assert ledger(machine).union() == united([*common.values(), *hidden.values()])

    def _healed(self, machine: Machine) -> None:
        """Sync; a machine that the server does not know any more comes back by the phrase, as a person would do it."""
        try:
            membership.now(machine)
        except WentBackError:  # it has heard too little of the vault to bring it forward
            assert machine.ledger.state() is not None
            roster = membership.engine_of(machine).view().last_roster
            assert roster is None or roster.member(_device(machine)) is None
        except RemoteError as error:
            if error.answer not in SHUT_OUT:
                raise
        else:
            return
        membership.forget_vault(machine)
        self._recovered(machine)

    def _recovered(self, machine: Machine) -> None:
        """Come in by a phrase: the one that is in force."""
        for words in self.words:
            try:
                membership.recover(machine, ADDRESS, words, "recovered")
            except RemoteError as error:
                if error.answer not in SHUT_OUT:
                    raise
            else:
                return
        raise AssertionError("no phrase opens the vault")

    def _logged(self, machine: Machine, facts: list[Fact]) -> None:
        ledger(machine).log(facts)
        self.said = told([*self.said.values(), *facts])

    def _with(self, fates: list[str], act: Callable[[], Any]) -> None:
        """Do something over a bad network. What it may say then is that it could not be done."""
        network = self.world.network
        network.fates = list(fates)
        try:
            act()
        except (UnreachableError, WentBackError):
            pass
        except RemoteError as error:
            if error.answer not in (*SHUT_OUT, *BETWEEN):
                raise
        except SyncError as error:
            if type(error) is not SyncError:  # a broken seal, or a false alarm
                raise
        finally:
            network.fates = []

    def _member(self, at: int) -> Machine:
        return self.members[at % len(self.members)]


def _device(machine: Machine) -> bytes:
    state = ledger(machine).state()
    assert state is not None
    return bytes.fromhex(state.device)


def cruel(examples: int) -> settings:
    """Give how to run it: so many sequences of 30 steps."""
    return settings(
        max_examples=scaled(examples),
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
