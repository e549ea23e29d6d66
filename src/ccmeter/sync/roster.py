"""Who belongs to a vault, as the devices say and not the server: the sealed list of devices, and what is to be forgotten.

Whoever is not in it gets no keys, so that the server cannot add a reader. It also keeps the identity key locked under
the recovery phrase, which every rotation hands on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Final

import msgspec

from ccmeter.domain.errors import SyncError
from ccmeter.sync import documents
from ccmeter.sync.cipher import Kind
from ccmeter.sync.documents import NOTHING, Document, Unknown
from ccmeter.sync.records import MAX_PAYLOAD, Name, of_device

MAX_NAME: Final = 40
_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Hash = Annotated[bytes, msgspec.Meta(max_length=32)]
_Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Locked = Annotated[bytes, msgspec.Meta(max_length=128)]
_Name = Annotated[str, msgspec.Meta(max_length=MAX_NAME)]
_Us = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
_Slot = Annotated[int, msgspec.Meta(ge=0, le=2**32)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A device of the vault."""

    id: bytes
    name: str
    """As a person calls it; `MAX_NAME` characters at most."""
    public: bytes
    """Its X25519 key, for which generation keys are wrapped."""
    added_by: bytes
    """Device, or its own id where the phrase let it in."""
    added_us: int
    revoked_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """The pair of the recovery phrase."""

    id: bytes
    public: bytes
    locked: bytes
    """The identity key under the phrase; see `cipher.lock`."""
    token_hash: bytes = b""
    """What a server knows its token by, so that one that was restored from a backup is told again; empty if unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All devices that ever belonged to the vault."""

    recovery: Recovery
    members: tuple[Member, ...] = ()
    unknown: Unknown = NOTHING

    def member(self, device: bytes) -> Member | None:
        """Give a device, revoked or not."""
        return next((each for each in self.members if each.id == device), None)

    @property
    def active(self) -> tuple[Member, ...]:
        """Those that were not revoked: who gets keys."""
        return tuple(each for each in self.members if each.revoked_us is None)

    def with_member(self, member: Member) -> Roster:
        """Give the roster with a device as it now is: added, or in the place of what was said of it."""
        others = tuple(each for each in self.members if each.id != member.id)
        return replace(self, members=tuple(sorted((*others, member), key=lambda each: each.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """What is known only through a device, from before a slot, is to be dropped, and told by nobody again."""

    device: bytes
    before_slot: int
    at_us: int
    unknown: Unknown = NOTHING


class _Row(msgspec.Struct, array_like=True, frozen=True):
    id: _Id
    name: _Name
    public: _Key
    added_by: _Id
    added_us: _Us
    revoked_us: _Us | None


class _RecoveryRow(msgspec.Struct, array_like=True, frozen=True):
    id: _Id
    public: _Key
    locked: _Locked
    token_hash: _Hash = b""


def encode(roster: Roster) -> bytes:
    """Give the body of a roster. Raises SyncError where there are more devices than a record holds, about 30."""
    rows = [_Row(m.id, m.name, m.public, m.added_by, m.added_us, m.revoked_us) for m in roster.members]
    recovery = _RecoveryRow(
        roster.recovery.id, roster.recovery.public, roster.recovery.locked, roster.recovery.token_hash
    )
    body = documents.write({"m": rows, "r": recovery}, roster.unknown)
    if len(body) > MAX_PAYLOAD:
        raise SyncError("A vault holds no more devices.", hint="Begin a new one, or leave with one of them.")
    return body


def decode(body: bytes) -> Roster:
    """Give the roster of a body. Raises CodecError."""
    document = Document(body)
    recovery = document.take("r", _RecoveryRow)
    return Roster(
        recovery=Recovery(
            id=recovery.id,
            public=recovery.public,
            locked=recovery.locked,
            token_hash=recovery.token_hash,
        ),
        members=tuple(
            Member(
                id=row.id,
                name=row.name,
                public=row.public,
                added_by=row.added_by,
                added_us=row.added_us,
                revoked_us=row.revoked_us,
            )
            for row in document.take("m", list[_Row])
        ),
        unknown=document.unknown,
    )


def with_recovery(roster: Roster, recovery: Recovery) -> Roster:
    """Give the roster with another recovery phrase."""
    return replace(roster, recovery=recovery)


def forget_name(vault: bytes, forget: Forget) -> Name:
    """Give the name of the record that says it: one per device."""
    return Name(kind=Kind.FORGET, owner=vault, number=of_device(forget.device))


def encode_forget(forget: Forget) -> bytes:
    """Give the body of a forget record."""
    return documents.write({"d": forget.device, "b": forget.before_slot, "a": forget.at_us}, forget.unknown)


def decode_forget(body: bytes) -> Forget:
    """Give the forget record of a body. Raises CodecError."""
    document = Document(body)
    return Forget(
        device=document.take("d", _Id),
        before_slot=document.take("b", _Slot),
        at_us=document.take("a", _Us),
        unknown=document.unknown,
    )
