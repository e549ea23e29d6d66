"""The recovery phrase: 24 words of BIP39 that stand for 32 random bytes, and what is derived from them.

It is shown once and never kept. It opens the vault on a machine that has nothing else.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from nacl import bindings

from ccmeter.domain.errors import PhraseError
from ccmeter.sync.subkeys import fresh, hkdf
from ccmeter.wire.v1 import RECOVERY_TOKEN, encoded

if TYPE_CHECKING:
    from mnemonic import Mnemonic

WORDS: Final = 24
_LABEL: Final = b"ccmeter 1 recovery "


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What the phrase gives."""

    id: bytes
    """16 bytes by which the server knows the pair."""
    public: bytes
    private: bytes = field(repr=False)
    lock_key: bytes = field(repr=False)
    """Locks the identity key; see `cipher.lock`."""
    token: str = field(repr=False)
    """Lets a device enrol."""


def new() -> str:
    """Give a new random phrase."""
    return words(fresh())


def words(secret: bytes) -> str:
    """Give the 24 words that stand for 32 bytes."""
    return _list().to_mnemonic(secret)


def secret_of(text: str) -> bytes:
    """Give the 32 bytes of a phrase as typed. Raises PhraseError, which says which word is none but never what it is."""
    typed = _list().normalize_string(text).lower().split()
    if len(typed) != WORDS:
        raise PhraseError(f"A recovery phrase has {WORDS} words, this has {len(typed)}.")
    known = frozenset(_list().wordlist)
    wrong = [str(place) for place, word in enumerate(typed, 1) if word not in known]
    if wrong:
        raise PhraseError(
            f"Not a word of the list: number {', '.join(wrong)}.", hint="Look for a slip there."
        )
    try:
        return bytes(_list().to_entropy(typed))
    except ValueError:
        raise PhraseError(
            "These words do not belong together.", hint="One is wrong, or two have changed places."
        ) from None


def recovery(secret: bytes) -> Recovery:
    """Give what the bytes of a phrase stand for."""
    public, private = bindings.crypto_box_seed_keypair(hkdf(secret, _LABEL + b"pair"))
    return Recovery(
        id=hkdf(secret, _LABEL + b"id", 16),
        public=public,
        private=private,
        lock_key=hkdf(secret, _LABEL + b"lock"),
        token=RECOVERY_TOKEN + encoded(hkdf(secret, _LABEL + b"token")),
    )


@functools.cache
def _list() -> Mnemonic:
    from mnemonic import Mnemonic

    return Mnemonic("english")
