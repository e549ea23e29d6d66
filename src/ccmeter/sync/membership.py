"""How a machine comes into a vault, and how it or another one leaves: one function per thing that a person can do.

What lets a device in is made on the device: its keys, its token, its id. Secrets are kept before a server hears of them, so
that no crash leaves a vault that nobody can open.
"""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import SyncError
from ccmeter.domain.vaults import State, Taken
from ccmeter.sync import cipher, keystore, pairing, phrase, rotation, subkeys, tokens
from ccmeter.sync import roster as rosters
from ccmeter.sync.cipher import Keyed, Kind
from ccmeter.sync.engine import Engine, WentBackError
from ccmeter.sync.keystore import DeviceKeys
from ccmeter.sync.records import Name, Seal
from ccmeter.sync.remotes.base import RemoteError
from ccmeter.sync.roster import Forget, Recovery, Roster
from ccmeter.sync.view import draft_of
from ccmeter.wire import v1

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from ccmeter.config.secrets import Secrets
    from ccmeter.sync.engine import Outcome
    from ccmeter.sync.ledger import Ledger
    from ccmeter.sync.remotes.base import Remote
    from ccmeter.sync.rotation import Rotated

_GONE: Final = frozenset(("bad_token", "device_revoked", "not_found"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """This machine, and what it works with."""

    ledger: Ledger
    secrets: Secrets
    remote: Callable[[str, str], Remote]
    """Makes a remote of a server's address and a token, which may be empty."""
    now: Callable[[], dt.datetime]
    projects: Callable[[], bytes | None] = lambda: None
    """What is told of projects (`naming.encode`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """A vault that is about to be made; nothing has been sent or kept."""

    server: str
    words: str = field(repr=False)
    """The recovery phrase: to be shown once."""
    keys: DeviceKeys = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What came of entering a vault."""

    kept: str
    """In words, where the keys lie."""
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A pairing that waits for another machine."""

    code: pairing.Code
    ticket: str = field(repr=False)


def found(server: str, name: str) -> Founding:
    """Think up a vault: keys and phrase. Sends nothing."""
    device, (_, private) = random.token_bytes(16), cipher.key_pair()
    keys = DeviceKeys(
        vault=random.token_bytes(16),
        device=device,
        identity=subkeys.fresh(),
        private=private,
        token=tokens.new(v1.DEVICE_TOKEN),
        generations={0: subkeys.fresh()},
    )
    return Founding(server=server, words=phrase.new(), keys=keys, name=name)


def init(machine: Machine, founding: Founding, invite: str = "") -> Joined:
    """Make the vault on the server, with this machine as its first. Raises SyncError, RemoteError, UnreachableError."""
    _refuse_member(machine.ledger)
    keys, told = founding.keys, _recovery(founding.words, founding.keys)
    keyed, seal = keys.keyed(0), _seal(keys, 0)
    kept = keystore.save(machine.secrets, keys)
    remote = machine.remote(founding.server, keys.token)
    account = v1.NewAccount(
        invite=invite,
        vault=keys.vault,
        device=keys.device,
        token_hash=tokens.hashed(keys.token),
        recovery=told.id,
        recovery_token_hash=told.token_hash,
        key_check=seal.keys.check,
        keys=(
            v1.WrappedKey(device=keys.device, sealed=cipher.wrap(cipher.public_of(keys.private), keyed)),
            v1.WrappedKey(device=told.id, sealed=cipher.wrap(told.public, keyed, told.locked)),
        ),
    )
    try:
        remote.register(account)
    except RemoteError:
        keystore.remove(machine.secrets, keys.device)
        raise
    state = _state(keys, founding.server, founding.name, added_by=keys.device)
    machine.ledger.begin(state)
    draft = draft_of(seal, Name(kind=Kind.ROSTER, owner=keys.vault), rosters.encode(Roster(recovery=told)))
    machine.ledger.take(Taken(state=state, notes=(draft,)))
    return Joined(kept=kept, outcome=engine_of(machine).sync())


def pair(machine: Machine) -> Offer:
    """Leave what another machine needs, for ten minutes. Raises SyncError, RemoteError, UnreachableError."""
    engine = engine_of(machine)
    engine.sync()
    state, view = member(machine.ledger), engine.view()
    ticket = tokens.new(v1.TICKET)
    remote = machine.remote(state.server, engine.keys.token)
    remote.allow(v1.NewTicket(ticket_hash=tokens.hashed(ticket)))
    code = pairing.new(state.server)
    parcel = pairing.Parcel(
        keyed=engine.keys.keyed(state.gen),
        ticket=ticket,
        added_by=engine.keys.device,
        seen=view.counters(),
        shared=view.shared(),
    )
    remote.leave_mail(code.mailbox, v1.Mail(sealed=pairing.seal(code, parcel)))
    return Offer(code=code, ticket=ticket)


def is_taken(machine: Machine, offer: Offer) -> bool:
    """Tell whether the other machine has taken what was left. Raises RemoteError and UnreachableError."""
    keys = keystore.load(machine.secrets, bytes.fromhex(member(machine.ledger).device))
    return machine.remote(offer.code.server, keys.token).mail_state(offer.code.mailbox).is_claimed


def join(machine: Machine, code: str, name: str) -> Joined:
    """Enter the vault that a pairing code leads to. Raises SyncError, RemoteError, UnreachableError."""
    _refuse_member(machine.ledger)
    read = pairing.read(code)
    mail = machine.remote(read.server, "").claim_mail(read.mailbox)
    parcel = pairing.open_(read, mail.sealed)
    remote = machine.remote(read.server, parcel.ticket)
    counters = {device.hex(): count for device, count in parcel.seen.items()}
    return _enter(machine, remote, parcel.keyed, read.server, name, parcel.added_by, counters)


def recover(machine: Machine, server: str, words: str, name: str) -> Joined:
    """Enter a vault with nothing but its recovery phrase. Raises SyncError, RemoteError, UnreachableError."""
    _refuse_member(machine.ledger)
    recovery = phrase.recovery(phrase.secret_of(words))
    remote = machine.remote(server, recovery.token)
    key = remote.key()
    keyed = cipher.unwrap_locked(recovery.private, key.vault, recovery.lock_key, key.sealed)
    if keyed.gen != key.gen:
        raise SyncError("The server gave keys of another generation than it says.")
    return _enter(machine, remote, keyed, server, name, None, {})


def engine_of(machine: Machine) -> Engine:
    """Give the engine of this machine. Raises SyncError where it is in no vault."""
    state = member(machine.ledger)
    keys = keystore.load(machine.secrets, bytes.fromhex(state.device))
    return Engine(
        machine.ledger,
        machine.remote(state.server, keys.token),
        keys,
        now=machine.now,
        keep=lambda newer: keystore.save(machine.secrets, newer),
        projects=machine.projects,
    )


def now(machine: Machine) -> Outcome:
    """Sync. A server that went back to keys that were given up is brought forward first."""
    engine = engine_of(machine)
    try:
        return engine.sync()
    except WentBackError:
        rotation.rotate_again(engine, machine.ledger, _remote(machine, engine))
        return replace(engine.sync(), went_back=True)


def members(machine: Machine) -> Roster:
    """Give who belongs to the vault, as this machine knows. Sends nothing."""
    roster = engine_of(machine).view().roster
    if roster is None:
        raise SyncError("The list of devices has not come yet.", hint="`ccmeter sync now` fetches it.")
    return roster


def rename(machine: Machine, name: str) -> Outcome:
    """Give this machine another name. Raises SyncError, RemoteError, UnreachableError."""
    machine.ledger.take(_unchanged(machine, replace(member(machine.ledger), name=name)))
    return now(machine)


def rotate(machine: Machine) -> Rotated:
    """Give the vault new keys. Raises SyncError, RemoteError, UnreachableError."""
    engine = engine_of(machine)
    return rotation.rotate(engine, machine.ledger, _remote(machine, engine))


def replace_phrase(machine: Machine, words: str) -> Rotated:
    """Put a new recovery phrase in the place of the old one, with new keys that the old one does not open.

    Where it was cut off, either phrase is the one.
    """
    engine = engine_of(machine)
    told = _recovery(words, engine.keys)
    return rotation.rotate(engine, machine.ledger, _remote(machine, engine), recovery=told)


def revoke(machine: Machine, device: bytes) -> Rotated:
    """Shut a device out: its token ends at once, and new keys are made that it is not given."""
    engine = engine_of(machine)
    if device == engine.keys.device:
        raise SyncError("This is the machine itself.", hint="`ccmeter sync leave` takes it out.")
    remote = _remote(machine, engine)
    engine.sync()
    remote.revoke(device)
    return rotation.rotate(engine, machine.ledger, remote, lambda roster: _without(roster, device, machine))


def forget(machine: Machine, device: bytes, before_slot: int) -> Rotated:
    """Drop what is known only through a device from before a slot, on every machine and on the server."""
    engine = engine_of(machine)
    engine.sync()
    view, state = engine.view(), member(machine.ledger)
    if view.roster is None or view.roster.member(device) is None:
        raise SyncError("There is no such device in the vault.", hint="`ccmeter sync devices` lists them.")
    said = Forget(device=device, before_slot=before_slot, at_us=_us(machine))
    draft = draft_of(view.seal, rosters.forget_name(engine.keys.vault, said), rosters.encode_forget(said))
    machine.ledger.take(
        Taken(state=state, notes=(draft,), names=engine.names(view), forgotten=view.forgotten())
    )
    return rotation.rotate(engine, machine.ledger, _remote(machine, engine))


def leave(machine: Machine) -> None:
    """Take this machine out of the vault: what others told goes, its own usage stays, and so does what it told them."""
    engine = engine_of(machine)
    try:
        remote = _remote(machine, engine)
        engine.sync()
        engine.retire()
        remote.revoke(engine.keys.device)
    except RemoteError as error:
        if error.answer not in _GONE:  # it was shut out already, or the vault is gone
            raise
    forget_vault(machine)


def delete(machine: Machine) -> None:
    """Erase the account with everything that the server holds, then what this machine holds of the vault."""
    engine = engine_of(machine)
    remote = _remote(machine, engine)
    remote.delete_account()
    try:
        remote.head()
    except RemoteError as error:
        if error.answer not in _GONE:
            raise
    else:
        raise SyncError("The server says that it erased the vault, but still answers for it.")
    forget_vault(machine)


def export(machine: Machine) -> bytes:
    """Give all that the server holds, as lines of JSON, sealed as it lies there. Raises RemoteError, UnreachableError."""
    return _remote(machine, engine_of(machine)).export()


def forget_vault(machine: Machine) -> None:
    """Forget the vault on this machine alone; the server is not asked."""
    state = member(machine.ledger)
    machine.ledger.end()
    keystore.remove(machine.secrets, bytes.fromhex(state.device))


def _enter(
    machine: Machine,
    remote: Remote,
    keyed: Keyed,
    server: str,
    name: str,
    added_by: bytes | None,
    counters: Mapping[str, int],
) -> Joined:
    device, (public, private) = random.token_bytes(16), cipher.key_pair()
    keys = DeviceKeys(
        vault=keyed.vault,
        device=device,
        identity=keyed.identity,
        private=private,
        token=tokens.new(v1.DEVICE_TOKEN),
        generations={keyed.gen: keyed.generation},
    )
    kept = keystore.save(machine.secrets, keys)
    try:
        key = v1.WrappedKey(device=device, sealed=cipher.wrap(public, keyed))
        remote.enrol(
            v1.NewDevice(device=device, token_hash=tokens.hashed(keys.token), gen=keyed.gen, key=key)
        )
    except RemoteError:
        keystore.remove(machine.secrets, device)
        raise
    state = replace(_state(keys, server, name, added_by=added_by or device), counters=dict(counters))
    machine.ledger.begin(state)
    return Joined(kept=kept, outcome=engine_of(machine).sync())


def _recovery(words: str, keys: DeviceKeys) -> Recovery:
    """Give what a roster says of a recovery phrase."""
    found = phrase.recovery(phrase.secret_of(words))
    locked = cipher.lock(found.lock_key, keys.vault, keys.identity)
    return Recovery(id=found.id, public=found.public, locked=locked, token_hash=tokens.hashed(found.token))


def _state(keys: DeviceKeys, server: str, name: str, *, added_by: bytes) -> State:
    return State(
        server=server,
        vault=keys.vault.hex(),
        device=keys.device.hex(),
        name=name,
        added_by=added_by.hex(),
        fp_key=subkeys.of_identity(keys.identity).fp.hex(),
        gen=keys.newest,
        seq=0,
        tick="",
        witness="",
        witness_seq=0,
    )


def _unchanged(machine: Machine, state: State) -> Taken:
    engine = engine_of(machine)
    view = engine.view()
    return Taken(state=state, names=engine.names(view), forgotten=view.forgotten())


def _without(roster: Roster, device: bytes, machine: Machine) -> Roster:
    member = roster.member(device)
    if member is None or member.revoked_us is not None:
        return roster
    return roster.with_member(replace(member, revoked_us=_us(machine)))


def member(ledger: Ledger) -> State:
    """Give where this machine stands. Raises SyncError where it is in no vault."""
    state = ledger.state()
    if state is None:
        raise SyncError(
            "This machine does not sync.",
            hint="`ccmeter sync init URL` begins, `ccmeter sync join CODE` joins another machine.",
        )
    return state


def _refuse_member(ledger: Ledger) -> None:
    if (state := ledger.state()) is not None:
        raise SyncError(
            f"This machine syncs already, with {state.server}.", hint="`ccmeter sync leave` ends that."
        )


def _remote(machine: Machine, engine: Engine) -> Remote:
    return machine.remote(member(machine.ledger).server, engine.keys.token)


def _seal(keys: DeviceKeys, gen: int) -> Seal:
    return Seal(vault=keys.vault, gen=gen, keys=keys.of(gen))


def _us(machine: Machine) -> int:
    return int(machine.now().timestamp() * 1_000_000)
