"""Protocol 1: JSON over HTTPS under `/v1`, every message a closed set of fields.

Requests with a field that is not known are refused; answers may grow. Bytes travel as base64url without padding. Bodies
of records come in four sizes only, so that a size says nothing. The server can read nothing in them.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

PROTOCOL: Final = 1
HEADER: Final = "Ccmeter-Protocol"
BODY_BYTES: Final = (552, 1_064, 2_088, 4_136)
"""Sizes of a sealed body: 512 bytes to 4 KiB, a nonce of 24 bytes and a tag of 16."""
MAX_RECORDS: Final = 200
"""Records in one push or one staging request."""
MAX_PUSH_BYTES: Final = 3 << 19
MAX_CHANGES: Final = 500
MAX_VAULT_BYTES: Final = 64 << 20
MAX_VAULT_RECORDS: Final = 20_000
MAX_MAILBOX_BYTES: Final = 8 << 10
MAILBOX_S: Final = 600
MAX_WRAPPED_BYTES: Final = 512
DEVICE_TOKEN: Final = "ccm_d_"  # noqa: S105 - beginnings of tokens, no token
RECOVERY_TOKEN: Final = "ccm_r_"  # noqa: S105
TICKET: Final = "ccm_e_"


def encoded(value: bytes) -> str:
    """Give bytes as base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def decoded(value: object) -> bytes:
    """Give the bytes of a text in base64url. Raises ValueError for any other spelling of them."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("not base64url")  # noqa: TRY004 - pydantic takes ValueError for a wrong value
    try:
        found = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64url") from error
    if encoded(found) != value:
        raise ValueError("not base64url")
    return found


Bytes = Annotated[
    bytes,
    BeforeValidator(decoded),
    PlainSerializer(encoded, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]*$"}),
]
Id = Annotated[Bytes, Field(min_length=16, max_length=16)]
"""16 random bytes, or a blind id."""
Hash = Annotated[Bytes, Field(min_length=32, max_length=32)]
Wrapped = Annotated[Bytes, Field(min_length=1, max_length=MAX_WRAPPED_BYTES)]
Count = Annotated[int, Field(ge=0, lt=1 << 53, strict=True)]
Version = Annotated[int, Field(ge=1, lt=1 << 53, strict=True)]


class Request(BaseModel):
    """What a client says."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What the server says."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Failure(Answer):
    """Why a request was refused."""

    code: str
    message: str
    retry_after: float | None = None
    """Seconds."""
    details: dict[str, list[str]] | None = None


class Limits(Answer):
    """What the server takes."""

    record_bytes: tuple[int, ...] = BODY_BYTES
    push_records: int = MAX_RECORDS
    push_bytes: int = MAX_PUSH_BYTES
    changes: int = MAX_CHANGES
    vault_bytes: int = MAX_VAULT_BYTES
    vault_records: int = MAX_VAULT_RECORDS
    mailbox_bytes: int = MAX_MAILBOX_BYTES


class Info(Answer):
    """What a server is: the document of its capabilities."""

    name: str
    version: str
    protocol_min: int = PROTOCOL
    protocol_max: int = PROTOCOL
    features: tuple[str, ...]
    limits: Limits = Limits()
    registration: Literal["open", "invite", "closed"]
    server_time: float
    """Seconds since 1970 UTC."""
    notice: str = ""


class WrappedKey(Request):
    """The keys of a generation, sealed for one device or for the recovery phrase: only it can open them."""

    device: Id
    """The device, or the id of the recovery pair."""
    sealed: Wrapped


class NewAccount(Request):
    """Make an account with its vault and first device. Repeated with the same ids and hashes it changes nothing."""

    invite: Annotated[str, Field(max_length=64)] = ""
    vault: Id
    device: Id
    token_hash: Hash
    """SHA-256 of the device's token, which the client makes."""
    recovery: Id
    recovery_token_hash: Hash
    key_check: Annotated[Bytes, Field(min_length=8, max_length=8)]
    keys: Annotated[tuple[WrappedKey, ...], Field(min_length=2, max_length=2)]


