"""Gives a vault new keys: everything that is known is sealed anew, staged, and put in place in one step, or not at all.

Whoever is not in the roster any more gets no keys. The step only succeeds if the vault is still what was resealed; if
another device came in between, it is taken in and all begins again. Crashed half-way, nothing has happened.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import SyncError
from ccmeter.sync import cipher, codec, manifest, subkeys
from ccmeter.sync import roster as rosters
from ccmeter.sync.cipher import Keyed, Kind
from ccmeter.sync.engine import WentBackError
from ccmeter.sync.manifest import Manifest
from ccmeter.sync.records import Name, Seal
from ccmeter.sync.remotes.base import RemoteError
from ccmeter.wire import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ccmeter.sync.engine import Engine
    from ccmeter.sync.keystore import DeviceKeys
    from ccmeter.sync.ledger import Ledger
    from ccmeter.sync.remotes.base import Remote
    from ccmeter.sync.roster import Recovery, Roster
    from ccmeter.sync.view import View

_TRIES: Final = 5
_AGAIN: Final = frozenset(
    ("base_moved", "wrong_generation", "version_conflict", "stage_mismatch", "not_found")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What came of it."""

    generation: int
    records: int


def rotate(
    engine: Engine,
    ledger: Ledger,
    remote: Remote,
    change: Callable[[Roster], Roster] = lambda roster: roster,
    *,
    recovery: Recovery | None = None,
) -> Rotated:
    """Put new keys in place, with the roster as `change` makes it. Raises SyncError, RemoteError, UnreachableError."""
    for _ in range(_TRIES):
        engine.sync()
        view = engine.pull()
        try:
            done = _attempt(engine.keys, view, ledger, remote, change, recovery)
        except RemoteError as error:
            if error.answer not in _AGAIN:
                raise
            continue
        engine.sync()
        return done
    raise SyncError("Other machines kept changing the vault.", hint="Nothing has changed. Try again.")


def rotate_again(engine: Engine, ledger: Ledger, remote: Remote) -> Rotated:
    """Bring a server that went back to keys that were given up forward again, with what this machine knows.

    The server's records are not opened: who holds the old keys may have been shut out. What other devices wrote there
    meanwhile they tell again once they have the new keys.
    """
    keys = engine.keys
    state = ledger.state()
    if state is None:
        raise SyncError("This machine does not sync.")
    view = engine.view()
    roster = view.last_roster
    if roster is None or roster.member(keys.device) is None:
        raise WentBackError(
            "The server has gone back to keys that were given up, and this machine does not know yet who belongs to the vault.",
            hint="Sync another machine. If there is none: `ccmeter sync leave`, then `ccmeter sync recover`.",
        )
    head = remote.head()
    base = _base_of_server(remote, head)
    done = _staged(keys, view, ledger, remote, max(keys.newest, head.gen) + 1, base, roster)
    engine.sync()
    for member in roster.members:
        if member.revoked_us is not None:  # the server may have forgotten that too
            _revoke(remote, member.id)
    return done


def _revoke(remote: Remote, device: bytes) -> None:
    try:
        remote.revoke(device)
    except RemoteError as error:
        if error.answer != "not_found":
            raise


def _attempt(
    keys: DeviceKeys,
    view: View,
    ledger: Ledger,
    remote: Remote,
    change: Callable[[Roster], Roster],
    recovery: Recovery | None,
) -> Rotated:
    state, roster = ledger.state(), view.roster
    if state is None or roster is None:
        raise SyncError("This machine does not sync.")
    base = view.base(state.seq, bytes.fromhex(state.tick))
    return _staged(keys, view, ledger, remote, keys.newest + 1, base, change(roster), recovery)


