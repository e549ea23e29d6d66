import random
from collections import defaultdict
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.facts import Fact, FactPart, join
from ccmeter.sync import chunks, codec
from ccmeter.sync.records import MAX_PAYLOAD
from support.facts import days, facts

MANY = days(3_000)


def known(*groups: "list[Fact] | tuple[Fact, ...]") -> dict[int, Fact]:
    found: dict[int, list[Fact]] = defaultdict(list)
    for group in groups:
        for fact in group:
            found[fact.fingerprint].append(fact)
    return {fingerprint: reduce(join, each) for fingerprint, each in found.items()}


@given(st.lists(facts(st.integers(0, 4)), max_size=6), st.lists(facts(st.integers(0, 4)), max_size=6))
def test_what_is_packed_is_what_was_known(tail: list[Fact], new: list[Fact]) -> None:
    packed = chunks.packed(new, tail)
    assert known(*(chunk.facts for chunk in packed)) == known(tail, new)
    assert all(codec.decode(chunk.body) == chunk.facts for chunk in packed)
    assert all(len(chunk.body) <= MAX_PAYLOAD for chunk in packed)


def test_chunks_are_full_by_their_bytes() -> None:
    packed = chunks.packed(MANY)
    assert known(*(chunk.facts for chunk in packed)) == known(MANY)
    assert len(packed) > 5
    assert all(0.9 * MAX_PAYLOAD < len(chunk.body) <= MAX_PAYLOAD for chunk in packed[:-1])


def test_the_order_in_which_facts_come_is_nothing() -> None:
    assert chunks.packed(MANY[:900]) == chunks.packed(MANY[:900][::-1])


def test_nothing_to_pack_gives_nothing() -> None:
    assert chunks.packed([]) == []


def test_a_tail_stays_first_and_grows() -> None:
    tail = chunks.packed(MANY[:50])[0].facts
    packed = chunks.packed(MANY[50:80], tail)
    assert len(packed) == 1
    assert packed[0].facts[:50] == tail


def test_a_full_tail_is_given_as_it_was() -> None:
    first, *_ = chunks.packed(MANY)
    one = MANY[-1]._replace(fingerprint=1, by=MANY[-1].by._replace(model="m" * 400))
    packed = chunks.packed([one], first.facts)
    assert packed[0] == first
    assert [chunk.facts for chunk in packed[1:]] == [(one,)]


def test_what_grew_is_joined_where_it_stands_in_the_tail() -> None:
    tail = chunks.packed(MANY[:50])[0].facts
    grown = tail[20]._replace(counts=tail[20].counts._replace(output_tokens=10**6))
    assert chunks.packed([grown], tail)[0].facts == (*tail[:20], grown, *tail[21:])


def test_one_fact_too_many_is_carried_on() -> None:
    """Bodies near the limit: each fact after the other is added to the tail, as on a live day."""
    whole: list[tuple[Fact, ...]] = []
    tail: tuple[Fact, ...] = ()
    for fact in MANY[:700]:
        packed = chunks.packed([fact], tail)
        whole += [chunk.facts for chunk in packed[:-1] if chunk.facts != tail or len(packed) > 1]
        tail = packed[-1].facts
    assert known(*whole, tail) == known(MANY[:700])
    assert len(whole) <= 4


def test_a_fact_of_many_parts_is_told_in_pieces_that_join_to_it() -> None:
    draw = random.Random(5)
    parts = tuple(
        FactPart(number, "advisor", f"m{number}", *(draw.getrandbits(62) for _ in range(5)))
        for number in range(300)
    )
    huge = MANY[0]._replace(parts=parts)
    packed = chunks.packed([huge])
    assert len(packed) > 1
    assert known(*(chunk.facts for chunk in packed)) == {huge.fingerprint: huge}


@given(st.integers(1, 60), st.integers(0, 3000))
def test_sizes_that_vary_wildly_still_fit(count: int, length: int) -> None:
    some = [
        fact._replace(
            by=fact.by._replace(
                model="".join(chr(0x4E00 + (at * 7919 + n * 104729) % 20_000) for n in range(length // 10))
            )
        )
        for at, fact in enumerate(MANY[:count])
    ]
    packed = chunks.packed(some)
    assert known(*(chunk.facts for chunk in packed)) == known(some)
    assert all(len(chunk.body) <= MAX_PAYLOAD for chunk in packed)


def test_small_facts_before_large_ones_are_cut_close_to_the_limit() -> None:
    """What one attempt says of the next is wrong here each time, so in the end it is halved."""
    draw = random.Random(3)
    small = [MANY[0]._replace(fingerprint=at) for at in range(100)]
    large = [named(fact, draw.randbytes(45).hex()) for fact in MANY[:200]]
    packed = chunks.packed(large, small)
    assert known(*(chunk.facts for chunk in packed)) == known(small, large)
    assert 0.9 * MAX_PAYLOAD < len(packed[0].body) <= MAX_PAYLOAD


def test_facts_that_are_absurd_together_are_told_one_by_one() -> None:
    draw = random.Random(4)
    some = [named(fact, draw.randbytes(2_600).hex()) for fact in MANY[:280]]
    packed = chunks.packed(some)
    assert len(packed) == len(some)
    assert known(*(chunk.facts for chunk in packed)) == known(some)


def named(fact: Fact, model: str) -> Fact:
    return fact._replace(by=fact.by._replace(model=model))


def test_a_fact_larger_than_a_chunk_is_refused() -> None:
    name = "".join(chr(0x4E00 + (n * n * 7919) % 20_000) for n in range(4_000))
    with pytest.raises(ValueError, match="larger than a chunk"):
        chunks.packed([*MANY[:10], MANY[11]._replace(by=MANY[11].by._replace(model=name))])