class NewDevice(Request):
    """Enrol a device; allowed by a ticket or by the recovery token. Moves the head."""

    device: Id
    token_hash: Hash
    gen: Count
    key: WrappedKey


class NewTicket(Request):
    """Allow one device to enrol, for `MAILBOX_S` seconds."""

    ticket_hash: Hash


class NewRecovery(Request):
    """Put a new recovery phrase in the place of the old one."""

    recovery: Id
    recovery_token_hash: Hash
    gen: Count
    key: WrappedKey


class Device(Answer):
    """A device as the server knows it."""

    device: Id
    created_at: float
    last_seen_at: float | None
    revoked_at: float | None


class Devices(Answer):
    """The devices of a vault, and which of them asks."""

    devices: tuple[Device, ...]


class Head(Answer):
    """Where a vault stands."""

    vault: Id
    gen: int
    seq: int
    tick: Id
    """Random, drawn anew by every commit."""
    key_check: Bytes
    poll_after: float
    """Seconds until it is worth asking again."""


class Sealed(Request):
    """A sealed record as it is pushed. `prev` is the version that it replaces, 0 for a new one."""

    rid: Id
    prev: Count
    ver: Version
    is_shared: bool = False
    """It belongs to the vault, so that any device may replace it; else to the device that pushes it."""
    ct: Bytes


class Push(Request):
    """Records to be stored together or not at all."""

    gen: Count
    records: Annotated[tuple[Sealed, ...], Field(min_length=1, max_length=MAX_RECORDS)]


class Commit(Answer):
    """What a commit came to."""

    seq: int
    tick: Id


class Record(Answer):
    """A record as it is stored."""

    rid: Id
    owner: Id
    """The device that it belongs to, or the vault's id where it is shared."""
    ver: int
    seq: int
    ct: Bytes


class Changes(Answer):
    """Records that changed after a cursor, in order; a page ends only where a commit ends."""

    gen: int
    records: tuple[Record, ...]
    seq: int
    """Of the last commit in it: the cursor to go on from, with `tick`."""
    tick: Id
    is_last: bool


class Base(Request):
    """The state of a vault that a new generation was made from."""

    seq: Count
    tick: Id
    count: Count
    """Records."""
    digest: Hash
    """SHA-256 over rid, version and SHA-256 of the body of every record, by rid."""


class RecoveryPair(Request):
    """What a server knows of a recovery phrase."""

    id: Id
    token_hash: Hash


class NewGeneration(Request):
    """Begin to seal everything under new keys; replaces an attempt that was given up."""

    gen: Version
    base: Base
    key_check: Annotated[Bytes, Field(min_length=8, max_length=8)]
    keys: Annotated[tuple[WrappedKey, ...], Field(min_length=1, max_length=1_000)]
    """For every device that stays, and for the recovery pair; who else is named there gets none."""
    recovery: RecoveryPair | None = None
    """The phrase that is in force from then on, in one step with the keys: it may be new, or forgotten by a server that was
    restored from a backup."""


class Resealed(Request):
    """A record under the new keys. Any owner: whoever rotates reseals what others wrote."""

    rid: Id
    owner: Id
    ver: Version
    ct: Bytes


class Stage(Request):
    """Some of the records of a new generation."""

    records: Annotated[tuple[Resealed, ...], Field(min_length=1, max_length=MAX_RECORDS)]


class CommitGeneration(Request):
    """Put the new generation in the place of the old one, if the vault still stands at `base`."""

    base: Base
    count: Count
    """Records staged."""


class Key(Answer):
    """The keys of a generation, sealed for whoever asks."""

    gen: int
    vault: Id
    sealed: Bytes
    key_check: Bytes


class Mail(Request):
    """What one device leaves for another that only has a code."""

    sealed: Annotated[Bytes, Field(min_length=1, max_length=MAX_MAILBOX_BYTES)]


class Claimed(Answer):
    """What was left."""

    sealed: Bytes


class Mailbox(Answer):
    """Whether it was taken out."""

    is_claimed: bool