def _staged(
    keys: DeviceKeys,
    view: View,
    ledger: Ledger,
    remote: Remote,
    gen: int,
    base: v1.Base,
    roster: Roster,
    recovery: Recovery | None = None,
) -> Rotated:
    keyed = Keyed(vault=keys.vault, gen=gen, identity=keys.identity, generation=subkeys.fresh())
    seal = Seal(vault=keys.vault, gen=gen, keys=subkeys.of_generation(keyed.generation))
    if recovery is not None:
        roster = rosters.with_recovery(roster, recovery)
    remote.begin(
        v1.NewGeneration(
            gen=gen,
            base=base,
            key_check=seal.keys.check,
            keys=_wrapped(keyed, roster),
            recovery=_pair(roster.recovery),
        )
    )
    count = 0
    resealed = _resealed(view, seal, ledger, roster)
    while batch := tuple(islice(resealed, v1.MAX_RECORDS)):
        remote.stage(gen, v1.Stage(records=batch))
        count += len(batch)
    remote.commit(gen, v1.CommitGeneration(base=base, count=count))
    return Rotated(generation=gen, records=count)


def _pair(recovery: Recovery) -> v1.RecoveryPair | None:
    if not recovery.token_hash:
        return None
    return v1.RecoveryPair(id=recovery.id, token_hash=recovery.token_hash)


def _wrapped(keyed: Keyed, roster: Roster) -> tuple[v1.WrappedKey, ...]:
    """Seal the keys for every device that stays, and for the recovery phrase."""
    phrase = roster.recovery
    return (
        *(
            v1.WrappedKey(device=member.id, sealed=cipher.wrap(member.public, keyed))
            for member in roster.active
        ),
        v1.WrappedKey(device=phrase.id, sealed=cipher.wrap(phrase.public, keyed, phrase.locked)),
    )


def _resealed(view: View, seal: Seal, ledger: Ledger, roster: Roster) -> Iterator[v1.Resealed]:
    """Give every record under new keys, with the version that it had, and manifests that fit."""
    ids = {rid: seal.rid(known.name) for rid, known in view.known.items()}
    elements: dict[bytes, list[int]] = {}
    chunks: dict[bytes, int] = {}
    for rid, known in view.known.items():
        if known.name.kind is Kind.MANIFEST:
            continue
        record = _record(seal, known.name, known.ver, _payload(view, rid, known.name, ledger, roster))
        yield record
        if known.name.owner != seal.vault:
            added = manifest.element(seal.keys, record.rid, record.ver, cipher.digest(record.ct))
            elements.setdefault(known.name.owner, []).append(added)
            chunks[known.name.owner] = chunks.get(known.name.owner, 0) + (known.name.kind is Kind.CHUNK)
    for known in list(view.known.values()):
        if known.name.kind is not Kind.MANIFEST:
            continue
        owner = known.name.owner
        before = view.manifest(owner) or Manifest()
        told = Manifest(
            chunks=chunks.get(owner, 0),
            set_hash=manifest.changed(0, (), elements.get(owner, ())),
            seen=before.seen,
            shared={ids[rid]: version for rid, version in before.shared.items() if rid in ids},
            unknown=before.unknown,
        )
        yield _record(seal, known.name, known.ver, manifest.encode(told))


def _payload(view: View, rid: bytes, name: Name, ledger: Ledger, roster: Roster) -> bytes:
    """Give what a record is to hold: chunks without what is forgotten, the new roster, all else as it was."""
    if name.kind is Kind.CHUNK:
        return codec.encode(ledger.contents(name.owner.hex(), name.number))
    if name.kind is Kind.ROSTER:
        return rosters.encode(roster)
    return view.payloads[rid]


def _record(seal: Seal, name: Name, ver: int, payload: bytes) -> v1.Resealed:
    return v1.Resealed(rid=seal.rid(name), owner=name.owner, ver=ver, ct=seal.sealed(name, ver, payload))


def _base_of_server(remote: Remote, head: v1.Head) -> v1.Base:
    """Give what a server holds, without opening any of it."""
    found: dict[bytes, tuple[int, bytes]] = {}
    seq, tick = 0, b""
    while True:
        page = remote.changes(head.gen, seq, tick, b"")
        for record in page.records:
            found[record.rid] = (record.ver, cipher.digest(record.ct))
        seq, tick = page.seq, page.tick
        if page.is_last:
            break
    digest = hashlib.sha256()
    for rid, (ver, body) in sorted(found.items()):
        digest.update(rid + ver.to_bytes(8, "big") + body)
    return v1.Base(seq=seq, tick=tick, count=len(found), digest=digest.digest())
