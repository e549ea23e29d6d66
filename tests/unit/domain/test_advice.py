"""Days that stand out, and sums over cases."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.advice import LEAST_DAYS, Evidence, finding, spikes

FIRST = dt.date(2026, 3, 2)


def _days(*costs: int) -> dict[dt.date, int]:
    return {FIRST + dt.timedelta(days=number): cost for number, cost in enumerate(costs)}


def _case(wasted_pico: int | None, tokens: int = 10) -> Evidence:
    return Evidence(at_us=1, session_id="s", cwd="/p", model="m", tokens=tokens, wasted_pico=wasted_pico)


def test_a_day_far_above_those_before_it_is_found() -> None:
    """With what is usual before it."""
    (spike,) = spikes(_days(10, 12, 9, 11, 10, 13, 10, 11, 90))
    assert (spike.on, spike.cost_pico, spike.usual_pico) == (FIRST + dt.timedelta(days=8), 90, 10)


def test_a_second_spike_in_a_row_is_found_too() -> None:
    """A spike does not become what is usual."""
    found = spikes(_days(10, 12, 9, 11, 10, 13, 10, 11, 90, 95))
    assert [spike.cost_pico for spike in found] == [90, 95]


def test_too_few_days_say_nothing() -> None:
    """A first week has no baseline."""
    assert spikes(_days(*[10] * (LEAST_DAYS - 1), 1_000)) == ()


def test_days_that_swing_are_no_spikes() -> None:
    """Who works hard every other day is not told so every other day."""
    assert spikes(_days(*[5, 40] * 12)) == ()


def test_a_baseline_grows_old() -> None:
    """After a month without usage there is nothing to compare with."""
    days = _days(10, 12, 9, 11, 10, 13, 10, 11)
    assert spikes({**days, FIRST + dt.timedelta(days=60): 500}) == ()


@given(st.lists(st.integers(0, 10**15), max_size=60), st.integers(2, 1_000))
def test_money_of_any_unit_gives_the_same_days(costs: list[int], factor: int) -> None:
    """The rule knows no amount: only what a person's own days are like."""
    plain = [spike.on for spike in spikes(_days(*costs))]
    assert [spike.on for spike in spikes(_days(*(cost * factor for cost in costs)))] == plain


def test_a_finding_sums_up_and_shows_the_dearest() -> None:
    """A case without a price counts in tokens alone."""
    found = finding("idle_cache", [_case(5), _case(None), _case(9)], most=2)
    assert found is not None
    assert (found.cases, found.tokens, found.wasted_pico) == (3, 30, 14)
    assert [case.wasted_pico for case in found.evidence] == [9, 5]
    assert finding("spike", []) is None
