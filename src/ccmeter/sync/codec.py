"""Encodes facts by columns: about a dozen bytes each, of which eight are the fingerprint, which nothing can shorten.

Body = version 1 ‖ u16 count ‖ fingerprints, uncompressed because they are random ‖ zstd of msgpack of `_Columns`. Slots
and cache reads are differences, origins an index into a table; what is rare is given by position. Whatever bytes come
in, facts come out or CodecError, and never more than `MAX_PLAIN` bytes are made of them.
"""

from __future__ import annotations

import struct
from itertools import accumulate, compress, count, pairwise
from operator import add, not_, sub
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

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
_LEVEL: Final = 9
_MAX_WINDOW: Final = MAX_PLAIN

_MOST: Final = 2**63 - 1
_MASK: Final = 2**64 - 1
_Key = TypeVar("_Key")
_Natural = Annotated[int, msgspec.Meta(ge=0, le=_MOST)]
_Signed = Annotated[int, msgspec.Meta(ge=-_MOST - 1, le=_MOST)]
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
    """Where it is not that of the fact before."""
    thinking: _Rare
    searches: _Rare
    fetches: _Rare
    recorded: _Rare
    not_final: list[_Natural]
    refusals: list[_Natural]
    parts: list[_Part]


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Columns)


class TooLargeError(ValueError):
    """More than a body can hold."""


def encode(facts: Sequence[Fact]) -> bytes:
    """Give facts as bytes, in their order. Raises ValueError for one that has no such form, TooLargeError for many."""
    if len(facts) > MAX_FACTS:
        raise TooLargeError
    if not facts:
        return _HEAD.pack(VERSION, 0)
    plain = _ENCODER.encode(_columns(facts))
    if len(plain) > MAX_PLAIN:
        raise TooLargeError
    ids = struct.pack(f">{len(facts)}Q", *[fact.fingerprint for fact in facts])
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(plain)
    return b"".join((_HEAD.pack(VERSION, len(facts)), ids, packed))


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
    ids = struct.unpack_from(f">{size}Q", body, _HEAD.size)
    try:
        columns = _DECODER.decode(_decompressed(body[start:]))
        return _facts(ids, columns)
    except (msgspec.MsgspecError, zstandard.ZstdError, IndexError, ValueError, OverflowError) as error:
        raise CodecError("A chunk of facts is not as ccmeter writes them.") from error


def _columns(facts: Sequence[Fact]) -> _Columns:
    """Turn facts about. Raises ValueError where a value has no place in its column."""
    _, revisions, bys, counts, finals, refusals, recorded, parts = zip(*facts, strict=True)
    nested, slots, projects, sessions, agents, models, speeds, tiers, geos, sidechains = zip(
        *bys, strict=True
    )
    numbers = [list(column) for column in zip(*counts, strict=True)]
    if min(map(min, numbers)) < 0 or min(revisions) < 0 or min(slots) < 0 or max(slots) > NO_SLOT:
        raise ValueError("a fact counts from zero")
    keys = tuple(
        zip(projects, sessions, agents, models, speeds, tiers, geos, nested, sidechains, strict=True)
    )
    origins = _numbered(keys)
    words = _Words()
    table = [
        (words.project(o[0]), words.session(o[1]), *map(words.word, o[2:7]), o[7], o[8]) for o in origins
    ]
    inputs, outputs, written_5m, written_1h, read, thinking, searches, fetches = numbers
    packed_parts = [
        (at, part.ordinal, words.word(part.kind), words.word(part.model), *part[3:])
        for at, each in enumerate(parts)
        if each
        for part in each
    ]
    return _Columns(
        projects=list(words.projects),
        sessions=list(words.sessions),
        words=list(words.words),
        origins=table,
        origin=list(map(origins.__getitem__, keys)),
        slot=_steps(slots),
        input=inputs,
        output=outputs,
        written_5m=written_5m,
        written_1h=written_1h,
        read=_surprises(read, written_5m, written_1h),
        revision=_where(revisions, [new != old for new, old in pairwise((None, *revisions))]),
        thinking=_where(thinking, thinking),
        searches=_where(searches, searches),
        fetches=_where(fetches, fetches),
        recorded=_where(recorded, [each != NO_COST for each in recorded]),
        not_final=_places(map(not_, finals)),
        refusals=_places(refusals),
        parts=packed_parts,
    )


class _Words:
    """The texts of a chunk, each once."""

    def __init__(self) -> None:
        self.projects: dict[bytes, int] = {}
        self.sessions: dict[bytes, int] = {}
        self.words: dict[str, int] = {}

    def project(self, name: str) -> int:
        return self.projects.setdefault(_unhexed(name, 16), len(self.projects))

    def session(self, name: str) -> int:
        return self.sessions.setdefault(_unhexed(name, 8), len(self.sessions))

    def word(self, word: str) -> int:
        return self.words.setdefault(word, len(self.words))


def _decompressed(packed: bytes) -> bytes:
    """Give at most `MAX_PLAIN` bytes: a frame that states no size, or a larger one, is refused unread."""
    size = zstandard.frame_content_size(packed)
    if not 0 <= size <= MAX_PLAIN:
        raise CodecError("A chunk of facts would grow too large.")
    return zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompress(
        packed, max_output_size=MAX_PLAIN, allow_extra_data=False
    )


