"""Single fields: a strange value reads as empty, 0 or undated, is counted by reason, and breaks nothing."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.rates import UNDATED
from ccmeter.domain.tokens import MOST_TOKENS
from ccmeter.domain.usage import UNKNOWN_COST
from ccmeter.parsers.claude.values import MOST_TEXT, count, micros, recorded_pico, text

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
FIRST_OF_JUNE = 1_780_308_000_000_000
"""2026-06-01T10:00:00Z in microseconds."""

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize("value", [None, 5, 5.5, True, [], {}, b"x"])
def test_what_is_no_text_is_empty(value: object) -> None:
    """A number or an object where a name belongs is no name."""
    assert text(value) == ""


def test_text_is_made_fit_for_any_store() -> None:
    """Lone surrogates and zero bytes go, letters stay, and no name is endless."""
    assert text("plain") == "plain"
    assert text("ünïcode 中 😀") == "ünïcode 中 😀"
    assert text("a\ud800b") == "a?b"
    assert text("a\0b") == "ab"
    assert len(text("x" * 10_000)) == MOST_TEXT


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (7, 7), (MOST_TOKENS, MOST_TOKENS), (None, 0), (5.0, 5)]
)
def test_possible_counts_are_taken(value: object, expected: int) -> None:
    """Whole numbers count, however they are written; what is not stated is 0."""
    rejected: Counter[str] = Counter()
    found = count(value, "input_tokens", rejected)
    assert found == expected
    assert type(found) is int
    assert not rejected


@pytest.mark.parametrize(
    "value",
    [-1, -1.0, 7.5, "7", "", True, [7], {}, MOST_TOKENS + 1, 1e10, 10**400, math.inf, -math.inf, math.nan],
)
def test_impossible_counts_are_0_and_reported(value: object) -> None:
    """Negative, fractional, text or too large: 0 in that field, with a note that names it."""
    rejected: Counter[str] = Counter()
    assert count(value, "input_tokens", rejected) == 0
    assert rejected == {"impossible input_tokens": 1}


def test_the_largest_possible_count_depends_on_what_is_counted() -> None:
    """A million searches in one call is as impossible as a billion tokens."""
    rejected: Counter[str] = Counter()
    assert count(11, "searches", rejected, 10) == 0
    assert count(10, "searches", rejected, 10) == 10
    assert rejected == {"impossible searches": 1}


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-06-01T10:00:00.000Z", 0),
        ("2026-06-01T10:00:07.123Z", 7_123_000),
        ("2026-06-01T10:00:07.123456Z", 7_123_456),
        ("2026-06-01T10:00:07.123456789Z", 7_123_456),
        ("2026-06-01T10:00:07Z", 7_000_000),
        ("2026-06-01T10:00Z", 0),
        ("2026-06-01T12:00:07.5+02:00", 7_500_000),
        ("2026-06-01T10:00:07", 7_000_000),
        ("2026-06-01 10:00:07", 7_000_000),
        (" 2026-06-01T10:00:07.123Z ", 7_123_000),
        ("2026-06-01T10:00:07,123Z", 7_123_000),
        ("2026-W23-1T10:00:07.123Z", 7_123_000),
        (FIRST_OF_JUNE // 1_000_000 + 7, 7_000_000),
        (FIRST_OF_JUNE / 1_000_000 + 7.5, 7_500_000),
        (FIRST_OF_JUNE // 1000 + 7_123, 7_123_000),
        (FIRST_OF_JUNE / 1000 + 7_123.5, 7_123_500),
    ],
)
def test_readable_times_are_read(stamp: object, expected: int) -> None:
    """ISO 8601 in any precision, with or without a zone, and numbers of seconds or milliseconds; twice alike."""
    rejected: Counter[str] = Counter()
    for _ in range(2):
        assert micros(stamp, rejected) - FIRST_OF_JUNE == expected
    assert not rejected


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "yesterday",
        "2026-06-01T10:00:60.000Z",
        "2026-06-01T10:00:75.000Z",
        "2026-06-01T10:61:00.000Z",
        "2026-06-31T10:00:00.000Z",
        "2026-06-01T10:00:0٣.000Z",
        "2026-06-01T10:00:00.00٣Z",
        "2026-06-01T10:00:-1.000Z",
        "2026-06-01T10:00:+1.000Z",
        "2026-06-01T10:00: 1.000Z",
        "2026-06-01T10:00:00.000X",
        "0001-01-01T00:00:00.000Z",
        "0001-01-01T00:00:00+10:00",
        "1999-12-31T23:59:59.999Z",
        "2200-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59-10:00",
        "\ud800",
        0,
        5,
        -1.5,
        True,
        [],
        {},
        10**15,
        -(10**20),
        10**400,
        math.inf,
        -math.inf,
        math.nan,
    ],
)
def test_unreadable_times_are_undated_and_reported(stamp: object) -> None:
    """What is no instant of our age is no instant; it makes no difference which others were read before."""
    for warm in ("2026-06-01T10:00:00.000Z", "2026-06-01T10:01:01.003Z"):
        micros(warm, Counter())
        rejected: Counter[str] = Counter()
        assert micros(stamp, rejected) == UNDATED
        assert rejected == {"unreadable timestamp": 1}


def test_a_missing_time_has_a_reason_of_its_own() -> None:
    """A record without a time is told from one with an unreadable time."""
    rejected: Counter[str] = Counter()
    assert micros(None, rejected) == UNDATED
    assert rejected == {"no timestamp": 1}


@given(st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2199, 12, 31)))  # noqa: DTZ001 - the strategy wants them naive
def test_every_genuine_time_is_read_exactly(at: dt.datetime) -> None:
    """Times of the form that Claude Code writes, however many were read before."""
    at = at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=dt.UTC)
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z".zfill(24)
    rejected: Counter[str] = Counter()
    for _ in range(2):
        assert micros(stamp, rejected) == (at - EPOCH) // dt.timedelta(microseconds=1)
    assert not rejected


def test_quarters_of_stamps_met_before_never_make_up_a_day_that_is_none() -> None:
    """What is looked up was part of a stamp that was read; a date is looked up as a whole."""
    rejected: Counter[str] = Counter()
    micros("2026-01-31T10:00:07.123Z", rejected)
    micros("2026-02-01T23:59:59.000Z", rejected)
    assert not rejected
    for stamp in ("2026-02-31T10:00:07.123Z", "2026-01-31T24:00:07.123Z", "2026-01-31T10:00:60.123Z"):
        assert micros(stamp, rejected) == UNDATED
    assert rejected == {"unreadable timestamp": 3}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (0.0, 0), (1, 10**12), (0.0319246, 31_924_600_000), (0.3817941, 381_794_100_000), (1e-12, 1)],
)
def test_stated_costs_are_exact(value: object, expected: int) -> None:
    """US dollars become pico-dollars without a rest."""
    assert recorded_pico(value) == expected


@pytest.mark.parametrize("value", [None, "1", True, [], {}, -1, -0.5, 10**6, 10**400, math.inf, math.nan])
def test_impossible_costs_are_unknown(value: object) -> None:
    """What is no amount states no cost."""
    assert recorded_pico(value) == UNKNOWN_COST


@given(anything)
def test_no_value_is_too_strange(value: object) -> None:
    """Whatever stands in a field, it is read as something that fits into the store."""
    rejected: Counter[str] = Counter()
    assert 0 <= count(value, "x", rejected) <= MOST_TOKENS
    assert -(2**63) <= micros(value, rejected) < 2**63
    assert -1 <= recorded_pico(value) < 2**63
    text(value).encode("utf-8")
