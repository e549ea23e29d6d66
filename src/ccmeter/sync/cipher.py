"""Seals records so that a server can neither read them nor put one in another's place, and keys so that one device can.

A record = nonce 24 ‖ XChaCha20-Poly1305 of (u32 length ‖ body ‖ zeros up to a size class) ‖ tag 16. Vault, generation,
owner, record id and version are authenticated with it. Nonces are random: 192 bits are enough for machines that are
clones of one another.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from nacl import bindings
from nacl.exceptions import CryptoError

from ccmeter.domain.errors import SealError
from ccmeter.sync import subkeys
from ccmeter.wire.v1 import BODY_BYTES, MAX_WRAPPED_BYTES

if TYPE_CHECKING:
    from ccmeter.sync.subkeys import GenerationKeys

NONCE_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
TAG_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
ID_BYTES: Final = 16
CLASSES: Final = tuple(size - NONCE_BYTES - TAG_BYTES for size in BODY_BYTES)
"""Sizes of plaintext: 512 bytes to 4 KiB."""
MAX_BODY: Final = CLASSES[-1] - 4
"""What the largest class holds behind its length."""
_MAGIC: Final = b"ccm1"
_WRAPPED: Final = b"ccm1 keys"
_LOCKED: Final = b"ccm1 identity"
_MAC_BYTES: Final = 32
_LOCKED_BYTES: Final = NONCE_BYTES + subkeys.KEY_BYTES + TAG_BYTES


class Kind(StrEnum):
    """What a record holds. The server never learns it."""

    CHUNK = "chunk"
    MANIFEST = "manifest"
    ROSTER = "roster"
    PROJECTS = "projects"
    FORGET = "forget"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a record belongs: it opens nowhere else."""

    vault: bytes
    gen: int
    owner: bytes
    """Device, or the vault where the record is shared."""
    rid: bytes
    ver: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """The secrets of a vault in one generation."""

    vault: bytes
    gen: int
    identity: bytes = field(repr=False)
    generation: bytes = field(repr=False)


def seal(keys: GenerationKeys, place: Place, body: bytes) -> bytes:
    """Give the sealed record, in the smallest size class that holds the body: `MAX_BODY` bytes at most."""
    length = len(body) + 4
    size = next((size for size in CLASSES if size >= length), None)
    if size is None:
        raise ValueError("the body is larger than a record")
    plain = b"".join((len(body).to_bytes(4, "big"), body, bytes(size - length)))
    return _encrypted(keys.enc, _aad(place), plain)


def open_(keys: GenerationKeys, place: Place, ct: bytes) -> bytes:
    """Give the body of a sealed record. Raises SealError unless exactly this was sealed for exactly this place."""
    if len(ct) not in BODY_BYTES:
        raise SealError("A sealed record has a size that none has.")
    plain = _decrypted(keys.enc, _aad(place), ct)
    end = 4 + int.from_bytes(plain[:4], "big")
    if end > len(plain) or plain.count(0, end) != len(plain) - end:
        raise SealError("A sealed record is padded in a way that none is.")
    return plain[4:end]


def rid(keys: GenerationKeys, kind: Kind, owner: bytes, number: int = 0) -> bytes:
    """Give the blind id of a record: 16 bytes that say nothing without the key."""
    name = b"".join((kind.encode(), owner, number.to_bytes(8, "big")))
    return hmac.digest(keys.id, name, hashlib.sha256)[:ID_BYTES]


def digest(ct: bytes) -> bytes:
    """Give what stands for a sealed body in manifests: its SHA-256."""
    return hashlib.sha256(ct).digest()


def key_pair() -> tuple[bytes, bytes]:
    """Give the public and the private half of a new X25519 pair."""
    public, private = bindings.crypto_box_keypair()
    return public, private


def public_of(private: bytes) -> bytes:
    """Give the public half of a pair."""
    return bindings.crypto_scalarmult_base(private)


