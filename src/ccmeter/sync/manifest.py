"""What a device vouches for: how many chunks it has written, a hash over all of them, and what it saw of the others.

Written anew with every push, in its transaction. The hash is a sum, so that a push costs what it changes. A server that
drops, rolls back or swaps a record of a device contradicts its manifest; one that hides a device, or goes back with all
it holds, contradicts what the others saw.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from ccmeter.sync import documents
from ccmeter.sync.documents import NOTHING, Document, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccmeter.sync.subkeys import GenerationKeys

_HASH_BYTES: Final = 32
_MODULUS: Final = 1 << 256
_Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Hash = Annotated[bytes, msgspec.Meta(min_length=_HASH_BYTES, max_length=_HASH_BYTES)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a device says of itself. Its counter is the version of its record."""

    chunks: int = 0
    set_hash: int = 0
    """Sum of `element` over its chunks, modulo 2^256."""
    seen: Mapping[bytes, int] = field(default_factory=dict)
    """Highest counter that it saw of each other device."""
    shared: Mapping[bytes, int] = field(default_factory=dict)
    """Highest version that it saw of each shared record (roster, projects, forget), by record id."""
    unknown: Unknown = NOTHING


def element(keys: GenerationKeys, rid: bytes, ver: int, digest: bytes) -> int:
    """Give what a record adds to a set hash. Without the key nobody can find records of the same sum."""
    named = b"".join((rid, ver.to_bytes(8, "big"), digest))
    return int.from_bytes(hmac.digest(keys.set, named, hashlib.sha256), "big")


def changed(set_hash: int, gone: Iterable[int] = (), come: Iterable[int] = ()) -> int:
    """Give a set hash after some elements went and others came."""
    return (set_hash - sum(gone) + sum(come)) % _MODULUS


def encode(manifest: Manifest) -> bytes:
    """Give the body of a manifest."""
    return documents.write(
        {
            "n": manifest.chunks,
            "h": manifest.set_hash.to_bytes(_HASH_BYTES, "big"),
            "s": sorted(manifest.seen.items()),
            "r": sorted(manifest.shared.items()),
        },
        manifest.unknown,
    )


def decode(body: bytes) -> Manifest:
    """Give the manifest of a body. Raises CodecError."""
    document = Document(body)
    return Manifest(
        chunks=document.take("n", _Count),
        set_hash=int.from_bytes(document.take("h", _Hash), "big"),
        seen=dict(document.take("s", list[tuple[_Id, _Count]])),
        shared=dict(document.take("r", list[tuple[_Id, _Count]])),
        unknown=document.unknown,
    )
