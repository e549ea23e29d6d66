"""Brings one machine and its vault to agree: asks where the vault stands, takes what changed, tells what is missing there.

Every step is one transaction of the ledger, and none depends on the one before having been heard of: a lost answer, a
crash, a copy of this machine or a restored backup only mean that the difference is found again. A vault that went back
to an earlier state is taken from its start, said aloud, and given what it lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import SealError, SyncError, TamperError
from ccmeter.domain.vaults import Chunk, ChunkMark, State, Taken
from ccmeter.sync import cipher, codec, naming
from ccmeter.sync.cipher import Kind
from ccmeter.sync.plan import Own, planned, retirement
from ccmeter.sync.records import Seal
from ccmeter.sync.remotes.base import RemoteError
from ccmeter.sync.view import View, draft_of, note_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from ccmeter.sync.keystore import DeviceKeys
    from ccmeter.sync.ledger import Ledger
    from ccmeter.sync.plan import Plan
    from ccmeter.sync.records import Opened
    from ccmeter.sync.remotes.base import Remote
    from ccmeter.wire import v1

FACTS_AT_ONCE: Final = 40_000
"""About what one push holds."""
_TRIES: Final = 8
"""Others may push in between that often; one of these tries takes the vault from its start."""
_FRESH_TRY: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a sync did."""

    pulled_records: int = 0
    pulled_facts: int = 0
    pushed_records: int = 0
    pushed_facts: int = 0
    pushed_bytes: int = 0
    went_back: bool = False
    """The server was found in an earlier state than before, as after a restored backup; what it lost was told again."""
    generation: int | None = None
    """New keys that were taken over."""
    poll_after_s: float = 0.0