def _facts(ids: Sequence[int], columns: _Columns) -> tuple[Fact, ...]:
    """Turn columns back. Raises ValueError or IndexError where they do not fit together."""
    size = len(ids)
    slots = _summed(columns.slot, size)
    counts = zip(
        _whole(columns.input, size),
        _whole(columns.output, size),
        _whole(columns.written_5m, size),
        _whole(columns.written_1h, size),
        _read(columns, size),
        _spread(columns.thinking, size),
        _spread(columns.searches, size),
        _spread(columns.fetches, size),
        strict=True,
    )
    if max(slots) > NO_SLOT:
        raise ValueError("a slot after the end of time")
    return tuple(
        map(
            Fact._make,
            zip(
                ids,
                _held(columns.revision, size),
                _attributions(columns, slots),
                map(Counts._make, counts),
                map(not_, _marked(columns.not_final, size)),
                _marked(columns.refusals, size),
                _spread(columns.recorded, size, NO_COST),
                _parts(columns, size),
                strict=True,
            ),
        )
    )


def _attributions(columns: _Columns, slots: list[int]) -> Iterable[Attribution]:
    """Give the attribution of each fact, out of the table of origins."""
    projects = [_hexed(each, 16) for each in columns.projects]
    sessions = [_hexed(each, 8) for each in columns.sessions]
    words = columns.words
    table = [
        (nested, projects[p], sessions[s], words[a], words[m], words[v], words[t], words[g], sidechain)
        for p, s, a, m, v, t, g, nested, sidechain in columns.origins
    ]
    rows = map(table.__getitem__, _whole(columns.origin, len(slots)))
    return [
        Attribution(row[0], slot, row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8])
        for row, slot in zip(rows, slots, strict=True)
    ]


def _parts(columns: _Columns, size: int) -> list[tuple[FactPart, ...]]:
    found: dict[int, list[FactPart]] = {}
    for at, ordinal, kind, model, *counts in columns.parts:
        part = FactPart(ordinal, columns.words[kind], columns.words[model], *counts)
        found.setdefault(at, []).append(part)
    for at, parts in found.items():
        if at >= size or not all(one.ordinal < next_.ordinal for one, next_ in pairwise(parts)):
            raise ValueError("parts out of place")
    return [tuple(found.get(at, ())) for at in range(size)]


def _numbered(keys: Iterable[_Key]) -> dict[_Key, int]:
    """Give each distinct key its number, in order of appearance."""
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}


def _steps(values: Sequence[int]) -> list[int]:
    """Give each value as its difference to the one before, the first to zero."""
    return [values[0], *map(sub, values[1:], values)]


def _summed(steps: list[int], size: int) -> list[int]:
    """Undo `_steps`."""
    return _ranged(list(accumulate(_whole(steps, size))))


def _ranged(values: list[int]) -> list[int]:
    if min(values) < 0 or max(values) > _MOST:
        raise ValueError("a count outside of its range")
    return values


def _surprises(read: Sequence[int], written_5m: Sequence[int], written_1h: Sequence[int]) -> list[int]:
    """Give what a call read from the cache beyond what the one before read and wrote: nothing, in a conversation."""
    expected = map(add, map(add, read, written_5m), written_1h)
    steps = [read[0], *map(sub, read[1:], expected)]
    if min(steps) < -_MOST or max(steps) > _MOST:  # absurd counts: the sum of three may leave 64 bits
        steps = [((step + _MOST + 1) & _MASK) - _MOST - 1 for step in steps]
    return steps


def _read(columns: _Columns, size: int) -> list[int]:
    """Undo `_surprises`."""
    written = [0, *map(add, columns.written_5m, columns.written_1h)]
    values = list(accumulate(map(add, _whole(columns.read, size), written)))
    if min(values) < 0 or max(values) > _MOST:
        values = [value & _MASK for value in values]
    return _ranged(values)


def _whole(values: list[int], size: int) -> list[int]:
    if len(values) != size:
        raise ValueError("a column of another length")
    return values


def _places(chosen: Iterable[object]) -> list[int]:
    return list(compress(count(), chosen))


def _where(values: Sequence[int], chosen: Sequence[object]) -> tuple[list[int], list[int]]:
    """Give the chosen values behind their places."""
    if not any(chosen):
        return [], []
    return _places(chosen), list(compress(values, chosen))


def _spread(rare: _Rare, size: int, usual: int = 0) -> list[int]:
    """Undo `_where`: the usual value where there is none."""
    places, values = rare
    found = [usual] * size
    for place, value in zip(places, values, strict=True):
        found[place] = value
    return found


def _held(rare: _Rare, size: int) -> list[int]:
    """Give to each place the value of the last place that has one. The first must."""
    places, values = rare
    if not places or places[0] != 0 or len(places) != len(values):
        raise ValueError("a column without a beginning")
    found: list[int] = []
    for value, (start, end) in zip(values, pairwise((*places, size)), strict=True):
        if not start < end:
            raise ValueError("places out of order")
        found += [value] * (end - start)
    return found


def _marked(places: list[int], size: int) -> list[bool]:
    found = [False] * size
    for place in places:
        found[place] = True
    return found


def _unhexed(name: str, size: int) -> bytes:
    found = bytes.fromhex(name)
    if found.hex() != name or len(found) not in (0, size):
        raise ValueError("an id of another form")
    return found


def _hexed(name: bytes, size: int) -> str:
    if len(name) not in (0, size):
        raise ValueError("an id of another form")
    return name.hex()
