"""Makes what lets a device speak to the server, and what the server keeps of it, from which nobody gets it back."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from ccmeter.wire.v1 import encoded

_BYTES: Final = 32


def new(kind: str) -> str:
    """Give a new token; `kind` is how it begins."""
    return kind + encoded(secrets.token_bytes(_BYTES))


def hashed(token: str) -> bytes:
    """Give what the server knows a token by."""
    return hashlib.sha256(token.encode()).digest()
