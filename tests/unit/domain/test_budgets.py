import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmeter.domain.budgets import PERS, Budget, Per, band, forecast, period_of
from ccmeter.domain.currency import Currency
from support.alerting import budget, spent

TODAY = dt.date(2026, 11, 20)  # a Friday
_DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1))


@pytest.mark.parametrize(
    ("per", "week_starts", "first", "last"),
    [
        ("day", 1, "2026-11-20", "2026-11-20"),
        ("week", 1, "2026-11-16", "2026-11-22"),
        ("week", 7, "2026-11-15", "2026-11-21"),
        ("week", 5, "2026-11-20", "2026-11-26"),
        ("month", 1, "2026-11-01", "2026-11-30"),
    ],
)
def test_a_period_has_its_first_and_last_day(per: Per, week_starts: int, first: str, last: str) -> None:
    """Weeks begin on the day that a person's weeks begin on."""
    found = period_of(per, TODAY, week_starts)
    assert found == (dt.date.fromisoformat(first), dt.date.fromisoformat(last))


@given(_DAYS, st.sampled_from(PERS), st.integers(1, 7))
def test_every_day_is_in_one_period(day: dt.date, per: Per, week_starts: int) -> None:
    """Its last day is in it as well, and the day after begins the next."""
    first, last = period_of(per, day, week_starts)
    assert first <= day <= last
    assert period_of(per, last, week_starts) == (first, last)
    assert period_of(per, last + dt.timedelta(days=1), week_starts)[0] == last + dt.timedelta(days=1)


def test_the_days_left_are_like_those_weekdays_were() -> None:
    """Ten on working days and nothing at weekends: a weekend ahead costs nothing."""
    costs = {
        day: 10 for day in (TODAY - dt.timedelta(days=back) for back in range(57)) if day.isoweekday() <= 5
    }
    ends, days = forecast(50, costs, TODAY - dt.timedelta(days=56), TODAY, dt.date(2026, 11, 22))
    assert ends is not None
    assert (ends.low, ends.middle, ends.high, days) == (50, 50, 50, 56)
    ends, _ = forecast(50, costs, TODAY - dt.timedelta(days=56), TODAY, dt.date(2026, 11, 24))
    assert ends is not None
    assert ends.middle == 70


def test_what_is_left_of_today_counts_and_no_more() -> None:
    """Having spent 4 where 10 are usual, 6 are to come; having spent 12, nothing."""
    costs = {TODAY - dt.timedelta(days=back): 10 for back in range(1, 57)}
    for today, expected in ((4, 10), (12, 12)):
        ends, _ = forecast(today, {**costs, TODAY: today}, TODAY - dt.timedelta(days=56), TODAY, TODAY)
        assert ends is not None
        assert ends.middle == expected


@pytest.mark.parametrize(("past", "is_known"), [(0, False), (13, False), (14, True), (400, True)])
def test_too_little_history_foretells_nothing(*, past: int, is_known: bool) -> None:
    """Two weeks are the least, eight the most."""
    ends, days = forecast(5, {}, TODAY - dt.timedelta(days=past), TODAY, TODAY)
    assert (ends is not None) is is_known
    assert days == min(past, 56)
    assert forecast(5, {}, None, TODAY, TODAY) == (None, 0)


@given(st.dictionaries(st.integers(0, 60), st.integers(0, 10**15)), st.integers(14, 60), st.integers(0, 30))
def test_a_forecast_is_at_least_what_is_spent(costs: dict[int, int], past: int, ahead: int) -> None:
    """Its band is in order, whatever the past."""
    by_day = {TODAY - dt.timedelta(days=back): cost for back, cost in costs.items()}
    spent_pico = by_day.get(TODAY, 0)
    ends, _ = forecast(
        spent_pico, by_day, TODAY - dt.timedelta(days=past), TODAY, TODAY + dt.timedelta(days=ahead)
    )
    assert ends is not None
    assert spent_pico <= ends.low <= ends.middle <= ends.high


@given(st.lists(st.integers(), min_size=1))
def test_a_band_holds_values_that_there_were(values: list[int]) -> None:
    """In order, and of one value three times that."""
    found = band(values)
    assert {found.low, found.middle, found.high} <= set(values)
    assert min(values) <= found.low <= found.middle <= found.high <= max(values)


def test_a_state_says_what_is_left() -> None:
    """Share, rest, how far the month is, whether it is over or will be."""
    state = spent(85, ends=101)
    assert (state.share_bp, state.left_pico, state.elapsed_bp) == (8_500, 15 * 10**12, 7_000)
    assert (state.is_over, state.will_be_over) == (False, True)
    assert (spent(100).is_over, spent(101).is_over) == (False, True)
    assert (spent(85).will_be_over, spent(85, ends=100).will_be_over) == (False, False)


def test_a_budget_is_told_in_its_currency() -> None:
    """Names tell budgets apart."""
    euros = Budget(
        amount_pico=217_391_304_347_826,
        per="month",
        project="shop",
        amount=Decimal(200),
        currency=Currency(code="EUR", per_usd=Decimal("0.92")),
    )
    assert (euros.name, euros.title) == ("month shop", "€200.00 per month, shop")
    assert (budget().name, budget().title) == ("month", "$100.00 per month")
