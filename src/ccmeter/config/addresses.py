"""Which addresses something may be sent to: encrypted ones, or this machine."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

KEYRING: Final = "keyring:"
"""A value that begins so names a secret."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def fault(url: str) -> str:
    """Say why nothing can be sent to an address, without telling it; empty where it can."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "the address cannot be read"
    if not host or parts.scheme not in ("http", "https"):
        return "the address must begin with https://"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "the address must begin with https://: only this machine is spoken to in the open"
    return ""
