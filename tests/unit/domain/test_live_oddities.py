"""What is odd about a call, and above all what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.live import LEAST_JUMP_PICO, Call, Rate, marked, rate

MINUTE = 60_000_000
CENT = 10_000_000_000


def call(minute: float = 0, **more: Any) -> Call:
    """Make a call of one thread: 50,000 tokens read from the cache, 1,000 written, 2 cents."""
    fields = {
        "call_key": f"msg {minute} {more}",
        "at_us": round(minute * MINUTE),
        "session_id": "s",
        "agent_id": "",
        "is_agent": False,
        "cwd": "/home/dev/shop",
        "branch": "main",
        "model": "opus",
        "input_tokens": 10,
        "output_tokens": 500,
        "cache_creation_5m_tokens": 1_000,
        "cache_creation_1h_tokens": 0,
        "cache_read_tokens": 50_000,
        "cost_pico": 2 * CENT,
        "unpriced_tokens": 0,
        "has_long_price": False,
    }
    return Call(**{**fields, **more})


def kinds(*calls: Call) -> list[str]:
    """Give what is odd about the last call."""
    return [odd.kind for odd in marked(calls)[-1].oddities]


COLD = {"cache_read_tokens": 0, "cache_creation_5m_tokens": 52_000}


def test_a_cache_that_was_there_and_was_written_anew_is_broken() -> None:
    """It says how much was there and was not read."""
    (odd,) = marked([call(0), call(1, **COLD)])[-1].oddities
    assert (odd.kind, odd.tokens) == ("broken", 51_000)


@pytest.mark.parametrize(
    ("why", "before", "after"),
    [
        ("the first call of a thread has nothing to be compared with", None, call(1, **COLD)),
        ("another model has a cache of its own", call(0), call(1, **COLD, model="haiku")),
        ("a sub-agent begins with an empty cache", call(0), call(1, **COLD, is_agent=True, agent_id="a")),
        ("another session does too", call(0), call(1, **COLD, session_id="t")),
        (
            "a compacted prompt is shorter",
            call(0),
            call(1, cache_read_tokens=0, cache_creation_5m_tokens=12_000),
        ),
        ("a little cache costs a cent", call(0, cache_read_tokens=15_000), call(1, **COLD)),
        ("half of it was read", call(0), call(1, cache_read_tokens=26_000, cache_creation_5m_tokens=26_000)),
        ("a long prompt by itself is nothing", call(0), call(1, cache_creation_5m_tokens=90_000)),
    ],
)
def test_what_looks_like_a_broken_cache_and_is_none(why: str, before: Call | None, after: Call) -> None:
    """It would rather miss one than cry wolf."""
    assert not kinds(*filter(None, (before, after))), why


@pytest.mark.parametrize(
    ("pause", "hourly", "kind"),
    [(4.9, False, "broken"), (5.1, False, "expired"), (5.1, True, "broken"), (61, True, "expired")],
)
def test_after_a_pause_longer_than_the_cache_lives_it_expired(
    pause: float, *, hourly: bool, kind: str
) -> None:
    """How long it lives is said by whoever wrote into it last."""
    wrote = {"cache_creation_5m_tokens": 0, "cache_creation_1h_tokens": 1_000} if hourly else {}
    only_read = call(1, cache_creation_5m_tokens=0)
    (odd,) = marked([call(0, **wrote), only_read, call(1 + pause, **COLD)])[-1].oddities
    assert (odd.kind, odd.pause_s) == (kind, round(pause * 60))


def test_a_jump_is_five_times_the_median_of_its_thread() -> None:
    """With its size, in tenths."""
    usual = [call(each) for each in range(8)]
    (odd,) = marked([*usual, call(9, cost_pico=11 * CENT)])[-1].oddities
    assert (odd.kind, odd.times_tenths) == ("jump", 55)


@pytest.mark.parametrize(
    ("why", "usual", "last"),
    [
        ("less than five times", [call(each) for each in range(8)], call(9, cost_pico=10 * CENT - 1)),
        ("too few say what is usual", [call(each) for each in range(7)], call(9, cost_pico=90 * CENT)),
        (
            "a few cents are no news",
            [call(each, cost_pico=CENT // 10) for each in range(8)],
            call(9, cost_pico=LEAST_JUMP_PICO - 1),
        ),
        (
            "sub-agents of a cheap model say nothing of the session",
            [call(each, is_agent=True, agent_id="a", cost_pico=CENT) for each in range(20)],
            call(21, cost_pico=20 * CENT),
        ),
        (
            "free calls are no measure",
            [call(each, cost_pico=0) for each in range(9)],
            call(9, cost_pico=20 * CENT),
        ),
        (
            "one dear call before does not hide in a mean",
            [*[call(each, cost_pico=5 * CENT) for each in range(8)], call(8, cost_pico=900 * CENT)],
            call(9, cost_pico=24 * CENT),
        ),
    ],
)
def test_what_looks_like_a_jump_and_is_none(why: str, usual: list[Call], last: Call) -> None:
    """Thresholds on the ratio, the amount and the evidence."""
    assert "jump" not in kinds(*usual, last), why


def test_a_broken_cache_is_not_told_as_a_jump_too() -> None:
    """One reason is enough where it explains the other."""
    usual = [call(each) for each in range(9)]
    assert kinds(*usual, call(9, **COLD, cost_pico=90 * CENT)) == ["broken"]


def test_the_long_price_is_news_once() -> None:
    """A thread that goes on at it is not marked at every call, nor one whose beginning is not known."""
    assert kinds(call(0), call(1, has_long_price=True)) == ["long"]
    assert kinds(call(0, has_long_price=True), call(1, has_long_price=True)) == []
    assert kinds(call(0, has_long_price=True)) == []


def test_what_has_no_price_is_marked_with_its_tokens() -> None:
    """Parts without a price count, although the call itself has one."""
    (odd,) = marked([call(0, cost_pico=None, unpriced_tokens=51_510)])[0].oddities
    assert (odd.kind, odd.tokens) == ("unpriced", 51_510)
    assert kinds(call(0, unpriced_tokens=3)) == ["unpriced"]


tokens = st.integers(0, 300_000)
any_call = st.builds(
    call,
    st.integers(0, 600),
    session_id=st.sampled_from("st"),
    model=st.sampled_from(("opus", "haiku")),
    cache_read_tokens=tokens,
    cache_creation_5m_tokens=tokens,
    cost_pico=st.none() | st.integers(0, 10**13),
)


@given(st.lists(any_call, max_size=40))
def test_every_call_is_told_once_and_threads_do_not_mix(calls: list[Call]) -> None:
    """Marks of a thread are those that it would have alone."""
    calls.sort(key=lambda each: each.at_us)
    found = marked(calls)
    assert [each.call for each in found] == calls
    for session in "st":
        alone = marked(each for each in calls if each.session_id == session)
        assert alone == tuple(each for each in found if each.call.session_id == session)


@given(st.lists(any_call, max_size=20), st.sampled_from((5, 15, 60)))
def test_a_rate_adds_up_all_of_its_calls(calls: list[Call], minutes: int) -> None:
    """Input and output apart from the cache, nothing twice, nothing left out."""
    found = rate(calls, minutes)
    assert found.plain_tokens + found.cache_tokens == sum(
        each.prompt_tokens + each.output_tokens for each in calls
    )
    assert found.cost_pico == sum(each.cost_pico or 0 for each in calls)


def test_rates_are_per_hour_and_per_minute() -> None:
    """Of what was used in the true last minutes."""
    found = Rate(minutes=5, plain_tokens=1_000, cache_tokens=5_004, cost_pico=7, unpriced_tokens=0)
    assert (found.pico_per_hour, found.plain_per_minute, found.cache_per_minute) == (84, 200, 1_000)
