"""Whoever asks, and where the vault stands that they may ask about: found by the hash of a token, never by a name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select, update

from ccmeter.server.refusals import Refusal
from ccmeter.server.storage.tables import device, vault
from ccmeter.wire import v1

if TYPE_CHECKING:
    from sqlalchemy import Connection

SEEN_S: Final = 600.0
"""`last_seen_at` is no more exact than this: a server need not know more, and a read need not write."""
LIVE_S: Final = 1_800.0
"""A device seen within it is taken to be in use."""
POLL_S: Final = 30.0
ALONE_POLL_S: Final = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A device and its vault."""

    account: bytes
    device: bytes
    last_seen_at: float | None
    vault: bytes
    gen: int
    seq: int
    tick: bytes
    origin_tick: bytes
    """The tick of seq 0."""
    key_check: bytes
    recovery: bytes
    records: int
    bytes: int


_SEAT: Final = (
    device.c.revoked_at,
    device.c.account,
    device.c.id.label("device"),
    device.c.last_seen_at,
    vault.c.id.label("vault"),
    vault.c.gen,
    vault.c.seq,
    vault.c.tick,
    vault.c.origin_tick,
    vault.c.key_check,
    vault.c.recovery,
    vault.c.records,
    vault.c.bytes,
)
_FIELDS: Final = tuple(field.name for field in fields(Seat))
_SEATED: Final = (
    select(*_SEAT)
    .join(vault, vault.c.account == device.c.account)
    .where(device.c.token_hash == bindparam("token"))
)
_LOCKED: Final = _SEATED.with_for_update(of=vault)


def hash_of(token: str) -> bytes:
    """Give what the server keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def seated(connection: Connection, token_hash: bytes, *, lock: bool = False) -> Seat:
    """Find the device of a token; with `lock`, nobody else commits to its vault until the transaction ends."""
    found = connection.execute(_LOCKED if lock else _SEATED, {"token": token_hash}).first()
    if found is None:
        raise Refusal("bad_token", "The token is not known here.")
    if found.revoked_at is not None:
        raise Refusal("device_revoked", "This device was revoked.")
    return Seat(**dict(zip(_FIELDS, found[1:], strict=True)))


def is_anothers(connection: Connection, of: bytes, token_hash: bytes) -> bool:
    """Tell whether a recovery token is known already, as that of a device or of the phrase of another vault."""
    devices = select(device.c.id).where(device.c.token_hash == token_hash)
    phrases = select(vault.c.id).where(vault.c.recovery_token_hash == token_hash, vault.c.id != of)
    return any(connection.execute(asked.limit(1)).first() for asked in (devices, phrases))


def is_stale(seat: Seat, now: float) -> bool:
    """Tell whether it is time to note that the device was here."""
    return seat.last_seen_at is None or now - seat.last_seen_at >= SEEN_S


def touch(connection: Connection, seat: Seat, now: float) -> None:
    """Note that the device was here."""
    mine = (device.c.account == seat.account) & (device.c.id == seat.device)
    connection.execute(update(device).where(mine).values(last_seen_at=now))


def head_of(connection: Connection, seat: Seat, now: float) -> v1.Head:
    """Say where the vault stands, and when to ask again: seldom where no other device is in use."""
    others = select(func.count()).where(
        device.c.account == seat.account,
        device.c.id != seat.device,
        device.c.revoked_at.is_(None),
        device.c.last_seen_at > now - LIVE_S,
    )
    return v1.Head(
        vault=seat.vault,
        gen=seat.gen,
        seq=seat.seq,
        tick=seat.tick,
        key_check=seat.key_check,
        poll_after=POLL_S if connection.scalar(others) else ALONE_POLL_S,
    )
