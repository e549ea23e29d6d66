"""Says of every record what it is: the first bytes inside the seal name its kind and number, and its id must agree.

So a reader knows a record without trying names, and a record cannot pass for another of the same owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.errors import CodecError, SealError
from ccmeter.sync import cipher
from ccmeter.sync.cipher import Kind, Place

if TYPE_CHECKING:
    from ccmeter.sync.subkeys import GenerationKeys
    from ccmeter.wire import v1

_KINDS: Final = (Kind.CHUNK, Kind.MANIFEST, Kind.ROSTER, Kind.PROJECTS, Kind.FORGET)
"""By the byte that stands for them: never reordered."""
_HEAD_BYTES: Final = 9
MAX_PAYLOAD: Final = cipher.MAX_BODY - _HEAD_BYTES
"""What a record holds besides."""
SHARED: Final = frozenset((Kind.ROSTER, Kind.FORGET))
"""Kinds that belong to the vault: any device may replace them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Which record, whatever the generation."""

    kind: Kind
    owner: bytes
    """Device, or the vault where it is shared."""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A record that was opened."""

    name: Name
    rid: bytes
    ver: int
    digest: bytes
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """Seals and opens the records of one generation of a vault."""

    vault: bytes
    gen: int
    keys: GenerationKeys

    def rid(self, name: Name) -> bytes:
        """Give the blind id of a record."""
        return cipher.rid(self.keys, name.kind, name.owner, name.number)

    def sealed(self, name: Name, ver: int, payload: bytes) -> bytes:
        """Give a record's sealed body."""
        head = bytes((_KINDS.index(name.kind),)) + name.number.to_bytes(8, "big")
        return cipher.seal(self.keys, self._place(name.owner, self.rid(name), ver), head + payload)

    def opened(self, record: v1.Record) -> Opened:
        """Give what a record holds. Raises SealError unless it is what was sealed, where it was meant to stand.

        Raises CodecError for a kind that a newer version made.
        """
        body = cipher.open_(self.keys, self._place(record.owner, record.rid, record.ver), record.ct)
        if len(body) < _HEAD_BYTES or body[0] >= len(_KINDS):
            raise CodecError("A record is of a kind that this version does not know.")
        name = Name(
            kind=_KINDS[body[0]], owner=record.owner, number=int.from_bytes(body[1:_HEAD_BYTES], "big")
        )
        is_shared = record.owner == self.vault
        if self.rid(name) != record.rid or (name.kind in SHARED) is not is_shared:
            raise SealError("A sealed record stands in the place of another.")
        return Opened(
            name=name,
            rid=record.rid,
            ver=record.ver,
            digest=cipher.digest(record.ct),
            payload=body[_HEAD_BYTES:],
        )

    def _place(self, owner: bytes, rid: bytes, ver: int) -> Place:
        return Place(vault=self.vault, gen=self.gen, owner=owner, rid=rid, ver=ver)


def of_device(device: bytes) -> int:
    """Give the number of a shared record about a device."""
    return int.from_bytes(device[:8], "big")
