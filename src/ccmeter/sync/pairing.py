"""The pairing code: 128 bits that a person carries from one machine to the next, and what is left in a mailbox for it.

The code names the mailbox and seals what lies in it, and the server makes no part of it: whoever relays cannot read or
change what is handed over. Two characters check the code and the host, so that a slip is told before anything is asked.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

import msgspec

from ccmeter.domain.errors import PairingError, SealError
from ccmeter.sync import cipher, documents
from ccmeter.sync.documents import NOTHING, Document, Unknown
from ccmeter.sync.subkeys import hkdf
from ccmeter.wire.v1 import MAX_MAILBOX_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_BYTES: Final = 16
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE: Final = str.maketrans("OIL", "011", "- \t\r\n")
_SECRET_CHARS: Final = 26
_CHECK_CHARS: Final = 2
_GROUP: Final = 4
_LABEL: Final = b"ccmeter 1 pairing "
_HTTPS: Final = "https://"
_CLASSES: Final = (1024, 2048, 4096, MAX_MAILBOX_BYTES - 40)
_Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Key = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Count = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
_Gen = Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
_Counters = list[tuple[_Id, _Count]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A pairing code."""

    secret: bytes = field(repr=False)
    server: str
    """Address of the server, with its scheme."""

    @property
    def mailbox(self) -> bytes:
        """The id of the mailbox."""
        return hkdf(self.secret, _LABEL + b"mailbox", 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What the machine that pairs leaves for the one that joins: with it that one has a memory from the first moment."""

    keyed: cipher.Keyed
    ticket: str = field(repr=False)
    """Lets one device enrol."""
    added_by: bytes
    """The device that pairs."""
    seen: Mapping[bytes, int] = field(default_factory=dict)
    """Highest counter known of each device; see `manifest.Manifest`."""
    shared: Mapping[bytes, int] = field(default_factory=dict)
    """Highest version known of each shared record."""
    unknown: Unknown = NOTHING


def new(server: str) -> Code:
    """Give a new code for a server."""
    return Code(secret=secrets.token_bytes(SECRET_BYTES), server=_address(server))


def shown(code: Code) -> str:
    """Give a code as it is printed: seven groups of four, an at sign, the host."""
    text = _base32(int.from_bytes(code.secret, "big"), _SECRET_CHARS) + _check(code)
    groups = "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
    return f"{groups}@{code.server.removeprefix(_HTTPS)}"


def read(text: str) -> Code:
    """Give the code that was typed, in any case, with or without dashes. Raises PairingError."""
    typed, at, server = text.strip().partition("@")
    plain = typed.upper().translate(_ALIKE)
    if not at or len(plain) != _SECRET_CHARS + _CHECK_CHARS or set(plain) - set(_ALPHABET):
        raise PairingError("A pairing code is seven groups of four letters and digits, an @ and a host.")
    number = 0
    for char in plain[:_SECRET_CHARS]:
        number = number * 32 + _ALPHABET.index(char)
    if number >> (8 * SECRET_BYTES):
        raise PairingError("This pairing code has a slip in it.")
    code = Code(secret=number.to_bytes(SECRET_BYTES, "big"), server=_address(server))
    if plain[_SECRET_CHARS:] != _check(code):
        raise PairingError("This pairing code has a slip in it, or its host has.")
    return code


def picture(code: Code) -> str:
    """Give the code as a QR picture of block characters."""
    import segno

    out = io.StringIO()
    segno.make_qr(shown(code)).terminal(out=out, compact=True)
    return out.getvalue()


def seal(code: Code, parcel: Parcel) -> bytes:
    """Give what is left in the mailbox."""
    body = documents.write(
        {
            "v_id": parcel.keyed.vault,
            "gen": parcel.keyed.gen,
            "i": parcel.keyed.identity,
            "g": parcel.keyed.generation,
            "t": parcel.ticket,
            "by": parcel.added_by,
            "s": sorted(parcel.seen.items()),
            "r": sorted(parcel.shared.items()),
        },
        parcel.unknown,
    )
    length = len(body) + 4
    size = next((size for size in _CLASSES if size >= length), None)
    if size is None:
        raise ValueError("the parcel is larger than a mailbox")
    plain = b"".join((len(body).to_bytes(4, "big"), body, bytes(size - length)))
    return cipher.seal_with(hkdf(code.secret, _LABEL + b"key"), code.mailbox, plain)


def open_(code: Code, sealed: bytes) -> Parcel:
    """Give what was left. Raises SealError or CodecError."""
    plain = cipher.open_with(hkdf(code.secret, _LABEL + b"key"), code.mailbox, sealed)
    end = 4 + int.from_bytes(plain[:4], "big")
    if end > len(plain):
        raise SealError("What was left in the mailbox is not as ccmeter leaves it.")
    document = Document(plain[4:end])
    return Parcel(
        keyed=cipher.Keyed(
            vault=document.take("v_id", _Id),
            gen=document.take("gen", _Gen),
            identity=document.take("i", _Key),
            generation=document.take("g", _Key),
        ),
        ticket=document.take("t", str),
        added_by=document.take("by", _Id),
        seen=dict(document.take("s", _Counters)),
        shared=dict(document.take("r", _Counters)),
        unknown=document.unknown,
    )


def _address(server: str) -> str:
    """Give the address of a server in one spelling: a scheme, its host in lower case, no slash at the end."""
    plain = server.strip().rstrip("/")
    scheme, _, rest = plain.rpartition("://")
    host, slash, path = rest.partition("/")
    if not host or any(char.isspace() or char == "@" for char in plain):
        raise PairingError("A pairing code ends with the host of the server.")
    return f"{scheme.lower() or 'https'}://{host.lower()}{slash}{path}"


def _check(code: Code) -> str:
    drawn = hashlib.sha256(_LABEL + code.secret + code.server.encode()).digest()
    return _base32(int.from_bytes(drawn[:2], "big") >> 6, _CHECK_CHARS)


def _base32(number: int, size: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(size)))