class Engine:
    """One machine's side of the protocol."""

    def __init__(
        self,
        ledger: Ledger,
        remote: Remote,
        keys: DeviceKeys,
        *,
        now: Callable[[], dt.datetime],
        keep: Callable[[DeviceKeys], object] = lambda _: None,
        projects: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        """Take over.

        `keep` is given keys of a new generation before anything is read with them; `projects` gives what is told of
        projects (`naming.encode`).
        """
        self._ledger = ledger
        self._remote = remote
        self._keys = keys
        self._now = now
        self._keep = keep
        self._projects = projects
        self._done = Outcome()
        self._expected: Mapping[str, int] = {}
        """Counters that were known when keys of a new generation were taken over."""

    @property
    def keys(self) -> DeviceKeys:
        """The keys as they are now known."""
        return self._keys

    def sync(self) -> Outcome:
        """Pull and push until nothing is left to say. Raises SyncError, RemoteError and UnreachableError."""
        self._done = Outcome()
        for attempt in range(_TRIES):
            try:
                view = self._pulled(is_fresh=attempt == _FRESH_TRY)
                if self._pushed(view):
                    return self._done
            except RemoteError as error:
                if error.answer == "cursor_unknown":
                    self._go_back()
                elif error.answer not in ("version_conflict", "wrong_generation"):
                    raise
        raise SyncError(
            "Other machines kept changing the vault.",
            hint="Nothing is lost: the next sync goes on from here.",
        )

    def pull(self) -> View:
        """Take what changed, and give the vault as it is."""
        for _ in range(_TRIES):
            try:
                return self._pulled(is_fresh=False)
            except RemoteError as error:
                if error.answer == "cursor_unknown":
                    self._go_back()
                elif error.answer != "wrong_generation":
                    raise
        raise SyncError("Other machines kept changing the vault.", hint="Try again.")

    def view(self) -> View:
        """Give the vault as this machine last knew it, without asking the server."""
        return View.of(self._seal(self._state()), self._ledger)

    def names(self, view: View) -> dict[str, str]:
        """Give what projects are called, by id."""
        return naming.merged(view.projects())

    def retire(self) -> None:
        """Enter into the roster that this machine is leaving."""
        for _ in range(_TRIES):
            view, state = self.pull(), self._state()
            plan = retirement(view, state, self._now())
            if plan is None:
                return
            try:
                self._remote.push(plan)
            except RemoteError as error:
                if error.answer not in ("version_conflict", "wrong_generation"):
                    raise
            else:
                return

    def _state(self) -> State:
        state = self._ledger.state()
        if state is None:
            raise SyncError("This machine does not sync.", hint="`ccmeter sync init` or `ccmeter sync join`.")
        return state

    def _pulled(self, *, is_fresh: bool) -> View:
        """Bring the ledger up to the vault, and check the vault as a whole."""
        head = self._remote.head()
        self._done = replace(self._done, poll_after_s=head.poll_after)
        state = self._met(head)
        seal = self._seal(state)
        if (
            head.key_check != seal.keys.check
        ):  # after it went back, another machine gave new keys the same number
            raise WentBackError("The server has other keys of this generation than this machine.")
        if is_fresh:
            state = self._begin_again(state)
        elif head.seq < max(state.seq, state.witness_seq) or (
            head.seq == state.seq and head.tick.hex() != state.tick and state.seq
        ):
            state = self._go_back()
        view = View.of(seal, self._ledger)
        if head.seq == state.seq and head.tick.hex() == state.tick:
            return view
        remembered = state.counters
        self._take_pages(view, state)
        view.verify(remembered)
        self._remember(view)
        return view

    def _met(self, head: v1.Head) -> State:
        """Look at where the vault stands; take over keys of a new generation."""
        state = self._state()
        if head.vault.hex() != state.vault:
            raise TamperError("The server shows another vault than the one of this machine.")
        newest = max(state.gen, self._keys.newest)
        if head.gen < newest:
            raise WentBackError(
                "The server has gone back to keys that were given up.",
                hint="It was restored from an old backup. `ccmeter sync now` brings it up to date.",
            )
        if head.gen > state.gen:
            return self._adopt(state, head.gen)
        return state

    def _adopt(self, state: State, gen: int) -> State:
        """Take over the keys of a newer generation: sealed for this machine, vouched for by the identity key.

        Whoever made them resealed what it knew and answers for it. If that was less than what this machine has seen, the
        server had gone back.
        """
        self._expected = state.counters
        state = replace(state, counters={})
        if gen in self._keys.generations:
            return self._begin_again(replace(state, gen=gen))
        key = self._remote.key()
        keyed = cipher.unwrap(self._keys.private, self._keys.vault, self._keys.identity, key.sealed)
        if keyed.gen != key.gen or keyed.gen <= state.gen:
            raise SealError("The server gave keys of another generation than it says.")
        self._keys = self._keys.with_generation(keyed.gen, keyed.generation)
        self._keep(self._keys)
        self._done = replace(self._done, generation=keyed.gen)
        return self._begin_again(replace(state, gen=keyed.gen))

    def _begin_again(self, state: State) -> State:
        """Take the vault from its start: what was known of its records is not relied on, facts stay."""
        before = View.of(self._seal(self._state()), self._ledger)
        state, seal = replace(state, seq=0, tick=""), self._seal(state)
        self._ledger.take(
            Taken(
                state=state,
                is_fresh=True,
                notes=tuple(draft_of(seal, name, payload) for name, payload in before.carried().items()),
                names=naming.merged(before.projects()),
                forgotten=before.forgotten(),
            )
        )
        return state

    def _go_back(self) -> State:
        """Follow a vault that went back: what others were known to have written there need not be there any more."""
        self._done = replace(self._done, went_back=True)
        return self._begin_again(replace(self._state(), witness="", witness_seq=0, counters={}))

    def _seal(self, state: State) -> Seal:
        return Seal(vault=bytes.fromhex(state.vault), gen=state.gen, keys=self._keys.of(state.gen))

    def _take_pages(self, view: View, state: State) -> None:
        """Take page after page, each with its cursor in one transaction."""
        while True:
            page = self._remote.changes(
                state.gen, state.seq, bytes.fromhex(state.tick), bytes.fromhex(state.witness)
            )
            if page.gen != state.gen or page.seq < state.seq:
                raise TamperError("The server gave an answer to another question.")
            opened = [view.seal.opened(record) for record in page.records]
            fresh = [each for each in opened if view.take(each)]
            chunks = tuple(_chunk(each) for each in fresh if each.name.kind is Kind.CHUNK)
            state = _moved(state, page.seq, page.tick)
            self._ledger.take(
                Taken(
                    state=state,
                    chunks=chunks,
                    notes=tuple(note_of(each) for each in fresh if each.name.kind is not Kind.CHUNK),
                    names=naming.merged(view.projects()),
                    devices=view.devices(),
                    forgotten=view.forgotten(),
                )
            )
            self._done = replace(
                self._done,
                pulled_records=self._done.pulled_records + len(fresh),
                pulled_facts=self._done.pulled_facts + sum(len(chunk.facts) for chunk in chunks),
            )
            if page.is_last:
                return

    def _remember(self, view: View) -> None:
        """Keep the counters that were found to agree: a server that goes below them hides something."""
        state = self._state()
        found = {device.hex(): count for device, count in view.counters().items()}
        if any(found.get(device, 0) < count for device, count in self._expected.items()):
            self._done = replace(self._done, went_back=True)
        self._expected = {}
        counters = {
            device: max(found.get(device, 0), state.counters.get(device, 0))
            for device in {*found, *state.counters}
        }
        if counters != state.counters:
            self._take(view, replace(state, counters=counters))

    def _pushed(self, view: View) -> bool:
        """Push until nothing is left; False if the vault must be pulled again first."""
        while True:
            state = self._state()
            plan = self.plan(view, state)
            if plan is None:
                self._take(view, replace(state, synced_at=self._now()))
                return True
            commit = self._remote.push(plan.push)
            is_next = commit.seq == state.seq + len(plan.push.records)
            for record in plan.records:
                view.take(record)
            for chunk in plan.chunks:
                view.note_chunk(chunk.mark)
            state = replace(state, witness=commit.tick.hex(), witness_seq=commit.seq)
            if is_next:
                state = replace(state, seq=commit.seq, tick=commit.tick.hex())
            counters = {**state.counters, state.device: view.counters()[bytes.fromhex(state.device)]}
            self._take(view, replace(state, counters=counters), plan.chunks, plan.records)
            self._done = replace(
                self._done,
                pushed_records=self._done.pushed_records + len(plan.push.records),
                pushed_facts=self._done.pushed_facts + plan.facts,
                pushed_bytes=self._done.pushed_bytes + sum(len(each.ct) for each in plan.push.records),
            )
            if not is_next:
                view = self._pulled(is_fresh=False)

    def plan(self, view: View, state: State) -> Plan | None:
        """Give the next push without making it; None where there is nothing to say."""
        marks = self._ledger.chunks(state.device)
        number = marks[-1].number if marks else 0
        own = Own(
            public=cipher.public_of(self._keys.private),
            now_us=int(self._now().timestamp() * 1_000_000),
            projects=self._projects(),
        )
        facts = self._ledger.unpublished(FACTS_AT_ONCE)
        tail = self._ledger.contents(state.device, number) if marks and facts else ()
        return planned(view, state, own, facts, tail, number)

    def _take(
        self, view: View, state: State, chunks: tuple[Chunk, ...] = (), records: tuple[Opened, ...] = ()
    ) -> None:
        self._ledger.take(
            Taken(
                state=state,
                chunks=chunks,
                notes=tuple(map(note_of, records)),
                names=naming.merged(view.projects()),
                devices=view.devices() if records else {},
                forgotten=view.forgotten(),
            )
        )


class WentBackError(SyncError):
    """The server shows a generation of keys that was given up."""

    code = "sync-went-back"


def _chunk(opened: Opened) -> Chunk:
    facts = codec.decode(opened.payload)
    mark = ChunkMark(
        device=opened.name.owner.hex(),
        number=opened.name.number,
        version=opened.ver,
        digest=opened.digest.hex(),
        facts=len(facts),
    )
    return Chunk(mark=mark, facts=facts)


def _moved(state: State, seq: int, tick: bytes) -> State:
    """Move the cursor, and the witness if this is the newest commit that was ever heard of."""
    moved = replace(state, seq=seq, tick=tick.hex())
    return replace(moved, witness=tick.hex(), witness_seq=seq) if seq >= state.witness_seq else moved
