"""Facts of one call join in any order and number to the same, and no count is ever lost by it."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.facts import Counts, Fact, FactPart, fingerprint, join
from support.facts import days, facts

accounts = facts(st.just(7))


@given(accounts, accounts)
def test_joining_is_commutative(one: Fact, other: Fact) -> None:
    assert join(one, other) == join(other, one)


@given(accounts, accounts, accounts)
def test_joining_is_associative(one: Fact, other: Fact, third: Fact) -> None:
    assert join(join(one, other), third) == join(one, join(other, third))


@given(accounts, accounts)
def test_joining_is_idempotent(one: Fact, other: Fact) -> None:
    joined = join(one, other)
    assert join(one, one) == one
    assert join(joined, one) == joined
    assert join(joined, other) == joined


@given(
    st.lists(accounts, min_size=1, max_size=6).flatmap(
        lambda all_: st.tuples(st.just(all_), st.permutations(all_))
    )
)
def test_the_order_and_number_of_tellings_is_nothing(told: tuple[list[Fact], list[Fact]]) -> None:
    once, shuffled = told
    assert reduce(join, once) == reduce(join, [*shuffled, *once])


@given(st.lists(accounts, min_size=1, max_size=5))
def test_counts_are_the_largest_of_the_newest_rule(told: list[Fact]) -> None:
    joined = reduce(join, told)
    newest = [fact for fact in told if fact.revision == joined.revision]
    assert joined.revision == max(fact.revision for fact in told)
    assert joined.by == min(fact.by for fact in newest)
    assert joined.counts == tuple(
        max(column) for column in zip(*(fact.counts for fact in newest), strict=True)
    )
    ordinals = [part.ordinal for part in joined.parts]
    assert ordinals == sorted({part.ordinal for fact in newest for part in fact.parts})


def test_a_higher_revision_replaces_even_a_larger_count() -> None:
    lower = facts_of(revision=1, output=900)
    higher = facts_of(revision=2, output=100)
    assert join(lower, higher) == join(higher, lower) == higher


def test_parts_of_one_ordinal_join_field_by_field() -> None:
    one = facts_of(parts=((0, "advisor", "a", 1, 9, 0, 0, 0), (2, "compaction", "a", 1, 1, 1, 1, 1)))
    other = facts_of(parts=((0, "advisor", "b", 5, 2, 0, 0, 0), (1, "advisor", "a", 1, 1, 1, 1, 1)))
    joined = join(one, other)
    assert [tuple(part) for part in joined.parts] == [
        (0, "advisor", "b", 5, 9, 0, 0, 0),
        (1, "advisor", "a", 1, 1, 1, 1, 1),
        (2, "compaction", "a", 1, 1, 1, 1, 1),
    ]


def test_a_fingerprint_is_frozen() -> None:
    assert fingerprint(bytes(range(32)), "msg_01ABC") == 1_955_725_613_580_856_092
    assert fingerprint(bytes(32), "\ud800") != fingerprint(bytes(32), "")


@given(st.binary(min_size=32, max_size=32), st.text(max_size=20))
def test_a_fingerprint_has_64_bits_and_depends_on_the_key(key: bytes, call: str) -> None:
    found = fingerprint(key, call)
    assert 0 <= found < 2**64
    assert found != fingerprint(bytes(32) if any(key) else bytes([1] * 32), call)


def facts_of(*, revision: int = 1, output: int = 0, parts: tuple[tuple[object, ...], ...] = ()) -> Fact:
    return days(1)[0]._replace(
        revision=revision,
        counts=Counts(0, output, 0, 0, 0, 0, 0, 0),
        parts=tuple(FactPart(*part) for part in parts),  # type: ignore[arg-type]
    )
