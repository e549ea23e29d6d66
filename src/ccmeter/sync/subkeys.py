"""Derives every key from two secrets by HKDF-SHA256: one of the vault for life, one of each generation.

No key has two uses. What must match for ever (fingerprints, ids of projects) comes from the identity key; what a
rotation shall end comes from the generation key. `repr` shows none of them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

KEY_BYTES: Final = 32
_HASH_BYTES: Final = 32
_MAX_BLOCKS: Final = 255
_VERSION: Final = b"ccmeter 1 "


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityKeys:
    """Sub-keys of a vault's identity key I."""

    fp: bytes = field(repr=False)
    """Fingerprints of calls; see `domain.facts.fingerprint`."""
    proj: bytes = field(repr=False)
    """Ids of projects and hashes of sessions."""
    mac: bytes = field(repr=False)
    """Vouches for generation keys, so that only a device of the vault can bring one in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationKeys:
    """Sub-keys of a generation key G."""

    enc: bytes = field(repr=False)
    """Seals records."""
    id: bytes = field(repr=False)
    """Blind ids of records."""
    set: bytes = field(repr=False)
    """The set hash of manifests."""
    check: bytes
    """8 bytes that the server tells, by which a device knows whether it has the right key. Not secret."""


def hkdf(key: bytes, label: bytes, n: int = KEY_BYTES, salt: bytes = b"") -> bytes:
    """Give `n` bytes derived from a key for a use. RFC 5869 with SHA-256."""
    if not 0 < n <= _MAX_BLOCKS * _HASH_BYTES:
        raise ValueError("HKDF-SHA256 gives 1 to 8160 bytes")
    drawn = hmac.digest(salt or bytes(_HASH_BYTES), key, hashlib.sha256)
    found, block = b"", b""
    for number in range(1, -(-n // _HASH_BYTES) + 1):
        block = hmac.digest(drawn, block + label + bytes((number,)), hashlib.sha256)
        found += block
    return found[:n]


def fresh() -> bytes:
    """Give a random key."""
    return secrets.token_bytes(KEY_BYTES)


def of_identity(identity: bytes) -> IdentityKeys:
    """Give the sub-keys of an identity key."""
    return IdentityKeys(
        fp=_sub_key(identity, b"fp"), proj=_sub_key(identity, b"proj"), mac=_sub_key(identity, b"mac")
    )


def of_generation(generation: bytes) -> GenerationKeys:
    """Give the sub-keys of a generation key."""
    return GenerationKeys(
        enc=_sub_key(generation, b"enc"),
        id=_sub_key(generation, b"id"),
        set=_sub_key(generation, b"set"),
        check=_sub_key(generation, b"check", 8),
    )


def project_id(keys: IdentityKeys, project: str) -> str:
    """Give the 32 hexadecimal digits that stand for a project: its git remote, or a name."""
    return hmac.digest(keys.proj, project.encode("utf-8", "surrogatepass"), hashlib.sha256)[:16].hex()


def session_hash(keys: IdentityKeys, session_id: str) -> str:
    """Give the 16 hexadecimal digits that stand for a session."""
    name = b"session:" + session_id.encode("utf-8", "surrogatepass")
    return hmac.digest(keys.proj, name, hashlib.sha256)[:8].hex()


def _sub_key(key: bytes, use: bytes, n: int = KEY_BYTES) -> bytes:
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return hkdf(key, _VERSION + use, n)