def wrap(public: bytes, keyed: Keyed, locked: bytes = b"") -> bytes:
    """Seal the secrets of a vault for whoever has the private half of a pair; `locked` goes with it (see `lock`).

    Sealed boxes are anonymous, so the keys are vouched for by a MAC under the identity key, for this recipient alone:
    the server knows public keys, but cannot plant a generation key of its own.
    """
    secret = keyed.gen.to_bytes(4, "big") + keyed.identity + keyed.generation
    sealed = bindings.crypto_box_seal(_WRAPPED + secret + _vouched(keyed, public) + locked, public)
    if len(sealed) > MAX_WRAPPED_BYTES:
        raise ValueError("what is wrapped is too large")
    return sealed


def unwrap(private: bytes, vault: bytes, identity: bytes, sealed: bytes) -> Keyed:
    """Give what was wrapped for the owner of a private key, who knows the identity key. Raises SealError."""
    keyed, _ = _unwrapped(private, vault, sealed, identity)
    return keyed


def unwrap_locked(private: bytes, vault: bytes, lock_key: bytes, sealed: bytes) -> Keyed:
    """Give what was wrapped for the recovery pair, to someone who has nothing but its phrase. Raises SealError.

    The identity key comes out of the lock, which only the phrase can have made.
    """
    _, locked = _unwrapped(private, vault, sealed, None)
    if len(locked) != _LOCKED_BYTES:
        raise SealError("The keys for the recovery phrase are not as ccmeter wraps them.")
    keyed, _ = _unwrapped(private, vault, sealed, _decrypted(lock_key, _LOCKED + vault, locked))
    return keyed


def lock(lock_key: bytes, vault: bytes, identity: bytes) -> bytes:
    """Seal the identity key under a key from the recovery phrase, once: 72 bytes that devices keep in the roster."""
    return _encrypted(lock_key, _LOCKED + vault, identity)


def seal_with(key: bytes, context: bytes, plain: bytes) -> bytes:
    """Seal bytes that are no record: nonce ‖ ciphertext ‖ tag."""
    return _encrypted(key, context, plain)


def open_with(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """Give what `seal_with` sealed under the same key and context. Raises SealError."""
    return _decrypted(key, context, sealed)


def _unwrapped(private: bytes, vault: bytes, sealed: bytes, identity: bytes | None) -> tuple[Keyed, bytes]:
    """Give the keys and what was locked; checked against the identity key where it is known."""
    public = public_of(private)
    try:
        plain = bindings.crypto_box_seal_open(sealed, public, private)
    except (CryptoError, ValueError) as error:
        raise SealError("The keys of the vault do not open on this device.") from error
    start = len(_WRAPPED)
    fields = plain[start : start + 4 + 2 * subkeys.KEY_BYTES + _MAC_BYTES]
    if not plain.startswith(_WRAPPED) or len(fields) != 4 + 2 * subkeys.KEY_BYTES + _MAC_BYTES:
        raise SealError("The keys of the vault are not as ccmeter wraps them.")
    keyed = Keyed(
        vault=vault,
        gen=int.from_bytes(fields[:4], "big"),
        identity=fields[4:36],
        generation=fields[36:68],
    )
    if identity is not None and not (
        hmac.compare_digest(keyed.identity, identity)
        and hmac.compare_digest(fields[68:], _vouched(keyed, public))
    ):
        raise SealError("The server gave keys that no device of this vault made.")
    return keyed, plain[start + len(fields) :]


def _vouched(keyed: Keyed, public: bytes) -> bytes:
    named = b"".join((_WRAPPED, keyed.vault, keyed.gen.to_bytes(4, "big"), public, keyed.generation))
    return hmac.digest(subkeys.of_identity(keyed.identity).mac, named, hashlib.sha256)


def _aad(place: Place) -> bytes:
    if not len(place.vault) == len(place.owner) == len(place.rid) == ID_BYTES:
        raise ValueError("an id has 16 bytes")
    return b"".join(
        (
            _MAGIC,
            place.vault,
            place.gen.to_bytes(4, "big"),
            place.owner,
            place.rid,
            place.ver.to_bytes(8, "big"),
        )
    )


def _encrypted(key: bytes, aad: bytes, plain: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, aad, nonce, key)


def _decrypted(key: bytes, aad: bytes, sealed: bytes) -> bytes:
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise SealError("Something sealed was cut off.")
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            sealed[NONCE_BYTES:], aad, sealed[:NONCE_BYTES], key
        )
    except (CryptoError, ValueError) as error:
        raise SealError("A sealed record does not open: other keys, another place, or changed.") from error
