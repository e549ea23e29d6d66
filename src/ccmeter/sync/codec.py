"""Encodes facts by columns: about a dozen bytes each, of which eight are the fingerprint, which nothing can shorten.

Body = version 1 ‖ u16 count ‖ fingerprints, uncompressed because they are random ‖ zstd of msgpack of `_Columns`. Slots
and cache reads are differences, origins an index into a table; what is rare is given by position. Whatever bytes come
in, facts come out or CodecError, and never more than `MAX_PLAIN` bytes are made of them.
"""

from __future__ import annotations

import struct
import sys
from array import array
from itertools import accumulate, compress, count
from operator import sub
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
import zstandard

from ccmeter.domain.errors import CodecError
from ccmeter.domain.facts import NO_COST, NO_SLOT, Attribution, Counts, Fact, FactPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

VERSION: Final = 1
MAX_PLAIN: Final = 1 << 20
"""Bytes that decompression may give."""
MAX_FACTS: Final = 2**16 - 1
_HEAD: Final = struct.Struct(">BH")
_LEVEL: Final = 3
_MAX_WINDOW: Final = MAX_PLAIN

_Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Signed = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Project = Annotated[bytes, msgspec.Meta(max_length=16)]
_Session = Annotated[bytes, msgspec.Meta(max_length=8)]
_Origin = tuple[_Natural, _Natural, _Natural, _Natural, _Natural, _Natural, _Natural, bool, bool]
_Rare = tuple[list[_Natural], list[_Natural]]
"""Positions, and the values there."""
_Part = tuple[_Natural, _Natural, _Natural, _Natural, _Natural, _Natural, _Natural, _Natural, _Natural]
"""Position, ordinal, index of kind and of model, five counts."""


class _Columns(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True):
    """What is known of a chunk's facts beside their fingerprints. A later version has another first byte."""

    projects: list[_Project]
    sessions: list[_Session]
    words: list[str]
    origins: list[_Origin]
    """Project, session, agent, model, speed, tier, geo (indices), nested, sidechain."""
    origin: list[_Natural]
    slot: list[_Signed]
    input: list[_Natural]
    output: list[_Natural]
    written_5m: list[_Natural]
    written_1h: list[_Natural]
    read: list[_Signed]
    revision: _Rare
    """Where it is not that of the fact before; 0 before the first."""
    thinking: _Rare = ([], [])
    searches: _Rare = ([], [])
    fetches: _Rare = ([], [])
    recorded: _Rare = ([], [])
    not_final: list[_Natural] = []
    refusals: list[_Natural] = []
    parts: list[_Part] = []


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Columns)


def encode(facts: Sequence[Fact]) -> bytes:
    """Give facts as bytes, in their order. Raises ValueError for a fact that has no such form."""
    if len(facts) > MAX_FACTS:
        raise ValueError("too many facts for one body")
    if not facts:
        return _HEAD.pack(VERSION, 0)
    plain = _ENCODER.encode(_columns(facts))
    if len(plain) > MAX_PLAIN:
        raise ValueError("facts too large for one body")
    ids = array("Q", [fact[0] for fact in facts])
    if sys.byteorder == "little":
        ids.byteswap()
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(plain)
    return b"".join((_HEAD.pack(VERSION, len(facts)), ids.tobytes(), packed))


def decode(body: bytes) -> tuple[Fact, ...]:
    """Give the facts of a body. Raises CodecError for anything that `encode` of this version did not make."""
    if len(body) < _HEAD.size:
        raise CodecError("A chunk of facts was cut off.")
    version, size = _HEAD.unpack_from(body)
    if version != VERSION:
        raise CodecError(f"A chunk of facts has the form {version}, which this version cannot read.")
    start = _HEAD.size + 8 * size
    if len(body) < start or (not size and len(body) != start):
        raise CodecError("A chunk of facts has not the length that it states.")
    if not size:
        return ()
    ids = array("Q", body[_HEAD.size : start])
    if sys.byteorder == "little":
        ids.byteswap()
    try:
        columns = _DECODER.decode(_decompressed(body[start:]))
        return _facts(ids, columns)
    except (msgspec.MsgspecError, zstandard.ZstdError, IndexError, ValueError, OverflowError) as error:
        raise CodecError("A chunk of facts is not as ccmeter writes them.") from error


def _decompressed(packed: bytes) -> bytes:
    """Give at most `MAX_PLAIN` bytes: a frame that states no size, or a larger one, is refused unread."""
    size = zstandard.frame_content_size(packed)
    if not 0 <= size <= MAX_PLAIN:
        raise CodecError("A chunk of facts would grow too large.")
    return zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompress(
        packed, max_output_size=MAX_PLAIN, allow_extra_data=False
    )
