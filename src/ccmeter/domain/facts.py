"""A usage fact: one call as another machine may know it, and the rule by which two accounts of it become one.

A fact holds counts, a quarter of an hour and what pricing needs, never text, titles or paths. Facts of one call are
joined, never added: joining is commutative, associative and idempotent, so machines that know the same facts agree in
whatever order they heard of them.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

SLOT_US: Final = 15 * 60 * 1_000_000
"""Zone offsets are multiples of it, so a reader can put a fact into its own local days and hours."""
NO_SLOT: Final = 2**32 - 1
"""`slot` of a call without a readable time; it sorts behind every other."""
NO_COST: Final = -1
"""`recorded_pico` of a call whose lines state no cost of their own."""


class Attribution(NamedTuple):
    """When, where and by what a call was made: of two accounts the smaller one counts, as a whole."""

    is_nested: bool
    slot: int
    """Quarters of an hour since 1970 UTC, or `NO_SLOT`."""
    project: str
    """32 hexadecimal digits that name a project, the same on every machine of a vault; empty if unknown."""
    session: str
    """16 hexadecimal digits that stand for a session id; empty if unknown."""
    agent: str
    """The agent program: `claude`."""
    model: str
    """As logged."""
    speed: str
    service_tier: str
    inference_geo: str
    is_sidechain: bool


class Counts(NamedTuple):
    """What a call used. Joined field by field."""

    input_tokens: int
    output_tokens: int
    cache_creation_5m_tokens: int
    cache_creation_1h_tokens: int
    cache_read_tokens: int
    thinking_tokens: int
    web_searches: int
    web_fetches: int


class FactPart(NamedTuple):
    """An iteration that is billed on top of its call; see `domain.usage.BilledPart`."""

    ordinal: int
    kind: str
    model: str
    input_tokens: int
    output_tokens: int
    cache_creation_5m_tokens: int
    cache_creation_1h_tokens: int
    cache_read_tokens: int


class Fact(NamedTuple):
    """What one machine knows of one call."""

    fingerprint: int
    """Of the call's key, 64 bits; see `fingerprint`."""
    revision: int
    """Of the counting rule (`store.merge.REVISION`) that made the counts: a higher one replaces, equal ones join."""
    by: Attribution
    counts: Counts
    is_final: bool
    is_refusal: bool
    """Its stop reason is `refusal`, which pricing asks for."""
    recorded_pico: int
    """What its lines state as cost, or `NO_COST`."""
    parts: tuple[FactPart, ...]
    """By ordinal, each ordinal once."""


def fingerprint(key: bytes, call_key: str) -> int:
    """Give the 64 bits that stand for a call's key in a vault: the first of SHA-256 over the vault's key and it.

    SHA-256, because the store works it out in SQL while it counts, so that usage is never counted twice in between.
    `surrogatepass`, because DuckDB never holds such a key but a test may.
    """
    digest = hashlib.sha256(key.hex().encode() + call_key.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big")


def session_hash(key: bytes, session_id: str) -> str:
    """Give what stands for a session in a vault: 16 hexadecimal digits; empty for no session. SQL says the same."""
    if not session_id:
        return ""
    text = f"{key.hex()}|session|{session_id}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def join(one: Fact, other: Fact) -> Fact:
    """Give what two accounts of the same call come to: the least attribution, and of every count the largest."""
    if one.revision != other.revision:
        return max(one, other, key=lambda fact: fact.revision)
    return Fact(
        one.fingerprint,
        one.revision,
        min(one.by, other.by),
        Counts(*map(max, one.counts, other.counts)),
        one.is_final or other.is_final,
        one.is_refusal or other.is_refusal,
        max(one.recorded_pico, other.recorded_pico),
        _joined_parts(one.parts, other.parts),
    )


def _joined_parts(one: tuple[FactPart, ...], other: tuple[FactPart, ...]) -> tuple[FactPart, ...]:
    """Join parts by ordinal, field by field, as the store does with the lines of one machine."""
    found = {part.ordinal: part for part in one}
    for part in other:
        known = found.get(part.ordinal)
        found[part.ordinal] = (
            part
            if known is None
            else FactPart(
                part.ordinal,
                max(known.kind, part.kind),
                max(known.model, part.model),
                *(max(pair) for pair in zip(known[3:], part[3:], strict=True)),
            )
        )
    return tuple(found[ordinal] for ordinal in sorted(found))
