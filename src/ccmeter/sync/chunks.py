"""Packs facts into the chunks of a device: full ones never change again, only the tail is written anew.

A chunk is full by its encoded bytes, not by a number of facts. What grew while it still stands in the tail is joined
there instead of being told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ccmeter.domain.facts import join
from ccmeter.sync import codec
from ccmeter.sync.records import MAX_PAYLOAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ccmeter.domain.facts import Fact

_FIRST_GUESS: Final = 280
_CLOSE: Final = 0.96
"""A chunk is full enough from here: another attempt costs more than the rest is worth."""
_GUESSES: Final = 3
_ATTEMPTS: Final = 10
_MOST_PARTS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkBody:
    """A chunk as it is to be sealed."""

    facts: tuple[Fact, ...]
    body: bytes
    """What `codec.encode` made of them; `MAX_PAYLOAD` bytes at most."""


def packed(facts: Iterable[Fact], tail: Sequence[Fact] = ()) -> list[ChunkBody]:
    """Give the chunks that hold the tail's facts and these, in order: the first takes the place of the tail.

    All but the last are full. The first is the tail as it was where nothing of it grew and nothing more fits: then it
    need not be written again. Raises ValueError for a fact that is larger than a chunk.
    """
    known = _joined(tail, sorted(facts, key=_in_conversations))
    rest = [piece for fact in known for piece in _pieces(fact)]
    found: list[ChunkBody] = []
    start, guess = 0, _FIRST_GUESS
    while start < len(rest):
        chunk = _filled(rest, start, guess)
        found.append(chunk)
        start += len(chunk.facts)
        guess = max(1, len(chunk.facts) * MAX_PAYLOAD // max(len(chunk.body), 1))
    return found


def _in_conversations(fact: Fact) -> tuple[object, ...]:
    """Give what puts calls of one conversation next to each other: told so, they take a sixth less."""
    by = fact.by
    return by.session, by.is_sidechain, by.slot, fact.counts.cache_read_tokens, fact.fingerprint


def _joined(tail: Iterable[Fact], facts: Iterable[Fact]) -> list[Fact]:
    """Give every fact once, at its first place."""
    found: dict[int, Fact] = {}
    for fact in (*tail, *facts):
        known = found.get(fact.fingerprint)
        found[fact.fingerprint] = fact if known is None else join(known, fact)
    return list(found.values())


def _pieces(fact: Fact) -> tuple[Fact, ...]:
    """Give a fact, or several that join to it where it has so many parts that a chunk may not hold them."""
    parts = fact.parts
    if len(parts) <= _MOST_PARTS:
        return (fact,)
    return tuple(
        fact._replace(parts=parts[at : at + _MOST_PARTS]) for at in range(0, len(parts), _MOST_PARTS)
    )


def _filled(facts: Sequence[Fact], start: int, guess: int) -> ChunkBody:
    """Give the chunk that begins at `start`: by the size of one attempt the next is guessed, between what fits and not."""
    best: ChunkBody | None = None
    fits, too_many = 0, len(facts) - start + 1
    attempt = 0
    while fits + 1 < too_many:
        size = max(fits + 1, min(guess, too_many - 1))
        chosen = tuple(facts[start : start + size])
        body = _encoded(chosen)
        if len(body) <= MAX_PAYLOAD:
            best, fits = ChunkBody(facts=chosen, body=body), size
            if len(body) >= MAX_PAYLOAD * _CLOSE or attempt >= _ATTEMPTS:
                break
        else:
            too_many = size
        attempt += 1
        by_size = int(size * MAX_PAYLOAD * (1 + _CLOSE) / 2 / len(body))
        guess = by_size if attempt < _GUESSES else (fits + too_many) // 2
    if best is None:
        raise ValueError("a fact is larger than a chunk")
    return best


def _encoded(facts: tuple[Fact, ...]) -> bytes:
    """Give the body; where they are more than any body can hold, one that no chunk can."""
    try:
        return codec.encode(facts)
    except codec.TooLargeError:
        return bytes(codec.MAX_PLAIN)
