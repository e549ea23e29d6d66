"""Packs facts into the chunks of a device: full ones never change again, only the tail is written anew.

A chunk is full by its encoded bytes, not by a number of facts. What grew while it still stands in the tail is joined
there instead of being told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
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
_ATTEMPTS: Final = 6


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
    rest = _joined(tail, facts)
    found: list[ChunkBody] = []
    start, guess = 0, _FIRST_GUESS
    while start < len(rest):
        chunk = _filled(rest, start, guess)
        found.append(chunk)
        start += len(chunk.facts)
        guess = max(1, len(chunk.facts) * MAX_PAYLOAD // max(len(chunk.body), 1))
    return found


def _joined(tail: Iterable[Fact], facts: Iterable[Fact]) -> list[Fact]:
    """Give every fact once, at its first place."""
    found: dict[int, Fact] = {}
    for fact in (*tail, *facts):
        known = found.get(fact.fingerprint)
        found[fact.fingerprint] = fact if known is None else join(known, fact)
    return list(found.values())


def _filled(facts: Sequence[Fact], start: int, guess: int) -> ChunkBody:
    """Give the chunk that begins at `start`: by the size of one attempt the next is guessed, between what fits and not."""
    best: ChunkBody | None = None
    fits, too_many = 0, min(len(facts) - start, codec.MAX_FACTS) + 1
    for attempt in count():
        size = max(fits + 1, min(guess, too_many - 1))
        chosen = tuple(facts[start : start + size])
        body = codec.encode(chosen)
        if len(body) <= MAX_PAYLOAD:
            best, fits = ChunkBody(facts=chosen, body=body), size
            if len(body) >= MAX_PAYLOAD * _CLOSE or attempt >= _ATTEMPTS:
                return best
        else:
            too_many = size
        if fits + 1 >= too_many:
            break
        guess = int(size * MAX_PAYLOAD * (1 + _CLOSE) / 2 / len(body))
        if attempt >= _ATTEMPTS:
            guess = (fits + too_many) // 2
    if best is None:
        raise ValueError("a fact is larger than a chunk")
    return best
